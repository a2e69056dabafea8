"""Campaigns, what is in them, and what they send."""

from __future__ import annotations

import uuid
from typing import Literal

from fastapi import APIRouter, Request, Response

from reachly.api.deps import Caller, Cursor, Db, IfMatch, Limit, Search, require
from reachly.api.idempotency import ONCE, ONCE_OUTSIDE, KeepingRoute
from reachly.api.leaving import while_here
from reachly.kit.pagination import Page
from reachly.services.campaigns import service
from reachly.services.campaigns.schemas import (
    CampaignIn,
    CampaignOut,
    CampaignPatch,
    CampaignStatus,
    CheckOut,
    EnrollIn,
    EnrollmentOut,
    EnrollmentState,
    EnrollOut,
    PreviewIn,
    PreviewOut,
    SendOut,
    TestSendIn,
    TestSendOut,
)
from reachly.services.identity.schemas import Permission
from reachly.services.scheduling import service as scheduling
from reachly.services.scheduling.policy import BlockReason
from reachly.services.scheduling.schemas import (
    EnrollmentWhy,
    ExplainOut,
    HandOverIn,
    HandOverOut,
    SimulationOut,
)
from reachly.services.sending import service as sending
from reachly.services.sending.schemas import Decision

router = APIRouter(prefix="/api/campaigns", tags=["campaigns"], route_class=KeepingRoute)
READ, WRITE = require(Permission.CAMPAIGNS_READ), require(Permission.CAMPAIGNS_WRITE)


def _tagged(response: Response, campaign: CampaignOut) -> CampaignOut:
    response.headers["ETag"] = f'"{campaign.version}"'
    return campaign


@router.get("", dependencies=[READ])
async def page_campaigns(
    session: Db, actor: Caller, limit: Limit = 50, cursor: Cursor = None, q: Search = None,
    status: CampaignStatus | None = None,
) -> Page[CampaignOut]:  # fmt: skip
    return await service.page_campaigns(session, actor, limit=limit, cursor=cursor, q=q, status=status)


@router.post("", status_code=201, dependencies=[WRITE, ONCE])
async def create_campaign(body: CampaignIn, session: Db, actor: Caller) -> CampaignOut:
    return await service.create_campaign(session, actor, body)


@router.get("/{campaign_id}", dependencies=[READ])
async def get_campaign(campaign_id: uuid.UUID, session: Db, actor: Caller, response: Response) -> CampaignOut:
    return _tagged(response, await service.get_campaign(session, actor, campaign_id))


@router.put("/{campaign_id}", dependencies=[WRITE])
async def update_campaign(
    campaign_id: uuid.UUID,
    body: CampaignPatch,
    session: Db,
    actor: Caller,
    response: Response,
    if_match: IfMatch = None,
) -> CampaignOut:
    """With `If-Match` an edit based on an older version is refused with 412."""
    return _tagged(
        response, await service.update_campaign(session, actor, campaign_id, body, if_match=if_match)
    )


@router.delete("/{campaign_id}", status_code=204, dependencies=[WRITE])
async def delete_campaign(campaign_id: uuid.UUID, session: Db, actor: Caller) -> None:
    """A campaign that has sent is refused: archive it instead, so that the ledger stays whole."""
    await service.delete_campaign(session, actor, campaign_id)


@router.post("/{campaign_id}/start", dependencies=[WRITE, ONCE])
async def start_campaign(
    campaign_id: uuid.UUID, session: Db, actor: Caller, response: Response, confirm_late: bool = False
) -> CampaignOut:
    """Starts or resumes. Refuses with every reason at once; one that is late past its grace wants `confirm_late`."""
    return _tagged(
        response, await service.start_campaign(session, actor, campaign_id, confirm_late=confirm_late)
    )


@router.post("/{campaign_id}/pause", dependencies=[WRITE, ONCE])
async def pause_campaign(
    campaign_id: uuid.UUID, session: Db, actor: Caller, response: Response
) -> CampaignOut:
    """After the answer nothing new starts; what is on the wire finishes."""
    return _tagged(response, await service.pause_campaign(session, actor, campaign_id))


@router.post("/{campaign_id}/clone", status_code=201, dependencies=[WRITE, ONCE])
async def clone_campaign(campaign_id: uuid.UUID, session: Db, actor: Caller) -> CampaignOut:
    """A draft with the same steps, mailboxes and schedule, without leads."""
    return await service.clone_campaign(session, actor, campaign_id)


@router.post("/{campaign_id}/archive", dependencies=[WRITE, ONCE])
async def archive_campaign(
    campaign_id: uuid.UUID, session: Db, actor: Caller, response: Response
) -> CampaignOut:
    return _tagged(response, await service.archive_campaign(session, actor, campaign_id))


