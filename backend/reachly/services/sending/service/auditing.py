"""The ledger for whoever audits it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reachly.data.repositories.sending import audit as repository
from reachly.data.repositories.sending import reconcile
from reachly.data.repositories.sending.audit import LedgerRow
from reachly.data.repositories.sending.reconcile import Sure
from reachly.data.session import tenant

__all__ = ["Absence", "LedgerRow", "read_absences", "read_ledger"]


@dataclass(frozen=True, slots=True)
class Absence:
    """A message that was settled as never having left: `named` controls proved it, `controls` are those that the ledger
    still has; they were found by `key` in `folder`."""

    row: LedgerRow
    named: int
    controls: tuple[Sure, ...]
    key: str
    folder: str


async def read_ledger(organization_id: uuid.UUID, campaign_id: uuid.UUID) -> list[LedgerRow]:
    """Every intended message of a campaign, whatever became of it, by recipient and step."""
    async with tenant(organization_id) as session:
        return await repository.list_ledger(session, organization_id, campaign_id)


async def read_absences(
    organization_id: uuid.UUID, ledger: Sequence[LedgerRow]
) -> tuple[dict[uuid.UUID, list[Absence]], list[LedgerRow]]:
    """(what was settled by absence and by which controls, what was settled so before the evidence was kept)."""
    entries = {row.id: [one for one in _entries(row) if one.get("verdict") == "never_left"] for row in ledger}
    ids = {uuid.UUID(name) for kept in entries.values() for one in kept for name in _controls(one)}
    async with tenant(organization_id) as session:
        known = await reconcile.list_named(session, organization_id, sorted(ids))
    found = {
        row.id: [_absence(row, one, known) for one in entries[row.id]] for row in ledger if entries[row.id]
    }
    return found, [row for row in ledger if row.evidence is None and _was_absent(row)]


def _absence(row: LedgerRow, entry: dict[str, Any], known: dict[uuid.UUID, Sure]) -> Absence:
    ids = [uuid.UUID(name) for name in _controls(entry)]
    controls = tuple(known[one] for one in ids if one in known)
    return Absence(row, len(ids), controls, str(entry.get("key", "")), str(entry.get("folder", "")))


def _controls(entry: dict[str, Any]) -> list[str]:
    return [*entry.get("before", ()), *entry.get("after", ())]


def _entries(row: LedgerRow) -> list[dict[str, Any]]:
    return json.loads(row.evidence) if row.evidence else []


def _was_absent(row: LedgerRow) -> bool:
    """Of an earlier version: what the Sent folder settled and was to go again, or went again."""
    return row.settled_by == "sent_folder" and (row.reason == "never_left" or row.attempts > 1)
