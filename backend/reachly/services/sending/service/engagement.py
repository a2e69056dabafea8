"""What later rooms (tracking, inbox) may ask of and write on the ledger."""

from __future__ import annotations

from reachly.data.repositories.sending.engagement import (
    Mark,
    SentRow,
    find_link,
    list_by_message_ids,
    list_by_recipient,
    list_sent,
    mark_first,
    move_mark,
)
from reachly.data.repositories.sending.outcomes import count_bounces

__all__ = [
    "Mark",
    "SentRow",
    "count_bounces",
    "find_link",
    "list_by_message_ids",
    "list_by_recipient",
    "list_sent",
    "mark_first",
    "move_mark",
]
