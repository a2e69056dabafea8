"""The claim: one transaction that decides who is written to, reserves the caps and writes the intents."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reachly.data import outbox
from reachly.data.repositories.sending import caps, claims, enrollments, outcomes
from reachly.data.repositories.sending.rows import Claim, Claimed, Lease, MailboxRow
from reachly.data.session import Session, tenant
from reachly.events import Event
from reachly.infra.crypto import CannotOpen
from reachly.infra.settings import SendingSettings
from reachly.kit import clock
from reachly.kit.ids import new_id
from reachly.services.campaigns import service as campaigns
from reachly.services.email_accounts import service as email_accounts
from reachly.services.email_accounts.service import Connection
from reachly.services.identity import service as identity
from reachly.services.identity.policy import Quota
from reachly.services.rendering.policy import pick_variant
from reachly.services.rendering.values import text_seed
from reachly.services.scheduling import policy as scheduling
from reachly.services.sending.errors import CapsRaced
from reachly.services.sending.policy import make_message_id
from reachly.services.sending.service import board as boards
from reachly.services.sending.service import world
from reachly.services.sending.service.board import Board, Ready
from reachly.services.sending.service.counting import summed

LOOK_AHEAD = 48  # due messages that are read beside those that may go, for the ones that must wait
ON_TIME = timedelta(seconds=60)  # a turn that is later than this is planned anew, from now
RACES = 4
LATE = "Late: nothing could be sent for longer than the grace time. Start it again to go on from now."


@dataclass(frozen=True, slots=True)
class Item:
    """One message of a turn."""

    ready: Ready
    claim: Claim
    claimed: Claimed

    @property
    def send_id(self) -> uuid.UUID:
        return self.claimed.send_id


@dataclass(frozen=True, slots=True)
class Batch:
    """What one turn has claimed, and what it knows of the rest. `connection` None: the mailbox's secrets cannot be
    opened, for the reason in `trouble`."""

    lease: Lease
    board: Board
    items: list[Item]
    waiting: list[tuple[Ready, datetime]]
    connection: Connection | None
    trouble: str = ""


async def claim(lease: Lease, settings: SendingSettings) -> tuple[Batch | None, set[uuid.UUID]]:
    """The batch (None: nothing to send; the lease is given back), and campaigns in which somebody's way ended."""
    for race in range(RACES):
        try:
            async with tenant(lease.organization_id) as session:
                return await _claim(session, lease, settings)
        except CapsRaced:
            if race == RACES - 1:
                raise
    raise AssertionError("unreachable")


async def _claim(
    session: Session, lease: Lease, settings: SendingSettings
) -> tuple[Batch | None, set[uuid.UUID]]:
    mailbox = await claims.find_leased(session, lease)
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
    return await _take(session, lease, board, min(size, quota.left) if quota else size, settings)


async def _take(
    session: Session, lease: Lease, board: Board, size: int, settings: SendingSettings
) -> tuple[Batch | None, set[uuid.UUID]]:
    now, mailbox = clock.now(), board.mailbox
    picked = await boards.pick(session, board, size, now)
    wanted = [ready.person.id for ready in picked.taken] + [change.enrollment_id for change in board.changes]
    locked = await claims.lock_enrollments(session, lease.organization_id, wanted, now, mailbox.id)
    taken = [ready for ready in picked.taken if ready.person.id in locked]
    changes = [change for change in board.changes if change.enrollment_id in locked]
    items = await _write_intents(session, lease, taken, mailbox, now, settings) if taken else []
    if not items and board.more:
        changes += boards.push_back(board, picked.waiting)
    await enrollments.change(session, lease.organization_id, now, changes)
    ended = {change.enrollment_id for change in changes if change.status}
    touched = (
        await enrollments.list_campaign_ids(session, lease.organization_id, sorted(ended)) if ended else set()
    )
    if items:
        connection, trouble = await _connection(session, lease)
        await _reserve(session, lease, items)
        return Batch(lease, board, items, picked.waiting, connection, trouble), touched
    next_due = await boards.find_next_due(session, board, now)
    await _finish(session, lease, mailbox, boards.earliest(board, picked.waiting, now, next_due))
    return None, touched


async def _connection(session: Session, lease: Lease) -> tuple[Connection | None, str]:
    try:
        found = await email_accounts.find_connection(session, lease.organization_id, lease.email_account_id)
    except CannotOpen as error:
        return None, str(error)
    return found, ""


async def _write_intents(
    session: Session,
    lease: Lease,
    taken: list[Ready],
    mailbox: MailboxRow,
    now: datetime,
    settings: SendingSettings,
) -> list[Item]:
    on_time = timedelta(0) <= now - lease.planned_turn <= ON_TIME
    rows = {
        ready.intent_key: _intent(ready, mailbox, now, lease.planned_turn if on_time else now)
        for ready in taken
    }
    lease_until = clock.machine_now() + timedelta(seconds=settings.lease_seconds)
    written = await claims.insert_claims(
        session, lease, list(rows.values()), now=now, lease_until=lease_until
    )
    found = {
        claimed.intent_key: claimed for claimed in written
    }  # others were decided since the board was read
    by_key = {ready.intent_key: ready for ready in taken}
    return [Item(by_key[key], rows[key], found[key]) for key in rows if key in found]


async def _reserve(session: Session, lease: Lease, items: Sequence[Item]) -> None:
    """As late as can be: a counter that many mailboxes share is locked from here to the commit. Raises CapsRaced."""
    wanted = summed(cap for item in items for cap in item.ready.caps)
    if not await caps.reserve(session, lease.organization_id, wanted):
        raise CapsRaced


def _intent(ready: Ready, mailbox: MailboxRow, now: datetime, planned: datetime) -> Claim:
    person, step = ready.person, ready.step
    return Claim(
        send_id=new_id(),
        intent_key=ready.intent_key,
        campaign_id=ready.campaign.id,
        enrollment_id=person.id,
        lead_id=person.lead_id,
        sequence_id=step.id,
        step=step.sequence_number,
        variant=pick_label(ready),
        to_email=person.email,
        message_id=make_message_id(mailbox.email_key, new_id()),
        planned_at=min(now, max(planned, person.next_due_at or planned)),
        caps=tuple(key for key, _ in ready.caps),
    )


def pick_label(ready: Ready) -> str:
    """A is the step's own text; the draw is by person and step, so every retry gets the same."""
    variants = [variant for variant in ready.step.variants if variant.weight > 0]
    if not variants:
        return "A"
    seed = text_seed(ready.campaign.seed, ready.person.email_key, ready.step.sequence_number)
    drawn = pick_variant(seed, [1, *(variant.weight for variant in variants)])
    return "A" if drawn == 0 else variants[drawn - 1].label


async def _ask_first(session: Session, lease: Lease, board: Board, before: datetime) -> bool:
    """Nothing that is late by more than its grace leaves by itself: its campaigns pause and say so. False: none is.

    Campaigns of the same mailbox that were due since then have their turn at once.
    """
    events: list[Event] = []
    for campaign_id in await claims.list_late_campaigns(
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
