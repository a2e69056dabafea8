"""Any SMTP submission server (RFC 6409), over our own wire.

What matters is *where* a dialogue broke: up to the final dot nothing can have been delivered, after it nobody knows
until the peer answers. `send` goes step by step; `send_many` pipelines.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from reachly.integrations.mailer.port import (
    NOT_OFFERED,
    UNWATCHED,
    WITHHELD,
    Envelope,
    MailerConfig,
    MailerError,
    ProbeResult,
    Receipt,
    Stage,
    Watch,
)
from reachly.integrations.mailer.replies import fits, judge, read_doubt, read_loss, read_misfit, read_reply
from reachly.integrations.mailer.vendors.smtp_message import Item, Packer
from reachly.integrations.mailer.vendors.smtp_pipeline import (
    AT_ONCE,
    CLOSING,
    ENDS_THE_SESSION,
    SLOWEST_BYTES_A_SECOND,
    Pipeline,
)
from reachly.integrations.mailer.vendors.smtp_session import Session, open_session
from reachly.integrations.mailer.vendors.smtp_wire import Reply, Wire, WireLost

GOOD_BYE_SECONDS = 2
_ENVELOPE: tuple[Stage, ...] = ("mail", "rcpt", "data")


class SmtpMailer:
    """A Mailer over one submission connection."""

    def __init__(self, config: MailerConfig) -> None:
        self._config = config
        self._session: Session | None = None
        self._lock = asyncio.Lock()

    async def open(self) -> None:
        async with self._lock:
            await self._opened()

    async def probe(self) -> ProbeResult:
        async with self._lock:
            session = await open_session(self._config)
            try:
                size = session.extensions.get("size", "")
                return ProbeResult(
                    leg="smtp",
                    encrypted=session.encrypted,
                    signed_in=bool(self._config.username),
                    max_bytes=int(size) if size.isdigit() and int(size) else None,
                    extensions=tuple(sorted(session.extensions)),
                )
            finally:
                await _say_good_bye(session)

    async def close(self) -> None:
        async with self._lock:
            session, self._session = self._session, None
            if session is not None:
                await _say_good_bye(session)

    async def send(self, envelope: Envelope, watch: Watch = UNWATCHED) -> Receipt:
        async with self._lock:
            reused = self._is_open()
            receipt = await self._attempt(envelope, 0, watch)
            if reused and _was_closed(receipt):
                receipt = await self._attempt(envelope, 0, watch)
            watch.answered(0, receipt)
            return receipt

    async def send_many(self, envelopes: Sequence[Envelope], watch: Watch = UNWATCHED) -> list[Receipt]:
        async with self._lock:
            reused = self._is_open()
            receipts = await self._attempt_many(envelopes, watch)
            nothing_told = all(receipt.outcome == "connect_failed" for receipt in receipts)
            if reused and nothing_told and any(map(_was_closed, receipts)):
                receipts = await self._attempt_many(envelopes, watch)
            for n, receipt in enumerate(receipts):
                if receipt.outcome == "connect_failed":  # the others were told when they were known
                    watch.answered(n, receipt)
            return receipts

    def _is_open(self) -> bool:
        return self._session is not None and self._session.wire.is_open and not self._session.wire.has_unasked

    async def _opened(self) -> Session:
        if self._session is None or not self._is_open():
            if self._session is not None:
                self._session.wire.abort("Closed by the server.")
            self._session = None
            self._session = await open_session(self._config)
        return self._session

    async def _attempt(self, envelope: Envelope, n: int, watch: Watch) -> Receipt:
        try:
            session = await self._opened()
        except MailerError as error:
            return _failed_to_open(error)
        packed = Packer(session.extensions).pack(envelope)
        if isinstance(packed, Receipt):
            return packed
        if not watch.may_offer(n):
            return WITHHELD
        is_fresh, session.is_fresh = session.is_fresh, False
        try:
            receipt = await _Dialogue(session.wire, self._config.command_seconds, n, watch).deliver(packed)
            if receipt.outcome == "accepted":
                return receipt
            if receipt.code and receipt.code != CLOSING and receipt.stage != "body":
                return await self._make_sure(session, receipt, is_fresh=is_fresh)
        except BaseException:
            self._drop()
            raise
        self._drop()
        return receipt

    async def _make_sure(self, session: Session, receipt: Receipt, *, is_fresh: bool) -> Receipt:
        """The receipt, if the answer was surely to this message; the session is ready for the next one, or cut.

        A server that hangs up after its answer is believed where nothing else can have been meant: behind a whole
        message, and on a session that has seen no other.
        """
        believed = False
        try:
            if not session.wire.has_unasked:
                reply = await session.wire.command(session.hello, self._config.command_seconds)
                if session.is_hello(reply) and not session.wire.has_unasked:
                    return receipt
        except WireLost as lost:
            believed = lost.by_peer and (is_fresh or receipt.stage == "final")
        self._drop()
        return receipt if believed else read_doubt(receipt)

    async def _attempt_many(self, envelopes: Sequence[Envelope], watch: Watch) -> list[Receipt]:
        try:
            session = await self._opened()
        except MailerError as error:
            failed = _failed_to_open(error)
            if failed.outcome != "connect_failed":
                watch.answered(0, failed)
            return [failed, *[NOT_OFFERED] * (len(envelopes) - 1)]
        if "pipelining" not in session.extensions:
            return await self._one_by_one(envelopes, watch)
        session.is_fresh = False
        pack = Packer(session.extensions).pack
        try:
            return await Pipeline(session, envelopes, pack, self._config.command_seconds, watch).run()
        except BaseException:
            self._drop()
            raise

    async def _one_by_one(self, envelopes: Sequence[Envelope], watch: Watch) -> list[Receipt]:
        receipts: list[Receipt] = []
        for n, envelope in enumerate(envelopes):
            receipt = await self._attempt(envelope, n, watch)
            receipts.append(receipt)
            if receipt.outcome != "connect_failed":
                watch.answered(n, receipt)
            skipped = receipt is WITHHELD and self._is_open()
            if receipt.outcome in ENDS_THE_SESSION and not skipped:
                return receipts + [NOT_OFFERED] * (len(envelopes) - len(receipts))
        return receipts

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.wire.abort("Given up.")


class _Misfit(Exception):
    def __init__(self, receipt: Receipt) -> None:
        self.receipt = receipt


class _Dialogue:
    """One message, step by step."""

    def __init__(self, wire: Wire, seconds: float, n: int, watch: Watch) -> None:
        self._wire = wire
        self._seconds = seconds
        self._n, self._watch = n, watch
        self._stage: Stage = "mail"

    async def deliver(self, item: Item) -> Receipt:
        try:
            return await self._deliver(item)
        except WireLost as lost:
            return read_loss(self._stage, str(lost))
        except _Misfit as misfit:
            return misfit.receipt

    async def _deliver(self, item: Item) -> Receipt:
        for stage, line in zip(_ENVELOPE, item.envelope.split(b"\r\n"), strict=False):
            self._stage = stage
            reply = await self._ask(line + b"\r\n")
            if reply.code >= 400:
                return read_reply(stage, reply.code, reply.text)
        rest = item.body
        if len(rest) > AT_ONCE:
            self._stage = "body"
            self._wire.write(rest[:-3])
            await self._wire.drain(self._seconds + len(rest) / SLOWEST_BYTES_A_SECOND)
            rest = rest[-3:]
        self._expect_nothing()
        if not (self._watch.may_offer(self._n) and self._watch.offering(self._n)):
            self._wire.abort(WITHHELD.text)
            return WITHHELD
        self._stage = "final"
        reply = await self._ask(rest)
        return read_reply("final", reply.code, reply.text)

    async def _ask(self, line: bytes) -> Reply:
        """The answer to it, which is one that can be meant for it."""
        if self._stage != "final":
            self._expect_nothing()
        self._wire.write(line)
        reply = await self._wire.reply(self._seconds)
        if not fits(self._stage, reply.code):
            raise _Misfit(read_misfit(self._stage, reply.code, reply.text))
        return reply

    def _expect_nothing(self) -> None:
        """What is there already answers nothing that will be asked."""
        if not self._wire.has_unasked:
            return
        if self._stage == "body":  # the server has seen enough of it
            raise _Misfit(read_reply("body", *self._wire.unasked()))
        raise _Misfit(read_misfit(self._stage, 0, "something that nobody asked"))


def _was_closed(receipt: Receipt) -> bool:
    """Whether the peer had closed the idle connection: nothing was offered on it."""
    return receipt.outcome == "connect_failed" and receipt.stage == "mail"


async def _say_good_bye(session: Session) -> None:
    try:
        if session.wire.is_open:
            await session.wire.command(b"QUIT", GOOD_BYE_SECONDS)
    except WireLost:
        pass
    finally:
        session.wire.close()


def _failed_to_open(error: MailerError) -> Receipt:
    stage: Stage = "auth" if error.cause == "auth" else "connect"
    if error.reply_code is not None:
        outcome = judge(stage, error.reply_code, error.reply)
        receipt = read_reply(stage, error.reply_code, error.reply)
        if error.cause == "auth" and outcome != "throttled":
            return Receipt("auth_failed", receipt.code, receipt.enhanced, receipt.text, stage)
        kept = outcome if outcome == "throttled" else "connect_failed"
        return Receipt(kept, receipt.code, receipt.enhanced, receipt.text, stage)
    return Receipt("auth_failed" if stage == "auth" else "connect_failed", None, None, error.detail, stage)
