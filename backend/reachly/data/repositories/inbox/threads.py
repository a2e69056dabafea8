"""Conversations."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select

from reachly.data.models.inbox import Thread
from reachly.data.session import Session


@dataclass(frozen=True, slots=True)
class ThreadKey:
    """Whose conversation it is: a person in a campaign, else a person, else an address; with one mailbox."""

    email_account_id: uuid.UUID
    enrollment_id: uuid.UUID | None
    lead_id: uuid.UUID | None
    contact_email: str


@dataclass(frozen=True, slots=True)
class ThreadFilter:
    """`now` hides what is put off until later; `snoozed` shows that alone."""

    now: datetime
    intent: str | None = None
    unread: bool | None = None
    campaign_id: uuid.UUID | None = None
    snoozed: bool = False


async def find_thread(session: Session, organization_id: uuid.UUID, key: ThreadKey) -> Thread | None:
    """Locked."""
    query = select(Thread).where(
        Thread.organization_id == organization_id, Thread.email_account_id == key.email_account_id
    )
    if key.lead_id:
        query = query.where(Thread.lead_id == key.lead_id, Thread.enrollment_id == key.enrollment_id)
    else:
        query = query.where(Thread.lead_id.is_(None), Thread.contact_email == key.contact_email)
    query = query.order_by(Thread.last_message_at.desc()).limit(1).with_for_update()
    return (await session.scalars(query)).one_or_none()


async def lock_thread(session: Session, organization_id: uuid.UUID, thread_id: uuid.UUID) -> Thread | None:
    return await session.get(
        Thread, (organization_id, thread_id), populate_existing=True, with_for_update=True
    )


async def find_thread_view(
    session: Session, organization_id: uuid.UUID, thread_id: uuid.UUID
) -> Thread | None:
    return await session.get(Thread, (organization_id, thread_id), populate_existing=True)


async def page_threads(
    session: Session, organization_id: uuid.UUID, *, limit: int, before: tuple[datetime, uuid.UUID] | None,
    wanted: ThreadFilter,
) -> Sequence[Thread]:  # fmt: skip
    """The latest first."""
    later = Thread.snoozed_until > wanted.now
    query = select(Thread).where(
        Thread.organization_id == organization_id,
        later if wanted.snoozed else or_(Thread.snoozed_until.is_(None), ~later),
    )
    if wanted.intent:
        query = query.where(Thread.intent == wanted.intent)
    if wanted.unread is not None:
        query = query.where(Thread.unread == wanted.unread)
    if wanted.campaign_id:
        query = query.where(Thread.campaign_id == wanted.campaign_id)
    if before:
        at, last = before
        earlier = or_(Thread.last_message_at < at, and_(Thread.last_message_at == at, Thread.id < last))
        query = query.where(earlier)
    return (
        await session.scalars(query.order_by(Thread.last_message_at.desc(), Thread.id.desc()).limit(limit))
    ).all()
