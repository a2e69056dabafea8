"""Mailboxes for the IMAP library: raw bytes, parsed on demand, with an index by Message-ID and by our token.

The library's own in-memory mailbox keeps 45 kB for a message of 850 bytes and parses every message of a folder for
one SEARCH HEADER; the lean one keeps the bytes and answers those searches from dictionaries.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any

from pymap.backend.dict import Config, Identity, Login, Session
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import LoadedMessage, MailboxData, MailboxSet, Message
from pymap.interfaces.message import CachedMessage
from pymap.listtree import ListEntry, ListTree
from pymap.mailbox import MailboxSnapshot
from pymap.mime import MessageContent
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials import FetchRequirement, ObjectId, SearchKey, SequenceSet
from pymap.parsing.specials.flag import Seen
from pymap.selected import SelectedMailbox
from pysasl.creds.server import ServerCredentials

from mailworld.chance import draw
from reachly.kit import clock, correlation

SPECIAL_USE = {"Sent": b"Sent", "Drafts": b"Drafts", "Junk": b"Junk", "Trash": b"Trash"}  # RFC 6154

# address, folder, uid, raw, internal date: called for each message that arrives in a folder
Keep = Callable[[str, str, int, bytes, datetime], None]

INDEXED = ("message-id", correlation.HEADER.lower())
_INDEXED = {
    name: re.compile(rb"^%b:\s*(\S+)[ \t]*\r$" % name.encode(), re.IGNORECASE | re.MULTILINE)
    for name in INDEXED
}

FOLDER_LIMIT = 5_000  # the oldest message leaves a full folder, so that a world may run for months


@lru_cache(maxsize=64)
def _parse(raw: bytes) -> MessageContent:
    return MessageContent.parse(raw)


class LeanMessage(Message):
    __slots__ = ["raw"]

    def __init__(self, *args: Any, raw: bytes = b"", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.raw = raw

    @classmethod
    def copy(
        cls, msg: Message, *, uid: int | None = None, recent: bool = False, expunged: bool = False
    ) -> LeanMessage:
        return cls(
            msg.uid if uid is None else uid, msg.internal_date, msg.permanent_flags, expunged=expunged,
            email_id=msg.email_id, thread_id=msg.thread_id, recent=recent,
            raw=msg.raw if isinstance(msg, LeanMessage) else b"",
        )  # fmt: skip

    async def load_content(self, requirement: FetchRequirement) -> LoadedMessage:
        wanted = not requirement.has_none(FetchRequirement.CONTENT)
        return LoadedMessage(self, requirement, _parse(self.raw) if wanted else None)


class LeanFolder(MailboxData):
    """One folder. UIDs and UIDVALIDITY are the same again when the same mail arrives in the same order."""

    def __init__(self, address: str, name: str, seed: int, keep: Keep | None = None) -> None:
        super().__init__(None, None)  # type: ignore[arg-type]  # the library's content caches are not used
        self.address, self.name, self._keep = address, name, keep
        self._uid_validity = 1 + int(draw(seed, address, name, "uidvalidity") * 0x7FFFFFFE)
        self._by_header: dict[str, dict[str, list[int]]] = {name: {} for name in INDEXED}
        self._new: set[int] = set()

    async def append(self, append_msg: AppendMessage, *, recent: bool = False) -> LeanMessage:
        when = append_msg.when or clock.now()
        raw = bytes(append_msg.literal)
        message = LeanMessage(
            self._max_uid + 1, when, append_msg.flag_set, email_id=ObjectId.random_email_id(),
            thread_id=ObjectId.random_thread_id(), recent=recent, raw=raw,
        )  # fmt: skip
        self._add(message)
        return message

    def restore(self, uid: int, raw: bytes, when: datetime) -> None:
        """Puts a message of an earlier run back in its place, without telling `keep` again."""
        keep, self._keep = self._keep, None
        self._add(LeanMessage(uid, when, frozenset(), raw=raw))
        self._keep = keep

    def _add(self, message: LeanMessage) -> None:
        self._max_uid = max(self._max_uid, message.uid)
        self._messages[message.uid] = message
        for name, index in self._by_header.items():
            if value := read_header(message.raw, name):
                index.setdefault(value.casefold(), []).append(message.uid)
        if message.recent:
            self._new.add(message.uid)
        self._mod_sequences.update([message.uid])
        if len(self._messages) > FOLDER_LIMIT:
            oldest = next(iter(self._messages))
            del self._messages[oldest]
            self._mod_sequences.expunge([oldest])
        if self._keep is not None:
            self._keep(self.address, self.name, message.uid, message.raw, message.internal_date)
        self._updated.set()

    def find_header(self, name: str, text: str) -> set[int]:
        """UIDs whose header of that name contains `text` (RFC 9051 6.4.4: a substring, any case)."""
        index, wanted = self._by_header[name], text.strip().casefold()
        exact = index.get(wanted) or index.get(f"<{wanted}>")
        if exact is None:
            exact = [uid for key, uids in index.items() if wanted in key for uid in uids]
        return {uid for uid in exact if uid in self._messages}

    async def copy(self, uid: int, destination: MailboxData, *, recent: bool = False) -> int | None:
        message = self._messages.get(uid)
        return None if message is None else _file_copy(message, destination, recent)

    async def move(self, uid: int, destination: MailboxData, *, recent: bool = False) -> int | None:
        message = self._messages.get(uid)
        if message is None:
            return None
        await self.delete([uid])
        return _file_copy(message, destination, recent)

    def take(self, message: Message, *, recent: bool) -> int:
        """Files a copy of another folder's message and returns its UID here."""
        uid = self._max_uid + 1
        self._add(LeanMessage.copy(message, uid=uid, recent=recent))
        return uid

    async def get(self, uid: int, cached_msg: CachedMessage) -> Message:
        found = self._messages.get(uid)
        if found is None:
            assert isinstance(cached_msg, Message)
            return LeanMessage.copy(cached_msg, expunged=True)
        return found

    async def claim_recent(self, selected: SelectedMailbox) -> None:
        if not self._new:
            return
        claimed, self._new = self._new, set()
        for uid in claimed & self._messages.keys():
            self._messages[uid].recent = False
            selected.session_flags.add_recent(uid)
        self._mod_sequences.update(claimed)
        self._updated.set()

    async def snapshot(self) -> MailboxSnapshot:
        unseen, first_unseen = 0, None
        for number, message in enumerate(self._messages.values(), 1):
            if Seen not in message.permanent_flags:
                unseen += 1
                first_unseen = first_unseen or number
        return MailboxSnapshot(
            self.mailbox_id, self.readonly, self.uid_validity, self.permanent_flags, self.session_flags,
            len(self._messages), len(self._new), unseen, first_unseen, self._max_uid + 1,
        )  # fmt: skip


