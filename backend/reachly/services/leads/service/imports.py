"""Imports as people follow them: progress, the rows that were not taken, and taking one back."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

from reachly.data import outbox
from reachly.data.models.leads import ImportRow, LeadImport
from reachly.data.repositories.leads import imports
from reachly.data.session import Session, tenant
from reachly.events import ImportUndoAsked
from reachly.kit import clock, csv
from reachly.kit.errors import Conflict, NotFound
from reachly.kit.pagination import Page, cut_page, encode_cursor, read_number_cursor
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor
from reachly.services.leads.schemas import ImportOut, ImportRowOut
from reachly.services.leads.service.importing import progress_of
from reachly.services.leads.service.outputs import describe_import, read_cursor, write_cursor

EXPORT_PAGE = 1_000
UNDO_AT_ONCE = 5_000  # leads; more of them are taken back by a job, for a request must not last minutes
WRITTEN_TO = "Somebody of this import was written to already, so it stays. Delete single leads instead."


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
    """Takes back what it added and changed: a large one in a job. Raises NotFound, or Conflict once somebody in it was
    written to."""
    row = await imports.find(session, actor.organization_id, import_id, lock=True)
    if row is None:
        raise _no_import()
    if row.status != "completed":
        raise Conflict(f"An import that is {row.status} cannot be undone.", code="not_completed")
    is_large = row.imported + row.updated > UNDO_AT_ONCE
    if not (await _is_untouched(session, row) if is_large else await _take_back(session, row)):
        raise Conflict(WRITTEN_TO, code="written_to")
    if is_large:
        row.status, row.error = "undoing", None
    await session.flush()
    await identity.record(
        session, actor.organization_id, actor.user_id, "import.undone", subject=str(import_id),
        detail={"filename": row.filename, "imported": row.imported, "updated": row.updated}, ip=actor.ip,
    )  # fmt: skip
    if is_large:
        asked = ImportUndoAsked(organization_id=actor.organization_id, at=clock.now(), import_id=import_id)
        await outbox.emit(session, [asked, progress_of(row)])
    return describe_import(row)


async def run_undo(organization_id: uuid.UUID, import_id: uuid.UUID) -> None:
    """Takes back an import that is to be undone. It stays, and says why, if somebody was written to meanwhile."""
    async with tenant(organization_id) as session:
        row = await imports.find(session, organization_id, import_id, lock=True)
        if row is None or row.status != "undoing":
            return
        if not await _take_back(session, row):
            row.status, row.error = "completed", WRITTEN_TO
        await session.flush()
        await outbox.emit(session, [progress_of(row)])


async def _take_back(session: Session, row: LeadImport) -> bool:
    await imports.lock_added(session, row.organization_id, row.id)
    if not await _is_untouched(session, row):
        return False
    now = clock.now()
    await imports.take_back(session, row.organization_id, row.id, now)
    row.status, row.undone_at = "undone", now
    return True


async def _is_untouched(session: Session, row: LeadImport) -> bool:
    since = row.started_at or row.created_at
    return not await imports.was_written_to(session, row.organization_id, row.id, since)


async def _find(session: Session, actor: Actor, import_id: uuid.UUID) -> LeadImport:
    row = await imports.find(session, actor.organization_id, import_id)
    if row is None:
        raise _no_import()
    return row


def _no_import() -> NotFound:
    return NotFound("This import does not exist.")
