"""Any IMAP server (RFC 3501, without extensions), on imap-tools in a thread, over one connection that stays open.

A look at a quiet mailbox is one STATUS: no folder stays selected, so the answer also tells a renumbering.
"""

from __future__ import annotations

import asyncio
import imaplib
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import imap_tools

from reachly.infra import outbound
from reachly.integrations.reader.cursor import Place, read_cursor, write_cursor
from reachly.integrations.reader.port import (
    Cause,
    Cursor,
    Fetched,
    ReaderConfig,
    ReaderError,
    ReaderProbe,
    SentCopy,
)
from reachly.integrations.reader.vendors.imap_client import (
    ImapSession,
    any_of,
    header_term,
    imap_day,
    quoted,
    since_term,
)
from reachly.integrations.reader.vendors.imap_copies import look_elsewhere, look_into_sent
from reachly.kit import clock
from reachly.kit.errors import Invalid, Unavailable

T = TypeVar("T")

MAX_THREADS = 32
_LAST_IDS = 20
_CAUSES: dict[str, Cause] = {
    "dns": "dns",
    "timeout": "timeout",
    "refused": "refused",
    "unreachable": "refused",
}
_GONE = (imaplib.IMAP4.abort, OSError, EOFError)
# What a server that babbles can make the libraries raise.
_BABBLE = (imaplib.IMAP4.error, imap_tools.ImapToolsError, ValueError, LookupError, TypeError, AttributeError)

# Threads of their own: a server that keeps us waiting must not take the ones that hash passwords.
_threads = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="imap")


class ImapReader:
    """A Reader over one IMAP connection."""

    def __init__(self, config: ReaderConfig) -> None:
        self._config = config
        self._session: ImapSession | None = None
        self._lock = asyncio.Lock()

    async def probe(self) -> ReaderProbe:
        try:
            async with asyncio.timeout(self._config.connect_seconds):
                return await self._run(ImapSession.probe)
        except TimeoutError as error:
            raise _explain(error, self._config) from None

    async def fetch_new(self, cursor: Cursor | None) -> tuple[list[Fetched], Cursor]:
        work = partial(_fetch_new, config=self._config, cursor=cursor, now=clock.now())
        return await self._run(work, seconds=self._config.command_seconds * 4)

    async def has_news(self, cursor: Cursor | None) -> bool:
        return await self._run(partial(_has_news, config=self._config, cursor=cursor))

    async def has_reply(
        self, message_ids: Sequence[str], from_address: str, since: datetime, *, cursor: Cursor | None = None
    ) -> bool:
        work = partial(
            _has_reply,
            config=self._config,
            terms=_reply_terms(message_ids, from_address),
            since=since.astimezone(UTC),
            cursor=cursor,
        )
        return await self._run(work)

    async def find_copies(
        self, message_ids: Sequence[str], *, since: datetime | None = None, elsewhere: bool = False
    ) -> dict[str, SentCopy]:
        if not message_ids:
            return {}
        look = look_elsewhere if elsewhere else look_into_sent
        return await self._run(lambda session: look(session, message_ids, since))

    async def append_sent(self, raw: bytes, *, at: datetime | None = None) -> None:
        when = at or clock.now()
        await self._run(ImapSession.noop)  # wakes a dead connection; the APPEND itself is never repeated
        await self._run(lambda session: session.append_sent(raw, when), again=False)

    async def close(self) -> None:
        async with self._lock:
            session, self._session = self._session, None
            if session is None:
                return
            try:
                async with asyncio.timeout(3):
                    await asyncio.get_running_loop().run_in_executor(_threads, _log_out, session)
            except (*_GONE, *_BABBLE):
                pass
            finally:
                session.cut()

    async def _run(self, work: Callable[[ImapSession], T], *, seconds: float = 0, again: bool = True) -> T:
        """Does blocking work over the open connection; once more over a fresh one if it had been closed meanwhile."""
        async with self._lock:
            reused = self._session is not None
            try:
                return await self._once(work, seconds or self._config.command_seconds)
            except _GONE as error:
                if not (reused and again) or isinstance(error, TimeoutError):
                    raise _explain(error, self._config) from None
            try:
                return await self._once(work, seconds or self._config.command_seconds)
            except _GONE as error:
                raise _explain(error, self._config) from None

    async def _once(self, work: Callable[[ImapSession], T], seconds: float) -> T:
        session = self._session or await self._connect()
        self._session = None
        try:
            async with asyncio.timeout(seconds):
                done = await asyncio.get_running_loop().run_in_executor(_threads, _work, work, session)
        except ReaderError:
            self._session = session
            raise
        except BaseException as error:
            session.cut()
            if isinstance(error, _BABBLE) and not isinstance(error, _GONE):
                raise _explain(error, self._config) from None
            raise
        self._session = session
        return done

    async def _connect(self) -> ImapSession:
        config, loop = self._config, asyncio.get_running_loop()
        try:
            async with asyncio.timeout(config.connect_seconds):
                sock = await outbound.open_socket(
                    config.host, config.port, purpose="imap", timeout=config.connect_seconds
                )
                session = ImapSession(sock, config)
                try:
                    await loop.run_in_executor(_threads, _open, session)
                except BaseException:
                    session.cut()
                    raise
                return session
        except ReaderError:
            raise
        except (Invalid, Unavailable, *_GONE, *_BABBLE) as error:
            raise _explain(error, config) from None


