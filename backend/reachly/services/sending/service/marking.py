"""What goes on the wire is written down first; what does not go is set aside with its reason."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reachly.data.repositories.sending import caps, claims, enrollments, marks
from reachly.data.repositories.sending.enrollments import Change
from reachly.data.repositories.sending.marks import Entry
from reachly.data.repositories.sending.rows import Lease
from reachly.data.session import Session
from reachly.events import Event, MessageFailed
from reachly.kit import clock
from reachly.services.sending.errors import CapsRaced, LeaseLost, MailboxOff
from reachly.services.sending.service.board import Board
from reachly.services.sending.service.choosing import Item
from reachly.services.sending.service.composing import Message, Obstacle
from reachly.services.sending.service.counting import summed
from reachly.services.suppression import service as suppression

ENDS = {"unsubscribed": "unsubscribed", "bounced": "bounced", "complained": "unsubscribed"}


@dataclass(frozen=True, slots=True)
class Aside:
    """A chosen message that does not go now, and what becomes of its enrollment. `quarantined`: why it never can."""

    item: Item
    change: Change
    quarantined: str | None = None


@dataclass(slots=True)
class Marked:
    """`ended`: campaigns in which somebody's way ended. `again`: something is left that is due at once."""

    messages: list[Message] = field(default_factory=list)
    ended: set[uuid.UUID] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    again: bool = False


def hold(item: Item, reason: str, until: datetime, detail: str) -> Aside:
    """To be looked at again at `until`."""
    return Aside(item, Change(item.intent.enrollment_id, until, reason, detail, until))


def aside_for_obstacle(obstacle: Obstacle) -> Aside:
    """A missing field waits for somebody to fill it; what can never go is set apart and ends its enrollment."""
    item, reason, detail = obstacle.item, obstacle.reason, obstacle.detail
    if obstacle.missing:
        return Aside(item, Change(item.intent.enrollment_id, None, reason, detail))
    change = Change(item.intent.enrollment_id, None, status="failed", stopped=f"{reason}: {detail}")
    return Aside(item, change, reason)


async def set_aside(session: Session, lease: Lease, board: Board, asides: Sequence[Aside]) -> Marked:
    """Writes what becomes of these, except of those that somebody has dealt with meanwhile. Emits nothing itself."""
    now = clock.now()
    locked = await marks.lock_due(
        session, lease, [aside.item.intent.enrollment_id for aside in asides], board.at
    )
    asides = [aside for aside in asides if aside.item.intent.enrollment_id in locked]
    apart = [Entry(aside.item.intent, reason=aside.quarantined) for aside in asides if aside.quarantined]
    written = await marks.write_quarantined(session, lease, apart, now)
    asides = [aside for aside in asides if not aside.quarantined or aside.item.send_id in written]
    await enrollments.change(session, lease.organization_id, now, [aside.change for aside in asides])
    return Marked(
        ended={aside.item.intent.campaign_id for aside in asides if aside.change.status},
        events=[_failed(board, aside, now) for aside in asides if aside.quarantined],
    )


async def mark(
    session: Session, lease: Lease, board: Board, messages: Sequence[Message], lease_seconds: float
) -> Marked:
    """Writes as `sending` what may be written to now, within the caps, in the transaction that is committed before the
    first byte. Raises CapsRaced, LeaseLost or MailboxOff; then roll back.

    Everything is asked again under the locks that a pause, a stop and a suppression of the person take too.
    """
    now, until = clock.now(), clock.machine_now() + timedelta(seconds=lease_seconds)
    states = await marks.lock_campaigns(
        session, lease.organization_id, sorted({message.item.intent.campaign_id for message in messages})
    )
    going = [message for message in messages if states.get(message.item.intent.campaign_id) == "active"]
    due = await marks.lock_due(
        session, lease, [message.item.intent.enrollment_id for message in messages], board.at
    )
    suppressed = await suppression.find_reasons(
        session, lease.organization_id, [message.item.ready.person.email_key for message in going]
    )
    keys = {message.send_id: message.item.ready.person.email_key for message in going}
    changes = [
        *(
            _ended(message, suppressed[keys[message.send_id]])
            for message in going
            if keys[message.send_id] in suppressed
        ),
        *(_waits(message, states) for message in messages if message.send_id not in keys),
    ]
    changes = [change for change in changes if change.enrollment_id in due]
    await enrollments.change(session, lease.organization_id, now, changes)
    going = [
        message
        for message in going
        if keys[message.send_id] not in suppressed and message.item.intent.enrollment_id in due
    ]
    written = await marks.write_sending(
        session, lease, await _entries(session, lease, going, now), now=now, lease_until=until
    )
    going = [message for message in going if message.send_id in written]
    await _reserve(session, lease, going)
    if not await marks.hold_mailbox(session, lease, now=now, lease_until=until, handed=bool(going)):
        raise MailboxOff if await claims.find_leased(session, lease) else LeaseLost
    ended = {
        message.item.intent.campaign_id for message in messages if keys.get(message.send_id) in suppressed
    }
    return Marked(going, ended, again=len(going) < len(messages))


async def _entries(session: Session, lease: Lease, messages: Sequence[Message], now: datetime) -> list[Entry]:
    urls = {url for message in messages for url in message.tracked_links}
    links = await marks.keep_links(session, lease.organization_id, sorted(urls), now)
    return [
        Entry(
            message.item.intent, message.rendered.subject, message.rendered.text, message.rendered.content_hash,
            [links[url] for url in message.tracked_links],
        )
        for message in messages
    ]  # fmt: skip


async def _reserve(session: Session, lease: Lease, messages: Sequence[Message]) -> None:
    """As late as can be: a counter that many mailboxes share is locked from here to the commit. Raises CapsRaced."""
    wanted = summed(cap for message in messages for cap in message.item.ready.caps)
    if not await caps.reserve(session, lease.organization_id, wanted):
        raise CapsRaced


def _ended(message: Message, reason: str) -> Change:
    """Suppressed since it was chosen, or before."""
    enrollment_id = message.item.intent.enrollment_id
    return Change(enrollment_id, None, status=ENDS.get(reason, "stopped"), stopped=f"suppressed: {reason}")


def _waits(message: Message, states: dict[uuid.UUID, str]) -> Change:
    """Its campaign was paused or ended since it was chosen."""
    paused = states.get(message.item.intent.campaign_id) == "paused"
    return Change(
        message.item.intent.enrollment_id, None, "campaign_paused" if paused else "campaign_not_active"
    )


def _failed(board: Board, aside: Aside, now: datetime) -> MessageFailed:
    mailbox, intent = board.mailbox, aside.item.intent
    return MessageFailed(
        organization_id=mailbox.organization_id, at=now, campaign_id=intent.campaign_id, lead_id=intent.lead_id,
        enrollment_id=intent.enrollment_id, send_id=intent.send_id, email_account_id=mailbox.id,
        sequence_id=intent.sequence_id, variant=intent.variant,
        data={"step": intent.step, "email": intent.to_email, "email_account": mailbox.email_address,
              "reason": aside.quarantined},
    )  # fmt: skip
