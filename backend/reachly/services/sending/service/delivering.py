"""A claimed batch goes over one connection, wave by wave: mark, write, record."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from reachly.data import outbox
from reachly.data.repositories.sending import caps, outcomes
from reachly.data.repositories.sending.caps import Usage
from reachly.data.repositories.sending.rows import CapKey
from reachly.data.session import Session, tenant
from reachly.events import Event, MessageFailed
from reachly.integrations.mailer.port import Envelope, Mailer, MailerError, Receipt
from reachly.kit import clock
from reachly.kit.address import parse_address
from reachly.services.email_accounts import service as email_accounts
from reachly.services.email_accounts.service.connection import Connection
from reachly.services.scheduling import policy as scheduling
from reachly.services.sending.errors import MailboxOff
from reachly.services.sending.policy import (
    MAILBOX_TROUBLE,
    NEVER_OFFERED,
    Retry,
    Verdict,
    connect_wait,
    judge,
)
from reachly.services.sending.service import board as boards
from reachly.services.sending.service import world
from reachly.services.sending.service.claiming import Batch
from reachly.services.sending.service.composing import Message
from reachly.services.sending.service.marking import Back, back_for, mark, put_back
from reachly.services.sending.service.recording import Recorded, Result, record
from reachly.services.sending.service.tools import Tools


@dataclass(slots=True)
class Run:
    """Where a turn stands. `again`: something that went back is due at once. `verdict`: what ended the turn early."""

    batch: Batch
    failures: int
    not_before: datetime | None
    marked_at: datetime | None = None
    again: bool = False
    verdict: Verdict | None = None
    trouble: str = ""
    runs: dict[uuid.UUID, tuple[bool, int]] = field(default_factory=dict)
    ended: set[uuid.UUID] = field(default_factory=set)
    done: bool = False

    def note(self, backs: Sequence[Back]) -> None:
        now = clock.now()
        for back in backs:
            change = back.change
            self.again |= change is not None and change.due is not None and change.due <= now
            if back.status != "deferred":
                self.ended.add(back.item.claim.campaign_id)

    def take(self, recorded: Recorded) -> None:
        for campaign_id, (success, n) in recorded.runs.items():
            before = self.runs.get(campaign_id, (False, 0))
            self.runs[campaign_id] = (True, n) if success else (before[0], before[1] + n)
        self.ended |= recorded.ended


def start(batch: Batch) -> Run:
    mailbox = batch.board.mailbox
    return Run(batch, mailbox.failures_in_a_row, mailbox.not_before)


async def deliver(
    run: Run, messages: Sequence[Message], backs: Sequence[Back], connection: Connection, tools: Tools
) -> list[Result]:
    """Sends all of it or gives it back; the lease is given back with the last commit. Returns what was sent."""
    sent: list[Result] = []
    mailer = await tools.mailers.of(connection)
    if messages:
        await _open(run, mailer)
    left = list(messages)
    size = _wave_size(run, tools)
    while left and run.verdict is None and not tools.stopping():
        wave, left = left[:size], left[size:]
        results = await _wave(run, wave, backs, mailer, tools, last=not left)
        backs = []
        sent += [result for result in results if result.verdict.kind == "sent"]
    if not run.done:
        await give_back(run, left, backs, tools)
    if run.verdict is not None:
        await tools.mailers.drop(connection)
    return sent


async def give_back(
    run: Run, left: Sequence[Message], backs: Sequence[Back], tools: Tools
) -> list[Result]:
    """Ends the turn: what was not written goes back, and so does the lease. Returns nothing sent."""
    unsent = [back_for(message.item, _why(run), clock.now()) for message in left]
    async with tenant(run.batch.lease.organization_id) as session:
        events = await _put_back(session, run, [*backs, *unsent])
        events += await _finish(session, run, tools)
        await outbox.emit(session, events)
    return []


def _wave_size(run: Run, tools: Tools) -> int:
    mailbox = run.batch.board.mailbox
    return 1 if mailbox.min_gap_seconds or mailbox.gap_jitter_seconds else tools.settings.sending.pipelining


def _why(run: Run) -> str:
    return (run.verdict.reason if run.verdict else None) or "worker_stopped"


async def _open(run: Run, mailer: Mailer) -> None:
    """Connected before anything is marked, so that an unreachable server leaves nothing in doubt."""
    try:
        await mailer.open()
    except MailerError as error:
        kind = "auth" if error.cause == "auth" else "connect"
        wait = None if kind == "auth" else connect_wait(run.failures)
        run.verdict = Verdict("auth" if kind == "auth" else "connect", "deferred", "mailbox_error", wait)
        run.trouble = error.detail
        _count(run, run.verdict)


async def _wave(
    run: Run, wave: Sequence[Message], backs: Sequence[Back], mailer: Mailer, tools: Tools, *, last: bool
) -> list[Result]:
    lease, sending = run.batch.lease, tools.settings.sending
    try:
        async with tenant(lease.organization_id) as session:
            events = await _put_back(session, run, backs)
            marked, unmarked = await mark(session, lease, wave, sending.lease_seconds)
            run.note(unmarked)
            run.marked_at = clock.now() if marked else run.marked_at
            await outbox.emit(session, events)
    except MailboxOff:
        async with tenant(lease.organization_id) as session:
            now = clock.now()
            gone = [*backs, *(back_for(message.item, "mailbox_paused", now) for message in wave)]
            await outbox.emit(session, await _put_back(session, run, gone))
        run.verdict = Verdict("auth", "deferred", "mailbox_paused")
        return []
    results = await _write(run, marked, mailer, tools)
    async with tenant(lease.organization_id) as session:
        recorded = await record(session, lease, run.batch.board.mailbox, results, clock.now(), sending)
        run.take(recorded)
        run.again |= any(result.verdict.kind in MAILBOX_TROUBLE for result in results)
        if last:
            recorded.events += await _finish(session, run, tools, recorded.usage)
        await outbox.emit(session, recorded.events)
    return results


async def _write(run: Run, marked: Sequence[Message], mailer: Mailer, tools: Tools) -> list[Result]:
    """Puts the wave on the wire: a single message step by step, several in one pipeline."""
    sender = parse_address(run.batch.board.mailbox.email_address).wire
    envelopes = [
        Envelope(sender, parse_address(message.item.claim.to_email).wire, message.data) for message in marked
    ]
    receipts = [await mailer.send(envelopes[0])] if len(envelopes) == 1 else await mailer.send_many(envelopes)
    results: list[Result] = []
    for message, receipt in zip(marked, receipts, strict=True):
        if results and receipt.outcome == "connect_failed":
            # The session ended with one before it: it was never offered, and goes as soon as the mailbox does.
            results.append(Result(message, run.verdict or NEVER_OFFERED, None))
        else:
            results.append(_judged(run, message, receipt, tools))
    return results


def _judged(run: Run, message: Message, receipt: Receipt, tools: Tools) -> Result:
    verdict = judge(receipt, message.item.claimed.attempts + 1, run.failures, retry_of(tools))
    if verdict.kind in MAILBOX_TROUBLE:
        run.verdict, run.trouble = verdict, _words(receipt)
    _count(run, verdict)
    tools.unsettled |= verdict.kind == "unknown"
    return Result(message, verdict, receipt)


def retry_of(tools: Tools) -> Retry:
    sending = tools.settings.sending
    return Retry(sending.retry_minutes, sending.greylist_retry_minutes)


def _words(receipt: Receipt) -> str:
    return f"{receipt.code} {receipt.text}".strip() if receipt.code else receipt.text


def _count(run: Run, verdict: Verdict) -> None:
    """The mailbox's failures in a row, and how long it waits."""
    if verdict.kind == "sent":
        run.failures, run.not_before = 0, None
    elif verdict.kind in MAILBOX_TROUBLE or verdict.kind == "refused":
        run.failures += 1
        if verdict.wait:
            run.not_before = clock.now() + verdict.wait


