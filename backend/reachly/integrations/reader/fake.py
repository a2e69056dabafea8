"""A mailbox in memory, and a Reader of it, judged by the same contract as the vendors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from functools import lru_cache

from reachly.integrations.reader.cursor import Place, read_cursor, write_cursor
from reachly.integrations.reader.port import (
    CopyKey,
    Cursor,
    Fetched,
    ReaderConfig,
    ReaderError,
    ReaderProbe,
    SentCopy,
)
from reachly.kit import clock, correlation


@lru_cache(maxsize=32_768)
def _parse(raw: bytes) -> Message:
    return message_from_bytes(raw)


@dataclass(frozen=True, slots=True)
class Stored:
    uid: int
    raw: bytes
    received_at: datetime

    def header(self) -> Message:
        return _parse(self.raw)


@dataclass(slots=True)
class Folder:
    validity: int = 1
    next_uid: int = 1
    messages: list[Stored] = field(default_factory=list)

    def add(self, raw: bytes, at: datetime) -> None:
        self.messages.append(Stored(self.next_uid, raw, at.astimezone(UTC).replace(microsecond=0)))
        self.next_uid += 1


class MailboxScript:
    """Folders that tests fill. `fault` is raised instead of a connection."""

    def __init__(self, *, username: str = "", password: str = "", sent_folder: str | None = "Sent") -> None:
        self.username = username
        self.password = password
        self.fault: ReaderError | None = None
        self.sent_folder = sent_folder
        self.folders: dict[str, Folder] = {"INBOX": Folder()}
        if sent_folder:
            self.folders[sent_folder] = Folder()

    def deliver(self, raw: bytes, at: datetime, folder: str = "INBOX") -> None:
        self.folders[folder].add(raw, at)

    def renumber(self, folder: str = "INBOX") -> None:
        """What a server does after a restore: other numbers under another UIDVALIDITY."""
        old = self.folders[folder]
        new = Folder(old.validity + 1, 1000)
        for stored in old.messages:
            new.add(stored.raw, stored.received_at)
        self.folders[folder] = new


class FakeReader:
    """A Reader of a `MailboxScript`."""

    def __init__(self, config: ReaderConfig, script: MailboxScript) -> None:
        self._config = config
        self._script = script

    async def probe(self) -> ReaderProbe:
        self._connect()
        encrypted = self._config.security != "none"
        return ReaderProbe("imap", encrypted, self._script.sent_folder, tuple(self._script.folders))

    async def fetch_new(self, cursor: Cursor | None) -> tuple[list[Fetched], Cursor]:
        self._connect()
        places, fetched, today = read_cursor(cursor), list[Fetched](), clock.now().astimezone(UTC).date()
        limit = self._config.max_message_bytes
        for name in self._config.folders:
            folder, place = self._folder(name), places.get(name)
            new = self._behind(folder, place)
            room = max(0, self._config.max_messages - len(fetched))
            fetched += [
                Fetched(m.uid, m.raw[:limit], m.received_at, name, len(m.raw) > limit) for m in new[:room]
            ]
            next_uid = new[room].uid if len(new) > room else folder.next_uid
            places[name] = Place(folder.validity, next_uid, today)
        return fetched, write_cursor(places)

    async def has_news(self, cursor: Cursor | None) -> bool:
        self._connect()
        places = read_cursor(cursor)
        for name in self._config.folders:
            folder, place = self._folder(name), places.get(name)
            if place and (folder.validity, folder.next_uid) != (place.validity, place.next_uid):
                return True
        return False

    async def has_reply(
        self, message_ids: Sequence[str], from_address: str, since: datetime, *, cursor: Cursor | None = None
    ) -> bool:
        self._connect()
        places = read_cursor(cursor)
        for name in self._config.folders:
            folder, place = self._folder(name), places.get(name)
            same = place is not None and place.validity == folder.validity
            candidates = self._behind(folder, place) if same else folder.messages
            for stored in candidates:
                if stored.received_at < since.astimezone(UTC).replace(microsecond=0):
                    continue
                header = stored.header()
                answered = f"{header['In-Reply-To'] or ''} {header['References'] or ''}"
                if any(i.strip() and i.strip() in answered for i in message_ids):
                    return True
                if from_address and from_address.lower() in str(header["From"] or "").lower():
                    return True
        return False

    async def find_copies(
        self, message_ids: Sequence[str], *, since: datetime | None = None, elsewhere: bool = False
    ) -> dict[str, SentCopy]:
        self._connect()
        sent, found = self._script.sent_folder, dict[str, SentCopy]()
        names = [name for name in self._script.folders if name != sent] if elsewhere else [sent]
        for name in names:
            if name is not None:
                headers = self._headers(name, since)
                for message_id in message_ids:
                    copy = _find(name, headers, message_id)
                    if copy is not None:
                        found.setdefault(message_id, copy)
        return found

    async def append_sent(self, raw: bytes, *, at: datetime | None = None) -> None:
        self._connect()
        if self._script.sent_folder is None:
            self._script.sent_folder = "Sent"
            self._script.folders["Sent"] = Folder()
        self._folder(self._script.sent_folder).add(raw, at or clock.now())

    async def close(self) -> None:
        return None

    def _headers(self, name: str, since: datetime | None) -> list[tuple[Stored, Message]]:
        day = since.astimezone(UTC).date() - timedelta(days=1) if since else None
        stored = self._folder(name).messages
        return [(one, one.header()) for one in stored if day is None or one.received_at.date() >= day]

    def _behind(self, folder: Folder, place: Place | None) -> list[Stored]:
        if place is None:
            return []
        if place.validity != folder.validity:
            return [m for m in folder.messages if m.received_at.date() >= place.reread_from()]
        return [m for m in folder.messages if m.uid >= place.next_uid]

    def _folder(self, name: str) -> Folder:
        if name not in self._script.folders:
            raise ReaderError("protocol", f"The mailbox has no folder {name!r} that can be read.")
        return self._script.folders[name]

    def _connect(self) -> None:
        script, config = self._script, self._config
        if script.fault is not None:
            raise script.fault
        if (config.username, config.password) != (script.username, script.password):
            raise ReaderError("auth", "The server did not accept user name and password for reading (IMAP).")


def _find(folder: str, headers: Sequence[tuple[Stored, Message]], message_id: str) -> SentCopy | None:
    wanted: list[tuple[CopyKey, str, str]] = [
        ("message_id", "Message-ID", message_id),
        ("token", correlation.HEADER, correlation.make_token(message_id)),
    ]
    for key, name, value in wanted:
        copies = [(stored, header) for stored, header in headers if str(header[name] or "").strip() == value]
        if copies:
            stored, header = copies[0]
            filed_as = str(header["Message-ID"] or "").strip()
            return SentCopy(folder, stored.uid, key, filed_as, stored.received_at, len(copies))
    return None
