"""A mail server that takes its time over each message, one after the other, and notes when it read what."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

_PATH = re.compile(rb"<([^>]*)>")


@dataclass
class Visit:
    """One message: when its MAIL FROM was read (`time.time`), for whom it was, and whether it was kept."""

    begun: float
    recipient: str = ""
    message_id: str = ""
    kept: bool = False


@dataclass
class SlowPeer:
    """`seconds` pass between the final dot and its answer; the next command is read only then. It pipelines."""

    seconds: float = 0.0
    port: int = 0
    visits: list[Visit] = field(default_factory=list)
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def kept(self) -> list[Visit]:
        return [visit for visit in self.visits if visit.kept]

    def begun_after(self, instant: float, among: Callable[[str], bool] = bool) -> list[str]:
        """To whom something began after an instant."""
        return [v.recipient for v in self.visits if v.begun > instant and among(v.recipient)]

    async def until(self, n: int) -> None:
        """At least `n` messages have begun."""
        async with asyncio.timeout(60):
            while len(self.visits) < n:
                self._moved.clear()
                await self._moved.wait()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[SlowPeer]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=1 << 20)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"220 slow.test ESMTP\r\n")
            while line := await reader.readline():
                await self._answer(line, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _answer(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        verb = line[:4].upper()
        if verb == b"EHLO":
            writer.write(b"250-slow.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
        elif verb == b"MAIL":
            self.visits.append(Visit(time.time()))
            self._moved.set()
            writer.write(b"250 2.1.0 OK\r\n")
        elif verb == b"RCPT":
            found = _PATH.search(line)
            self.visits[-1].recipient = found[1].decode() if found else ""
            writer.write(b"250 2.1.5 OK\r\n")
        elif verb == b"DATA":
            writer.write(b"354 Go on\r\n")
            visit, head = self.visits[-1], b""
            while (text := await reader.readline()) != b".\r\n":
                if not text:
                    raise ConnectionError
                head += text if text.lower().startswith(b"message-id:") else b""
            visit.message_id = head.partition(b":")[2].strip().decode()
            await asyncio.sleep(self.seconds)
            visit.kept = True
            writer.write(b"250 2.0.0 OK\r\n")
        elif verb == b"QUIT":
            writer.write(b"221 2.0.0 Bye\r\n")
        else:
            writer.write(b"250 2.0.0 OK\r\n")
        await writer.drain()
