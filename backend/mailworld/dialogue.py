"""One dialogue of the hostile server: every step may be spoilt."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import ssl
import time
from typing import Protocol

from mailworld.faults import Fault, Faults, Ledger, Step

GARBAGE = b"\x16\x03\x01 no such thing \xff\r\n"
LATER = b"451 4.3.0 Not now\r\n"
MAX_MESSAGE = 1 << 25
_PATH = re.compile(r"<([^>]*)>")


class Host(Protocol):
    """What a dialogue needs of its server."""

    faults: Faults
    ledger: Ledger
    delay: float
    accounts: dict[str, str]
    tls: ssl.SSLContext | None

    async def keep(self, content: bytes, mail_from: str, recipient: str, connection: int) -> None: ...


class _Gone(Exception):
    """The connection ends here."""


class _Replies:
    """Answers in order, each `delay` seconds after it was due: a peer that is far away."""

    def __init__(self, writer: asyncio.StreamWriter, delay: float) -> None:
        self._writer, self._delay = writer, delay
        self._queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        self._task = asyncio.create_task(self._run()) if delay else None

    def say(self, data: bytes) -> None:
        if self._task is None:
            self._writer.write(data)
        else:
            self._queue.put_nowait((time.monotonic() + self._delay, data))

    async def _run(self) -> None:
        while True:
            due, data = await self._queue.get()
            if (left := due - time.monotonic()) > 0:
                await asyncio.sleep(left)
            self._writer.write(data)
            self._queue.task_done()

    async def flush(self) -> None:
        if self._task is not None:
            await self._queue.join()
        await self._writer.drain()

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()


class Dialogue:
    def __init__(
        self, server: Host, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, n: int
    ) -> None:
        self._server, self._reader, self._writer, self._n = server, reader, writer, n
        self._replies = _Replies(writer, server.delay)
        self._buffer = bytearray()
        self._mail_from = self._recipient = ""
        self._encrypted = False

    async def run(self) -> None:
        try:
            if await self._goes_on("connect"):
                await self._answer("banner", "220 hostile.test ESMTP")
                while True:
                    await self._command((await self._line()).decode("utf-8", "replace"))
        except (_Gone, ConnectionError, ssl.SSLError):
            pass
        finally:
            with contextlib.suppress(ConnectionError):
                await self._replies.flush()
            self._replies.close()
            self._writer.transport.abort()

    # what comes in

    async def _more(self) -> None:
        data = await self._reader.read(1 << 16)
        if not data or len(self._buffer) > MAX_MESSAGE:
            raise _Gone
        self._buffer += data

    async def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            await self._more()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    async def _content(self) -> bytes:
        """Up to the final dot, with dots as they came."""
        while True:
            if self._buffer.startswith(b".\r\n"):
                del self._buffer[:3]
                return b""
            if (end := self._buffer.find(b"\r\n.\r\n")) >= 0:
                content = bytes(self._buffer[: end + 2])
                del self._buffer[: end + 5]
                return content
            await self._more()

    # what goes out

    async def _goes_on(self, step: Step) -> bool:
        """Whether this step is done as it should be; else it has been spoilt already."""
        act = self._server.faults.at(step)
        if act is None:
            return True
        self._server.ledger.note(Fault(step, act, self._n, self._recipient, time.time()))
        if act == "drop":
            await self._replies.flush()
            raise _Gone
        if act == "stall":
            await self._replies.flush()
            while True:  # until the other side gives up
                self._buffer.clear()
                await self._more()
        self._replies.say(GARBAGE if act == "garble" else LATER)
        return False

    async def _answer(self, step: Step, reply: str) -> bool:
        goes_on = await self._goes_on(step)
        if goes_on:
            self._replies.say(reply.encode() + b"\r\n")
        return goes_on

    async def _command(self, line: str) -> None:
        verb = line[:4].upper()
        if verb in ("EHLO", "HELO"):
            await self._hello()
        elif verb == "STAR":
            await self._encrypt()
        elif verb == "AUTH":
            await self._sign_in(line)
        elif verb == "MAIL":
            self._mail_from, self._recipient = _path(line), ""
            if not await self._answer("mail", "250 2.1.0 Ok"):
                self._mail_from = ""
        elif verb == "RCPT":
            if not self._mail_from:
                self._replies.say(b"503 5.5.1 MAIL first\r\n")
            elif await self._answer("rcpt", "250 2.1.5 Ok"):
                self._recipient = _path(line)
        elif verb == "DATA":
            await self._data()
        elif verb == "RSET":
            self._mail_from = self._recipient = ""
            await self._answer("reset", "250 2.0.0 Ok")
        elif verb == "QUIT":
            await self._answer("quit", "221 2.0.0 Bye")
            await self._replies.flush()
            raise _Gone
        else:
            self._replies.say(b"250 2.0.0 Ok\r\n" if verb == "NOOP" else b"502 5.5.2 What?\r\n")

    async def _hello(self) -> None:
        offers = ["hostile.test", "PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 33554432"]
        offers.append("STARTTLS" if self._server.tls and not self._encrypted else "AUTH PLAIN LOGIN")
        lines = [f"250-{offer}" for offer in offers[:-1]] + [f"250 {offers[-1]}"]
        await self._answer("ehlo", "\r\n".join(lines))

    async def _encrypt(self) -> None:
        if self._server.tls is None or self._encrypted:
            self._replies.say(b"502 5.5.2 What?\r\n")
        elif await self._answer("starttls", "220 2.0.0 Go ahead"):
            await self._replies.flush()
            await self._writer.start_tls(self._server.tls)
            self._encrypted = True

    async def _data(self) -> None:
        if not self._recipient:
            self._replies.say(b"554 5.5.1 No valid recipients\r\n")
            return
        if not await self._answer("data", "354 Go on"):
            return
        if not self._buffer:
            await self._more()
        if not await self._goes_on("body"):
            raise _Gone  # what was said in the middle of a body is no answer to it
        content = await self._content()
        if await self._goes_on("dot"):
            await self._server.keep(content, self._mail_from, self._recipient, self._n)
            await self._answer("stored", "250 2.0.0 Ok: kept")
        self._mail_from = self._recipient = ""

    async def _sign_in(self, line: str) -> None:
        _, _, rest = line.partition(" ")
        mechanism, _, initial = rest.partition(" ")
        if mechanism.upper() == "PLAIN":
            _, user, password = (_decoded(initial) + "\0\0").split("\0")[:3]
        else:
            user = _decoded(initial)
            self._replies.say(b"334 UGFzc3dvcmQ6\r\n")
            password = _decoded((await self._line()).decode("ascii", "replace"))
        known = self._server.accounts.get(user.lower())
        right = known is None or known == password
        await self._answer("auth", "235 2.7.0 Ok" if right else "535 5.7.8 No")


def _path(line: str) -> str:
    found = _PATH.search(line)
    return found[1] if found else ""


def _decoded(text: str) -> str:
    with contextlib.suppress(ValueError):
        return base64.b64decode(text).decode("utf-8", "replace")
    return ""
