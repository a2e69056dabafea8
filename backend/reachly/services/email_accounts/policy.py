"""What may be set on a mailbox, and what its limit comes to today."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from reachly.kit.address import parse_address
from reachly.kit.errors import FieldError, Invalid
from reachly.kit.internet import is_loopback
from reachly.kit.schedule import known_zone, parse_workday

WITHOUT_IMAP = (
    "Without IMAP replies, bounces and out-of-office notes are not seen, so follow-ups may reach people who answered."
    " Add the IMAP settings to change that."
)


UNENCRYPTED = (
    "The password for {leg} crosses the network readable by anybody on the way. Change its security to TLS or"
    " STARTTLS."
)
_LEGS = {"smtp": ("sending (SMTP)", 465, 587), "imap": ("reading (IMAP)", 993, 143)}


def is_exposed(security: str, host: str, username: str) -> bool:
    """Whether a password would cross a network in clear. On the loopback there is none to cross (the mail world of the
    demo), and without a user name no password is sent."""
    return security == "none" and bool(username) and not is_loopback(host)


def find_exposed(leg: str, security: str, host: str, username: str, *, allowed: bool) -> FieldError | None:
    """The refusal of an unencrypted connection that nobody has said yes to, with what to do."""
    if allowed or not is_exposed(security, host, username):
        return None
    name, tls, starttls = _LEGS[leg]
    told = (
        f"The password for {name} would cross the network readable by anybody on the way. Choose TLS (usually port"
        f" {tls}) or STARTTLS (usually port {starttls}). If the server offers neither and you accept that, say so with"
        " `allow_unencrypted`."
    )
    return FieldError(f"/{leg}/security", told, "unencrypted")


def tell_exposed(servers: Mapping[str, Mapping[str, Any] | None]) -> list[str]:
    """A warning for each leg that sends its password in clear."""
    return [
        UNENCRYPTED.format(leg=_LEGS[leg][0])
        for leg, server in servers.items()
        if server and is_exposed(server["security"], server["host"], server["username"])
    ]


@dataclass(frozen=True, slots=True)
class RampFacts:
    started_at: datetime
    start: int
    step: int  # messages more, each local day
    timezone: str


def limit_today(daily_limit: int, ramp: RampFacts | None, now: datetime) -> int:
    """The smaller of the mailbox's limit and its ramp, on its local day."""
    if ramp is None:
        return daily_limit
    zone = zoneinfo.ZoneInfo(ramp.timezone)
    days = (now.astimezone(zone).date() - ramp.started_at.astimezone(zone).date()).days
    return min(daily_limit, ramp.start + ramp.step * max(0, days))


def find_faults(
    *, timezone: str | None, workday: object, reply_to: str | None, absences: Sequence[tuple[date, date]]
) -> list[FieldError]:
    """Everything in the settings that cannot be used, each with its pointer."""
    faults: list[FieldError] = []
    if timezone is not None and not known_zone(timezone):
        faults.append(
            FieldError("/timezone", "Use the name of a time zone such as Europe/Madrid.", "timezone")
        )
    elif workday is not None:
        try:
            parse_workday(workday, timezone or "UTC")
        except Invalid as error:
            faults += [
                FieldError(f"/workday{fault.pointer}", fault.detail, fault.code) for fault in error.errors
            ]
    if reply_to:
        try:
            parse_address(reply_to)
        except ValueError as error:
            faults.append(FieldError("/reply_to", str(error), "address"))
    faults += [
        FieldError(f"/absences/{i}/end", "The end lies before the start.", "order")
        for i, (start, end) in enumerate(absences)
        if end < start
    ]
    return faults
