"""The wire of one SMTP session: bytes out, replies in, in the order of the commands (RFC 5321 4.2, RFC 2920)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, cast

MAX_REPLY = 65_536  # bytes of one reply over all its lines; more is no mail server
NO_CODE = 0
STOPPED_SECONDS = 30.0  # so long without a look at the socket: this process was stopped, and may be given up


class Reply(NamedTuple):
    """`code` is NO_CODE for a line that is no reply. `text` has the lines without codes, joined by line feeds."""

    code: int
    text: str


class WireLost(Exception):
    """The connection is gone, or can no longer be trusted; the text says how. `by_peer`: it was not we who cut it."""

    def __init__(self, why: str, *, by_peer: bool = False) -> None:
        super().__init__(why)
        self.by_peer = by_peer


OnReply = Callable[[Reply], None]
OnGroup = Callable[[bytes], bool]
OnLoss = Callable[[WireLost], None]


class Wire(asyncio.Protocol):
    """Either coroutines wait for replies one by one (`reply`), or one listener takes them as they come (`listen`)."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._lines: list[bytes] = []
        self._size = 0
        self._behind = 0  # lines that came in one piece with the present one
        self._ready: deque[Reply] = deque()
        self._waiter: asyncio.Future[Reply] | None = None
        self._on_reply: OnReply | None = None
        self._on_group: OnGroup | None = None
        self._on_loss: OnLoss | None = None
        self.lost: WireLost | None = None

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        if buffer:
            buffer += data
            if b"\n" in data:
                data = bytes(buffer)
                buffer.clear()
            else:
                data = b""
        elif self._on_group and not self._lines and self.lost is None and self._on_group(data):
            return
        lines = data.split(b"\n")
        buffer += lines.pop()
        for self._behind, line in zip(range(len(lines) - 1, -1, -1), lines, strict=True):
            if self.lost is not None:
                return
            self._take_line(line.rstrip(b"\r"))
        if self._size + len(buffer) > MAX_REPLY:
            self.abort("The server's answer is too long to be one.")

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(WireLost(str(exc) if exc else "The connection was lost.", by_peer=True))

    # our side

    @property
    def transport(self) -> asyncio.Transport:
        """Raises WireLost when the connection is gone."""
        if self.lost is not None:
            raise self.lost
        assert self._transport is not None
        return self._transport

    def replace_transport(self, transport: asyncio.Transport) -> None:
        """After STARTTLS. Whatever the peer said in clear text beyond its answer is thrown away (RFC 3207 4.2)."""
        self._transport = transport
        self._buffer.clear()
        self._lines.clear()
        self._ready.clear()
        self._size = 0

    @property
    def is_open(self) -> bool:
        return self.lost is None and self._transport is not None and not self._transport.is_closing()

    @property
    def has_unasked(self) -> bool:
        """Whether the peer said something that no command asked for, as a closing 421."""
        return bool(self._ready or self._lines or self._buffer)

    def unasked(self) -> Reply:
        """The first of what nobody asked for, as far as it is a reply."""
        return self._ready[0] if self._ready else Reply(NO_CODE, "")

    @property
    def has_more(self) -> bool:
        """For a listener: whether the peer has said something behind the reply that is just being taken."""
        return bool(self._behind or self._buffer)

    def write(self, data: bytes) -> None:
        if self.lost is not None:
            raise self.lost
        assert self._transport is not None
        self._transport.write(data)

    async def drain(self, seconds: float) -> None:
        """Waits until what was written has left. Raises WireLost when it does not within `seconds`, or when this
        process was stopped meanwhile.

        Looked at rather than called back: plain and TLS transports disagree on when an empty buffer is a full one.
        """
        pause, looked = 0.0, self._loop.time()
        try:
            async with asyncio.timeout(seconds):
                while self.transport.get_write_buffer_size() and not self.transport.is_closing():
                    await asyncio.sleep(pause)
                    before, looked, pause = looked, self._loop.time(), 0.005
                    if looked - before > STOPPED_SECONDS:
                        raise self.abort("This process was stopped in the middle of the message.")
        except TimeoutError:
            raise self.abort("The server stopped reading.") from None
        except asyncio.CancelledError:
            self.abort("Given up.")
            raise
        if self.transport.is_closing():
            raise self.abort("The connection was lost before the message was complete.")

    async def reply(self, seconds: float) -> Reply:
        """The next reply. Raises WireLost when the connection ends or nothing comes within `seconds`."""
        if self._ready:
            return self._ready.popleft()
        if self.lost is not None:
            raise self.lost
        self._waiter = self._loop.create_future()
        due = self._loop.time() + seconds
        timer = self._loop.call_at(due, self.abort, "The server did not answer in time.")
        try:
            reply = await self._waiter
            if self._loop.time() > due:  # this process was stopped; who waits for it may have given it up
                raise self.abort("The answer came too late.")
        except asyncio.CancelledError:
            self.abort("Given up.")  # half a dialogue is no use to anybody
            raise
        else:
            return reply
        finally:
            timer.cancel()
            self._waiter = None

    async def command(self, line: bytes, seconds: float) -> Reply:
        """One command and its reply."""
        self.write(line + b"\r\n")
        return await self.reply(seconds)

    def listen(
        self, on_reply: OnReply | None, on_loss: OnLoss | None, on_group: OnGroup | None = None
    ) -> None:
        """From now on every reply goes to the listener, until `listen(None, None)`.

        `on_group` is shown what comes in one piece, before it is taken apart; it says whether it took all of it.
        """
        self._on_reply, self._on_loss, self._on_group = on_reply, on_loss, on_group

    def abort(self, why: str) -> WireLost:
        """Cuts the connection so that no byte that is still buffered can leave."""
        lost = WireLost(why)
        if self._transport is not None:
            self._transport.abort()
        self._fail(lost)
        return lost

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
        self._fail(WireLost("Closed."))

    def _take_line(self, line: bytes) -> None:
        self._size += len(line) + 2
        if self._size > MAX_REPLY:
            self.abort("The server's answer is too long to be one.")
            return
        self._lines.append(line)
        if line[3:4] == b"-" and line[:3].isdigit():
            return
        reply = _read(self._lines)
        self._size = 0
        self._lines.clear()
        if self._on_reply is not None:
            self._on_reply(reply)
        elif self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(reply)
        else:
            self._ready.append(reply)

    def _fail(self, lost: WireLost) -> None:
        if self.lost is not None:
            return
        self.lost = lost
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(lost)
        if self._on_loss is not None:
            self._on_loss(lost)


def _read(lines: list[bytes]) -> Reply:
    """RFC 5321 4.2.1: every line has the same code. A reply with several is none."""
    last = lines[-1]
    is_reply = last[:3].isdigit() and len(last[:3]) == 3 and last[3:4] in (b"", b" ")
    if not is_reply or (len(lines) > 1 and any(line[:3] != last[:3] for line in lines)):
        return Reply(NO_CODE, _text(b"\n".join(lines)))
    return Reply(
        int(last[:3]), _text(b"\n".join([line[4:] for line in lines]) if len(lines) > 1 else last[4:])
    )


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
