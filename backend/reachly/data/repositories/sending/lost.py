"""Rows whose worker is gone, and rows of which nobody knows the end."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reachly.data.repositories.sending import opens
from reachly.data.repositories.sending.rows import CapKey, read_caps
from reachly.data.session import Session, raw

_FIELDS = """
s.id, s.kind, s.status, s.campaign_id, s.enrollment_id, s.lead_id, s.email_account_id, s.sequence_id, s.step,
s.variant, s.to_email, s.message_id, s.subject, s.handed_at, s.updated_at AS since, s.attempts, s.reason, s.caps
"""
_EXPIRED = f"""
SELECT {_FIELDS} FROM open_sends o JOIN email_sends s ON s.organization_id = $1 AND s.id = o.send_id
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
    attempt_id = NULL, updated_at = $3
WHERE s.organization_id = $1 AND s.id = ANY($2::uuid[]) AND s.status IN ('claimed', 'sending')
RETURNING s.id, s.status
"""
_UNKNOWN = f"""
SELECT {_FIELDS} FROM open_sends o JOIN email_sends s ON s.organization_id = $1 AND s.id = o.send_id
WHERE o.organization_id = $1 AND o.lease_until IS NULL AND s.email_account_id = $2 AND s.status = 'unknown'
  AND s.handed_at <= $3
ORDER BY s.handed_at, s.id LIMIT $4
"""  # noqa: S608
_ROW = f"SELECT {_FIELDS} FROM email_sends s WHERE s.organization_id = $1 AND s.id = $2"  # noqa: S608
_SETTLE = """
UPDATE email_sends SET status = $3, settled_by = $4, sent_at = CASE WHEN $3 = 'sent' THEN handed_at END,
    handed_at = CASE WHEN $3 = 'sent' THEN handed_at END, reason = $5, updated_at = $6
WHERE organization_id = $1 AND id = $2 AND status = 'unknown'
RETURNING true
"""
_PROVE = """
UPDATE email_sends AS s SET status = 'sent', settled_by = $3, handed_at = coalesce(s.handed_at, s.claimed_at),
    sent_at = coalesce(s.handed_at, s.claimed_at), reason = NULL, updated_at = $4
FROM (SELECT id, status FROM email_sends WHERE organization_id = $1 AND id = $2 FOR NO KEY UPDATE) AS before
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


@dataclass(frozen=True, slots=True)
class Proven:
    """A row that was settled by a proof: its state until then, and when it was handed over (at the latest)."""

    was: str
    handed_at: datetime


def _read(rows: Sequence[Any]) -> list[OpenRow]:
    return [OpenRow(**{**dict(row), "caps": read_caps(row["caps"])}) for row in rows]


async def list_expired_rows(
    session: Session, organization_id: uuid.UUID, machine_now: datetime
) -> list[OpenRow]:
    """Open rows whose lease ran out; `claimed` are those that an earlier version left."""
    return _read(await (await raw(session)).fetch(_EXPIRED, organization_id, machine_now))


async def take_back(
    session: Session,
    organization_id: uuid.UUID,
    send_ids: Sequence[uuid.UUID],
    now: datetime,
    machine_now: datetime,
) -> dict[uuid.UUID, str]:
    """`claimed` goes back to `deferred`, `sending` becomes `unknown`; the new state of those that moved."""
    connection = await raw(session)
    await connection.execute(_LOCK, organization_id, list(send_ids))
    locked = await connection.fetch(_LOCK_OPEN, organization_id, list(send_ids), machine_now)
    ids = [row["send_id"] for row in locked]
    moved = {r["id"]: r["status"] for r in await connection.fetch(_TAKE_BACK, organization_id, ids, now)}
    await opens.note(session, organization_id, moved)
    return moved


async def list_unknown(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID, handed_before: datetime, limit: int
) -> list[OpenRow]:
    """Messages of one mailbox of which nobody knows whether they arrived, the oldest first."""
    connection = await raw(session)
    return _read(await connection.fetch(_UNKNOWN, organization_id, account_id, handed_before, limit))


async def find_row(session: Session, organization_id: uuid.UUID, send_id: uuid.UUID) -> OpenRow | None:
    """One row, whatever its state."""
    row = await (await raw(session)).fetchrow(_ROW, organization_id, send_id)
    return _read([row])[0] if row else None


async def find_owner(session: Session, send_id: uuid.UUID) -> uuid.UUID | None:
    """The organization of a row, for whoever runs the server: call it in `system()`."""
    query = "SELECT organization_id FROM email_sends WHERE id = $1"
    found: uuid.UUID | None = await (await raw(session)).fetchval(query, send_id)
    return found


async def settle_unknown(
    session: Session, organization_id: uuid.UUID, send_id: uuid.UUID, now: datetime, *, status: str, settled_by: str,
    reason: str | None,
) -> bool:  # fmt: skip
    """Whether the row was still unknown. `status`: sent, or deferred (absence was proof, or a person says so)."""
    connection = await raw(session)
    settled = await connection.fetchval(_SETTLE, organization_id, send_id, status, settled_by, reason, now)
    if settled:
        await opens.note(session, organization_id, {send_id: status})
    return bool(settled)


async def settle_proven(
    session: Session, organization_id: uuid.UUID, send_id: uuid.UUID, now: datetime, settled_by: str
) -> Proven | None:
    """A row that was unknown, or to be tried again, was sent; None if it was neither (any more)."""
    row = await (await raw(session)).fetchrow(_PROVE, organization_id, send_id, settled_by, now)
    if row is None:
        return None
    await opens.note(session, organization_id, {send_id: "sent"})
    return Proven(row["was"], row["handed_at"])
