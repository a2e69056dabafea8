"""What came back: taking it apart, what it is, what it wants. Pure; nothing here raises on any bytes."""

from __future__ import annotations

from reachly.services.inbox.policy.absences import Absence, has_left, hold_until, parse_return_date
from reachly.services.inbox.policy.inbound import (
    Inbound,
    is_from_ourselves,
    matching_keys,
    named_addresses,
    parse_inbound,
)
from reachly.services.inbox.policy.kinds import Classified, Kind, automatic_rule, classify
from reachly.services.inbox.policy.reading import (
    HEAD_BYTES,
    Reading,
    read,
    read_absence,
    read_head,
    read_message,
    read_nothing,
)
from reachly.services.inbox.policy.replies import Intent, extract_reply, read_intent
from reachly.services.inbox.policy.reports import (
    DeliveryReport,
    FeedbackReport,
    ReportedRecipient,
    find_addresses,
)
from reachly.services.inbox.policy.shown import show_sent

__all__ = [
    "HEAD_BYTES",
    "Absence",
    "Classified",
    "DeliveryReport",
    "FeedbackReport",
    "Inbound",
    "Intent",
    "Kind",
    "Reading",
    "ReportedRecipient",
    "automatic_rule",
    "classify",
    "extract_reply",
    "find_addresses",
    "has_left",
    "hold_until",
    "is_from_ourselves",
    "matching_keys",
    "named_addresses",
    "parse_inbound",
    "parse_return_date",
    "read",
    "read_absence",
    "read_head",
    "read_intent",
    "read_message",
    "read_nothing",
    "show_sent",
]
