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
Since = Annotated[date | None, Query(description="First day, UTC")]
Until = Annotated[date | None, Query(description="Last day, which belongs to the span")]


@router.get("/analytics/overview", dependencies=[VIEW])
async def get_overview(session: Db, actor: Caller, since: Since = None, until: Until = None) -> OverviewOut:
    """The last fourteen days unless asked otherwise, beside the span before."""
    return await service.get_overview(session, actor, since=since, until=until)


@router.get("/analytics/campaigns/{campaign_id}", dependencies=[VIEW])
async def get_campaign_figures(
    campaign_id: uuid.UUID, session: Db, actor: Caller, since: Since = None, until: Until = None
) -> CampaignAnalyticsOut:
    """Since its first fact unless asked otherwise."""
    return await service.get_campaign_figures(session, actor, campaign_id, since=since, until=until)


@router.get("/analytics/email-accounts", dependencies=[VIEW])
async def list_mailbox_figures(
    session: Db, actor: Caller, since: Since = None, until: Until = None
) -> list[MailboxFigures]:
    """Since each was connected unless asked otherwise."""
    return await service.list_mailbox_figures(session, actor, since=since, until=until)


@router.get("/analytics/exports/{campaign_id}", dependencies=[VIEW], response_class=Response)
async def export_campaign(
    campaign_id: uuid.UUID, session: Db, actor: Caller,
    file_format: Annotated[Literal["csv", "json"], Query(alias="format")] = "csv",
    since: Since = None, until: Until = None,
) -> StreamingResponse:  # fmt: skip
    """The ledger of a campaign, one line a message; safe to open in a spreadsheet. All of it unless asked otherwise."""
    parts, media_type = await service.export_campaign(
        session, actor, campaign_id, file_format, since=since, until=until
    )
    name = f'attachment; filename="campaign-{campaign_id}.{file_format}"'
    return StreamingResponse(parts, media_type=media_type, headers={"Content-Disposition": name})


@router.get("/analytics/activity", dependencies=[VIEW])
async def page_activity(
    session: Db, actor: Caller, limit: Limit = 50, cursor: Cursor = None, campaign_id: uuid.UUID | None = None,
    since: Since = None, until: Until = None,
) -> Page[ActivityOut]:  # fmt: skip
    """The latest facts first."""
    return await service.page_activity(
        session, actor, limit=limit, cursor=cursor, campaign_id=campaign_id, since=since, until=until
    )


@router.get("/pulse", dependencies=[VIEW])
async def get_pulse(session: Db, actor: Caller) -> PulseOut:
    """One line on what the engine does now, and what waits for what."""
    return await service.get_pulse(session, actor)
