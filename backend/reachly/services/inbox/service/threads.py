"""Conversations, as the inbox page shows and steers them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from reachly.data.models.inbox import Thread
from reachly.data.repositories import inbox as repository
from reachly.data.session import Session
from reachly.kit import clock
from reachly.kit.errors import Invalid, NotFound
from reachly.kit.pagination import Page, cut_page, encode_cursor, read_time_cursor
from reachly.services.campaigns import service as campaigns
from reachly.services.identity.schemas import Actor
from reachly.services.inbox import policy
from reachly.services.inbox.schemas import Intent, MessageOut, ThreadDetailOut, ThreadOut
from reachly.services.inbox.service.matching import key_of
from reachly.services.suppression import service as suppression
from reachly.services.suppression.schemas import SuppressedOut

SHOWN = 500


async def page_threads(
    session: Session, actor: Actor, *, limit: int, cursor: str | None, intent: Intent | None, unread: bool | None,
    campaign_id: uuid.UUID | None, snoozed: bool = False,
) -> Page[ThreadOut]:  # fmt: skip
    """The latest first; what is snoozed is hidden until its time has come, unless it is asked for alone."""
    wanted = repository.ThreadFilter(clock.now(), intent, unread, campaign_id, snoozed)
    found = await repository.page_threads(
        session, actor.organization_id, limit=limit + 1, before=_read_cursor(cursor), wanted=wanted
    )
    rows, more = cut_page(found, limit)
    next_cursor = encode_cursor(rows[-1].last_message_at.isoformat(), str(rows[-1].id)) if more else None
    told = await _told(session, actor, rows)
    return Page(items=[_out(one, told) for one in rows], next_cursor=next_cursor)


def _read_cursor(cursor: str | None) -> tuple[datetime, uuid.UUID] | None:
    return read_time_cursor(cursor) if cursor else None


async def get_thread(session: Session, actor: Actor, thread_id: uuid.UUID) -> ThreadDetailOut:
    """Both sides, oldest first: what came in, and everything that was sent to that person. Raises NotFound."""
    row = await repository.find_thread_view(session, actor.organization_id, thread_id)
    if row is None:
        raise _no_thread()
    rows = await repository.list_conversation(session, actor.organization_id, thread_id, row.lead_id, SHOWN)
    standing = (
        await campaigns.find_standing(session, actor.organization_id, row.enrollment_id)
        if row.enrollment_id
        else None
    )
    return ThreadDetailOut(
        **_shown(row, await _told(session, actor, [row])),
        messages=[MessageOut(**{**each, "text": policy.show_sent(each["text"])}) for each in rows],
        enrollment_status=standing.status if standing else None,
        held_until=standing.held_until if standing else None,
    )


async def mark_read(session: Session, actor: Actor, thread_id: uuid.UUID, *, unread: bool) -> ThreadOut:
    row = await _lock(session, actor, thread_id)
    row.unread = unread
    await session.flush()
    return _out(row, await _told(session, actor, [row]))


async def set_intent(session: Session, actor: Actor, thread_id: uuid.UUID, intent: Intent) -> ThreadOut:
    """A person knows better than the rules. It changes no counter: those say what was read when the answer came."""
    row = await _lock(session, actor, thread_id)
    row.intent = intent
    await session.flush()
    return _out(row, await _told(session, actor, [row]))


async def snooze(session: Session, actor: Actor, thread_id: uuid.UUID, until: datetime | None) -> ThreadOut:
    """Out of the list until then, or until the person writes again; None brings it back."""
    if until is not None and until.tzinfo is None:
        raise Invalid("Give the moment with its time zone, such as 2026-03-01T09:00:00Z.", code="naive_time")
    row = await _lock(session, actor, thread_id)
    row.snoozed_until = until
    await session.flush()
    return _out(row, await _told(session, actor, [row]))


async def _lock(session: Session, actor: Actor, thread_id: uuid.UUID) -> Thread:
    row = await repository.lock_thread(session, actor.organization_id, thread_id)
    if row is None:
        raise _no_thread()
    return row


def _no_thread() -> NotFound:
    return NotFound("This conversation does not exist.")


async def _told(session: Session, actor: Actor, rows: Sequence[Thread]) -> dict[str, SuppressedOut]:
    """By address: why it must not be written to."""
    return await suppression.describe(
        session, actor.organization_id, [key_of(row.contact_email) for row in rows]
    )


def _shown(row: Thread, told: Mapping[str, SuppressedOut]) -> dict[str, Any]:
    own = {name: getattr(row, name) for name in ThreadOut.model_fields if name != "suppression"}
    return {**own, "suppression": told.get(key_of(row.contact_email))}


def _out(row: Thread, told: Mapping[str, SuppressedOut]) -> ThreadOut:
    return ThreadOut(**_shown(row, told))
