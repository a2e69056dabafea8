"""Uploads, their progress, and the rows that were not taken as they stand."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, tuple_, update
from sqlalchemy.sql import literal

from reachly.data import stops
from reachly.data.models.leads import ImportRow, LeadImport, UploadChunk
from reachly.data.session import Session, raw

_ROWS = """
INSERT INTO import_rows (organization_id, import_id, line, outcome, code, reason, raw, lead_id, before)
SELECT $1, $2, r.line, r.outcome, r.code, r.reason, r.raw::jsonb, r.lead_id, r.before::jsonb
FROM unnest($3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::text[])
     AS r(line, outcome, code, reason, raw, lead_id, before)
"""

_WRITTEN_TO = """
SELECT EXISTS (
    SELECT FROM leads l JOIN email_sends s ON s.organization_id = l.organization_id AND s.lead_id = l.id
    WHERE l.organization_id = $1 AND l.import_id = $2
) OR EXISTS (
    SELECT FROM import_rows r JOIN email_sends s ON s.organization_id = r.organization_id AND s.lead_id = r.lead_id
    WHERE r.organization_id = $1 AND r.import_id = $2 AND r.lead_id IS NOT NULL AND s.claimed_at >= $3
)
"""

_RESTORE = """
UPDATE leads l SET
    first_name = r.before->>'first_name', last_name = r.before->>'last_name', company = r.before->>'company',
    position = r.before->>'position', country = r.before->>'country', timezone = r.before->>'timezone',
    source = r.before->>'source', lawful_basis = r.before->>'lawful_basis', custom_fields = r.before->'custom_fields',
    version = l.version + 1, updated_at = $3, enriched_at = NULL
FROM import_rows r
WHERE r.organization_id = $1 AND r.import_id = $2 AND r.lead_id IS NOT NULL AND r.before IS NOT NULL
  AND l.organization_id = $1 AND l.id = r.lead_id AND l.version = (r.before->>'version')::int + 1
