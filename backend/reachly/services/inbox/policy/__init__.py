"""What came back: taking it apart, what it is, what it wants. Pure; nothing here raises on any bytes."""

from __future__ import annotations

from datetime import date

from reachly.services.inbox.policy.absences import Absence, has_left, hold_until, parse_return_date
from reachly.services.inbox.policy.inbound import Inbound, is_from_ourselves, matching_keys, parse_inbound
from reachly.services.inbox.policy.kinds import Classified, Kind, automatic_rule, classify
from reachly.services.inbox.policy.replies import Intent, extract_reply, read_intent
from reachly.services.inbox.policy.reports import (
    DeliveryReport,
    FeedbackReport,
    ReportedRecipient,
    find_addresses,
)
from reachly.services.inbox.policy.shown import show_sent

__all__ = [
    "Absence",
    "Classified",
    "DeliveryReport",
    "FeedbackReport",
    "Inbound",
    "Intent",
    "Kind",
    "ReportedRecipient",
    "automatic_rule",
    "classify",
    "extract_reply",
    "find_addresses",
    "has_left",
    "hold_until",
    "is_from_ourselves",
    "matching_keys",
    "parse_inbound",
    "parse_return_date",
    "read_absence",
    "read_intent",
    "show_sent",
]


def read_absence(inbound: Inbound, received: date) -> Absence:
    """What an auto-reply says about coming back. Successors are named for a person to look at, never written to."""
    words = f"{inbound.subject}\n{extract_reply(inbound.reply_source)}"
    gone = has_left(words)
    known = {inbound.from_email, *inbound.to}
    others = tuple(address for address in find_addresses(words) if address not in known)[:5] if gone else ()
    return Absence(None if gone else parse_return_date(words, received), gone, others)
