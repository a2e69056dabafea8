"""The ledger as people see it, and rows of test mails."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reachly.data.repositories.sending import opens
from reachly.data.repositories.sending.rows import CapKey, caps_as_json
from reachly.data.session import Session, raw

_SHOWN = """
id, lead_id, to_email, step, variant, email_account_id, status, subject, planned_at, handed_at, sent_at, opened_at,
clicked_at, replied_at, bounced_at, message_id, reason, reply_code, attempts, settled_by
"""
_PAGE = f"""
SELECT {_SHOWN} FROM email_sends
WHERE organization_id = $1 AND campaign_id = $2 AND kind = 'campaign'
  AND ($3::uuid IS NULL OR id < $3) AND ($4::text IS NULL OR status = $4)
ORDER BY id DESC LIMIT $5
"""  # noqa: S608 - a constant list of columns
_INSERT_TEST = """
INSERT INTO email_sends (organization_id, id, kind, intent_key, email_account_id, to_email, status, attempt_id,
    attempts, planned_at, claimed_at, handed_at, message_id, subject, body_text, content_hash, caps, created_at,
    updated_at)
VALUES ($1, $2, 'test', $3, $4, $5, 'sending', $6, 1, $7, $7, $7, $8, $9, $10, $11, $12::jsonb, $7, $7)
"""
# By the domain first: the same inbox is under few of them. Test mails are few and have an index of their own.
_LATELY = """
SELECT to_email FROM email_sends
WHERE kind = 'test' AND created_at > $2 AND split_part(to_email, '@', 2) = ANY($1::text[])
"""
_LOCK_INBOX = "SELECT pg_advisory_xact_lock(hashtextextended('test mail ' || $1, 7))"


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
    caps: tuple[CapKey, ...] = ()  # reserved for it


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


async def find_send(
    session: Session, organization_id: uuid.UUID, send_id: uuid.UUID
) -> Mapping[str, Any] | None:
    query = f"SELECT {_SHOWN} FROM email_sends WHERE organization_id = $1 AND id = $2"  # noqa: S608
    row: Mapping[str, Any] | None = await (await raw(session)).fetchrow(query, organization_id, send_id)
    return row


async def insert_test(
    session: Session, organization_id: uuid.UUID, row: TestRow, now: datetime, lease_until: datetime
) -> None:
    await (await raw(session)).execute(
        _INSERT_TEST, organization_id, row.send_id, f"test:{row.send_id}", row.account_id, row.to_email,
        row.attempt_id, now, row.message_id, row.subject, row.body_text, row.content_hash,
        caps_as_json(row.caps),
    )  # fmt: skip
    await opens.open_sends(session, organization_id, [row.send_id], row.attempt_id, lease_until)


async def list_tests(session: Session, inbox: str, domains: Sequence[str], since: datetime) -> list[str]:
    """To whom test mails went lately at these domains, by anybody. Until the transaction ends nobody else can ask for
    this `inbox`, so what is counted stays true. Call it in `system()`."""
    connection = await raw(session)
    await connection.execute(_LOCK_INBOX, inbox)
    return [row["to_email"] for row in await connection.fetch(_LATELY, list(domains), since)]
