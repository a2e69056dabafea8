"""The ledger as people and audits see it, and rows of test mails."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reachly.data.session import Session, raw

_SHOWN = """
id, lead_id, to_email, step, variant, email_account_id, status, subject, planned_at, handed_at, sent_at, opened_at,
clicked_at, replied_at, bounced_at, message_id, reason, reply_code, attempts
"""
_PAGE = f"""
SELECT {_SHOWN} FROM email_sends
WHERE organization_id = $1 AND campaign_id = $2 AND kind = 'campaign'
  AND ($3::uuid IS NULL OR id < $3) AND ($4::text IS NULL OR status = $4)
ORDER BY id DESC LIMIT $5
"""  # noqa: S608 - a constant list of columns
_LEDGER = """
SELECT s.id, l.email_key AS lead, s.to_email, s.step, a.email_key AS mailbox, s.planned_at, s.handed_at, s.sent_at,
       s.status, s.reason, s.settled_by, s.content_hash, s.message_id, s.provider_message_id, s.attempts, s.variant
FROM email_sends s
LEFT JOIN leads l ON l.organization_id = s.organization_id AND l.id = s.lead_id
LEFT JOIN email_accounts a ON a.organization_id = s.organization_id AND a.id = s.email_account_id
WHERE s.organization_id = $1 AND s.campaign_id = $2 AND s.kind = 'campaign' ORDER BY s.id
"""
_INSERT_TEST = """
INSERT INTO email_sends (organization_id, id, kind, intent_key, email_account_id, to_email, status, attempt_id,
    attempts, lease_until, planned_at, claimed_at, handed_at, message_id, subject, body_text, content_hash, created_at,
    updated_at)
VALUES ($1, $2, 'test', $3, $4, $5, 'sending', $6, 1, $7, $8, $8, $8, $9, $10, $11, $12, $8, $8)
"""
_COUNT_TESTS = "SELECT count(*) FROM email_sends WHERE kind = 'test' AND to_email = $1 AND created_at > $2"


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One intent of a campaign, with the addresses rather than the ids."""

    id: uuid.UUID
    lead: str | None
    to_email: str
    step: int
    mailbox: str | None
    planned_at: datetime
    handed_at: datetime | None
    sent_at: datetime | None
    status: str
    reason: str | None
    settled_by: str | None
    content_hash: str
    message_id: str
    provider_message_id: str | None
    attempts: int
    variant: str


@dataclass(frozen=True, slots=True)
class TestRow:
    """A test mail that is about to be written."""

    send_id: uuid.UUID
    attempt_id: uuid.UUID
    account_id: uuid.UUID
    to_email: str
    message_id: str
    subject: str
    body_text: str
    content_hash: str


async def has_campaign(session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID) -> bool:
    """A read of another room's key, so that a stranger's campaign is not found rather than empty."""
    query = "SELECT true FROM campaigns WHERE organization_id = $1 AND id = $2"
    return bool(await (await raw(session)).fetchval(query, organization_id, campaign_id))


async def page_sends(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, *, limit: int, before: uuid.UUID | None,
    status: str | None,
) -> list[Mapping[str, Any]]:  # fmt: skip
    """The newest intents first."""
    return list(await (await raw(session)).fetch(_PAGE, organization_id, campaign_id, before, status, limit))


async def list_ledger(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID
) -> list[LedgerRow]:
    """Every intent of a campaign."""
    rows = await (await raw(session)).fetch(_LEDGER, organization_id, campaign_id)
    return [LedgerRow(**dict(row)) for row in rows]


async def insert_test(
    session: Session, organization_id: uuid.UUID, row: TestRow, now: datetime, lease_until: datetime
) -> None:
    await (await raw(session)).execute(
        _INSERT_TEST, organization_id, row.send_id, f"test:{row.send_id}", row.account_id, row.to_email,
        row.attempt_id, lease_until, now, row.message_id, row.subject, row.body_text, row.content_hash,
    )  # fmt: skip


async def count_tests(session: Session, to_email: str, since: datetime) -> int:
    """Test mails to one address by anybody: call it in `system()`."""
    return int(await (await raw(session)).fetchval(_COUNT_TESTS, to_email, since))
