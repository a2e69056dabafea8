"""Imports as people follow them: progress, the rows that were not taken, and taking one back."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

from reachly.data.models.leads import ImportRow, LeadImport
from reachly.data.repositories.leads import imports
from reachly.data.session import Session, tenant
from reachly.kit import clock, csv
from reachly.kit.errors import Conflict, NotFound
from reachly.kit.pagination import Page, cut_page, encode_cursor, read_number_cursor
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor
from reachly.services.leads.schemas import ImportOut, ImportRowOut
from reachly.services.leads.service.outputs import describe_import, read_cursor, write_cursor

EXPORT_PAGE = 1_000


async def page_imports(
    session: Session, actor: Actor, *, limit: int, cursor: str | None = None
) -> Page[ImportOut]:
    """The latest first."""
    fetched = await imports.page(session, actor.organization_id, limit + 1, read_cursor(cursor))
    rows, more = cut_page(fetched, limit)
    items = [describe_import(row) for row in rows]
    return Page(items=items, next_cursor=write_cursor(rows[-1].created_at, rows[-1].id) if more else None)


async def get_import(session: Session, actor: Actor, import_id: uuid.UUID) -> ImportOut:
    """Raises NotFound."""
    return describe_import(await _find(session, actor, import_id))


async def page_import_rows(
    session: Session, actor: Actor, import_id: uuid.UUID, *, limit: int, cursor: str | None = None
) -> Page[ImportRowOut]:
    """Failed and skipped rows in the order of the file. Raises NotFound."""
    await _find(session, actor, import_id)
    after = read_number_cursor(cursor, most=2**31 - 1) if cursor else 0
    fetched = await imports.page_reported_rows(session, actor.organization_id, import_id, limit + 1, after)
    rows, more = cut_page(fetched, limit)
    items = [ImportRowOut.model_validate(row, from_attributes=True) for row in rows]
    return Page(items=items, next_cursor=encode_cursor(rows[-1].line) if more else None)


async def export_failed_rows(session: Session, actor: Actor, import_id: uuid.UUID) -> AsyncIterator[str]:
    """The same as a CSV that can be mended and imported again, in parts. Raises NotFound before the first."""
    row = await _find(session, actor, import_id)
    return _export(actor, import_id, list(row.headers))


async def _export(actor: Actor, import_id: uuid.UUID, headers: list[str]) -> AsyncIterator[str]:
    width = len(headers)
    yield csv.write_row([*headers, "import line", "import result", "import reason"])
    after = 0
    while True:
        async with tenant(actor.organization_id) as session:
            rows = await imports.page_reported_rows(
                session, actor.organization_id, import_id, EXPORT_PAGE, after
            )
        if not rows:
            return
        yield "".join(csv.write_row(_exported(row, width)) for row in rows)
        after = rows[-1].line


def _exported(row: ImportRow, width: int) -> list[str]:
    cells = [*row.raw[:width], *[""] * (width - len(row.raw))]
    return [*cells, str(row.line), row.outcome, row.reason]


async def undo_import(session: Session, actor: Actor, import_id: uuid.UUID) -> ImportOut:
    """Takes back what it added and changed. Raises NotFound, or Conflict once somebody in it was written to."""
    row = await imports.find(session, actor.organization_id, import_id, lock=True)
    if row is None:
        raise _no_import()
    if row.status != "completed":
        raise Conflict(f"An import that is {row.status} cannot be undone.", code="not_completed")
    await imports.lock_added(session, actor.organization_id, import_id)
    if await imports.was_written_to(
        session, actor.organization_id, import_id, row.started_at or row.created_at
    ):
        raise Conflict(
            "Somebody of this import was written to already, so it stays. Delete single leads instead.",
            code="written_to",
        )
    now = clock.now()
    await imports.take_back(session, actor.organization_id, import_id, now)
    row.status, row.undone_at = "undone", now
    await session.flush()
    await identity.record(
        session, actor.organization_id, actor.user_id, "import.undone", subject=str(import_id),
        detail={"filename": row.filename, "imported": row.imported, "updated": row.updated}, ip=actor.ip,
    )  # fmt: skip
    return describe_import(row)


async def _find(session: Session, actor: Actor, import_id: uuid.UUID) -> LeadImport:
    row = await imports.find(session, actor.organization_id, import_id)
    if row is None:
        raise _no_import()
    return row


def _no_import() -> NotFound:
    return NotFound("This import does not exist.")
