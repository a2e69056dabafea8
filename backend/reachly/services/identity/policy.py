"""Choices of identity that need no database."""

from __future__ import annotations

import uuid
import zoneinfo
from collections.abc import Sequence

from reachly.kit.errors import Conflict, FieldError, Invalid

FAILURES_ACCOUNT_AND_ADDRESS = 10  # in the window: this account from this address
FAILURES_ADDRESS = 50  # this address, over all accounts
# A distributed attack must not lock the owner out easily, so this one is wide.
FAILURES_ACCOUNT = 200
WINDOW_MINUTES = 15


def is_throttled(account_and_address: int, account: int, address: int, *, is_known: bool) -> bool:
    """Whether a further sign-in attempt is refused unseen. `is_known`: the account has signed in from here before,

    so that strangers who try many addresses do not lock its owner out.
    """
    return (
        account_and_address >= FAILURES_ACCOUNT_AND_ADDRESS
        or address >= FAILURES_ADDRESS
        or (account >= FAILURES_ACCOUNT and not is_known)
    )


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
