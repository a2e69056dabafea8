"""What every page has at its top: one field that finds, and notices."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from reachly.api.deps import SIGNED_IN, Caller, Cursor, Db, Limit
from reachly.services.analytics import service as analytics
from reachly.services.analytics.schemas import SearchOut
from reachly.services.webhooks import service as webhooks
from reachly.services.webhooks.schemas import NotificationPage, NotificationsReadIn

router = APIRouter(prefix="/api", tags=["everywhere"])


@router.get("/search", dependencies=[SIGNED_IN])
async def search(session: Db, actor: Caller, q: Annotated[str, Query(max_length=200)] = "") -> SearchOut:
    """A few campaigns, leads and mailboxes that the caller may see."""
    return await analytics.search_everything(session, actor, q)


@router.get("/notifications", dependencies=[SIGNED_IN])
async def page_notifications(
    session: Db, actor: Caller, limit: Limit = 50, cursor: Cursor = None
) -> NotificationPage:
    """One's own, the latest first."""
    return await webhooks.page_notifications(session, actor, limit=limit, cursor=cursor)


@router.post("/notifications/read", status_code=204, dependencies=[SIGNED_IN])
async def mark_notifications_read(
    session: Db, actor: Caller, body: NotificationsReadIn | None = None
) -> None:
    """These, or all."""
    await webhooks.mark_notifications_read(session, actor, body or NotificationsReadIn())
