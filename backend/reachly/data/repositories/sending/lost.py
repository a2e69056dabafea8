"""Rows whose worker is gone, and what comes back about a row of which nobody knows the end."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reachly.data.repositories.sending import opens
from reachly.data.repositories.sending.rows import CapKey, read_caps
from reachly.data.session import Session, raw

FIELDS = """
s.id, s.kind, s.status, s.campaign_id, s.enrollment_id, s.lead_id, s.email_account_id, s.sequence_id, s.step,
s.variant, s.to_email, s.message_id, s.subject, s.handed_at, s.updated_at AS since, s.attempts, s.reason, s.caps,
s.provider_message_id
"""
_EXPIRED = f"""
SELECT {FIELDS} FROM open_sends o JOIN email_sends s ON s.organization_id = $1 AND s.id = o.send_id
WHERE o.organization_id = $1 AND o.lease_until < $2
ORDER BY s.id
"""  # noqa: S608 - a constant list of columns
# In the order of every other writer: the ledger first, then what is open. A heartbeat that comes first is seen.
_LOCK = "SELECT id FROM email_sends WHERE organization_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR NO KEY UPDATE"
_LOCK_OPEN = """
SELECT send_id FROM open_sends WHERE organization_id = $1 AND send_id = ANY($2::uuid[]) AND lease_until < $3 FOR UPDATE
"""
_TAKE_BACK = """
UPDATE email_sends AS s
SET status = CASE WHEN s.status = 'sending' THEN 'unknown' ELSE 'deferred' END, reason = 'worker_lost',
    attempt_id = CASE WHEN s.status = 'sending' THEN s.attempt_id END, updated_at = $3
WHERE s.organization_id = $1 AND s.id = ANY($2::uuid[]) AND s.status IN ('claimed', 'sending')
RETURNING s.id, s.status
"""
_ROW = f"SELECT {FIELDS} FROM email_sends s WHERE s.organization_id = $1 AND s.id = $2"  # noqa: S608
_PROVE = """
UPDATE email_sends AS s SET status = 'sent', settled_by = $3, handed_at = coalesce(s.handed_at, s.claimed_at),
    sent_at = coalesce(s.handed_at, s.claimed_at), reason = NULL, updated_at = $4,
    evidence = coalesce(s.evidence, '[]') || jsonb_build_array(jsonb_build_object(
        'was', before.reason, 'by', $3::text, 'verdict', 'sent', 'at', $4::timestamptz))
FROM (SELECT id, status, reason FROM email_sends WHERE organization_id = $1 AND id = $2 FOR NO KEY UPDATE) AS before
WHERE s.organization_id = $1 AND s.id = before.id AND before.status IN ('unknown', 'deferred')
RETURNING before.status AS was, s.handed_at
"""


@dataclass(frozen=True, slots=True)
class OpenRow:
    """A row that is not at its end, with what its events and its enrollment need."""

    id: uuid.UUID
    kind: str
    status: str
    campaign_id: uuid.UUID | None
    enrollment_id: uuid.UUID | None
    lead_id: uuid.UUID | None
    email_account_id: uuid.UUID | None
    sequence_id: uuid.UUID | None
    step: int
    variant: str
    to_email: str
    message_id: str
    subject: str
    handed_at: datetime | None
    since: datetime  # when it came into this state
    attempts: int
    reason: str | None
    caps: list[CapKey]
    provider_message_id: str | None

    @property
    def final_id(self) -> str:
        """The Message-ID by which its recipient knows it."""
        return self.provider_message_id or self.message_id


@dataclass(frozen=True, slots=True)
class Proven:
    """A row that was settled by a proof: its state until then, and when it was handed over (at the latest)."""

    was: str
    handed_at: datetime


def read_open_rows(rows: Sequence[Any]) -> list[OpenRow]:
    """Rows of `FIELDS`."""
    return [OpenRow(**{**dict(row), "caps": read_caps(row["caps"])}) for row in rows]


async def list_expired_rows(
    session: Session, organization_id: uuid.UUID, machine_now: datetime
) -> list[OpenRow]:
    """Open rows whose lease ran out; `claimed` are those that an earlier version left."""
    return read_open_rows(await (await raw(session)).fetch(_EXPIRED, organization_id, machine_now))


async def take_back(
    session: Session,
    organization_id: uuid.UUID,
    send_ids: Sequence[uuid.UUID],
    now: datetime,
    machine_now: datetime,
) -> dict[uuid.UUID, str]:
    """`claimed` goes back to `deferred`, `sending` becomes `unknown`; the new state of those that moved.

    The attempt stays on what is unknown: the journal of that attempt may still settle it (`journaled`).
    """
    connection = await raw(session)
    await connection.execute(_LOCK, organization_id, list(send_ids))
    locked = await connection.fetch(_LOCK_OPEN, organization_id, list(send_ids), machine_now)
    ids = [row["send_id"] for row in locked]
    moved = {r["id"]: r["status"] for r in await connection.fetch(_TAKE_BACK, organization_id, ids, now)}
    await opens.note(session, organization_id, moved)
    return moved


async def find_row(session: Session, organization_id: uuid.UUID, send_id: uuid.UUID) -> OpenRow | None:
    """One row, whatever its state."""
    row = await (await raw(session)).fetchrow(_ROW, organization_id, send_id)
    return read_open_rows([row])[0] if row else None


async def settle_proven(
    session: Session, organization_id: uuid.UUID, send_id: uuid.UUID, now: datetime, settled_by: str
) -> Proven | None:
    """A row that was unknown, or to be tried again, was sent; None if it was neither (any more)."""
    row = await (await raw(session)).fetchrow(_PROVE, organization_id, send_id, settled_by, now)
    if row is None:
        return None
    await opens.note(session, organization_id, {send_id: "sent"})
    return Proven(row["was"], row["handed_at"])
