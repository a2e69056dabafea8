"""What one batch of rows does to the leads, inside one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reachly.data.models.leads import ImportRow
from reachly.data.repositories.leads import imports, staging
from reachly.data.repositories.leads.staging import KnownLead, StagedLead
from reachly.data.session import Session
from reachly.kit.ids import new_id
from reachly.services.leads import opting
from reachly.services.leads.schemas import ImportOptions
from reachly.services.leads.service.editing import shown_address
from reachly.services.leads.service.rows import Fault, ReadRow, kept_cells
from reachly.services.suppression import service as suppression

KEPT_FIRST = ("source", "lawful_basis")  # where a person came from at first stays on record


@dataclass(slots=True)
class Tally:
    """What became of the rows of one batch."""

    imported: int = 0
    updated: int = 0
    skipped: int = 0
    failed: int = 0
    suppressed: int = 0
    rows: list[ImportRow] = field(default_factory=list)

    @property
    def read(self) -> int:
        return self.imported + self.updated + self.skipped + self.failed

    def report(self, outcome: str, line: int, cells: Sequence[str], code: str, reason: str) -> None:
        """Counts a row that is not taken and keeps it with its reason."""
        self.rows.append(
            ImportRow(line=line, outcome=outcome, code=code, reason=reason, raw=kept_cells(cells))
        )
        if outcome == "failed":
            self.failed += 1
        else:
            self.skipped += 1


async def store_batch(
    session: Session, organization_id: uuid.UUID, import_id: uuid.UUID, options: ImportOptions,
    batch: Sequence[ReadRow | Fault], now: datetime,
) -> Tally:  # fmt: skip
    """Adds, updates, skips; writes the rows to report and to undo. The caller keeps the counters.

    The first row of an address in a file counts; later ones are skipped and name it.
    """
    tally = Tally()
    firsts: dict[str, ReadRow] = {}
    for row in batch:
        if isinstance(row, Fault):
            tally.report("failed", row.line, row.cells, row.code, row.reason)
        elif row.address.key in firsts:
            _skip_repeated(tally, row, f"line {firsts[row.address.key].line}")
        else:
            firsts[row.address.key] = row
    await _settle(session, organization_id, import_id, options, firsts, tally, now)
    await _suppress(session, organization_id, import_id, batch)
    reasons = await suppression.find_reasons(session, organization_id, list(firsts))
    tally.suppressed = len(reasons)
    await imports.add_rows(session, organization_id, import_id, tally.rows)
    return tally


async def _suppress(
    session: Session, organization_id: uuid.UUID, import_id: uuid.UUID, batch: Sequence[ReadRow | Fault]
) -> None:
    """Whom the file says must not be written to, also where the row was skipped. Nobody is ever freed by a file."""
    keys: dict[str, set[str]] = {}
    for row in batch:
        if isinstance(row, ReadRow) and row.suppress:
            keys.setdefault(row.suppress, set()).add(row.address.key)
    for reason in sorted(keys, key=opting.WORST_FIRST.index):  # the first reason given stands
        found: Any = reason
        await suppression.suppress_addresses(
            session, organization_id, sorted(keys[reason]), found, f"import:{import_id}"
        )


async def _settle(
    session: Session, organization_id: uuid.UUID, import_id: uuid.UUID, options: ImportOptions,
    firsts: dict[str, ReadRow], tally: Tally, now: datetime,
) -> None:  # fmt: skip
    """Each address once. An address that somebody else adds between the look and the insert is met as known in the
    next round; rows that are not taken leave `firsts`."""
    waiting = dict(firsts)
    while waiting:
        known = await staging.lock_known(session, organization_id, list(waiting))
        ids = [lead.id for lead in known.values()]
        met = await staging.list_met(session, organization_id, import_id, ids) if ids else set()
        changed: list[KnownLead] = []
        for key, lead in known.items():
            row = waiting.pop(key)
            if lead.id in met or lead.import_id == import_id:
                _skip_repeated(tally, row, "an earlier line")
                del firsts[key]
            elif options.duplicates == "skip":
                tally.report(
                    "skipped", row.line, row.cells, "exists", "One of your leads has this address already."
                )
                del firsts[key]
            else:
                before = _before(lead)
                differs = _merge(lead, row, options)
                changed += [lead] if differs else []
                tally.rows.append(
                    ImportRow(
                        line=row.line, outcome="updated", lead_id=lead.id, before=before if differs else None
                    )
                )
                tally.updated += 1
        await staging.update_known(session, organization_id, changed, now)
        fresh = [_staged(row, options) for row in waiting.values()]
        added = await staging.add_new(session, organization_id, import_id, fresh, now)
        tally.imported += len(added)
        for key in added:
            del waiting[key]


def _skip_repeated(tally: Tally, row: ReadRow, where: str) -> None:
    reason = f"The same address as in {where} of this file."
    tally.report("skipped", row.line, row.cells, "repeated", reason)


def _staged(row: ReadRow, options: ImportOptions) -> StagedLead:
    address = row.address
    fields = {**row.fields, "source": options.source, "lawful_basis": options.lawful_basis}
    return StagedLead(
        new_id(), shown_address(address), address.key, address.domain, fields, row.custom_fields
    )


def _before(lead: KnownLead) -> dict[str, object]:
    return {**lead.fields, "custom_fields": lead.custom_fields, "version": lead.version}


def _merge(lead: KnownLead, row: ReadRow, options: ImportOptions) -> bool:
    """The file's values take the place of the lead's, empty ones do not; whether anything changed."""
    fields = {**lead.fields, **{name: value for name, value in row.fields.items() if value}}
    for name in KEPT_FIRST:
        fields[name] = lead.fields[name] or getattr(options, name)
    custom = {**lead.custom_fields, **row.custom_fields}
    differs = fields != lead.fields or custom != lead.custom_fields
    lead.fields, lead.custom_fields = fields, custom
    return differs
