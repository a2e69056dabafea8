"""LISTEN on PostgreSQL over one connection that comes back by itself.

A NOTIFY sent while the connection was away is lost: whoever subscribes also registers with `on_reconnect` and
reads then what it may have missed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import asyncpg
import structlog

log = structlog.get_logger(__name__)

Callback: TypeAlias = Callable[[str], Awaitable[None]]
Reconnected: TypeAlias = Callable[[], Awaitable[None]]

PROBE_SECONDS = 10.0
LONGEST_WAIT = 5.0


class LiveBus:
    """Calls the subscribers of a channel with the payload of each NOTIFY, in order per channel.

    `dsn` must be a direct address: LISTEN does not pass a transaction pooler.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._callbacks: dict[str, list[Callback]] = {}
        self._reconnected: list[Reconnected] = []
        self._inbox: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._connection: Any = None
        self._lost = asyncio.Event()
        self.connected = asyncio.Event()

    def subscribe(self, channel: str, callback: Callback) -> None:
        """Registers a callback; call it before `start`. The payload is the text of the NOTIFY."""
        assert not self._tasks, "subscribe before start"
        self._callbacks.setdefault(channel, []).append(callback)

    def on_reconnect(self, callback: Reconnected) -> None:
        """Called after each new connection but the first: something may have been missed."""
        self._reconnected.append(callback)

    async def start(self) -> None:
        """Returns when the first connection listens. Raises what asyncpg raises when there is none to be had."""
        await self._connect()
        self._tasks = [
            asyncio.create_task(self._keep(), name="live-bus"),
            asyncio.create_task(self._deliver(), name="live-bus-delivery"),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks = []
        self.connected.clear()
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _connect(self) -> None:
        connection = await asyncpg.connect(
            self._dsn, timeout=10, server_settings={"application_name": "reachly-live"}
        )
        self._lost.clear()
        connection.add_termination_listener(lambda _: self._lost.set())
        for channel in self._callbacks:
            await connection.add_listener(channel, self._heard)
        self._connection = connection
        self.connected.set()

    def _heard(self, _connection: Any, _pid: int, channel: str, payload: str) -> None:
        self._inbox.put_nowait((channel, payload))

    async def _keep(self) -> None:
        while True:
            await self._until_lost()
            self.connected.clear()
            self._connection.terminate()
            await self._come_back()
            for callback in self._reconnected:
                await self._call(callback())

    async def _until_lost(self) -> None:
        """A dead peer may keep the socket open, so the connection is also asked now and then."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._lost.wait(), PROBE_SECONDS)
                return
            try:
                await self._connection.execute("SELECT 1", timeout=PROBE_SECONDS)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                return

    async def _come_back(self) -> None:
        wait = 0.1
        while True:
            try:
                await self._connect()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("the live bus has no connection", error=repr(error), again_in=wait)
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT)
            else:
                return

    async def _deliver(self) -> None:
        while True:
            channel, payload = await self._inbox.get()
            for callback in self._callbacks.get(channel, ()):
                await self._call(callback(payload))

    async def _call(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception:
            log.exception("a subscriber of the live bus failed")
