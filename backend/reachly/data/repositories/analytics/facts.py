"""The log of facts with the names of those concerned, and the ledger of a campaign."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reachly.data.session import Session, raw

_FACTS = """
SELECT e.seq, e.created_at, e.event_type, e.campaign_id, c.name AS campaign_name, e.lead_id, l.email AS lead_email,
       e.email_account_id, e.event_data
FROM analytics_events e
LEFT JOIN campaigns c ON c.organization_id = e.organization_id AND c.id = e.campaign_id
LEFT JOIN leads l ON l.organization_id = e.organization_id AND l.id = e.lead_id
WHERE e.organization_id = $1 AND e.seq < $2 AND e.created_at >= $4 AND e.created_at < $5 {campaign}
ORDER BY e.seq DESC LIMIT $3
"""
_OF_LEAD = """
SELECT e.created_at, e.event_type, e.campaign_id, c.name AS campaign_name, e.event_data, s.sequence_number
FROM analytics_events e
LEFT JOIN campaigns c ON c.organization_id = e.organization_id AND c.id = e.campaign_id
LEFT JOIN email_sequences s ON s.organization_id = e.organization_id AND s.id = e.sequence_id
WHERE e.organization_id = $1 AND e.lead_id = $2 ORDER BY e.created_at DESC, e.seq DESC LIMIT $3
"""
_ENROLLED = """
SELECT e.created_at, e.campaign_id, c.name AS campaign_name
FROM enrollments e JOIN campaigns c ON c.organization_id = e.organization_id AND c.id = e.campaign_id
WHERE e.organization_id = $1 AND e.lead_id = $2 ORDER BY e.created_at DESC
"""
# Facts about a mailbox name no campaign, so the index on (organization, campaign, time) finds them.
_LATELY = """
SELECT EXISTS (SELECT FROM analytics_events WHERE organization_id = $1 AND campaign_id IS NULL AND created_at >= $4
               AND event_type = $3 AND email_account_id = $2)
"""
LAST = 1 << 62


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One message as it is exported."""

    id: uuid.UUID
    to_email: str
    first_name: str | None
    last_name: str | None
    company: str | None
    step: int
    variant: str
    mailbox: str | None
    status: str
    subject: str
    planned_at: datetime
    sent_at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    replied_at: datetime | None
    bounced_at: datetime | None
    unsubscribed_at: datetime | None
    message_id: str
    reply_code: int | None
    reason: str | None


_LEDGER = """
SELECT m.id, m.to_email, l.first_name, l.last_name, l.company, m.step, m.variant, a.email_address AS mailbox, m.status,
       m.subject, m.planned_at, m.sent_at, m.opened_at, m.clicked_at, m.replied_at, m.bounced_at, m.unsubscribed_at,
       m.message_id, m.reply_code, m.reason
FROM email_sends m
LEFT JOIN leads l ON l.organization_id = m.organization_id AND l.id = m.lead_id
LEFT JOIN email_accounts a ON a.organization_id = m.organization_id AND a.id = m.email_account_id
WHERE m.organization_id = $1 AND m.campaign_id = $2 AND m.id > $3
  AND coalesce(m.handed_at, m.planned_at) >= $5 AND coalesce(m.handed_at, m.planned_at) < $6 ORDER BY m.id LIMIT $4
"""


def _read(row: Any) -> dict[str, Any]:
    data = row["event_data"]
    return {**row, "event_data": json.loads(data) if isinstance(data, str) else data}


async def page_facts(
    session: Session,
    organization_id: uuid.UUID,
    *,
    limit: int,
    before: int | None,
    campaign_id: uuid.UUID | None,
    span: tuple[datetime, datetime],
) -> list[Mapping[str, Any]]:
    """The latest first; those numbered below `before` and in the span, whose end does not belong to it."""
    args: list[Any] = [organization_id, LAST if before is None else before, limit, *span]
    narrowed = ""
    if campaign_id:
        narrowed = "AND e.campaign_id = $6"
        args.append(campaign_id)
    rows = await (await raw(session)).fetch(_FACTS.format(campaign=narrowed), *args)
    return [_read(row) for row in rows]


async def list_lead_facts(
    session: Session, organization_id: uuid.UUID, lead_id: uuid.UUID, limit: int
) -> list[Mapping[str, Any]]:
    """What happened with one person, the latest first."""
    return [_read(row) for row in await (await raw(session)).fetch(_OF_LEAD, organization_id, lead_id, limit)]


async def list_lead_enrollments(
    session: Session, organization_id: uuid.UUID, lead_id: uuid.UUID
) -> Sequence[Mapping[str, Any]]:
    return list(await (await raw(session)).fetch(_ENROLLED, organization_id, lead_id))


async def lead_exists(session: Session, organization_id: uuid.UUID, lead_id: uuid.UUID) -> bool:
    query = "SELECT EXISTS (SELECT FROM leads WHERE organization_id = $1 AND id = $2)"
    return bool(await (await raw(session)).fetchval(query, organization_id, lead_id))


async def find_campaign(session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID) -> str | None:
    """Its name, if there is such a campaign."""
    query = "SELECT name FROM campaigns WHERE organization_id = $1 AND id = $2"
    name: str | None = await (await raw(session)).fetchval(query, organization_id, campaign_id)
    return name


async def page_ledger(
    session: Session,
    organization_id: uuid.UUID,
    campaign_id: uuid.UUID,
    after: uuid.UUID,
    limit: int,
    span: tuple[datetime, datetime],
) -> list[LedgerRow]:
    """In the order of intent; what was handed over (or else planned) in the span, whose end does not belong to it."""
    rows = await (await raw(session)).fetch(_LEDGER, organization_id, campaign_id, after, limit, *span)
    return [LedgerRow(**row) for row in rows]


async def last_number(session: Session, organization_id: uuid.UUID) -> int:
    """Of the latest fact; 0 when there is none."""
    query = "SELECT last FROM organization_seq WHERE organization_id = $1"
    return int(await (await raw(session)).fetchval(query, organization_id) or 0)


async def lock_check(session: Session, organization_id: uuid.UUID) -> None:
    """One check of an organization's mailboxes at a time, so that a fall is said once."""
    key = f"deliverability {organization_id}"
    await (await raw(session)).execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 11))", key)


async def has_lately(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID, event_type: str, since: datetime
) -> bool:
    """Whether such a fact about a mailbox was written down since then."""
    return bool(await (await raw(session)).fetchval(_LATELY, organization_id, account_id, event_type, since))
