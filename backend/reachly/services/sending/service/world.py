"""What a turn knows of its mailbox: counters from the database, read by the rules of `scheduling`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from reachly.data.repositories.sending import caps
from reachly.data.repositories.sending.caps import Usage
from reachly.data.repositories.sending.rows import CapKey, MailboxRow
from reachly.data.session import Session
from reachly.services.scheduling import policy
from reachly.services.scheduling.service import facts
from reachly.services.scheduling.service.facts import (
    campaign_day,
    carried_now,
    domain_carried,
    domain_day,
    mailbox_carried,
    mailbox_day,
    mailbox_of,
    matches_provider,
    open_from,
    provider_of,
    recipient_provider,
    recipient_zone,
    schedule_of,
)

__all__ = [
    "campaign_day", "carried_now", "domain_carried", "domain_day", "mailbox_carried", "mailbox_day", "mailbox_of",
    "matches_provider", "open_from", "provider_of", "read_state", "recipient_provider", "recipient_zone", "schedule_of",
]  # fmt: skip


async def read_state(
    session: Session, row: MailboxRow, now: datetime, known: Mapping[CapKey, Usage] | None = None
) -> policy.MailboxState:
    """The mailbox and what it has done. `known`: counters that were just written, to save a read where they suffice."""
    keys = facts.mailbox_keys(row, now)
    usage = known
    if usage is None or not all(key in usage for key in keys):
        usage = await caps.read_usage(session, row.organization_id, keys)
    limit, rolling = facts.provider_limit(row), None
    if limit is not None:
        rolling = facts.Rolling(
            *await caps.read_rolling_day(session, row.organization_id, row.id, now - facts.A_DAY, limit)
        )
    return facts.mailbox_state(row, {key: one.total for key, one in usage.items()}, now, rolling)