"""

_TAKEN = """
SELECT id FROM (
    SELECT id FROM leads WHERE organization_id = $1 AND import_id = $2
    UNION
    SELECT l.id FROM import_rows r JOIN leads l ON l.organization_id = r.organization_id AND l.id = r.lead_id
    WHERE r.organization_id = $1 AND r.import_id = $2 AND r.lead_id IS NOT NULL
) AS taken
WHERE $3::uuid IS NULL OR id > $3 ORDER BY id LIMIT $4
"""


def _of(organization_id: uuid.UUID, import_id: uuid.UUID) -> Any:
    return (LeadImport.organization_id == organization_id) & (LeadImport.id == import_id)


async def add(session: Session, row: LeadImport) -> None:
    session.add(row)
    await session.flush()


async def find(
    session: Session, organization_id: uuid.UUID, import_id: uuid.UUID, *, lock: bool = False
) -> LeadImport | None:
    return await session.get(
        LeadImport, (organization_id, import_id), populate_existing=True, with_for_update=lock or None
    )


async def page(
    session: Session, organization_id: uuid.UUID, limit: int, before: tuple[datetime, uuid.UUID] | None
) -> Sequence[LeadImport]:
    """The latest first."""
    query = select(LeadImport).where(LeadImport.organization_id == organization_id)
    if before:
        key = tuple_(LeadImport.created_at, LeadImport.id)
        query = query.where(key < tuple_(literal(before[0]), literal(before[1])))
    query = query.order_by(LeadImport.created_at.desc(), LeadImport.id.desc()).limit(limit)
    return (await session.scalars(query)).all()


async def change(session: Session, organization_id: uuid.UUID, import_id: uuid.UUID, **values: Any) -> None:
    await session.execute(update(LeadImport).where(_of(organization_id, import_id)).values(**values))


async def add_enrolled(
    session: Session, organization_id: uuid.UUID, import_id: uuid.UUID, enrolled: int
) -> None:
    await session.execute(
        update(LeadImport)
        .where(_of(organization_id, import_id))
        .values(enrolled=LeadImport.enrolled + enrolled)
    )


async def discard_upload(session: Session, organization_id: uuid.UUID, import_id: uuid.UUID) -> None:
    """Removes an upload that never became whole, with its chunks."""
    await session.execute(
        delete(LeadImport).where(_of(organization_id, import_id), LeadImport.status == "uploading")
    )


async def discard_abandoned(session: Session, organization_id: uuid.UUID, before: datetime) -> None:
    """The same for uploads that a killed process left behind."""
    await session.execute(
        delete(LeadImport).where(
            LeadImport.organization_id == organization_id,
            LeadImport.status == "uploading",
            LeadImport.created_at < before,
        )
    )


async def add_chunk(
    session: Session, organization_id: uuid.UUID, import_id: uuid.UUID, number: int, data: bytes
) -> None:
    await session.execute(
        insert(UploadChunk).values(
            organization_id=organization_id, import_id=import_id, number=number, data=data
        )
    )


async def read_chunk(
    session: Session, organization_id: uuid.UUID, import_id: uuid.UUID, number: int
) -> bytes | None:
    """The chunk, or None behind the last one."""
    query = select(UploadChunk.data).where(
        UploadChunk.organization_id == organization_id,
        UploadChunk.import_id == import_id,
        UploadChunk.number == number,
    )
    return (await session.scalars(query)).one_or_none()


async def delete_chunks(session: Session, organization_id: uuid.UUID, import_id: uuid.UUID) -> None:
    await session.execute(
        delete(UploadChunk).where(
            UploadChunk.organization_id == organization_id, UploadChunk.import_id == import_id
        )
    )


async def add_rows(
    session: Session, organization_id: uuid.UUID, import_id: uuid.UUID, rows: Sequence[ImportRow]
) -> None:
    """Any number of rows in one statement."""
    if not rows:
        return
    connection = await raw(session)
    await connection.execute(
        _ROWS, organization_id, import_id, [row.line for row in rows], [row.outcome for row in rows],
        [row.code or "" for row in rows], [row.reason or "" for row in rows],
        [json.dumps(row.raw or []) for row in rows], [row.lead_id for row in rows],
        [None if row.before is None else json.dumps(row.before) for row in rows],
    )  # fmt: skip


async def page_reported_rows(
    session: Session, organization_id: uuid.UUID, import_id: uuid.UUID, limit: int, after: int
) -> Sequence[ImportRow]:
    """Failed and skipped rows behind the line `after`, in the order of the file."""
    query = (
        select(ImportRow)
        .where(
            ImportRow.organization_id == organization_id, ImportRow.import_id == import_id,
            ImportRow.lead_id.is_(None), ImportRow.line > after,
        )
        .order_by(ImportRow.line)
        .limit(limit)
    )  # fmt: skip
    return (await session.scalars(query)).all()


async def list_taken(
    session: Session, organization_id: uuid.UUID, import_id: uuid.UUID, limit: int, after: uuid.UUID | None
) -> list[uuid.UUID]:
    """Leads that the import added or met again, by id."""
    connection = await raw(session)
    return [row["id"] for row in await connection.fetch(_TAKEN, organization_id, import_id, after, limit)]


async def lock_added(session: Session, organization_id: uuid.UUID, import_id: uuid.UUID) -> None:
    """Holds back whoever is about to write to the leads of an import."""
    connection = await raw(session)
    await connection.execute(
        "SELECT count(*) FROM (SELECT FROM leads WHERE organization_id = $1 AND import_id = $2"
        " ORDER BY email_key FOR UPDATE) AS held",
        organization_id, import_id,
    )  # fmt: skip


async def was_written_to(
    session: Session, organization_id: uuid.UUID, import_id: uuid.UUID, since: datetime
) -> bool:
    """Whether the ledger holds a message to a lead that the import added, or to one it changed `since` then."""
    connection = await raw(session)
    return bool(await connection.fetchval(_WRITTEN_TO, organization_id, import_id, since))


async def take_back(
    session: Session, organization_id: uuid.UUID, import_id: uuid.UUID, now: datetime
) -> None:
    """Removes the leads that the import added and restores those it changed, unless edited since."""
    connection = await raw(session)
    await connection.execute(_RESTORE, organization_id, import_id, now)
    await connection.execute(
        "DELETE FROM leads WHERE organization_id = $1 AND import_id = $2", organization_id, import_id
    )
    stops.request(session, organization_id)
