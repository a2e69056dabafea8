"""What goes on the wire is marked first; what must not go is put back with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reachly.data.repositories.sending import caps, claims, enrollments, marks, outcomes
from reachly.data.repositories.sending.enrollments import Change
from reachly.data.repositories.sending.marks import Content, Standing
from reachly.data.repositories.sending.outcomes import Release
from reachly.data.repositories.sending.rows import Lease
from reachly.data.session import Session
from reachly.kit import clock
from reachly.services.campaigns.service import stop_enrollments
from reachly.services.sending.errors import LeaseLost, MailboxOff
from reachly.services.sending.service.board import ENDS
from reachly.services.sending.service.claiming import Item
from reachly.services.sending.service.composing import Message, Obstacle
from reachly.services.suppression import service as suppression


@dataclass(frozen=True, slots=True)
class Back:
    """A claim that is given back unwritten. `change` None: whoever stopped the enrollment has said what it is now."""

    item: Item
    status: str
    reason: str
    change: Change | None


def back_for(item: Item, reason: str, due: datetime | None, detail: str | None = None) -> Back:
    """Back to be sent at `due`. The reason stands on the enrollment only while it is waiting for that."""
    later = due is not None and due > clock.now()
    change = Change(item.claim.enrollment_id, due, reason if later or due is None else None, detail, due)
    return Back(item, "deferred", reason, change)


def back_for_obstacle(obstacle: Obstacle) -> Back:
    """A missing field waits for somebody to fill it; what can never go is set apart and ends its enrollment."""
    item = obstacle.item
    if obstacle.missing:
        return back_for(item, obstacle.reason, None, obstacle.detail)
    change = Change(
        item.claim.enrollment_id, None, status="failed", stopped=f"{obstacle.reason}: {obstacle.detail}"
    )
    return Back(item, "quarantined", obstacle.reason, change)


async def put_back(session: Session, lease: Lease, now: datetime, backs: Sequence[Back]) -> list[Back]:
    """Releases claims and their caps, and sets the alarms anew; those that were still ours."""
    if not backs:
        return []
    organization_id = lease.organization_id
    await enrollments.lock(session, organization_id, [back.item.claim.enrollment_id for back in backs])
    releases = [Release(back.item.send_id, back.status, back.reason) for back in backs]
    released = await outcomes.release(session, organization_id, lease.attempt_id, now, releases)
    await caps.settle(session, organization_id, released=[key for keys in released.values() for key in keys])
    ours = [back for back in backs if back.item.send_id in released]
    changes = [back.change for back in ours if back.change is not None]
    await enrollments.change(session, organization_id, now, changes, gently=True)
    return ours


async def mark(
    session: Session, lease: Lease, messages: Sequence[Message], lease_seconds: float
) -> tuple[list[Message], list[Back]]:
    """Those that may be written now, and those that were put back. Raises LeaseLost or MailboxOff; then roll back.

    Everything is asked again under the locks that a pause, a stop and a suppression of the person take too.
    """
    organization_id, now = lease.organization_id, clock.now()
    intents = [message.item.claim for message in messages]
    active = await marks.lock_for_mark(
        session,
        organization_id,
        sorted({claim.campaign_id for claim in intents}),
        sorted(claim.enrollment_id for claim in intents),
    )
    keys = {message.send_id: message.item.ready.person.email_key for message in messages}
    suppressed = await suppression.find_reasons(session, organization_id, list(keys.values()))
    clean = [message for message in messages if keys[message.send_id] not in suppressed]
    urls = [url for message in clean for url in message.tracked_links]
    links = await marks.keep_links(session, organization_id, urls, now)
    lease_until = clock.machine_now() + timedelta(seconds=lease_seconds)
    contents = [
        Content(
            message.send_id,
            message.rendered.subject,
            message.rendered.text,
            message.rendered.content_hash,
            tuple(links[url] for url in message.tracked_links),
        )
        for message in clean
        if message.item.claim.campaign_id in active and message.item.claim.enrollment_id in active
    ]
    marked = await marks.mark(session, lease, contents, now=now, lease_until=lease_until)
    backs = [
        await _stop_suppressed(session, lease, message, suppressed[keys[message.send_id]])
        for message in messages
        if keys[message.send_id] in suppressed
    ]
    left = [message for message in clean if message.send_id not in marked]
    backs += await _explain(session, lease, left)
    backs = await put_back(session, lease, now, backs)
    if not await marks.hold_mailbox(session, lease, now=now, lease_until=lease_until, handed=bool(marked)):
        raise MailboxOff if await claims.find_leased(session, lease) else LeaseLost
    return [message for message in clean if message.send_id in marked], backs


async def _stop_suppressed(session: Session, lease: Lease, message: Message, reason: str) -> Back:
    item = message.item
    status = ENDS.get(reason, "stopped")
    await stop_enrollments(
        session, lease.organization_id, [item.claim.enrollment_id], status, f"suppressed: {reason}"
    )
    return Back(item, "cancelled", "suppressed", None)


async def _explain(session: Session, lease: Lease, left: Sequence[Message]) -> list[Back]:
    if not left:
        return []
    items = {message.send_id: message.item for message in left}
    found = await marks.list_standing(session, lease.organization_id, lease.attempt_id, list(items))
    return [_back_of(items[standing.send_id], standing) for standing in found if standing.ours]


def _back_of(item: Item, standing: Standing) -> Back:
    if standing.enrollment != "active":
        return Back(item, "cancelled", standing.enrollment or "deleted", None)
    if standing.campaign != "active":
        paused = "campaign_paused" if standing.campaign == "paused" else "campaign_not_active"
        return back_for(item, paused, None)
    return back_for(item, "mailbox_paused", clock.now())
