"""What verification and enrichment find out about leads, and which leads still wait for it.

A lead that waits says so by its own columns, so whoever comes next goes on where the last one was killed.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from reachly.data.models.leads import Lead
from reachly.data.session import Session, raw
from reachly.kit.ids import new_id

_VERDICTS = """
UPDATE leads SET verification = found.verdict, verification_reason = found.reason, verified_at = $7,
    mail_provider = found.provider
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])
     AS found(id, email_key, verdict, reason, provider)
WHERE leads.organization_id = $1 AND leads.id = found.id AND leads.email_key = found.email_key
  AND leads.verification = 'unverified'
RETURNING leads.id, leads.verification
"""

_FACTS = """
INSERT INTO lead_facts (organization_id, id, lead_id, name, value, source, confidence, observed_at)
SELECT $1, found.id, found.lead_id, found.name, found.value, found.source, found.confidence, $8
FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::float8[])
     AS found(id, lead_id, name, value, source, confidence)
"""


async def list_unverified(
    session: Session, organization_id: uuid.UUID, limit: int
) -> list[tuple[uuid.UUID, str, str]]:
    """(id, address key, address as typed), the oldest first."""
    query = (
        select(Lead.id, Lead.email_key, Lead.email)
        .where(Lead.organization_id == organization_id, Lead.verification == "unverified")
        .order_by(Lead.created_at, Lead.id)
        .limit(limit)
    )
    return [(row.id, row.email_key, row.email) for row in await session.execute(query)]


async def count_unverified(session: Session, organization_id: uuid.UUID) -> int:
    query = select(func.count()).where(
        Lead.organization_id == organization_id, Lead.verification == "unverified"
    )
    return (await session.scalars(query)).one()


async def save_verdicts(
    session: Session,
    organization_id: uuid.UUID,
    verdicts: Sequence[tuple[uuid.UUID, str, str, str, str]],
    now: datetime,
) -> dict[uuid.UUID, str]:
    """Takes (id, address key, verdict, reason, mail provider); returns what was written: not for leads that
    someone else verified meanwhile, or whose address has changed."""
    connection = await raw(session)
    columns = [list(column) for column in zip(*sorted(verdicts), strict=True)]
    rows = await connection.fetch(_VERDICTS, organization_id, *columns, now)
    return {row["id"]: row["verification"] for row in rows}


async def list_unenriched(session: Session, organization_id: uuid.UUID, limit: int) -> Sequence[Lead]:
    """Leads that are verified and have not been looked at by enrichment."""
    query = (
        select(Lead)
        .where(
            Lead.organization_id == organization_id,
            Lead.enriched_at.is_(None),
            Lead.verification != "unverified",
        )
        .order_by(Lead.id)
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def mark_enriched(
    session: Session, organization_id: uuid.UUID, ids: Sequence[uuid.UUID], now: datetime
) -> set[uuid.UUID]:
    """Those that were still unmarked: locked, so whoever gets them alone writes their facts."""
    connection = await raw(session)
    rows = await connection.fetch(
        "UPDATE leads SET enriched_at = $3 WHERE organization_id = $1 AND id = any($2::uuid[])"
        " AND enriched_at IS NULL RETURNING id",
        organization_id, sorted(ids), now,
    )  # fmt: skip
    return {row["id"] for row in rows}


async def replace_facts(
    session: Session,
    organization_id: uuid.UUID,
    ids: Sequence[uuid.UUID],
    facts: Sequence[tuple[uuid.UUID, str, str, str, float]],
    now: datetime,
) -> None:
    """Takes (lead, name, value, source, confidence), each name and source once per lead; earlier ones go."""
    connection = await raw(session)
    await connection.execute(
        "DELETE FROM lead_facts WHERE organization_id = $1 AND lead_id = any($2::uuid[])",
        organization_id,
        ids,
    )
    if facts:
        columns = [list(column) for column in zip(*sorted(facts), strict=True)]
        new = [new_id() for _ in facts]
        await connection.execute(_FACTS, organization_id, new, *columns, now)
