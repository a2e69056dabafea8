"""What a turn knows of its connection, and its messages on the wire. Nothing here touches the database."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from reachly.integrations.mailer.port import NOT_OFFERED, WITHHELD, Envelope, Mailer, MailerError, Receipt
from reachly.kit import clock
from reachly.kit.address import parse_address
from reachly.services.sending.policy import (
    MAILBOX_TROUBLE,
    NEVER_OFFERED,
    Retry,
    Verdict,
    connect_wait,
    judge,
)
from reachly.services.sending.service.choosing import Batch
from reachly.services.sending.service.composing import Message
from reachly.services.sending.service.journal import Lent
from reachly.services.sending.service.marking import Marked
from reachly.services.sending.service.recording import Recorded, Result
from reachly.services.sending.service.tools import Tools
from reachly.services.sending.service.watching import WaveWatch

SHUT = 421  # the server ends the session


@dataclass(slots=True)
class Run:
    """Where a turn stands. `again`: something that did not go is due at once. `raced`: others took what the
    caps had left. `verdict`: what ended the turn early. `missed`: others had settled some of a wave before it was
    recorded."""

    batch: Batch
    failures: int
    not_before: datetime | None
    marked_at: datetime | None = None
    again: bool = False
    raced: bool = False
    missed: bool = False
    verdict: Verdict | None = None
    trouble: str = ""
    runs: dict[uuid.UUID, tuple[bool, int]] = field(default_factory=dict)
    ended: set[uuid.UUID] = field(default_factory=set)
    done: bool = False

    def note(self, marked: Marked) -> None:
        self.again |= marked.again
        self.ended |= marked.ended

    def take(self, recorded: Recorded) -> None:
        for campaign_id, (success, n) in recorded.runs.items():
            before = self.runs.get(campaign_id, (False, 0))
            self.runs[campaign_id] = (True, n) if success else (before[0], before[1] + n)
        self.ended |= recorded.ended
        self.missed |= recorded.missed


def start(batch: Batch) -> Run:
    mailbox = batch.board.mailbox
    return Run(batch, mailbox.failures_in_a_row, mailbox.not_before)


async def open_mailbox(run: Run, mailer: Mailer) -> None:
    """Connected before anything is marked, so that an unreachable server leaves nothing in doubt."""
    try:
        await mailer.open()
    except MailerError as error:
        kind = "auth" if error.cause == "auth" else "connect"
        wait = None if kind == "auth" else connect_wait(run.failures)
        run.verdict = Verdict("auth" if kind == "auth" else "connect", "deferred", "mailbox_error", wait)
        run.trouble = error.detail
        run.failures += 1
        _wait(run, run.verdict)


async def write(
    run: Run, marked: Sequence[Message], mailer: Mailer, tools: Tools, watch: WaveWatch, journal: Lent
) -> list[Result]:
    """Puts the wave on the wire: a single message step by step, several in one pipeline."""
    onlooker = journal.watch(watch, [message.send_id for message in marked])
    sender = parse_address(run.batch.board.mailbox.email_address).wire
    envelopes = [
        Envelope(sender, parse_address(message.item.intent.to_email).wire, message.data) for message in marked
    ]
    if len(envelopes) == 1:
        receipts = [await mailer.send(envelopes[0], onlooker)]
    else:
        receipts = await mailer.send_many(envelopes, onlooker)
    retry = retry_of(tools)
    results: list[Result] = []
    for message, receipt in zip(marked, receipts, strict=True):
        spoken = any(result.receipt for result in results)
        unoffered = receipt in (WITHHELD, NOT_OFFERED)
        if unoffered and (why := watch.withdrawal(message)):
            results.append(Result(message, why.verdict, None, why.change))
        elif unoffered or (spoken and receipt.outcome == "connect_failed"):
            # Nothing of it was offered on a session that worked: it goes as soon as the mailbox does.
            results.append(Result(message, run.verdict or NEVER_OFFERED, None))
        else:
            results.append(_judged(run, message, receipt, tools, retry))
    return results


def _judged(run: Run, message: Message, receipt: Receipt, tools: Tools, retry: Retry) -> Result:
    verdict = judge(receipt, message.item.intent.attempts + 1, run.failures, retry)
    _count(run, verdict)
    if verdict.kind in MAILBOX_TROUBLE:
        run.verdict, run.trouble = verdict, _words(receipt)
    elif verdict.kind == "retry" and receipt.code in (None, SHUT):
        _break_off(run, receipt)
    tools.unsettled |= verdict.kind == "unknown"
    return Result(message, verdict, receipt)


def _break_off(run: Run, receipt: Receipt) -> None:
    """The session ended with a message half said. Once is bad luck; twice in a row, and the mailbox waits."""
    if run.failures:
        run.verdict = Verdict("connect", "deferred", "mailbox_error", connect_wait(run.failures))
        run.trouble = _words(receipt)
        _wait(run, run.verdict)
    run.failures += 1


def retry_of(tools: Tools) -> Retry:
    sending = tools.settings.sending
    return Retry(sending.retry_minutes, sending.greylist_retry_minutes)


def _words(receipt: Receipt) -> str:
    return f"{receipt.code} {receipt.text}".strip() if receipt.code else receipt.text


def _count(run: Run, verdict: Verdict) -> None:
    """The mailbox's failures in a row, and how long it waits."""
    if verdict.kind == "sent":
        run.failures, run.not_before = 0, None
    elif verdict.kind == "refused":
        run.failures += 1
    elif verdict.kind in MAILBOX_TROUBLE and (run.verdict is None or run.verdict.kind != verdict.kind):
        run.failures += 1  # once, however many of a wave hear of it
        _wait(run, verdict)


def _wait(run: Run, verdict: Verdict) -> None:
    if verdict.wait:
        run.not_before = clock.now() + verdict.wait
