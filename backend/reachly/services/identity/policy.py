"""Choices of identity that need no database."""

from __future__ import annotations

import uuid
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from reachly.kit.errors import Conflict, FieldError, Invalid

FAILURES_ACCOUNT_AND_ADDRESS = 10  # in the window: this account from this address
FAILURES_ADDRESS = 50  # this address, over all accounts
# A distributed attack must not lock the owner out easily, so this one is wide.
FAILURES_ACCOUNT = 200
WINDOW_MINUTES = 15

# What a plan allows in a calendar month (UTC); a plan or a metric that is not named has no limit.
PLAN_LIMITS: Mapping[str, Mapping[str, int]] = {
    "free": {"sends": 3_000, "leads_imported": 5_000},
    "pro": {"sends": 100_000},
}
METRICS: Mapping[str, str] = {"sends": "messages", "leads_imported": "imported leads"}


@dataclass(frozen=True, slots=True)
class Quota:
    """What a plan allows of a metric this month, and what is used of it. `until`: when the next month begins."""

    metric: str
    plan_type: str
    limit: int
    used: int
    until: datetime

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)

    @property
    def told(self) -> str:
        """Why nothing more goes, and when it does again."""
        return (
            f"The {self.limit:,} {METRICS[self.metric]} a month of the {self.plan_type} plan are used up."
            f" There is room again from {self.until.day} {self.until:%B} on, or with a larger plan."
        )


def is_throttled(own: int, account: int, address: int, *, is_known: bool) -> bool:
    """Whether a further sign-in attempt is refused unseen, by the failures of the last minutes.

    `own`: of this account from this very device, or from this address where the device is not known. `is_known`: the
    account has signed in with this device, or from this address, before; then what others do, at this account or from
    this address, locks its owner out no more.
    """
    if own >= FAILURES_ACCOUNT_AND_ADDRESS:
        return True
    return not is_known and (address >= FAILURES_ADDRESS or account >= FAILURES_ACCOUNT)


def require_timezone(name: str, pointer: str = "/timezone") -> str:
    """An IANA zone name. Raises Invalid."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        fault = FieldError(
            pointer, f"`{name[:80]}` is not a time zone; use a name such as Europe/Madrid.", "timezone"
        )
        raise Invalid("The time zone is unknown.", errors=[fault]) from None
    return name


def require_other_admin(admins: Sequence[uuid.UUID], leaving: uuid.UUID) -> None:
    """An organization always keeps an administrator. Raises Conflict."""
    if leaving in admins and len(admins) == 1:
        raise Conflict(
            "You are the last administrator. Make someone else administrator first, or delete the whole organization"
            " with `?organization=true`.",
            code="last_admin",
        )
