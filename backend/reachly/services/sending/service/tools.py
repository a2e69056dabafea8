"""What a worker brings to its turns: settings, connections, and whether it is being stopped."""

from __future__ import annotations

import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from reachly.infra.settings import Settings
from reachly.integrations.mailer.port import Mailer
from reachly.integrations.mailer.registry import make_mailer
from reachly.integrations.reader.port import Reader
from reachly.integrations.reader.registry import make_reader
from reachly.services.email_accounts.service.connection import Connection

MailerFactory = Callable[[Connection], Mailer]
ReaderFactory = Callable[[Connection], Reader]
KEPT_READERS = 20
IDLE_SECONDS = 60.0


class Readers:
    """Open readers of mailboxes, a few, each for as long as it is used: a sign-in per look would be rude."""

    def __init__(self, factory: ReaderFactory) -> None:
        self._factory = factory
        self._open: OrderedDict[uuid.UUID, tuple[Connection, Reader, float]] = OrderedDict()

    async def of(self, connection: Connection) -> Reader:
        """The mailbox's reader; a new one when its settings changed."""
        kept = self._open.pop(connection.account_id, None)
        if kept is not None and kept[0].reader != connection.reader:
            await kept[1].close()
            kept = None
        reader = kept[1] if kept else self._factory(connection)
        self._open[connection.account_id] = (connection, reader, time.monotonic())
        await self.close_idle()
        return reader

    async def close_idle(self) -> None:
        """Closes what was not used for a while, and the oldest beyond the limit."""
        limit = time.monotonic() - IDLE_SECONDS
        while self._open:
            account_id, (_, reader, used) = next(iter(self._open.items()))
            if used > limit and len(self._open) <= KEPT_READERS:
                return
            del self._open[account_id]
            await reader.close()

    async def close(self) -> None:
        while self._open:
            _, (_, reader, _) = self._open.popitem()
            await reader.close()


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
    readers: Readers = field(init=False)

    def __post_init__(self) -> None:
        self.readers = Readers(self.make_reader)
