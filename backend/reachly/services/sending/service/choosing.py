"""Who is written to in this turn. Nothing is decided here for good: what is chosen is asked again when it is marked."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from reachly.data import outbox
from reachly.data.ids import new_ids
from reachly.data.repositories.sending import candidates, enrollments, marks, outcomes
from reachly.data.repositories.sending.enrollments import Change
from reachly.data.repositories.sending.rows import Intent, Lease, MailboxRow
from reachly.data.session import Session, tenant
from reachly.events import Event
from reachly.infra.crypto import CannotOpen
from reachly.infra.settings import SendingSettings
from reachly.kit import clock
from reachly.services.campaigns import service as campaigns
from reachly.services.email_accounts import service as email_accounts
from reachly.services.email_accounts.service import Connection
from reachly.services.identity import service as identity
from reachly.services.identity.policy import Quota
from reachly.services.rendering.values import text_seed
from reachly.services.scheduling import policy as scheduling
from reachly.services.sending.policy import make_message_id
from reachly.services.sending.service import board as boards
from reachly.services.sending.service import world
from reachly.services.sending.service.board import Board, Ready
from reachly.services.sequences.policy import draw_label

LOOK_AHEAD = 48  # due messages that are read beside those that may go, for the ones that must wait
ON_TIME = timedelta(seconds=60)  # a turn that is later than this is planned anew, from now
LATE = "Late: nothing could be sent for longer than the grace time. Start it again to go on from now."


@dataclass(slots=True)
class Item:
    """One message of a turn."""

    ready: Ready
    intent: Intent

    @property
    def send_id(self) -> uuid.UUID:
        return self.intent.send_id


@dataclass(frozen=True, slots=True)
class Batch:
    """What one turn has chosen, and what it knows of the rest. `connection` None: the mailbox's secrets cannot be
    opened, for the reason in `trouble`."""

    lease: Lease
    board: Board
    items: list[Item]
    waiting: list[tuple[Ready, datetime]]
    connection: Connection | None
    trouble: str = ""


async def choose(lease: Lease, settings: SendingSettings) -> tuple[Batch | None, set[uuid.UUID]]:
    """The batch (None: nothing to send; the lease is given back), and campaigns in which somebody's way ended."""
    async with tenant(lease.organization_id) as session:
        return await _choose(session, lease, settings)


async def _choose(
    session: Session, lease: Lease, settings: SendingSettings
) -> tuple[Batch | None, set[uuid.UUID]]:
    mailbox = await candidates.find_leased(session, lease)
    if mailbox is None:
        return None, set()
    now = clock.now()
    if not mailbox.can_send():
        await _finish(session, lease, mailbox, None)
        return None, set()
    state = await world.read_state(session, mailbox, now)
    size = scheduling.turn_size(state, now, settings.messages_per_claim)
    slot = scheduling.next_slot(state, now)
    if size == 0:
        await _finish(session, lease, mailbox, slot.at)
        return None, set()
    board = await boards.load_board(session, mailbox, now, size + LOOK_AHEAD)
    grace = timedelta(hours=settings.grace_hours)
    if (
        now - lease.planned_turn > grace
        and board.ready
        and await _ask_first(session, lease, board, now - grace)
    ):
        return None, set()
    quota = (
        await identity.find_quota(session, lease.organization_id, mailbox.plan_type) if board.ready else None
    )
    if quota and not quota.left:
        await _hold_for_plan(session, lease, board, quota)
        return None, set()
    return await _take(session, lease, board, min(size, quota.left) if quota else size)


async def _take(
    session: Session, lease: Lease, board: Board, size: int
) -> tuple[Batch | None, set[uuid.UUID]]:
    now = clock.now()
    picked = await boards.pick(session, board, size, now)
    changes = list(board.changes)
    if not picked.taken and board.more:
        changes += boards.push_back(board, picked.waiting)
    touched = await _apply(session, lease, board, changes)
    if picked.taken:
        connection, trouble = await _connection(session, lease)
        items = _items(lease, board, picked.taken, now)
        return Batch(lease, board, items, picked.waiting, connection, trouble), touched
    next_due = await boards.find_next_due(session, board, now)
    await _finish(session, lease, board.mailbox, boards.earliest(board, picked.waiting, now, next_due))
    return None, touched