def _file_copy(message: Message, destination: MailboxData, recent: bool) -> int:
    assert isinstance(destination, LeanFolder)
    return destination.take(message, recent=recent)


def read_header(raw: bytes, name: str) -> str:
    found = _INDEXED[name].search(raw, 0, raw.find(b"\r\n\r\n") + 2)
    return found[1].decode("ascii", "replace") if found else ""


class _SpecialEntry(ListEntry):
    @property
    def attributes(self) -> Sequence[bytes]:
        special = SPECIAL_USE.get(self.name)
        return [*super().attributes, *([special] if special else [])]


class _SpecialTree(ListTree):
    def list_matching(self, ref_name: str, filter_: str) -> Iterable[ListEntry]:
        for entry in super().list_matching(ref_name, filter_):
            yield _SpecialEntry(entry.name, entry.exists, entry.marked, entry.has_children)


class LeanMailbox(MailboxSet):
    """All folders of one address."""

    def __init__(self, address: str, seed: int, keep: Keep | None = None) -> None:
        super().__init__()
        self.address, self._seed, self._keep = address, seed, keep
        self._inbox = self._make("INBOX")
        for name in SPECIAL_USE:
            self._set[name] = self._make(name)
            self._subscribed[name] = True

    def _make(self, name: str) -> LeanFolder:
        return LeanFolder(self.address, name, self._seed, self._keep)

    def folder(self, name: str) -> LeanFolder:
        """The folder of that name, made when it is missing."""
        found = self._inbox if name.upper() == "INBOX" else self._set.get(name)
        if found is None:
            found = self._set[name] = self._make(name)
        assert isinstance(found, LeanFolder)
        return found

    async def add_mailbox(self, name: str) -> ObjectId:
        if name in self._set:
            raise ValueError(name)
        return self.folder(name).mailbox_id

    async def list_subscribed(self) -> ListTree:
        names = [name for name in self._set if self._subscribed.get(name)]
        return _SpecialTree(self.delimiter).update("INBOX", *names)

    async def list_mailboxes(self) -> ListTree:
        return _SpecialTree(self.delimiter).update("INBOX", *self._set)


class _LeanSession(Session):
    async def search_mailbox(
        self, selected: SelectedMailbox, keys: frozenset[SearchKey]
    ) -> tuple[Iterable[tuple[int, Any]], SelectedMailbox]:
        folder = await self._get_selected(selected)
        if not isinstance(folder, LeanFolder):
            return await super().search_mailbox(selected, keys)
        narrowed = [uids for uids in (_find(folder, key) for key in keys) if uids is not None]
        if not narrowed:
            return await super().search_mailbox(selected, keys)
        uids = set.intersection(*narrowed)
        if not uids:
            return [], await folder.update_selected(selected)
        only = SearchKey(b"SEQSET", SequenceSet(sorted(uids), uid=True))
        return await super().search_mailbox(selected, frozenset({only, *keys}))


def _find(folder: LeanFolder, key: SearchKey) -> set[int] | None:
    """What a key can match at most, from the indexes; None where they say nothing of it."""
    if key.inverse:
        return None
    if key.value == b"KEYSET":
        known = [uids for uids in (_find(folder, inner) for inner in key.filter_key_set) if uids is not None]
        return set.intersection(*known) if known else None
    if key.value == b"OR":
        first, second = (_find(folder, inner) for inner in key.filter_key_or)
        return None if first is None or second is None else first | second
    if key.value != b"HEADER":
        return None
    name, value = key.filter_header
    return folder.find_header(name.lower(), value) if name.lower() in INDEXED else None


class _LeanIdentity(Identity):
    @asynccontextmanager
    async def new_session(self) -> AsyncIterator[Session]:
        folders, filters = self.config.set_cache[self.name]
        yield _LeanSession(self.name, self.config, folders, filters)


class LeanLogin(Login):
    """Sign-in by address (in lower case) and password."""

    async def authenticate(self, credentials: ServerCredentials) -> Identity:
        found = await super().authenticate(credentials)
        return _LeanIdentity(found.name, self, None, frozenset())

    async def authorize(self, authenticated: Any, authzid: str) -> Identity:
        found = await super().authorize(authenticated, authzid)
        return _LeanIdentity(found.name, self, None, frozenset())


def open_mailbox(config: Config, mailbox: LeanMailbox) -> None:
    config.set_cache[mailbox.address] = (mailbox, FilterSet())
