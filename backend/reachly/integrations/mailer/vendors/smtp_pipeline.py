"""Many messages over one session with one round trip each (RFC 2920).

A message's content may be the first item of a command group, so the body of one message and MAIL, RCPT and DATA of
the next go out in one write. Content is still sent only after its own 354, and every reply belongs to the command
it answers: a refusal of one recipient is that one's alone. A reply that fits no command ends the session, and what was
told since the last 354 with it (see `smtp_answers`).
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal

from reachly.integrations.mailer.port import NOT_OFFERED, UNWATCHED, WITHHELD, Envelope, Receipt, Stage, Watch
from reachly.integrations.mailer.replies import fits, read_loss, read_misfit, read_reply
from reachly.integrations.mailer.vendors.smtp_answers import Answers
from reachly.integrations.mailer.vendors.smtp_message import Item
from reachly.integrations.mailer.vendors.smtp_session import Session
from reachly.integrations.mailer.vendors.smtp_wire import Reply, WireLost

AT_ONCE = 32_768  # bytes of a body that go out together with its final dot
SLOWEST_BYTES_A_SECOND = 10_000
ENDS_THE_SESSION = frozenset({"throttled", "auth_failed", "connect_failed"})
CLOSING = 421
NOBODY = -1
Asked = Literal["mail", "rcpt", "data", "final", "empty", "reset", "hello"]
"""What a reply answers: a stage of a message; the end of one without recipients; RSET; the greeting said again."""
_STAGES: dict[Asked, Stage] = {
    "mail": "mail",
    "rcpt": "rcpt",
    "data": "data",
    "final": "final",
    "reset": "mail",  # the next envelope went out behind it
}
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
        session: Session,
        envelopes: Sequence[Envelope],
        pack: Callable[[Envelope], Item | Receipt],
        seconds: float,
        watch: Watch = UNWATCHED,
    ) -> None:
        self._session, self._wire = session, session.wire
        self._envelopes, self._pack, self._seconds = envelopes, pack, seconds
        self._watch = watch
        self._loop = asyncio.get_running_loop()
        self._answers = Answers(len(envelopes), watch)
        self._expected: deque[Asked] = deque()
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
            self._go_on(b"")
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
        known = self._answers.receipts[number]
        if known is None and number >= self._next:  # nobody looked yet whether it could have gone at all
            packed = self._pack(self._envelopes[number])
            if isinstance(packed, Receipt):
                known = packed
                self._answers.note(number, packed)
        return known or NOT_OFFERED

    def _offer(self) -> bytes:
        """The envelope of the next message that can go; nothing if there is none or the session ends."""
        while self._next < len(self._envelopes) and not self._stop:
            number, self._next = self._next, self._next + 1
            if not self._watch.may_offer(number):
                self._answers.note(number, WITHHELD)
                continue
            packed = self._pack(self._envelopes[number])
            if isinstance(packed, Receipt):
                self._answers.note(number, packed)
                continue
            if self._at == NOBODY:
                self._at = number
            else:
                self._behind = number
            self._body = packed.body
            self._expected.extend(("mail", "rcpt", "data"))
            return packed.envelope
        return b""

    def _go_on(self, first: bytes = b"RSET\r\n") -> None:
        """Nothing is on the wire: the next message, or the end of the batch, when it is certain who was meant."""
        if first:
            self._expected.append("reset")
        envelope = self._offer()
        if envelope:
            self._write(first + envelope)
            return
        self._expected.clear()
        if self._answers.are_certain:
            self._answers.prove()
            self._end()
        else:
            self._expected.append("hello")
            self._write(self._session.hello + b"\r\n")

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
        self._answers.prove()
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
        self._read(self._expected.popleft(), reply)

    def _read(self, asked: Asked, reply: Reply) -> None:
        if self._stage == "body":  # the server has seen enough of it
            self._cut(read_reply("body", reply.code, reply.text))
        elif reply.code == CLOSING:
            self._on_closing(asked, reply)
        elif not self._fits(asked, reply):
            self._on_misfit(asked, reply)
        elif asked == "final":
            self._take(read_reply("final", reply.code, reply.text))
            if not self._expected:
                self._go_on(b"")
        elif asked == "data":
            self._on_data(reply)
        elif asked == "empty":
            self._next_one()
        elif asked == "hello":
            self._answers.prove()
            self._end()
        elif asked != "reset":
            if self._refused is None and reply.code >= 300:
                self._refused = read_reply(_STAGES[asked], reply.code, reply.text)
            self._stage = "rcpt" if asked == "mail" else "data"

    def _fits(self, asked: Asked, reply: Reply) -> bool:
        if asked == "hello":
            return self._session.is_hello(reply)
        if asked == "reset":
            return 200 <= reply.code < 300
        return fits(_STAGES.get(asked, "final"), reply.code)

    def _on_misfit(self, asked: Asked, reply: Reply) -> None:
        """From here on nobody knows which answer belongs to what. A go-ahead that comes early: one is missing."""
        self._answers.doubt(missing=reply.code == 354)
        stage = _STAGES.get(asked)
        self._cut(read_misfit(stage, reply.code, reply.text) if stage else None)

    def _on_closing(self, asked: Asked, reply: Reply) -> None:
        """421 may answer whatever was asked, and nothing comes after it."""
        stage = _STAGES.get(asked)
        if asked == "final":
            self._take(read_reply("final", reply.code, reply.text))
            stage = None
        self._answers.doubt(believe=asked == "final")
        self._cut(read_reply(stage, reply.code, reply.text) if stage else None)

    def _on_data(self, reply: Reply) -> None:
        if reply.code != 354:
            if self._refused or not self._stop:
                self._take(self._refused or read_reply("data", reply.code, reply.text))
            self._next_one()
            return
        if self._wire.has_more:
            self._answers.doubt()
            self._cut(read_misfit("data", reply.code, "and more behind it"))
            return
        self._answers.prove()
        if self._refused is not None:  # RFC 2920 3.1: it wants a message although nobody may get it
            self._answers.note(self._at, self._refused)
            self._stop = self._stop or self._refused.outcome in ENDS_THE_SESSION
            self._expected.append("empty")
            self._write(b".\r\n")
        elif self._stop:
            self._cut(None)
        else:
            self._go()

    def _next_one(self) -> None:
        """The present message was not taken, and nothing of the next one is on the wire yet."""
        self._at, self._refused, self._stage = NOBODY, None, "mail"
        if self._wire.has_more:
            self._answers.doubt()
            self._cut(None)
        else:
            self._go_on()

    def _go(self) -> None:
        """The present body, and the next envelope with it."""
        if not self._watch.may_offer(self._at):
            self._cut(WITHHELD)
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
            self._cut(WITHHELD)

    async def _write_big(self, body: bytes) -> None:
        """The final dot only after all the rest has left: until then a loss is a definite one."""
        try:
            self._due = self._loop.time() + self._seconds + len(body) / SLOWEST_BYTES_A_SECOND
            self._wire.write(body[:-3])
            await self._wire.drain(self._seconds + len(body) / SLOWEST_BYTES_A_SECOND)
            if not (self._watch.may_offer(self._at) and self._watch.offering(self._at)):
                self._cut(WITHHELD)
                return
            behind = self._offer()
            self._stage = "final"
            self._write(body[-3:] + behind)
        except WireLost as lost:
            self._on_loss(lost)

    def _take(self, receipt: Receipt) -> None:
        """The present message was answered; the next one's envelope may be out."""
        self._answers.take(self._at, receipt)
        self._stop = self._stop or receipt.outcome in ENDS_THE_SESSION
        self._at, self._behind = self._behind, NOBODY
        self._refused = None
        self._stage = "mail"

    def _cut(self, receipt: Receipt | None) -> None:
        """The session ends here, with this for the present message; all behind it stay here.

        A withheld one's envelope was answered, so the peer has read it.
        """
        if self._at != NOBODY and receipt is not None:
            self._answers.note(self._at, receipt)
        self._wire.listen(None, None)
        self._wire.abort("The session was ended.")
        self._end()

    def _on_loss(self, lost: WireLost) -> None:
        """What had its final dot written is unknown; what had not is definitely not sent."""
        if self._done.done():
            return
        nothing_asked = self._at == NOBODY
        # No answer to a DATA whose recipient was refused: perhaps one was missing, and all came one command early.
        self._answers.doubt(
            missing=self._refused is not None and not lost.by_peer, believe=nothing_asked and lost.by_peer
        )
        if not nothing_asked and self._answers.receipts[self._at] is None:
            self._answers.note(self._at, read_loss(self._stage, str(lost)))
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