async def _apply(session: Session, lease: Lease, board: Board, changes: list[Change]) -> set[uuid.UUID]:
    """What becomes of those that do not go; the campaigns in which somebody's way ended."""
    locked = await marks.lock_due(session, lease, [change.enrollment_id for change in changes], board.at)
    changes = [change for change in changes if change.enrollment_id in locked]
    await enrollments.change(session, lease.organization_id, clock.now(), changes)
    ended = sorted(change.enrollment_id for change in changes if change.status)
    return await enrollments.list_campaign_ids(session, lease.organization_id, ended) if ended else set()


async def _connection(session: Session, lease: Lease) -> tuple[Connection | None, str]:
    try:
        found = await email_accounts.find_connection(session, lease.organization_id, lease.email_account_id)
    except CannotOpen as error:
        return None, str(error)
    return found, ""


def _items(lease: Lease, board: Board, taken: list[Ready], now: datetime) -> list[Item]:
    on_time = timedelta(0) <= now - lease.planned_turn <= ON_TIME
    planned = lease.planned_turn if on_time else now
    ids = iter(new_ids(2 * len(taken)))
    return [Item(ready, _intent(ready, board.mailbox, now, planned, ids)) for ready in taken]


def _intent(
    ready: Ready, mailbox: MailboxRow, now: datetime, planned: datetime, ids: Iterator[uuid.UUID]
) -> Intent:
    person, step, kept = ready.person, ready.step, ready.kept
    return Intent(
        send_id=kept.id if kept else next(ids),
        intent_key=ready.intent_key,
        campaign_id=ready.campaign.id,
        enrollment_id=person.id,
        lead_id=person.lead_id,
        sequence_id=step.id,
        step=step.sequence_number,
        variant=pick_label(ready),
        to_email=person.email,
        message_id=kept.message_id if kept else make_message_id(mailbox.email_key, next(ids)),
        planned_at=min(now, max(planned, person.next_due_at or planned)),
        caps=tuple([key for key, _ in ready.caps]),
        attempts=kept.attempts if kept else 0,
    )


def pick_label(ready: Ready) -> str:
    """A is the step's own text; the draw is by person and step, so every retry gets the same."""
    if not ready.step.variants:
        return "A"
    seed = text_seed(ready.campaign.seed, ready.person.email_key, ready.step.sequence_number)
    return draw_label(seed, [(variant.label, variant.weight) for variant in ready.step.variants])


async def _ask_first(session: Session, lease: Lease, board: Board, before: datetime) -> bool:
    """Nothing that is late by more than its grace leaves by itself: its campaigns pause and say so. False: none is.

    Campaigns of the same mailbox that were due since then have their turn at once.
    """
    events: list[Event] = []
    for campaign_id in await candidates.list_late_campaigns(
        session, lease.organization_id, board.mailbox.id, before
    ):
        events += await campaigns.pause_for_trouble(session, lease.organization_id, campaign_id, LATE, "late")
    if not events:
        return False
    await _finish(session, lease, board.mailbox, clock.now())
    await outbox.emit(session, events)
    return True


async def _hold_for_plan(session: Session, lease: Lease, board: Board, quota: Quota) -> None:
    """The plan is used up: every campaign pauses and says so."""
    events: list[Event] = []
    for campaign_id in await campaigns.list_active_ids(session, lease.organization_id):
        events += await campaigns.pause_for_trouble(
            session, lease.organization_id, campaign_id, quota.told, "plan"
        )
    if events:
        events.append(identity.quota_reached(lease.organization_id, quota))
    await _finish(session, lease, board.mailbox, None)
    await outbox.emit(session, events)


async def _finish(session: Session, lease: Lease, mailbox: MailboxRow, next_turn: datetime | None) -> None:
    await outcomes.finish_turn(
        session, lease, next_turn_at=next_turn, failures_in_a_row=mailbox.failures_in_a_row,
        not_before=mailbox.not_before,
    )  # fmt: skip
