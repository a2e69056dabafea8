"""What the journals of workers that are gone prove: only what was being said at the moment of the kill is in doubt."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta

import structlog

from reachly.data import outbox
from reachly.data.repositories.sending import caps, enrollments, journaled, leases, lost
from reachly.data.repositories.sending.lost import OpenRow
from reachly.data.repositories.sending.rows import CapKey
from reachly.data.session import tenant
from reachly.data.system import system
from reachly.infra.settings import Settings
from reachly.kit import clock
from reachly.services.sending.service.journal import Found, read_dead
from reachly.services.sending.service.rescue import rescue_organization
from reachly.services.sending.service.settled import make_due, note_arrived

log = structlog.get_logger(__name__)

KEPT_SECONDS = 300.0
"""So long a journal is kept whose marks are not in the ledger: their commit may still be on its way."""


async def recover_journals(settings: Settings) -> int:
    """Settles what dead workers of this machine left behind, without waiting for their leases; how many rows."""
    with read_dead(settings.data_dir) as pages:
        settled = sum([await _recover(page) for page in pages])
        dead = [page for page in pages if not page.is_alive]
        if dead:  # what they were saying at that moment is in doubt, and their mailboxes are free
            async with system() as session:
                now = clock.machine_now()
                attempts = sorted({page.attempt_id for page in dead})
                await leases.extend_leases(session, attempts, now, now - timedelta(seconds=1))
        for organization_id in sorted({page.organization_id for page in dead}):
            await rescue_organization(organization_id)
    if settled:
        log.info("the journals of workers that are gone settled what they left", messages=settled)
    return settled


async def _recover(page: Found) -> int:
    settled, known = await _settle(page)
    if known == len(page.send_ids) or page.age > KEPT_SECONDS:
        page.path.unlink(missing_ok=True)
    return settled


async def _settle(page: Found) -> tuple[int, int]:
    """How many rows moved, and how many of the page's the ledger has."""
    organization_id = page.organization_id
    async with tenant(organization_id) as session:
        now = clock.now()
        found = [await lost.find_row(session, organization_id, send_id) for send_id in sorted(page.send_ids)]
        rows = {row.id: row for row in found if row is not None}
        await enrollments.lock(
            session, organization_id, [row.enrollment_id for row in rows.values() if row.enrollment_id]
        )
        never = await journaled.note_never_left(session, organization_id, page.attempt_id, page.never, now)
        sent = await journaled.note_sent(session, organization_id, page.attempt_id, page.sent, now)
        await make_due(session, organization_id, [rows[one] for one in never])
        events = await note_arrived(session, organization_id, [rows[one] for one in sent], "journal")
        await caps.settle(
            session,
            organization_id,
            used=_caps(rows, sent, "sending"),
            released=_caps(rows, never, "sending"),
        )
        await caps.unuse(session, organization_id, _caps(rows, never, "unknown"))
        await outbox.emit(session, events, wake=bool(never))
    return len(never) + len(sent), len(rows)


def _caps(rows: Mapping[uuid.UUID, OpenRow], settled: Mapping[uuid.UUID, str], was: str) -> list[CapKey]:
    return [key for send_id, before in settled.items() if before == was for key in rows[send_id].caps]
