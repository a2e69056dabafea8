"""Figures, exports, and what the engine does now."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from reachly.api.deps import Caller, Cursor, Db, Limit, require
from reachly.kit.pagination import Page
from reachly.services.analytics import service
from reachly.services.analytics.schemas import (
    ActivityOut,
    CampaignAnalyticsOut,
    MailboxFigures,
    OverviewOut,
    PulseOut,
)
from reachly.services.identity.schemas import Permission

router = APIRouter(prefix="/api", tags=["analytics"])
VIEW = require(Permission.ANALYTICS_VIEW)


@router.get("/analytics/overview", dependencies=[VIEW])
async def get_overview(
    session: Db, actor: Caller, since: date | None = None, until: date | None = None
) -> OverviewOut:
    """The last fourteen days unless asked otherwise, beside the span before."""
    return await service.get_overview(session, actor, since=since, until=until)


@router.get("/analytics/campaigns/{campaign_id}", dependencies=[VIEW])
async def get_campaign_figures(campaign_id: uuid.UUID, session: Db, actor: Caller) -> CampaignAnalyticsOut:
    return await service.get_campaign_figures(session, actor, campaign_id)


@router.get("/analytics/email-accounts", dependencies=[VIEW])
async def list_mailbox_figures(session: Db, actor: Caller) -> list[MailboxFigures]:
    return await service.list_mailbox_figures(session, actor)


@router.get("/analytics/exports/{campaign_id}", dependencies=[VIEW], response_class=Response)
async def export_campaign(
    campaign_id: uuid.UUID, session: Db, actor: Caller,
    file_format: Annotated[Literal["csv", "json"], Query(alias="format")] = "csv",
) -> StreamingResponse:  # fmt: skip
    """The ledger of a campaign, one line a message; safe to open in a spreadsheet."""
    parts, media_type = await service.export_campaign(session, actor, campaign_id, file_format)
    name = f'attachment; filename="campaign-{campaign_id}.{file_format}"'
    return StreamingResponse(parts, media_type=media_type, headers={"Content-Disposition": name})


@router.get("/analytics/activity", dependencies=[VIEW])
async def page_activity(
    session: Db, actor: Caller, limit: Limit = 50, cursor: Cursor = None, campaign_id: uuid.UUID | None = None
) -> Page[ActivityOut]:
    """The latest facts first."""
    return await service.page_activity(session, actor, limit=limit, cursor=cursor, campaign_id=campaign_id)


@router.get("/pulse", dependencies=[VIEW])
async def get_pulse(session: Db, actor: Caller) -> PulseOut:
    """One line on what the engine does now, and what waits for what."""
    return await service.get_pulse(session, actor)
