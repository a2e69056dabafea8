"""What people and other systems are told. The rows are written by the outbox."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, func, or_, select, update

from reachly.data.models.webhooks import Notification
from reachly.data.session import Session


async def page_notifications(
    session: Session, organization_id: uuid.UUID, user_id: uuid.UUID, *, limit: int,
    after: tuple[datetime, uuid.UUID] | None,
) -> Sequence[Notification]:  # fmt: skip
    """The latest first."""
    query = select(Notification).where(
        Notification.organization_id == organization_id, Notification.user_id == user_id
    )
    if after:
        at, last = after
        query = query.where(
            or_(Notification.created_at < at, and_(Notification.created_at == at, Notification.id < last))
        )
    query = query.order_by(Notification.created_at.desc(), Notification.id.desc()).limit(limit)
    return (await session.scalars(query)).all()


async def count_unread(session: Session, organization_id: uuid.UUID, user_id: uuid.UUID) -> int:
    query = select(func.count()).where(
        Notification.organization_id == organization_id, Notification.user_id == user_id,
        Notification.read_at.is_(None),
    )  # fmt: skip
    return await session.scalar(query) or 0


async def mark_read(
    session: Session,
    organization_id: uuid.UUID,
    user_id: uuid.UUID,
    ids: Sequence[uuid.UUID] | None,
    now: datetime,
) -> None:
    """These, or (None) all of the person's."""
    statement = update(Notification).where(
        Notification.organization_id == organization_id, Notification.user_id == user_id,
        Notification.read_at.is_(None),
    )  # fmt: skip
    if ids is not None:
        statement = statement.where(Notification.id.in_(ids))
    await session.execute(statement.values(read_at=now))
