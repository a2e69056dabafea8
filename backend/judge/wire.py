"""One connection as a server sees it: lines with the time at which their bytes came in."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Read:
    """What was read. `arrived`: when its last byte came in; `at`: when the server took it up."""

    content: bytes
    arrived: float
    at: float


class PeerLeft(Exception):
    """The other side closed the connection."""


class Wire(asyncio.Protocol):
    """`begin` is called once it is connected."""

    def __init__(self, begin: Callable[[Wire], None]) -> None:
        self.left = False
        self._begin = begin
        self._buffer = bytearray()
        self._taken = 0
        self._chunks: deque[tuple[int, float]] = deque()
        self._total = 0
        self._news = asyncio.Event()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._begin(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._total += len(data)
        self._chunks.append((self._total, time.time()))
        self._news.set()

    def connection_lost(self, _error: Exception | None) -> None:
        self.left = True
        self._news.set()

    async def line(self) -> Read:
        """Up to the next CR LF, without it. Raises PeerLeft."""
        return await self._until(b"\r\n")

    async def body(self) -> Read:
        """Up to the final dot, dots taken off. Raises PeerLeft when it never comes."""
        if self._buffer[:3] == b".\r\n":
            return await self._until(b".\r\n")
        found = await self._until(b"\r\n.\r\n")
        content = b"\r\n" + found.content
        return Read(content.replace(b"\r\n..", b"\r\n.")[2:] + b"\r\n", found.arrived, found.at)

    async def _until(self, end: bytes) -> Read:
        seen = 0
        while (place := self._buffer.find(end, max(0, seen - len(end)))) < 0:
            seen = len(self._buffer)
            if self.left:
                raise PeerLeft
            self._news.clear()
            await self._news.wait()
        content = bytes(self._buffer[:place])
        del self._buffer[: place + len(end)]
        self._taken += place + len(end)
        while self._chunks[0][0] < self._taken:
            self._chunks.popleft()
        return Read(content, self._chunks[0][1], time.time())

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self.left:
            self._transport.write(data)

    def close(self) -> None:
        """After what was written has left."""
        if self._transport is not None:
            self._transport.close()

    def cut(self) -> None:
        """At once."""
        if self._transport is not None:
            self._transport.abort()

    async def gone(self, seconds: float) -> bool:
        """Waits until the other side leaves, so long; whether it did."""
        try:
            async with asyncio.timeout(seconds):
                while not self.left:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True
