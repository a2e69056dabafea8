"""What a worker brings to its turns: settings, connections, and whether it is being stopped."""

from __future__ import annotations

import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from reachly.infra.settings import Settings
from reachly.integrations.mailer.port import Mailer
from reachly.integrations.mailer.registry import make_mailer
from reachly.integrations.reader.port import Reader
from reachly.integrations.reader.registry import make_reader
from reachly.services.email_accounts.service.connection import Connection

MailerFactory = Callable[[Connection], Mailer]
ReaderFactory = Callable[[Connection], Reader]
KEPT = 64
IDLE_SECONDS = 60.0


class Closable(Protocol):
    async def close(self) -> None: ...


C = TypeVar("C", bound=Closable)


class Kept(Generic[C]):
    """Open connections of mailboxes, each for as long as it is used: a sign-in per message would be rude.

    Closing one that is in use is harmless: it waits for the call in progress, and the next call opens it again.
    """

    def __init__(self, factory: Callable[[Connection], C], config: Callable[[Connection], object]) -> None:
        self._factory, self._config = factory, config
        self._open: OrderedDict[uuid.UUID, tuple[object, C, float]] = OrderedDict()

    async def of(self, connection: Connection) -> C:
        """The mailbox's connection; a new one when its settings changed."""
        config = self._config(connection)
        kept = self._open.pop(connection.account_id, None)
        if kept is not None and kept[0] != config:
            await kept[1].close()
            kept = None
        found = kept[1] if kept else self._factory(connection)
        self._open[connection.account_id] = (config, found, time.monotonic())
        await self.close_idle()
        return found

    async def drop(self, connection: Connection) -> None:
        """Closes one that gave trouble."""
        kept = self._open.pop(connection.account_id, None)
        if kept is not None:
            await kept[1].close()

    async def close_idle(self) -> None:
        """Closes what was not used for a while, and the oldest beyond the limit."""
        limit = time.monotonic() - IDLE_SECONDS
        while self._open:
            account_id, (_, oldest, used) = next(iter(self._open.items()))
            if used > limit and len(self._open) <= KEPT:
                return
            del self._open[account_id]
            await oldest.close()

    async def close(self) -> None:
        while self._open:
            _, (_, each, _) = self._open.popitem()
            await each.close()


def open_mailer(connection: Connection) -> Mailer:
    """The mailbox's own way of sending."""
    return make_mailer(connection.provider, connection.mailer)


def open_reader(connection: Connection) -> Reader:
    """The mailbox's own way of being read; it must have one."""
    assert connection.reader is not None, "this mailbox cannot be read"
    return make_reader(connection.reader_provider, connection.reader)


@dataclass(slots=True)
class Tools:
    """One worker's. `stopping` is asked between messages; `attempts` are the leases that its heartbeat renews;
    `unsettled`: a message may have become unknown since the Sent folders were asked last."""

    settings: Settings
    make_mailer: MailerFactory = open_mailer
    make_reader: ReaderFactory = open_reader
    stopping: Callable[[], bool] = lambda: False
    attempts: set[uuid.UUID] = field(default_factory=set)
    unsettled: bool = False
    mailers: Kept[Mailer] = field(init=False)
    readers: Kept[Reader] = field(init=False)

    def __post_init__(self) -> None:
        self.mailers = Kept(self.make_mailer, lambda connection: connection.mailer)
        self.readers = Kept(self.make_reader, lambda connection: connection.reader)

    async def close_idle(self) -> None:
        """Connections that were not used for a minute."""
        await self.mailers.close_idle()
        await self.readers.close_idle()

    async def close(self) -> None:
        """Every connection."""
        await self.mailers.close()
        await self.readers.close()
