"""What came back."""

from __future__ import annotations

import uuid

from fastapi import APIRouter

from reachly.api.deps import Caller, Cursor, Db, Limit, require
from reachly.kit.pagination import Page
from reachly.services.identity.schemas import Permission
from reachly.services.inbox import service
from reachly.services.inbox.schemas import Intent, IntentIn, ReadIn, SnoozeIn, ThreadDetailOut, ThreadOut

router = APIRouter(prefix="/api/inbox/threads", tags=["inbox"])
READ, WRITE = require(Permission.INBOX_READ), require(Permission.INBOX_WRITE)


@router.get("", dependencies=[READ])
async def page_threads(
    session: Db, actor: Caller, limit: Limit = 50, cursor: Cursor = None, intent: Intent | None = None,
    unread: bool | None = None, campaign_id: uuid.UUID | None = None, snoozed: bool = False,
) -> Page[ThreadOut]:  # fmt: skip
    """The latest first. What is snoozed is left out until its time, or listed alone with `snoozed=true`."""
    return await service.page_threads(
        session, actor, limit=limit, cursor=cursor, intent=intent, unread=unread, campaign_id=campaign_id,
        snoozed=snoozed,
    )  # fmt: skip


@router.get("/{thread_id}", dependencies=[READ])
async def get_thread(thread_id: uuid.UUID, session: Db, actor: Caller) -> ThreadDetailOut:
    return await service.get_thread(session, actor, thread_id)


@router.post("/{thread_id}/read", dependencies=[WRITE])
async def mark_read(
    thread_id: uuid.UUID, session: Db, actor: Caller, body: ReadIn | None = None
) -> ThreadOut:
    return await service.mark_read(session, actor, thread_id, unread=bool(body and body.unread))


@router.post("/{thread_id}/intent", dependencies=[WRITE])
async def set_intent(thread_id: uuid.UUID, body: IntentIn, session: Db, actor: Caller) -> ThreadOut:
    return await service.set_intent(session, actor, thread_id, body.intent)


@router.post("/{thread_id}/snooze", dependencies=[WRITE])
async def snooze(thread_id: uuid.UUID, body: SnoozeIn, session: Db, actor: Caller) -> ThreadOut:
    return await service.snooze(session, actor, thread_id, body.until)