@router.post("/{campaign_id}/enrollments", status_code=201, dependencies=[WRITE, ONCE])
async def enroll_leads(campaign_id: uuid.UUID, body: EnrollIn, session: Db, actor: Caller) -> EnrollOut:
    return await service.enroll_leads(session, actor, campaign_id, body)


@router.get("/{campaign_id}/enrollments", dependencies=[READ])
async def page_enrollments(
    campaign_id: uuid.UUID, session: Db, actor: Caller, limit: Limit = 50, cursor: Cursor = None, q: Search = None,
    state: EnrollmentState | None = None, reason: BlockReason | None = None,
) -> Page[EnrollmentOut]:  # fmt: skip
    """People of the campaign, each with the reason for what does not go. `state` narrows as `progress` counts,
    `reason` to whom it blocks or holds."""
    return await service.page_enrollments(
        session,
        actor,
        campaign_id,
        limit=limit,
        cursor=cursor,
        q=q,
        state=state,
        reason=reason,
    )


@router.post("/{campaign_id}/enrollments/{enrollment_id}/{action}", dependencies=[WRITE, ONCE])
async def steer_enrollment(
    campaign_id: uuid.UUID,
    enrollment_id: uuid.UUID,
    action: Literal["stop", "resume"],
    session: Db,
    actor: Caller,
) -> EnrollmentOut:
    """Stops a lead in this campaign by hand, or lets it go on."""
    return await service.steer_enrollment(session, actor, campaign_id, enrollment_id, action)


@router.get("/{campaign_id}/sends", dependencies=[READ])
async def page_sends(
    campaign_id: uuid.UUID, session: Db, actor: Caller, limit: Limit = 50, cursor: Cursor = None,
    status: str | None = None,
) -> Page[SendOut]:  # fmt: skip
    """The ledger."""
    return await sending.page_sends(session, actor, campaign_id, limit=limit, cursor=cursor, status=status)


@router.post("/{campaign_id}/sends/{send_id}/{decision}", dependencies=[WRITE, ONCE])
async def decide_unknown(
    campaign_id: uuid.UUID, send_id: uuid.UUID, decision: Decision, session: Db, actor: Caller
) -> SendOut:
    """About a message whose end is `unknown`: it `arrived`, or `resend` it under the same Message-ID. Nothing but a
    person ever sends one again."""
    return await sending.decide_unknown(session, actor, campaign_id, send_id, decision)


@router.get("/{campaign_id}/simulation", dependencies=[READ])
async def simulate(campaign_id: uuid.UUID, request: Request, actor: Caller) -> SimulationOut:
    """Every planned message of the next 90 days if nobody answers, before the start too. A large campaign takes its
    time; who leaves ends the work."""
    return await while_here(request, scheduling.simulate_by_size(actor, campaign_id))


@router.get("/{campaign_id}/explain", dependencies=[READ])
async def explain(campaign_id: uuid.UUID, request: Request, actor: Caller) -> ExplainOut:
    """Why due messages do not go: one reason each, until when, and what would change it."""
    return await while_here(request, scheduling.explain_by_size(actor, campaign_id))


@router.get("/{campaign_id}/enrollments/{enrollment_id}/explain", dependencies=[READ])
async def explain_enrollment(
    campaign_id: uuid.UUID, enrollment_id: uuid.UUID, session: Db, actor: Caller
) -> EnrollmentWhy:
    """The one rule that holds this person's next message now; none: it is on its way."""
    return await scheduling.explain_enrollment(session, actor, campaign_id, enrollment_id)


@router.post("/{campaign_id}/hand-over", status_code=202, dependencies=[WRITE, ONCE])
async def hand_over(campaign_id: uuid.UUID, body: HandOverIn, session: Db, actor: Caller) -> HandOverOut:
    """For people in mid-sequence whose mailbox is gone: they go on from another mailbox, or stop."""
    return await scheduling.hand_over(session, actor, campaign_id, body)


@router.post("/{campaign_id}/preview", dependencies=[READ])
async def preview(campaign_id: uuid.UUID, body: PreviewIn, session: Db, actor: Caller) -> PreviewOut:
    """A message as this lead would get it, through the renderer that sends."""
    return await service.preview(session, actor, campaign_id, body)


@router.post("/{campaign_id}/check", dependencies=[READ])
async def check_campaign(campaign_id: uuid.UUID, request: Request, actor: Caller) -> CheckOut:
    """Everything that keeps it from starting or would embarrass. Who leaves ends the work."""
    return await while_here(request, service.check_by_size(actor, campaign_id))


@router.post("/{campaign_id}/test-send", dependencies=[WRITE, ONCE_OUTSIDE])
async def test_send(campaign_id: uuid.UUID, body: TestSendIn, actor: Caller) -> TestSendOut:
    """One message to an address of one's own, marked as a test in the ledger."""
    return await sending.send_test(actor, campaign_id, body)
