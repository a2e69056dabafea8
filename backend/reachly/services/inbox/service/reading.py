"""Looking into one mailbox: fetch outside of any transaction, then store message by message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from reachly.data import outbox
from reachly.data.errors import is_database_away
from reachly.data.session import tenant
from reachly.infra.settings import InboxSettings
from reachly.integrations.reader.port import Fetched, Reader, ReaderError
from reachly.integrations.reader.registry import make_reader
from reachly.kit import clock
from reachly.kit.errors import ReachlyError
from reachly.services.email_accounts import service as email_accounts
from reachly.services.email_accounts.service import Connection, DueSync
from reachly.services.inbox.service.matching import Mailbox
from reachly.services.inbox.service.storing import store_inbound

log = structlog.get_logger(__name__)

ReaderFactory = Callable[[Connection], Reader]
READING = "Reading (IMAP): "  # how the reason begins that this room gives a mailbox it sets aside
SIGN_IN_TRIES = 3  # a provider that hiccups must not set a mailbox aside
LONGEST_WAIT = timedelta(hours=1)
KEPT = 200


def open_reader(connection: Connection) -> Reader:
    """The mailbox's own way of being read; it must have one."""
    assert connection.reader is not None, "this mailbox cannot be read"
    return make_reader(connection.reader_provider, connection.reader)


class Readers:
    """One open reader a mailbox, kept from look to look: a sign-in each time would cost more than the look."""

    def __init__(self, factory: ReaderFactory = open_reader) -> None:
        self._factory = factory
        self._open: dict[UUID, tuple[Connection, Reader]] = {}

    async def of(self, connection: Connection) -> Reader:
        """A new one when the settings have changed."""
        kept = self._open.pop(connection.account_id, None)
        if kept is not None and kept[0].reader != connection.reader:
            await kept[1].close()
            kept = None
        reader = kept[1] if kept else self._factory(connection)
        self._open[connection.account_id] = (connection, reader)  # the last used are at the end
        while len(self._open) > KEPT:
            await self.drop(next(iter(self._open)))
        return reader

    async def drop(self, account_id: UUID) -> None:
        kept = self._open.pop(account_id, None)
        if kept is not None:
            await kept[1].close()

    async def close(self) -> None:
        kept, self._open = list(self._open.values()), {}
        await asyncio.gather(*(reader.close() for _, reader in kept))


async def look_into(due: DueSync, readers: Readers, settings: InboxSettings) -> bool:
    """Reads what is new in a leased mailbox and gives the lease back, also when it cannot be read.

    Whether more is to be read there.
    """
    async with tenant(due.organization_id) as session:
        connection = await email_accounts.find_connection(session, due.organization_id, due.account_id)
    if connection is None or connection.reader is None:
        await readers.drop(due.account_id)
        if connection is not None:
            await _finish(due, {}, None)
        return False
    mailbox = Mailbox(due.organization_id, due.account_id, due.email_key)
    cursor = due.place.get("imap")
    try:
        reader = await readers.of(connection)
        fetched, after = await reader.fetch_new(cursor)
    except ReaderError as error:
        await readers.drop(due.account_id)
        await put_off(due, error.cause, error.detail, settings)
        return False
    except ReachlyError as error:  # a provider that this version cannot read
        await put_off(due, error.code, error.detail, settings)
        return False
    for each in fetched:
        await _store(mailbox, each)
    has_more = len(fetched) >= connection.reader.max_messages
    wait = timedelta(0) if has_more else timedelta(seconds=settings.poll_seconds)
    await _finish(due, {"imap": after}, wait)
    return has_more


async def _store(mailbox: Mailbox, fetched: Fetched) -> None:
    """One message that cannot be stored does not hold up those behind it."""
    for attempt in (1, 2, 3):
        try:
            await store_inbound(mailbox, fetched.raw, fetched.received_at)
        except Exception as error:
            if is_database_away(error):
                raise  # the place is not moved: all of it is read again
            if attempt < 3:  # a deadlock, most likely
                continue
            log.exception(
                "a received message could not be stored", mailbox=mailbox.email_key, uid=fetched.uid
            )
        return


async def _finish(
    due: DueSync, place: dict[str, Any], wait: timedelta | None, error: str | None = None
) -> None:
    next_at = None if wait is None else clock.now() + wait
    async with tenant(due.organization_id) as session:
        await email_accounts.finish_sync(session, due, place=place, next_at=next_at, error=error)
        event = None
        if error is None and int(due.place.get("failures", 0)) >= SIGN_IN_TRIES:
            event = await email_accounts.end_trouble(
                session, due.organization_id, due.account_id, "auth_failed", READING
            )
        await outbox.emit(session, [event] if event else [], wake=event is not None)


async def put_off(due: DueSync, cause: str, detail: str, settings: InboxSettings) -> None:
    """Waits longer each time. Only sign-ins refused again and again set the mailbox aside, until one succeeds."""
    failures = int(due.place.get("failures", 0)) + 1
    wait = min(LONGEST_WAIT, timedelta(seconds=max(30.0, settings.poll_seconds) * 2 ** min(failures - 1, 8)))
    wait = max(wait, timedelta(seconds=settings.poll_seconds))
    place = {**due.place, "failures": failures}
    async with tenant(due.organization_id) as session:
        await email_accounts.finish_sync(session, due, place=place, next_at=clock.now() + wait, error=detail)
        event = None
        if cause == "auth" and failures >= SIGN_IN_TRIES:
            reason = f"{READING}{detail}"
            event = await email_accounts.set_trouble(
                session, due.organization_id, due.account_id, "auth_failed", reason
            )
        await outbox.emit(session, [event] if event else [])
    log.warning("a mailbox cannot be read", mailbox=due.email_key, cause=cause, failures=failures)
