"""Suppressed addresses, domains and hashes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from reachly.data import stops
from reachly.data.models.suppression import Suppression
from reachly.data.session import Session, raw
from reachly.kit.ids import new_id

_ADD = """
INSERT INTO suppressions (organization_id, id, kind, value, reason, source, created_at)
SELECT $1, wanted.id, wanted.kind, wanted.value, $5, $6, $7
FROM unnest($2::uuid[], $3::text[], $4::text[]) AS wanted(id, kind, value)
ON CONFLICT DO NOTHING RETURNING value
"""
# The last row says that somebody is known by nothing but a hash.
_COVERING = """
SELECT kind, value, reason FROM suppressions WHERE organization_id = $1 AND kind = 'email' AND value = ANY($2::text[])
UNION ALL
SELECT kind, value, reason FROM suppressions WHERE organization_id = $1 AND kind = 'domain' AND value = ANY($3::text[])
UNION ALL
SELECT 'hash', NULL, NULL WHERE EXISTS (SELECT FROM suppressions WHERE organization_id = $1 AND kind = 'hash')
"""
_TOLD = """
SELECT kind, value, reason, created_at FROM suppressions WHERE organization_id = $1
  AND ((kind = 'email' AND value = ANY($2::text[])) OR (kind = 'domain' AND value = ANY($3::text[]))
       OR (kind = 'hash' AND value = ANY($4::text[])))
"""
# Locked in the one order that everybody uses. A domain covers those below it too, which no index knows: it is added by
# hand, and rarely.
_END = """
WITH covered AS (
    SELECT e.id FROM enrollments e JOIN leads l ON l.organization_id = e.organization_id AND l.id = e.lead_id
    WHERE e.organization_id = $1 AND e.status IN ('pending', 'active', 'held') AND {covers}
    ORDER BY e.id FOR NO KEY UPDATE OF e)
UPDATE enrollments AS e
SET status = $3, stopped_reason = $4, next_due_at = NULL, held_until = NULL, blocked_reason = NULL,
    blocked_detail = NULL, blocked_until = NULL, finished_at = $5, updated_at = $5
FROM covered WHERE e.organization_id = $1 AND e.id = covered.id RETURNING e.campaign_id
"""
_COVERS = {
    "email": "l.email_key = ANY($2::text[])",
    "domain": "(l.domain = ANY($2::text[]) OR EXISTS (SELECT FROM unnest($2::text[]) AS d"
    " WHERE right(l.domain, length(d) + 1) = '.' || d))",
}
_HASHED = """
SELECT value, reason FROM suppressions WHERE organization_id = $1 AND kind = 'hash' AND value = ANY($2::text[])
"""
# One organization's ($1): whoever is about to mark its messages as being sent and whoever adds to its list by hand wait
# for each other.
SUPPRESSING = "hashtextextended('suppressing ' || $1::uuid, 0)"


@dataclass(frozen=True, slots=True)
class Covering:
    """Reasons by address and by domain. `hashed`: there are people who are known by a hash alone."""

    emails: dict[str, str]
    domains: dict[str, str]
    hashed: bool


async def announce(session: Session, organization_id: uuid.UUID) -> None:
    """Call it first in a transaction that suppresses by hand: marks in progress are waited for, later ones wait, and so
    every one of them either was before this suppression or sees it."""
    await (await raw(session)).execute(f"SELECT pg_advisory_xact_lock({SUPPRESSING})", organization_id)


async def find_covering(
    session: Session, organization_id: uuid.UUID, emails: Sequence[str], domains: Sequence[str]
) -> Covering:
    """Which of these are suppressed; one statement for any number."""
    found: dict[str, dict[str, str]] = {"email": {}, "domain": {}, "hash": {}}
    for kind, value, reason in await (await raw(session)).fetch(_COVERING, organization_id, emails, domains):
        found[kind][value] = reason
    return Covering(found["email"], found["domain"], bool(found["hash"]))


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list."""

    kind: str
    value: str
    reason: str
    created_at: datetime


async def list_entries(
    session: Session,
    organization_id: uuid.UUID,
    emails: Sequence[str],
    domains: Sequence[str],
    hashes: Sequence[str],
) -> list[Entry]:
    """The lines with these values."""
    rows = await (await raw(session)).fetch(_TOLD, organization_id, emails, domains, hashes)
    return [Entry(**row) for row in rows]


async def end_covered(
    session: Session, organization_id: uuid.UUID, kind: str, values: Sequence[str], status: str, told: str,
    now: datetime,
) -> set[uuid.UUID]:  # fmt: skip
    """Ends whoever is on the way under one of these addresses or domains, in every campaign; the campaigns."""
    query = _END.format(covers=_COVERS[kind])
    rows = await (await raw(session)).fetch(query, organization_id, list(values), status, told, now)
    if rows:
        stops.request(session, organization_id)
    return {row["campaign_id"] for row in rows}


async def find_hashed(session: Session, organization_id: uuid.UUID, hashes: Sequence[str]) -> dict[str, str]:
    """Hash to reason, of those that are suppressed."""
    rows = await (await raw(session)).fetch(_HASHED, organization_id, hashes)
    return {row["value"]: row["reason"] for row in rows}


async def get(session: Session, organization_id: uuid.UUID, kind: str, value: str) -> Suppression:
    query = select(Suppression).where(
        Suppression.organization_id == organization_id, Suppression.kind == kind, Suppression.value == value
    )
    return (await session.scalars(query)).one()


async def add(
    session: Session, organization_id: uuid.UUID, entries: Sequence[tuple[str, str]], *,
    reason: str, source: str, now: datetime,
) -> list[str]:  # fmt: skip
    """Adds (kind, value) pairs and returns the values that were new; an earlier reason stands."""
    pairs = sorted(set(entries))
    ids = [new_id() for _ in pairs]
    kinds, values = [kind for kind, _ in pairs], [value for _, value in pairs]
    connection = await raw(session)
    rows = await connection.fetch(_ADD, organization_id, ids, kinds, values, reason, source, now)
    stops.request(session, organization_id, suppresses=True)
    return [row["value"] for row in rows]


async def page(
    session: Session, organization_id: uuid.UUID, limit: int, *, before: uuid.UUID | None, q: str | None
) -> Sequence[Suppression]:
    """The latest first: ids rise with time. `q` reads the organization's whole list, which is for people to page."""
    query = select(Suppression).where(Suppression.organization_id == organization_id)
    if before:
        query = query.where(Suppression.id < before)
    if q:
        query = query.where(Suppression.value.contains(q.lower(), autoescape=True))
    return (await session.scalars(query.order_by(Suppression.id.desc()).limit(limit))).all()


async def remove(
    session: Session, organization_id: uuid.UUID, suppression_id: uuid.UUID
) -> Suppression | None:
    """The row that was deleted, or None."""
    statement = (
        delete(Suppression)
        .where(Suppression.organization_id == organization_id, Suppression.id == suppression_id)
        .returning(Suppression)
    )
    return (await session.scalars(statement)).one_or_none()
