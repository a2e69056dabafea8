"""Notices to people, each with their own mark of having been read."""

from __future__ import annotations

from reachly.data.repositories import webhooks as repository
from reachly.data.session import Session
from reachly.kit import clock
from reachly.kit.pagination import cut_page, encode_cursor, read_time_cursor
from reachly.services.identity.schemas import Actor
from reachly.services.webhooks.schemas import NotificationOut, NotificationPage, NotificationsReadIn


async def page_notifications(
    session: Session, actor: Actor, *, limit: int, cursor: str | None
) -> NotificationPage:
    """The caller's own, the latest first."""
    after = read_time_cursor(cursor) if cursor else None
    found = await repository.page_notifications(
        session, actor.organization_id, actor.user_id, limit=limit + 1, after=after
    )
    rows, more = cut_page(found, limit)
    next_cursor = encode_cursor(rows[-1].created_at.isoformat(), str(rows[-1].id)) if more else None
    items = [NotificationOut.model_validate(row, from_attributes=True) for row in rows]
    unread = await repository.count_unread(session, actor.organization_id, actor.user_id)
    return NotificationPage(items=items, next_cursor=next_cursor, unread=unread)


async def mark_notifications_read(session: Session, actor: Actor, body: NotificationsReadIn) -> None:
    """Ids of others are passed over."""
    await repository.mark_read(session, actor.organization_id, actor.user_id, body.ids, clock.now())
