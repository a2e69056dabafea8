"""A mailbox that files copies of what is sent through it, well or badly: in memory, judged by the reader's contract."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reachly.integrations.reader.fake import FakeReader, Folder, MailboxScript
from reachly.integrations.reader.port import ReaderConfig, SentCopy
from reachly.kit import clock

AT_ONCE = timedelta(0)
NEVER = timedelta.max


@dataclass(slots=True)
class Habits:
    """`delay(n, at)`: how long the copy of the n-th message, accepted then, takes; NEVER: it is not filed."""

    delay: Callable[[int, datetime], timedelta] = lambda n, at: AT_ONCE
    own_ids: bool = False  # a Message-ID of the provider's
    strips: bool = False  # and no header that it does not know
    folder: str = "Sent"
    calendar: timedelta = timedelta(0)  # added to the date of every copy


@dataclass(slots=True)
class FilingMailbox:
    """`accept` is told what the server took; the copies appear as product time goes by."""

    habits: Habits = field(default_factory=Habits)
    box: MailboxScript = field(default_factory=MailboxScript)
    searches: int = 0
    _count: int = 0
    _waiting: list[tuple[datetime, int, bytes, Habits]] = field(default_factory=list)

    def accept(self, raw: bytes, at: datetime) -> None:
        delay = self.habits.delay(self._count, at)
        self._count += 1
        if self.habits.own_ids:
            raw = re.sub(rb"(?im)^message-id: .*$", b"Message-ID: <%d@provider.example>\r" % self._count, raw)
        if self.habits.strips:
            raw = re.sub(rb"(?im)^x-.*\r\n", b"", raw)
        if delay is not NEVER:
            self._waiting.append((at + delay, self._count, raw, self.habits))

    def catch_up(self) -> None:
        """Files what its time has come for."""
        now = clock.now()
        ready = [one for one in self._waiting if one[0] <= now]
        for due, _, raw, habits in sorted(ready, key=lambda one: one[:2]):
            self.box.folders.setdefault(habits.folder, Folder())
            self.box.deliver(raw, due + habits.calendar, habits.folder)
        self._waiting = [one for one in self._waiting if one[0] > now]

    def empty(self) -> None:
        """Somebody empties the Sent folder."""
        self.catch_up()
        self.box.folders["Sent"].messages.clear()

    def archive(self, before: datetime) -> None:
        """A rule moves what is old enough to another folder."""
        self.catch_up()
        sent = self.box.folders["Sent"]
        archive = self.box.folders.setdefault("Archive", Folder())
        for stored in [one for one in sent.messages if one.received_at < before]:
            sent.messages.remove(stored)
            archive.add(stored.raw, stored.received_at)

    def reader(self, config: ReaderConfig) -> FakeReader:
        """A reader of it that sees what was filed until now."""
        return _Reader(config, self)


class _Reader(FakeReader):
    def __init__(self, config: ReaderConfig, mailbox: FilingMailbox) -> None:
        super().__init__(config, mailbox.box)
        self._mailbox = mailbox

    async def find_copies(
        self, message_ids: Sequence[str], *, since: datetime | None = None, elsewhere: bool = False
    ) -> dict[str, SentCopy]:
        self._mailbox.catch_up()
        self._mailbox.searches += 1
        return await super().find_copies(message_ids, since=since, elsewhere=elsewhere)
