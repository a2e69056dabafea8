"""A relay in memory that does what its script says, and a Mailer to it, judged by the same contract as the vendors."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence

from reachly.integrations.mailer.port import (
    NOT_OFFERED,
    UNWATCHED,
    WITHHELD,
    Envelope,
    MailerConfig,
    MailerError,
    Outcome,
    ProbeResult,
    Receipt,
    Stage,
    Watch,
)
from reachly.integrations.mailer.replies import (
    BAD_RECIPIENT,
    BAD_SENDER,
    NO_UTF8,
    NO_UTF8_FOR_US,
    read_loss,
    read_reply,
    wire_path,
)

DROP = "drop"
_ENDS = ("throttled", "auth_failed", "connect_failed", "unknown")


class RelayScript:
    """What a relay answers, and what it took. Without a script it accepts everything.

    `answer("rcpt", "450 4.2.0 Greylisted", address="ada@example.com")` is used once, then the default again;
    `DROP` cuts the connection instead of answering (at `final` the message was kept nevertheless, as real relays do).
    """

    def __init__(self, *, username: str = "", password: str = "", smtputf8: bool = True) -> None:
        self.username = username
        self.password = password
        self.smtputf8 = smtputf8
        self.accepted: list[Envelope] = []
        self.sessions = 0
        self.fault: MailerError | None = None
        """Raised instead of a connection, for the fake alone."""
        self._answers: dict[tuple[Stage, str], deque[str]] = defaultdict(deque)

    def answer(self, stage: Stage, *replies: str, address: str = "") -> None:
        self._answers[stage, address].extend(replies)

    def next_answer(self, stage: Stage, address: str = "") -> str | None:
        """The scripted reply for this address, else for everybody, else None."""
        for key in ((stage, address), (stage, "")):
            if self._answers[key]:
                return self._answers[key].popleft()
        return None


class FakeMailer:
    """A Mailer to a `RelayScript`."""

    def __init__(self, config: MailerConfig, script: RelayScript) -> None:
        self._config = config
        self._script = script
        self._open = False

    async def open(self) -> None:
        if not self._open:
            self._connect()
            self._open = True

    async def probe(self) -> ProbeResult:
        self._connect()
        return ProbeResult("smtp", self._config.security != "none", bool(self._config.username), None)

    async def close(self) -> None:
        self._open = False

    def cut(self) -> None:
        """The relay closes an idle connection."""
        self._open = False

    async def send(self, envelope: Envelope, watch: Watch = UNWATCHED) -> Receipt:
        return (await self.send_many([envelope], watch))[0]

    async def send_many(self, envelopes: Sequence[Envelope], watch: Watch = UNWATCHED) -> list[Receipt]:
        receipts: list[Receipt] = []
        ended = False
        for n, envelope in enumerate(envelopes):
            receipt = NOT_OFFERED if ended else await self._send(envelope, n, watch)
            ended = ended or (receipt.outcome in _ENDS and not (receipt is WITHHELD and self._open))
            watch.answered(n, receipt)
            receipts.append(receipt)
        return receipts

    async def _send(self, envelope: Envelope, n: int, watch: Watch) -> Receipt:
        sender, recipient = wire_path(envelope.mail_from), wire_path(envelope.rcpt_to)
        if sender is None or recipient is None:
            return BAD_SENDER if sender is None else BAD_RECIPIENT
        try:
            await self.open()
        except MailerError as error:
            outcome: Outcome = "auth_failed" if error.cause == "auth" else "connect_failed"
            stage: Stage = "auth" if error.cause == "auth" else "connect"
            if error.reply_code is None:
                return Receipt(outcome, None, None, error.detail, stage)
            told = read_reply(stage, error.reply_code, error.reply)
            return Receipt(outcome, told.code, told.enhanced, told.text, stage)
        if not self._script.smtputf8 and not (sender.isascii() and recipient.isascii()):
            return NO_UTF8 if sender.isascii() else NO_UTF8_FOR_US
        if not watch.may_offer(n):
            return WITHHELD
        return self._offer(Envelope(sender, recipient, envelope.data), n, watch)

    def _offer(self, envelope: Envelope, n: int, watch: Watch) -> Receipt:
        steps: tuple[tuple[Stage, str], ...] = (("mail", envelope.mail_from), ("rcpt", envelope.rcpt_to))
        for stage, address in steps:
            refusal = self._ask(stage, address)
            if refusal is not None:
                return refusal
        refusal = self._ask("data", envelope.rcpt_to)
        if refusal is not None:
            return refusal
        if not (watch.may_offer(n) and watch.offering(n)):
            self._open = False
            return WITHHELD
        reply = self._script.next_answer("final", envelope.rcpt_to)
        if reply in (None, DROP) or (reply and reply.startswith("2")):
            data = envelope.data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
            whole = data if data.endswith(b"\r\n") else data + b"\r\n"
            self._script.accepted.append(Envelope(envelope.mail_from, envelope.rcpt_to, whole))
        return self._read("final", reply or "250 2.0.0 OK")

    def _ask(self, stage: Stage, address: str) -> Receipt | None:
        reply = self._script.next_answer(stage, address)
        return None if reply is None or reply[0] in "23" else self._read(stage, reply)

    def _read(self, stage: Stage, reply: str) -> Receipt:
        if reply == DROP:
            self._open = False
            return read_loss(stage, "The connection was lost.")
        receipt = read_reply(stage, int(reply[:3]), reply[4:])
        self._open = receipt.code != 421
        return receipt

    def _connect(self) -> None:
        script, config = self._script, self._config
        if script.fault is not None:
            raise script.fault
        script.sessions += 1
        signed_in = (config.username, config.password) == (script.username, script.password)
        if config.username and not signed_in:
            raise MailerError(
                "auth",
                "The server did not accept user name and password.",
                reply_code=535,
                reply="5.7.8 Authentication credentials invalid",
            )