def _open(session: ImapSession) -> None:
    try:
        session.open()
    except BaseException:
        session.close_sockets()
        raise


def _work(work: Callable[[ImapSession], T], session: ImapSession) -> T:
    try:
        return work(session)
    except ReaderError:
        raise
    except BaseException:
        session.close_sockets()
        raise


def _log_out(session: ImapSession) -> None:
    try:
        session.log_out()
    finally:
        session.close_sockets()


def _fetch_new(
    session: ImapSession, *, config: ReaderConfig, cursor: Cursor | None, now: datetime
) -> tuple[list[Fetched], Cursor]:
    session.begin()
    places, fetched, today = read_cursor(cursor), list[Fetched](), now.astimezone(UTC).date()
    for folder in config.folders:
        status, place = session.status(folder), places.get(folder)
        next_uid = status.next_uid
        same = place is not None and place.validity == status.validity
        if place is not None and (not same or place.next_uid < status.next_uid):
            session.examine(folder)
            criteria = f"UID {place.next_uid}:*" if same else f"SINCE {imap_day(place.reread_from())}"
            # "n:*" always names the last message too, even when its number is below n.
            uids = [uid for uid in session.search(criteria) if not same or uid >= place.next_uid]
            room = max(0, config.max_messages - len(fetched))
            for item in session.fetch(uids[:room]):
                truncated = item.size > len(item.raw) and len(item.raw) >= config.max_message_bytes
                fetched.append(Fetched(item.uid, item.raw, item.received_at, folder, truncated))
            next_uid = uids[room] if len(uids) > room else max([status.next_uid, *(uid + 1 for uid in uids)])
            session.begin()
        places[folder] = Place(status.validity, next_uid, today)
    return fetched, write_cursor(places)


def _has_news(session: ImapSession, *, config: ReaderConfig, cursor: Cursor | None) -> bool:
    session.begin()
    places = read_cursor(cursor)
    for folder in config.folders:
        place = places.get(folder)
        if place is not None:
            status = session.status(folder)
            if status.validity != place.validity or status.next_uid > place.next_uid:
                return True
    return False


def _reply_terms(message_ids: Sequence[str], from_address: str) -> list[str]:
    sender = quoted(from_address)
    terms = [f"FROM {sender}"] if sender else []
    for message_id in message_ids[-_LAST_IDS:]:
        terms += [t for name in ("In-Reply-To", "References") if (t := header_term(name, message_id))]
    return terms


def _has_reply(
    session: ImapSession, *, config: ReaderConfig, terms: list[str], since: datetime, cursor: Cursor | None
) -> bool:
    session.begin()
    places = read_cursor(cursor)
    for folder in config.folders if terms else ():
        place, scope, first = places.get(folder), since_term(since), 0
        if place is not None:
            status = session.status(folder)
            if status.validity == place.validity:
                if status.next_uid <= place.next_uid:
                    continue
                scope, first = f"{scope} UID {place.next_uid}:*", place.next_uid
        session.examine(folder)
        items = session.fetch(session.search(f"{scope} {any_of(terms)}")[-50:], body=False)
        session.begin()
        if any(item.uid >= first and item.received_at >= since.replace(microsecond=0) for item in items):
            return True
    return False


def _explain(error: BaseException, config: ReaderConfig) -> ReaderError:
    where = f"{config.host}, port {config.port},"
    if isinstance(error, Invalid):
        return ReaderError("forbidden", error.detail)
    if isinstance(error, Unavailable):
        return ReaderError(_CAUSES.get(error.code, "refused"), error.detail)
    if isinstance(error, ssl.SSLCertVerificationError):
        return ReaderError(
            "tls",
            f"The certificate of {config.host} is not valid for it ({error.verify_message}). "
            "Use the host name that the provider documents.",
        )
    if isinstance(error, ssl.SSLError):
        return ReaderError(
            "tls", f"Port {config.port} does not speak TLS as expected. Use port 993 with TLS."
        )
    if isinstance(error, TimeoutError):
        hint = (
            ""
            if config.security == "tls"
            else " If the port expects TLS from the first byte (993), choose TLS."
        )
        return ReaderError("timeout", f"{where} did not answer in time. Check host and port.{hint}")
    return ReaderError(
        "protocol", f"{where} broke off or did not answer as an IMAP server does. Check the port."
    )
