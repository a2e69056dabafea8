"""Many messages over one session with one round trip each (RFC 2920).

A message's content may be the first item of a command group, so the body of one message and MAIL, RCPT and DATA of
the next go out in one write. Content is still sent only after its own 354, and every reply belongs to the command
it answers: a refusal of one recipient is that one's alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple, cast

from reachly.integrations.mailer.port import Receipt, Stage
from reachly.integrations.mailer.replies import read_loss, read_reply
from reachly.integrations.mailer.vendors.smtp_wire import NO_CODE, Reply, Wire, WireLost

AT_ONCE = 32_768  # bytes of a body that go out together with its final dot
SLOWEST_BYTES_A_SECOND = 10_000
ENDS_THE_SESSION = frozenset({"throttled", "auth_failed", "connect_failed"})


class Item(NamedTuple):
    """One message ready for the wire: `envelope` is MAIL, RCPT and DATA, `body` ends with the final dot."""

    envelope: bytes
    body: bytes


class Pipeline:
    """Drives one batch. `run` gives a receipt for each item; items that were never offered say so."""

    def __init__(self, wire: Wire, items: Sequence[Item], seconds: float) -> None:
        self._wire, self._items, self._seconds = wire, items, seconds
        self._loop = asyncio.get_running_loop()
        self._receipts: list[Receipt] = []
        self._expected: deque[Stage | str] = deque()
        self._at = 0  # the item whose replies come now
        self._refused: Receipt | None = None  # of the present item, told before its DATA was answered
        self._stage: Stage = "mail"
        self._stop = False
        self._done: asyncio.Future[None] = self._loop.create_future()
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None

    async def run(self) -> list[Receipt]:
        """Never raises but CancelledError; the wire is usable afterwards unless it says that it is lost."""
        self._wire.listen(self._on_reply, self._on_loss)
        try:
            self._offer(b"", 0)
            self._tick()
            await self._done
        except WireLost as lost:
            self._on_loss(lost)
        except asyncio.CancelledError:
            self._wire.abort("Given up.")
            raise
        finally:
            self._wire.listen(None, None)
            if self._timer:
                self._timer.cancel()
            if self._writing:
                self._writing.cancel()
        left = len(self._items) - len(self._receipts)
        words = "Not offered: the session ended before its turn."
        return self._receipts + [Receipt("connect_failed", None, None, words, "connect")] * left

    def _offer(self, before: bytes, number: int) -> None:
        """Writes what is due and the envelope of item `number` behind it, if there is one."""
        if number < len(self._items) and not self._stop:
            self._expected.extend(("mail", "rcpt", "data"))
            before += self._items[number].envelope
        self._due = self._loop.time() + self._seconds
        if before:
            self._wire.write(before)

    def _on_reply(self, reply: Reply) -> None:
        now = self._loop.time()
        if now > self._due:  # this process was stopped; who waits for it may have given it up
            self._wire.abort("The answer came too late.")
            return
        self._due = now + self._seconds
        if not self._expected:
            self._wire.abort("The server answered what nobody asked.")
            return
        stage = self._expected.popleft()
        if reply.code == NO_CODE:
            self._on_nonsense(stage, reply)
        elif stage == "final":
            self._finish(read_reply("final", reply.code, reply.text))
        elif stage == "data":
            self._on_data(reply)
        elif stage == "empty":  # the end of a message without recipients: nobody can get it
            self._settle(self._refused)
        elif stage == "reset":
            if not 200 <= reply.code < 300:
                self._wire.abort("The server would not begin anew.")
        elif self._refused is None:
            if not 200 <= reply.code < 300:
                self._refused = read_reply("mail" if stage == "mail" else "rcpt", reply.code, reply.text)
            self._stage = "rcpt" if stage == "mail" else "data"

    def _on_nonsense(self, stage: Stage | str, reply: Reply) -> None:
        """From here on nobody knows which answer belongs to what: the present item gets its receipt, the rest waits."""
        if stage in ("mail", "rcpt", "data", "final"):
            receipt = self._refused or read_reply(cast("Stage", stage), reply.code, reply.text)
            self._take(receipt)
        self._wire.listen(None, None)
        self._wire.abort("The server's answer was none.")
        self._end()

    def _on_data(self, reply: Reply) -> None:
        if reply.code == 354 and self._refused is None:
            self._expected.append("final")
            body = self._items[self._at].body
            if len(body) > AT_ONCE:
                self._stage = "body"
                self._writing = self._loop.create_task(self._write_big(body))
            else:
                self._stage = "final"
                self._offer(body, self._at + 1)
        elif reply.code == 354:  # RFC 2920 3.1: it wants a message although nobody may get it
            self._expected.append("empty")
            self._wire.write(b".\r\n")
        else:
            self._settle(self._refused or read_reply("data", reply.code, reply.text))

    async def _write_big(self, body: bytes) -> None:
        """The final dot only after all the rest has left: until then a loss is a definite one."""
        try:
            self._due = self._loop.time() + self._seconds + len(body) / SLOWEST_BYTES_A_SECOND
            self._wire.write(body[:-3])
            await self._wire.drain(self._seconds + len(body) / SLOWEST_BYTES_A_SECOND)
            self._stage = "final"
            self._offer(body[-3:], self._at + 1)
        except WireLost as lost:
            self._on_loss(lost)

    def _settle(self, refused: Receipt | None) -> None:
        """The present item was not taken, and nothing of the next one is on the wire yet."""
        assert refused is not None
        self._take(refused)
        if self._at < len(self._items) and not self._stop:
            self._expected.append("reset")
            self._offer(b"RSET\r\n", self._at)
        else:
            self._end()

    def _finish(self, receipt: Receipt) -> None:
        """The present item's body was answered; the next envelope went out with it."""
        self._take(receipt)
        if self._stop and self._expected:
            # The next envelope is out already and its body must not follow.
            self._wire.abort("The session ended.")
        elif not self._expected:
            self._end()

    def _take(self, receipt: Receipt) -> None:
        self._receipts.append(receipt)
        self._stop = self._stop or receipt.outcome in ENDS_THE_SESSION
        self._at += 1
        self._refused = None
        self._stage = "mail"

    def _on_loss(self, lost: WireLost) -> None:
        """What had its final dot written is unknown; what had not is definitely not sent."""
        if self._done.done():
            return
        if self._at < len(self._items):
            self._receipts.append(self._refused or read_loss(self._stage, str(lost)))
        self._end()

    def _end(self) -> None:
        if not self._done.done():
            self._done.set_result(None)

    def _tick(self) -> None:
        """One timer for the whole batch, moved only when it rings."""
        left = self._due - self._loop.time()
        if left <= 0 and not self._done.done():
            self._wire.abort("The server did not answer in time.")
        else:
            self._timer = self._loop.call_later(max(left, 0.01), self._tick)