async def _put_back(session: Session, run: Run, backs: Sequence[Back]) -> list[Event]:
    """Facts about those that were set apart for good."""
    mailbox, now = run.batch.board.mailbox, clock.now()
    ours = await put_back(session, run.batch.lease, now, backs)
    run.note(ours)
    return [
        MessageFailed(
            organization_id=mailbox.organization_id, at=now, campaign_id=claim.campaign_id, lead_id=claim.lead_id,
            enrollment_id=claim.enrollment_id, send_id=back.item.send_id, email_account_id=mailbox.id,
            sequence_id=claim.sequence_id, variant=claim.variant,
            data={"step": claim.step, "email": claim.to_email, "email_account": mailbox.email_address,
                  "reason": back.reason},
        )
        for back in ours
        if back.status == "quarantined" and (claim := back.item.claim)
    ]  # fmt: skip


async def _finish(
    session: Session, run: Run, tools: Tools, usage: Mapping[CapKey, Usage] | None = None
) -> list[Event]:
    """The next turn, the mailbox's state and the lease, in the commit of the last outcomes.

    `usage`: counters that were just written, to save a read where they are all that is needed.
    """
    run.done = True
    batch, now = run.batch, clock.now()
    lease = batch.lease
    mailbox = replace(
        batch.board.mailbox,
        last_handed_at=run.marked_at or batch.board.mailbox.last_handed_at,
        not_before=run.not_before,
    )
    events: list[Event] = []
    status = _new_status(run, tools)
    next_turn: datetime | None = None
    if status is not None:
        changed = await email_accounts.set_trouble(
            session, lease.organization_id, lease.email_account_id, status, run.trouble[:500]
        )
        events = [changed] if changed else []
    elif run.verdict is None or run.verdict.kind != "auth":
        keys = world.mailbox_keys(mailbox, now)
        if usage is None or not all(key in usage for key in keys):
            usage = await caps.read_usage(session, lease.organization_id, keys)
        slot = scheduling.next_slot(world.mailbox_state(mailbox, usage, now), now)
        next_due = await boards.find_next_due(session, mailbox, now)
        board = replace(batch.board, more=batch.board.more or run.again, mailbox=mailbox)
        if slot.at is not None:
            next_turn = boards.earliest(board, batch.waiting, slot.at, next_due)
    await outcomes.finish_turn(
        session, lease, next_turn_at=next_turn, failures_in_a_row=run.failures, not_before=run.not_before
    )
    return events


def _new_status(run: Run, tools: Tools) -> str | None:
    """What the mailbox is set aside as; None: it goes on."""
    if run.verdict is not None and run.verdict.reason == "mailbox_paused":
        return None
    if run.verdict is not None and run.verdict.kind == "auth":
        return "auth_failed"
    if run.failures < tools.settings.sending.pause_after_failures:
        return None
    return "unreachable" if run.verdict is not None and run.verdict.kind == "connect" else "paused_failures"
