"""What a worker brings to its turns: settings, connections, and whether it is being stopped."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from reachly.infra.settings import Settings
from reachly.integrations.mailer.port import Mailer
from reachly.integrations.mailer.registry import make_mailer
from reachly.integrations.reader.port import Reader
from reachly.integrations.reader.registry import make_reader
from reachly.services.email_accounts.service.connection import Connection
from reachly.services.sending.policy import Pace
from reachly.services.sending.service.journal import Journal
from reachly.services.sending.service.withdraw import Withdrawal


class InFlight(Protocol):
    """A wave of messages between its mark and its outcomes."""

    @property
    def organization_id(self) -> uuid.UUID: ...

    @property
    def age(self) -> float:
        """Seconds."""

    def people(self) -> dict[uuid.UUID, uuid.UUID]:
        """The enrollment of each message."""

    async def take_back(self, found: Mapping[uuid.UUID, Withdrawal]) -> None:
        """None of these begins any more; what has not begun is recorded as taken back."""


MailerFactory = Callable[[Connection], Mailer]
ReaderFactory = Callable[[Connection], Reader]
KEPT = 64
IDLE_SECONDS = 60.0


class Closable(Protocol):
    async def close(self) -> None: ...


C = TypeVar("C", bound=Closable)


class Kept(Generic[C]):
    """Open connections of mailboxes, each for as long as it is used: a sign-in per message would be rude.

    `busy` names the mailboxes that somebody is at work for; theirs stay open. Nobody waits for the good-bye of another
    mailbox's server.
    """

    def __init__(
        self, factory: Callable[[Connection], C], config: Callable[[Connection], object],
        busy: Collection[uuid.UUID] = (),
    ) -> None:  # fmt: skip
        self._factory, self._config, self._busy = factory, config, busy
        self._open: OrderedDict[uuid.UUID, tuple[object, C, float]] = OrderedDict()
        self._closing: set[asyncio.Task[None]] = set()

    async def of(self, connection: Connection) -> C:
        """The mailbox's connection; a new one when its settings changed."""
        config = self._config(connection)
        kept = self._open.pop(connection.account_id, None)
        if kept is not None and kept[0] != config:
            await kept[1].close()
            kept = None
        found = kept[1] if kept else self._factory(connection)
        self._open[connection.account_id] = (config, found, time.monotonic())
        self.close_idle()
        return found

    def mailboxes(self) -> set[uuid.UUID]:
        """Whose connections are kept."""
        return set(self._open)

    async def drop(self, connection: Connection) -> None:
        """Closes one that gave trouble."""
        kept = self._open.pop(connection.account_id, None)
        if kept is not None:
            await kept[1].close()

    def close_idle(self) -> None:
        """Begins to close what was not used for a while, and the oldest beyond the limit."""
        limit = time.monotonic() - IDLE_SECONDS
        free = [(id_, used) for id_, (_, _, used) in self._open.items() if id_ not in self._busy]
        beyond = len(self._open) - KEPT
        for n, (account_id, used) in enumerate(free):  # the oldest first
            if used > limit and n >= beyond:
                return
            _, idle, _ = self._open.pop(account_id)
            task = asyncio.create_task(idle.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """All of them, side by side."""
        open_ = [each for _, each, _ in self._open.values()]
        self._open.clear()
        await asyncio.gather(*(each.close() for each in open_), *self._closing, return_exceptions=True)


def open_mailer(connection: Connection) -> Mailer:
    """The mailbox's own way of sending."""
    return make_mailer(connection.provider, connection.mailer)


def open_reader(connection: Connection) -> Reader:
    """The mailbox's own way of being read; it must have one."""
    assert connection.reader is not None, "this mailbox cannot be read"
    return make_reader(connection.reader_provider, connection.reader)


@dataclass(slots=True)
class Tools:
    """One worker's. `stopping` is asked between messages; `attempts` are the leases that its heartbeat renews,
    `held_until` how long it has made the messages on the wire of each surely ours (`clock.steady`);
    `unsettled`: a message may have become unknown since the Sent folders were asked last; `busy`: how many are at work
    for a mailbox; `waves`: what is on the wire, by the attempt of its lease; `paces`: how many messages a mailbox's
    server gets at once."""

    settings: Settings
    make_mailer: MailerFactory = open_mailer
    make_reader: ReaderFactory = open_reader
    stopping: Callable[[], bool] = lambda: False
    attempts: set[uuid.UUID] = field(default_factory=set)
    held_until: dict[uuid.UUID, float] = field(default_factory=dict)
    unsettled: bool = False
    busy: Counter[uuid.UUID] = field(default_factory=Counter)
    waves: dict[uuid.UUID, InFlight] = field(default_factory=dict)
    paces: dict[uuid.UUID, Pace] = field(default_factory=dict)
    journal: Journal = field(init=False)
    mailers: Kept[Mailer] = field(init=False)
    readers: Kept[Reader] = field(init=False)

    def __post_init__(self) -> None:
        self.journal = Journal(self.settings.data_dir)
        self.mailers = Kept(self.make_mailer, lambda connection: connection.mailer, self.busy)
        self.readers = Kept(self.make_reader, lambda connection: connection.reader, self.busy)

    @contextmanager
    def at_work_for(self, account_id: uuid.UUID) -> Iterator[None]:
        """The mailbox's connections stay open while the block runs."""
        self.busy[account_id] += 1
        try:
            yield
        finally:
            self.busy[account_id] -= 1
            if not self.busy[account_id]:
                del self.busy[account_id]

    @contextmanager
    def in_flight(self, attempt_id: uuid.UUID, wave: InFlight) -> Iterator[None]:
        """The wave can be called back while the block runs."""
        self.waves[attempt_id] = wave
        try:
            yield
        finally:
            del self.waves[attempt_id]

    def close_idle(self) -> None:
        """Connections that were not used for a minute, and how quick their servers were."""
        self.mailers.close_idle()
        self.readers.close_idle()
        for account_id in self.paces.keys() - self.mailers.mailboxes():
            del self.paces[account_id]

    async def close(self) -> None:
        """Every connection and every file."""
        await self.mailers.close()
        await self.readers.close()
        self.journal.close()
