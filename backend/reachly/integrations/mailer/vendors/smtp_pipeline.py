"""Many messages over one session with one round trip each (RFC 2920).

A message's content may be the first item of a command group, so the body of one message and MAIL, RCPT and DATA of
the next go out in one write. Content is still sent only after its own 354, and every reply belongs to the command
it answers: a refusal of one recipient is that one's alone.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable, Sequence
from typing import cast

from reachly.integrations.mailer.port import NOT_OFFERED, UNWATCHED, WITHHELD, Envelope, Receipt, Stage, Watch
from reachly.integrations.mailer.replies import read_loss, read_reply
from reachly.integrations.mailer.vendors.smtp_message import Item
from reachly.integrations.mailer.vendors.smtp_wire import NO_CODE, Reply, Wire, WireLost

AT_ONCE = 32_768  # bytes of a body that go out together with its final dot
SLOWEST_BYTES_A_SECOND = 10_000
ENDS_THE_SESSION = frozenset({"throttled", "auth_failed", "connect_failed"})
NOBODY = -1
# To a body with the next envelope behind it: taken, and the next one is welcome, each in one line.
_all_is_well = re.compile(
    rb"250 ([^\r\n]{0,1000})\r\n(?:250 [^\r\n]{0,1000}\r\n){2}354 [^\r\n]{0,1000}\r\n"
).fullmatch


class Pipeline:
    """Drives one batch. `run` gives a receipt for each message; those that were never offered say so.

    A message is packed when its turn on the wire has come, so that no more than two are held in both forms.
    """

    def __init__(
        self,
        wire: Wire,
        envelopes: Sequence[Envelope],
        pack: Callable[[Envelope], Item | Receipt],
        seconds: float,
        watch: Watch = UNWATCHED,
    ) -> None:
        self._wire, self._envelopes, self._pack, self._seconds = wire, envelopes, pack, seconds
        self._watch = watch
        self._loop = asyncio.get_running_loop()
        self._receipts: list[Receipt | None] = [None] * len(envelopes)
        self._expected: deque[Stage | str] = deque()
        self._at = NOBODY  # the message whose replies come now
        self._behind = NOBODY  # the one whose envelope went out with the body of that
        self._next = 0  # the first that was not packed yet
        self._body = b""  # of the one that was offered last
        self._refused: Receipt | None = None  # of the present one, told before its DATA was answered
        self._stage: Stage = "mail"
        self._stop = False
        self._done: asyncio.Future[None] = self._loop.create_future()
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None

    async def run(self) -> list[Receipt]:
        """Never raises but CancelledError; the wire is usable afterwards unless it says that it is lost."""
        self._wire.listen(self._on_reply, self._on_loss, self._on_group)
        try:
            self._begin(anew=False)
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
        return [self._told(number) for number in range(len(self._envelopes))]

    def _told(self, number: int) -> Receipt:
        """What became of it in the end."""
        known = self._receipts[number]
        if known is None and number >= self._next:  # nobody looked yet whether it could have gone at all
            packed = self._pack(self._envelopes[number])
            known = packed if isinstance(packed, Receipt) else None
        return known or NOT_OFFERED

    def _offer(self) -> bytes:
        """The envelope of the next message that can go; nothing if there is none or the session ends."""
        while self._next < len(self._envelopes) and not self._stop:
            number, self._next = self._next, self._next + 1
            if not self._watch.may_offer(number):
                self._receipts[number] = WITHHELD
                continue
            packed = self._pack(self._envelopes[number])
            if isinstance(packed, Receipt):
                self._note(number, packed)
                continue
            if self._at == NOBODY:
                self._at = number
            else:
                self._behind = number
            self._body = packed.body
            self._expected.extend(("mail", "rcpt", "data"))
            return packed.envelope
        return b""

    def _begin(self, *, anew: bool) -> None:
        """A message with nothing but a RSET before it; when there is none left, the end of the batch."""
        if anew:
            self._expected.append("reset")
        envelope = self._offer()
        if envelope:
            self._write(b"RSET\r\n" + envelope if anew else envelope)
        else:
            self._expected.clear()
            self._end()

    def _write(self, data: bytes) -> None:
        self._due = self._loop.time() + self._seconds
        self._wire.write(data)

    def _on_group(self, data: bytes) -> bool:
        """The usual answers when they come in one piece, as they nearly always do; all others come one by one."""
        if self._stage != "final" or len(self._expected) != 4 or self._loop.time() > self._due:
            return False
        found = _all_is_well(data)
        if found is None:
            return False
        self._expected.clear()
        self._take(read_reply("final", 250, found[1].decode("utf-8", "surrogateescape")))
        self._go()
        return True

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
            self._go()
        elif reply.code == 354:  # RFC 2920 3.1: it wants a message although nobody may get it
            self._expected.append("empty")
            self._wire.write(b".\r\n")
        else:
            self._settle(self._refused or read_reply("data", reply.code, reply.text))

    def _go(self) -> None:
        """The present body, and the next envelope with it."""
        if not self._watch.may_offer(self._at):
            self._withhold()
            return
        body = self._body
        if len(body) > AT_ONCE:
            self._expected.append("final")
            self._stage = "body"
            self._writing = self._loop.create_task(self._write_big(body))
        elif self._watch.offering(self._at):
            self._expected.append("final")
            behind = self._offer()
            self._stage = "final"
            self._write(body + behind)
        else:
            self._withhold()

    async def _write_big(self, body: bytes) -> None:
        """The final dot only after all the rest has left: until then a loss is a definite one."""
        try:
            self._due = self._loop.time() + self._seconds + len(body) / SLOWEST_BYTES_A_SECOND
            self._wire.write(body[:-3])
            await self._wire.drain(self._seconds + len(body) / SLOWEST_BYTES_A_SECOND)
            if not (self._watch.may_offer(self._at) and self._watch.offering(self._at)):
                self._withhold()
                return
            behind = self._offer()
            self._stage = "final"
            self._write(body[-3:] + behind)
        except WireLost as lost:
            self._on_loss(lost)

    def _withhold(self) -> None:
        """The present message and all behind it stay here. Its envelope was answered, so the peer has read it."""
        self._receipts[self._at] = WITHHELD
        self._wire.listen(None, None)
        self._wire.abort(WITHHELD.text)
        self._end()

    def _settle(self, refused: Receipt | None) -> None:
        """The present item was not taken, and nothing of the next one is on the wire yet."""
        assert refused is not None
        self._take(refused)
        self._begin(anew=True)

    def _finish(self, receipt: Receipt) -> None:
        """The present item's body was answered; the next envelope went out with it."""
        self._take(receipt)
        if self._stop and self._expected:
            # The next envelope is out already and its body must not follow.
            self._wire.abort("The session ended.")
        elif not self._expected:
            self._end()

    def _note(self, number: int, receipt: Receipt) -> None:
        """What was never offered is told at the end, by whoever knows that it is not tried again."""
        self._receipts[number] = receipt
        if receipt.outcome != "connect_failed":
            self._watch.answered(number, receipt)

    def _take(self, receipt: Receipt) -> None:
        self._note(self._at, receipt)
        self._stop = self._stop or receipt.outcome in ENDS_THE_SESSION
        self._at, self._behind = self._behind, NOBODY
        self._refused = None
        self._stage = "mail"

    def _on_loss(self, lost: WireLost) -> None:
        """What had its final dot written is unknown; what had not is definitely not sent."""
        if self._done.done():
            return
        if self._at != NOBODY:
            self._note(self._at, self._refused or read_loss(self._stage, str(lost)))
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
