"""Messages of which nobody knows whether they arrived: how many, how many of them probably did, and a decision."""

from __future__ import annotations

import uuid

from fastapi import APIRouter

from reachly.api.deps import Caller, Db, require
from reachly.api.idempotency import ONCE, KeepingRoute
from reachly.services.identity.schemas import Permission
from reachly.services.sending import service
from reachly.services.sending.schemas import DoubtScope, DoubtsOut, ResolveIn, ResolveOut

router = APIRouter(prefix="/api/unknown-messages", tags=["sending"], route_class=KeepingRoute)
READ, WRITE = require(Permission.CAMPAIGNS_READ), require(Permission.CAMPAIGNS_WRITE)


@router.get("", dependencies=[READ])
async def survey_unknown_messages(
    session: Db,
    actor: Caller,
    campaign_id: uuid.UUID | None = None,
    email_account_id: uuid.UUID | None = None,
) -> DoubtsOut:
    """What is in doubt, of a campaign, a mailbox or all, and the share of it that has probably arrived: by how earlier
    doubts ended. Look at it before you decide."""
    scope = DoubtScope(campaign_id=campaign_id, email_account_id=email_account_id)
    return await service.survey_doubts(session, actor, scope)


@router.post("/resolve", dependencies=[WRITE, ONCE])
async def resolve_unknown_messages(body: ResolveIn, session: Db, actor: Caller) -> ResolveOut:
    """Decides about many at once, up to 5,000: they `arrived`, or never left and are sent again (`resend`). What was
    settled meanwhile is skipped and counted. Nothing but a person ever sends one again without a proof."""
    return await service.resolve_doubts(session, actor, body)
