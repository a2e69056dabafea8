"""Reading an upload into leads, in batches that each commit with their counters.

A killed import goes on exactly behind its last commit: every batch writes `rows_read` in the transaction that
writes its leads, and a new run passes over that many rows. (Passing over a million rows takes seconds; a position in
bytes would have to know every encoding.)
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import structlog

from reachly.data import outbox
from reachly.data.models.leads import LeadImport
from reachly.data.repositories.leads import imports
from reachly.data.session import Session, tenant
from reachly.events import ImportProgressed, LeadsImported, QuotaReached
from reachly.infra.settings import current_settings
from reachly.kit import clock, csv
from reachly.services.identity import service as identity
from reachly.services.leads.schemas import ImportOptions
from reachly.services.leads.service.batching import Tally, store_batch
from reachly.services.leads.service.rows import (
    Columns,
    Fault,
    ReadRow,
    Unusable,
    read_rows,
    understand_header,
)

log = structlog.get_logger(__name__)
SLICE = 100_000  # bytes
PARSED_AT_ONCE = 1_000  # rows
COUNTERS = ("rows_read", "imported", "updated", "skipped", "failed", "suppressed")


@dataclass(slots=True)
class Run:
    """One run of an import. `rows_read` and `bytes_done` move with the file."""

    organization_id: uuid.UUID
    import_id: uuid.UUID
    options: ImportOptions
    rows_read: int
    bytes_done: int = 0

    async def chunks(self) -> AsyncIterator[bytes]:
        """The file; each piece in a short transaction, for a batch takes its time."""
        number = 0
        while True:
            async with tenant(self.organization_id) as session:
                data = await imports.read_chunk(session, self.organization_id, self.import_id, number)
            if data is None:
                return
            for start in range(0, len(data), SLICE):
                piece = data[start : start + SLICE]
                self.bytes_done += len(piece)
                yield piece
                await asyncio.sleep(0)  # the mail must go on
            number += 1


async def run_import(organization_id: uuid.UUID, import_id: uuid.UUID) -> None:
    """Imports an upload, from its beginning or from where another run stopped. Does nothing to one that is through,
    undone or gone; gives way when another worker has taken over."""
    run = await _start(organization_id, import_id)
    if run is None:
        return
    try:
        async for batch in _batches(run):
            if not await _commit_batch(run, batch):
                log.info("another worker goes on with this import", import_id=str(import_id))
                return
        await _complete(run)
    except (csv.Unreadable, Unusable) as refusal:
        await _fail(run, str(refusal))


async def _start(organization_id: uuid.UUID, import_id: uuid.UUID) -> Run | None:
    async with tenant(organization_id) as session:
        row = await imports.find(session, organization_id, import_id, lock=True)
        if row is None or row.status not in ("queued", "running"):
            return None
        row.status = "running"
        row.started_at = row.started_at or clock.now()
        await session.flush()
        options = ImportOptions(**row.options, mapping=row.mapping)
        return Run(organization_id, import_id, options, row.rows_read)


async def _batches(run: Run) -> AsyncIterator[list[ReadRow | Fault]]:
    """Rows as leads or faults, `batch_rows` at a time, without those that were read before."""
    size = current_settings().imports.batch_rows
    options = run.options
    found = csv.read_batches(
        run.chunks(), encoding=options.encoding, delimiter=options.delimiter, size=min(size, PARSED_AT_ONCE)
    )
    columns: Columns | None = None
    passing, batch = run.rows_read, list[ReadRow | Fault]()
    async for dialect, records in found:
        below: Sequence[csv.Row | csv.BadRow] = records
        if columns is None:
            headers, mapping, columns, below = understand_header(records, options.mapping)
            await _note_header(run, headers, mapping, dialect)
        rows = read_rows(columns, below)
        rows, passing = rows[passing:], max(0, passing - len(rows))
        batch += rows
        while len(batch) >= size:
            yield batch[:size]
            batch = batch[size:]
    if batch:
        yield batch


async def _note_header(run: Run, headers: list[str], mapping: dict[str, str], dialect: csv.Dialect) -> None:
    """Keeps how the file was understood, so that people see it and a second run understands it alike."""
    known = run.options.model_copy(
        update={"encoding": dialect.encoding, "delimiter": dialect.delimiter, "mapping": mapping}
    )
    async with tenant(run.organization_id) as session:
        await imports.change(
            session, run.organization_id, run.import_id, headers=headers, mapping=mapping,
            options=known.model_dump(exclude={"mapping"}),
        )  # fmt: skip


async def _commit_batch(run: Run, batch: list[ReadRow | Fault]) -> bool:
    """Leads, reported rows, counters and the place in the file, all or nothing. False: somebody else went on."""
    async with tenant(run.organization_id) as session:
        row = await _lock(session, run)
        if row is None:
            return False
        now = clock.now()
        tally = await store_batch(session, run.organization_id, run.import_id, run.options, batch, now)
        assert tally.read == len(batch), "every row has one outcome"
        _count(row, tally, run.bytes_done)
        await session.flush()
        reached: list[QuotaReached] = []
        if tally.imported:
            reached = await identity.add_usage(session, run.organization_id, "leads_imported", tally.imported)
        await outbox.emit(session, [progress_of(row), *reached])
    run.rows_read += len(batch)
    return True


async def _lock(session: Session, run: Run) -> LeadImport | None:
    """The import, held until the commit; None when it is not where this run believes it to be."""
    row = await imports.find(session, run.organization_id, run.import_id, lock=True)
    if row is None or row.status != "running" or row.rows_read != run.rows_read:
        return None
    return row


def _count(row: LeadImport, tally: Tally, bytes_done: int) -> None:
    row.rows_read += tally.read
    row.imported += tally.imported
    row.updated += tally.updated
    row.skipped += tally.skipped
    row.failed += tally.failed
    row.suppressed += tally.suppressed
    row.bytes_done = max(row.bytes_done, bytes_done)


async def _complete(run: Run) -> None:
    async with tenant(run.organization_id) as session:
        row = await _lock(session, run)
        if row is None:
            return
        if not row.rows_read:
            raise Unusable("The file has a header line but no rows. Add people below it and import it again.")
        row.status, row.bytes_done, row.finished_at = "completed", row.bytes_total, clock.now()
        await session.flush()
        await imports.delete_chunks(session, run.organization_id, run.import_id)
        imported = LeadsImported(
            organization_id=run.organization_id, at=row.finished_at, import_id=run.import_id,
            campaign_id=row.campaign_id, data=_said(row),
        )  # fmt: skip
        await outbox.emit(session, [progress_of(row), imported])


async def _fail(run: Run, reason: str) -> None:
    """The file as a whole cannot be used: that is seen before the first row is stored."""
    async with tenant(run.organization_id) as session:
        row = await _lock(session, run)
        if row is None:
            return
        row.status, row.error, row.finished_at = "failed", reason, clock.now()
        await session.flush()
        await imports.delete_chunks(session, run.organization_id, run.import_id)
        await outbox.emit(session, [progress_of(row)])


def progress_of(row: LeadImport) -> ImportProgressed:
    """What browsers hear of it."""
    return ImportProgressed(
        organization_id=row.organization_id, at=clock.now(), import_id=row.id, campaign_id=row.campaign_id,
        data=_said(row),
    )  # fmt: skip


def _said(row: LeadImport) -> dict[str, object]:
    counters = {name: getattr(row, name) for name in COUNTERS}
    place = {"bytes_done": row.bytes_done, "bytes_total": row.bytes_total}
    return {"filename": row.filename, "status": row.status, "error": row.error, **counters, **place}
