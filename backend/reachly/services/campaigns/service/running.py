"""Start, pause, end. One transition function decides; the row is locked while it does."""

from __future__ import annotations

import uuid

from reachly.data import outbox, stops
from reachly.data.models.campaigns import Campaign
from reachly.data.repositories import campaigns as repository
from reachly.data.session import Session
from reachly.events import CampaignCompleted, CampaignPaused, CampaignStarted, EnrollmentsReady, Event
from reachly.kit import clock
from reachly.kit.errors import Conflict, FieldError
from reachly.services.campaigns import policy
from reachly.services.campaigns.schemas import CampaignOut, PauseCause
from reachly.services.campaigns.service.checking import gather_refusals
from reachly.services.campaigns.service.reading import campaign_out, is_late, lock_row
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor


async def start_campaign(
    session: Session, actor: Actor, campaign_id: uuid.UUID, *, confirm_late: bool = False
) -> CampaignOut:
    """Starts a draft or resumes a paused campaign; starting one that runs answers with it as it is.

    Raises Conflict with every reason at once. One that was paused longer than the grace asks first: its follow-ups
    are late, and only a person can say whether they should still go. Nothing overdue leaves at once either way.
    """
    row = await lock_row(session, actor.organization_id, campaign_id)
    if row.status == "active":
        return await campaign_out(session, row)
    before, after = row.status, policy.move(row.status, "start")
    refusals = [r for r in await gather_refusals(session, actor.organization_id, row) if r.blocks]
    if refusals:
        errors = [FieldError(r.pointer, r.detail, r.code) for r in refusals]
        told = "The campaign cannot start yet: " + " ".join(r.detail for r in refusals)
        raise Conflict(told, code="cannot_start", errors=errors)
    now = clock.now()
    if is_late(row) and not confirm_late:
        raise Conflict(
            f"It has not sent since {row.paused_at:%Y-%m-%d %H:%M} UTC or longer. What was due meanwhile will be sent"
            " now, under all limits. Start again with `confirm_late=true` if that is what you want.",
            code="late",
        )
    row.status, row.status_reason, row.paused_at, row.paused_for = after, None, None, None
    row.started_at, row.resumed_at = row.started_at or now, now
    row.failures_in_a_row = 0
    row.version += 1
    row.updated_at = now
    await session.flush()
    await identity.record(
        session, actor.organization_id, actor.user_id, "campaign.started", subject=row.name, ip=actor.ip
    )
    out = await campaign_out(session, row)
    organization_id = actor.organization_id
    started = CampaignStarted(
        organization_id=organization_id, at=now, campaign_id=row.id, data={"name": row.name}
    )
    events: list[Event] = [started]
    if before != "draft":  # nobody in a draft has a plan that could be old
        events.append(EnrollmentsReady(organization_id=organization_id, at=now, campaign_id=row.id))
    await outbox.emit(session, events, wake=True)
    return out


async def pause_campaign(session: Session, actor: Actor, campaign_id: uuid.UUID) -> CampaignOut:
    """After the commit nothing new is claimed, for the claim looks at this row under a lock; after the answer nothing
    begins that was claimed before (`data.stops`)."""
    row = await lock_row(session, actor.organization_id, campaign_id)
    if row.status == "paused":
        stops.request(session, actor.organization_id)
        return await campaign_out(session, row)
    event = _pause(row, "by hand", "hand")
    await session.flush()
    await identity.record(
        session, actor.organization_id, actor.user_id, "campaign.paused", subject=row.name, ip=actor.ip
    )
    out = await campaign_out(session, row)
    await outbox.emit(session, [event])
    return out


async def pause_for_trouble(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, reason: str,
    cause: PauseCause = "failures",
) -> list[Event]:  # fmt: skip
    """Pauses a running campaign on the engine's own account; the events to emit. One that is paused as `late` asks
    before it goes on."""
    row = await repository.lock_campaign(session, organization_id, campaign_id)
    if row is None or row.status != "active":
        return []
    event = _pause(row, reason, cause)
    await session.flush()
    return [event]


def _pause(row: Campaign, reason: str, cause: PauseCause) -> CampaignPaused:
    now = clock.now()
    row.status = policy.move(row.status, "pause")
    row.status_reason, row.paused_for, row.paused_at, row.updated_at = reason, cause, now, now
    row.version += 1
    return CampaignPaused(
        organization_id=row.organization_id,
        at=now,
        campaign_id=row.id,
        data={"name": row.name, "reason": reason, "cause": cause},
    )


async def archive_campaign(session: Session, actor: Actor, campaign_id: uuid.UUID) -> CampaignOut:
    """Puts it away; it sends nothing any more and its record stays."""
    row = await lock_row(session, actor.organization_id, campaign_id)
    row.status = policy.move(row.status, "archive")
    row.version += 1
    row.updated_at = clock.now()
    await session.flush()
    return await campaign_out(session, row)


async def has_anybody(session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID) -> bool:
    """Whether anybody in the campaign may still be written to."""
    return await repository.has_open(session, organization_id, campaign_id)


async def complete_if_done(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID
) -> list[Event]:
    """Completes a running campaign when nobody in it is at an open state and no import into it runs.

    Returns the events to emit, so that the caller's own facts and this one leave together.
    """
    row = await repository.lock_campaign(session, organization_id, campaign_id)
    if row is None or row.status != "active":
        return []
    if await repository.has_open(session, organization_id, campaign_id):
        return []
    if await repository.has_running_import(session, organization_id, campaign_id):
        return []
    now = clock.now()
    row.status = policy.move(row.status, "complete")
    row.completed_at = row.updated_at = now
    row.version += 1
    await session.flush()
    return [
        CampaignCompleted(
            organization_id=organization_id, at=now, campaign_id=campaign_id, data={"name": row.name}
        )
    ]
