"""What goes on the wire is written down first; what does not go is set aside with its reason."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reachly.data.repositories.sending import candidates, caps, enrollments, marks
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
    going, changes, waited_for = await _ask_again(session, lease, board, messages)
    await enrollments.change(session, lease.organization_id, now, changes)
    await marks.end_holds(session, lease.organization_id, waited_for, now)
    written = await marks.write_sending(
        session, lease, await _entries(session, lease, going, now), now=now, lease_until=until
    )
    going = [message for message in going if message.send_id in written]
    await _reserve(session, lease, going)
    version = board.mailbox.limits_version
    if not await marks.hold_mailbox(
        session, lease, now=now, lease_until=until, handed=bool(going), limits_version=version
    ):
        raise await _why_not(session, lease)
    ended = {change.enrollment_id for change in changes if change.status}
    intents = [message.item.intent for message in messages]
    campaigns = {intent.campaign_id for intent in intents if intent.enrollment_id in ended}
    return Marked(going, campaigns, again=len(going) < len(messages))


async def _why_not(session: Session, lease: Lease) -> Exception:
    mailbox = await candidates.find_leased(session, lease)
    if mailbox is None:
        return LeaseLost()
    return CapsRaced() if mailbox.can_send() else MailboxOff()  # its limits were edited: they are read anew


async def _ask_again(
    session: Session, lease: Lease, board: Board, messages: Sequence[Message]
) -> tuple[list[Message], list[Change], list[uuid.UUID]]:
    """Locks campaigns, then enrollments; those that may still go, what becomes of the suppressed and the paused, and
    which of those that go were on hold until now. Whoever was dealt with by somebody else is in none of them."""
    organization_id = lease.organization_id
    intents = {message.send_id: message.item.intent for message in messages}
    states, steps = await marks.lock_campaigns(
        session,
        organization_id,
        sorted({intent.campaign_id for intent in intents.values()}),
        sorted({intent.sequence_id for intent in intents.values()}),
    )
    due = await marks.lock_due(
        session, lease, [intent.enrollment_id for intent in intents.values()], board.at
    )
    messages = [message for message in messages if intents[message.send_id].enrollment_id in due]
    keys = [message.item.ready.person.email_key for message in messages]
    suppressed = await suppression.find_reasons(session, organization_id, keys)
    going: list[Message] = []
    changes: list[Change] = []
    for message, key in zip(messages, keys, strict=True):
        intent = intents[message.send_id]
        state, version = states.get(intent.campaign_id, ("", 0))
        if state != "active":
            paused = "campaign_paused" if state == "paused" else "campaign_not_active"
            changes.append(Change(intent.enrollment_id, None, paused))
        elif key in suppressed:
            end, told = ENDS.get(suppressed[key], "stopped"), f"suppressed: {suppressed[key]}"
            changes.append(Change(intent.enrollment_id, None, status=end, stopped=told))
        elif version == message.item.ready.campaign.version and intent.sequence_id in steps:
            # An edit counts from its commit on: the others are chosen anew.
            going.append(message)
    held = [m.item.intent.enrollment_id for m in going if due[m.item.intent.enrollment_id] == "held"]
    return going, changes, held


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


def _failed(board: Board, aside: Aside, now: datetime) -> MessageFailed:
    mailbox, intent = board.mailbox, aside.item.intent
    return MessageFailed(
        organization_id=mailbox.organization_id, at=now, campaign_id=intent.campaign_id, lead_id=intent.lead_id,
        enrollment_id=intent.enrollment_id, send_id=intent.send_id, email_account_id=mailbox.id,
        sequence_id=intent.sequence_id, variant=intent.variant,
        data={"step": intent.step, "email": intent.to_email, "email_account": mailbox.email_address,
              "reason": aside.quarantined},
    )  # fmt: skip
