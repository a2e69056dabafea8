"""Rows whose worker is gone, and mailboxes and campaigns that nobody looks after."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog

from reachly.data import outbox, stops
from reachly.data.repositories.sending import caps, enrollments, leases, lost, reconcile, turns
from reachly.data.repositories.sending.enrollments import Change
from reachly.data.repositories.sending.lost import OpenRow
from reachly.data.repositories.sending.rows import CapKey, Lease
from reachly.data.session import Session, tenant
from reachly.data.system import system
from reachly.events import Event, MessageFailed
from reachly.kit import clock
from reachly.services.campaigns import service as campaigns
from reachly.services.sending.service.withdraw import await_withdrawn

log = structlog.get_logger(__name__)

WORKER_LOST = "The worker stopped between writing the message and noting the answer."


async def rescue_expired() -> int:
    """Every row whose lease ran out, of all organizations: what was on the wire becomes unknown."""
    async with system() as session:
        organizations = await leases.list_expired(session, clock.machine_now())
    return sum([await rescue_organization(organization_id) for organization_id in organizations])


async def rescue_organization(organization_id: uuid.UUID) -> int:
    """The expired rows of one organization, in one transaction; how many moved."""
    async with tenant(organization_id) as session:
        machine_now, now = clock.machine_now(), clock.now()
        rows = await lost.list_expired_rows(session, organization_id, machine_now)
        await enrollments.lock(
            session, organization_id, [row.enrollment_id for row in rows if row.enrollment_id]
        )
        moved = await lost.take_back(session, organization_id, [row.id for row in rows], now, machine_now)
        ours = [row for row in rows if row.id in moved]
        unknown = [row for row in ours if moved[row.id] == "unknown"]
        back = [row for row in ours if moved[row.id] != "unknown"]
        await caps.settle(session, organization_id, used=_caps(unknown), released=_caps(back))
        changes = [Change(row.enrollment_id, now) for row in back if row.enrollment_id]
        changes += [
            Change(row.enrollment_id, None, "unknown_previous", WORKER_LOST)
            for row in unknown
            if row.enrollment_id
        ]
        await enrollments.change(session, organization_id, now, changes, gently=True)
        await _wake(session, organization_id, ours)
        doubtful = [row.email_account_id for row in unknown if row.email_account_id]
        await reconcile.ask_by(session, organization_id, doubtful, now)
        events: list[Event] = [
            failed(organization_id, row, "unknown") for row in unknown if row.kind == "campaign"
        ]
        await outbox.emit(session, events, wake=bool(back))
        return len(ours)


async def abandon(lease: Lease) -> None:
    """After an error of our own in a turn: its rows and its lease are free at once instead of when the lease ends."""
    async with system() as session:
        now = clock.machine_now()
        await leases.extend_leases(session, [lease.attempt_id], now, now - timedelta(seconds=1))
    await rescue_organization(lease.organization_id)
    async with tenant(lease.organization_id) as session:
        await set_next_turn(session, lease.organization_id, [lease.email_account_id])


async def wake_sleepers() -> int:
    """Mailboxes that have something to send and no turn: all that may be is that nothing may ever go; how many."""
    async with system() as session:
        sleepers = await leases.list_sleepers(session, clock.machine_now())
    for organization_id, account_id in sleepers:
        log.info("a mailbox without a turn is looked at", mailbox=str(account_id))
        async with tenant(organization_id) as session:
            await set_next_turn(session, organization_id, [account_id])
    return len(sleepers)


async def set_next_turn(
    session: Session, organization_id: uuid.UUID, account_ids: Sequence[uuid.UUID]
) -> None:
    """Mailboxes whose messages got other times. Early is harmless: the turn itself asks every rule."""
    await turns.wake_mailboxes(session, organization_id, account_ids, clock.now())


async def follow_stop(organization_id: uuid.UUID, suppressed: bool) -> None:
    """What a stop is answered after (`data.stops`): nothing of it can begin any more, and the campaigns whose last
    people it ended are completed. Raises Unavailable, as `await_withdrawn`."""
    await await_withdrawn(organization_id, suppressed)
    try:
        async with tenant(organization_id) as session:
            done = await leases.list_done_campaigns(session, organization_id)
        with stops.unasked():
            await _complete(done)
    except Exception:  # it stands whatever becomes of this, which is looked at every minute
        log.exception("a campaign without people could not be completed")


async def complete_done_campaigns() -> int:
    """Campaigns in which nobody is left, whatever ended the last one; how many were completed."""
    async with system() as session:
        done = await leases.list_done_campaigns(session)
    return await _complete(done)


async def _complete(done: Sequence[tuple[uuid.UUID, uuid.UUID]]) -> int:
    completed = 0
    for organization_id, campaign_id in done:
        async with tenant(organization_id) as session:
            events = await campaigns.complete_if_done(session, organization_id, campaign_id)
            await outbox.emit(session, events)
            completed += len(events)
    return completed


async def _wake(session: Session, organization_id: uuid.UUID, rows: Sequence[OpenRow]) -> None:
    accounts = {row.email_account_id for row in rows if row.email_account_id}
    if accounts:
        await set_next_turn(session, organization_id, sorted(accounts))


def _caps(rows: Sequence[OpenRow]) -> list[CapKey]:
    return [key for row in rows for key in row.caps]


def failed(organization_id: uuid.UUID, row: OpenRow, reason: str) -> MessageFailed:
    return MessageFailed(**facts_of(organization_id, row), data={**words_of(row), "reason": reason})


def facts_of(organization_id: uuid.UUID, row: OpenRow) -> dict[str, Any]:
    """The ids of an event about this row."""
    return {
        "organization_id": organization_id, "at": clock.now(), "campaign_id": row.campaign_id,
        "lead_id": row.lead_id, "enrollment_id": row.enrollment_id, "send_id": row.id,
        "email_account_id": row.email_account_id, "sequence_id": row.sequence_id, "variant": row.variant,
    }  # fmt: skip


def words_of(row: OpenRow) -> dict[str, object]:
    return {"step": row.step, "subject": row.subject, "email": row.to_email, "message_id": row.message_id}
