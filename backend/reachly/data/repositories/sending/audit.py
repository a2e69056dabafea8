"""The whole ledger of a campaign, as an auditor reads it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from reachly.data.session import Session, raw

_LEDGER = """
SELECT coalesce(l.email_key, lower(s.to_email)) AS email, s.step, coalesce(a.email_key, '') AS mailbox, s.status,
       s.planned_at, s.handed_at, s.sent_at, s.opened_at, s.clicked_at, s.replied_at, s.bounced_at, s.unsubscribed_at,
       s.message_id, s.provider_message_id, s.content_hash, s.attempts, s.reason, s.settled_by, s.email_account_id,
       s.id, s.copy_filed_at, s.evidence::text AS evidence
FROM email_sends s
LEFT JOIN leads l ON l.organization_id = s.organization_id AND l.id = s.lead_id
LEFT JOIN email_accounts a ON a.organization_id = s.organization_id AND a.id = s.email_account_id
WHERE s.organization_id = $1 AND s.campaign_id = $2 AND s.kind = 'campaign'
ORDER BY email, s.step, s.planned_at
"""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One intended message. `mailbox` is the sender's address, empty when it is disconnected."""

    email: str
    step: int
    mailbox: str
    status: str
    planned_at: datetime
    handed_at: datetime | None
    sent_at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    replied_at: datetime | None
    bounced_at: datetime | None
    unsubscribed_at: datetime | None
    message_id: str
    provider_message_id: str | None
    content_hash: str
    attempts: int
    reason: str | None
    settled_by: str | None
    email_account_id: uuid.UUID | None
    id: uuid.UUID
    copy_filed_at: datetime | None
    evidence: str | None  # JSON: what settled it, one entry each time


async def list_ledger(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID
) -> list[LedgerRow]:
    """Every row of the campaign by recipient and step."""
    rows = await (await raw(session)).fetch(_LEDGER, organization_id, campaign_id)
    return [LedgerRow(**row) for row in rows]
