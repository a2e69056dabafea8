"""A chosen batch goes over one connection, wave by wave: mark, write, record."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from reachly.data import outbox
from reachly.data.errors import is_collision, is_database_away
from reachly.data.repositories.sending import outcomes
from reachly.data.repositories.sending.caps import Usage
from reachly.data.repositories.sending.rows import CapKey
from reachly.data.session import Session, tenant
from reachly.events import Event
from reachly.infra import metrics
from reachly.integrations.mailer.port import Mailer
from reachly.kit import clock
from reachly.services.email_accounts import service as email_accounts
from reachly.services.email_accounts.service.connection import Connection
from reachly.services.scheduling import policy as scheduling
from reachly.services.sending.errors import CapsRaced, LeaseLost, MailboxOff
from reachly.services.sending.policy import MAILBOX_TROUBLE, NEVER_OFFERED, Pace, Verdict
from reachly.services.sending.service import board as boards
from reachly.services.sending.service import world
from reachly.services.sending.service.composing import Message
from reachly.services.sending.service.journal import Lent
from reachly.services.sending.service.marking import Aside, mark, set_aside
from reachly.services.sending.service.recording import Result, record
from reachly.services.sending.service.rescue import set_next_turn
from reachly.services.sending.service.tools import Tools
from reachly.services.sending.service.watching import WaveWatch
from reachly.services.sending.service.withdraw import Withdrawal
from reachly.services.sending.service.writing import Run, open_mailbox, write

RECORD_AGAIN_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)


async def deliver(
    run: Run, messages: Sequence[Message], asides: Sequence[Aside], connection: Connection, tools: Tools
) -> list[Result]:
    """Sends all of it, or as much as can be; the lease is given back with the last commit. Returns what was sent."""
    sent: list[Result] = []
    await put_aside(run, asides)
    mailer = await tools.mailers.of(connection)
    if messages:
        await open_mailbox(run, mailer)
    left = list(messages)
    while left and run.verdict is None and not run.raced and not tools.stopping():
        size = _wave_size(run, tools)
        wave, left = left[:size], left[size:]
        results = await _wave(run, wave, mailer, tools, last=not left)
        sent += [result for result in results if result.verdict.kind == "sent"]
    if not run.done:
        run.again |= bool(left)  # what was not marked is as due as it was
        await finish_early(run, tools)
    if run.verdict is not None:
        await tools.mailers.drop(connection)
    return sent


async def put_aside(run: Run, asides: Sequence[Aside]) -> None:
    """Chosen messages that do not go now: in a transaction of their own, as there are hardly ever any."""
    if asides:
        async with tenant(run.batch.lease.organization_id) as session:
            marked = await set_aside(session, run.batch.lease, run.batch.board, asides)
            await outbox.emit(session, marked.events)
        run.note(marked)


async def finish_early(run: Run, tools: Tools) -> None:
    """Ends a turn whose last wave did not end it."""
    async with tenant(run.batch.lease.organization_id) as session:
        await outbox.emit(session, await _finish(session, run, tools))


def away_or_collided(error: BaseException) -> bool:
    """Whether the same transaction may well succeed a moment later."""
    return isinstance(error, OSError) or is_database_away(error) or is_collision(error)


def _wave_size(run: Run, tools: Tools) -> int:
    """One where a gap applies; else what the server takes in about a second."""
    mailbox = run.batch.board.mailbox
    if mailbox.min_gap_seconds or mailbox.gap_jitter_seconds:
        return 1
    return min(tools.settings.sending.pipelining, tools.paces.get(mailbox.id, Pace()).size)


def _note_pace(run: Run, results: Sequence[Result], seconds: float, tools: Tools) -> None:
    mailbox_id = run.batch.board.mailbox.id
    answered = sum(result.receipt is not None for result in results)
    tools.paces[mailbox_id] = tools.paces.get(mailbox_id, Pace()).after(answered, seconds)


class _Wave:
    """What is to be marked and written now (`tools.InFlight`): known before it is marked, so that no stop misses it."""

    def __init__(self, run: Run, messages: Sequence[Message], tools: Tools) -> None:
        self._run, self._messages, self._tools = run, messages, tools
        self._since = time.monotonic()
        self.surely_ours = clock.steady() + tools.settings.sending.lease_seconds
        self.watch = WaveWatch(run.batch.lease.attempt_id, tools, self.surely_ours, messages)

    @property
    def organization_id(self) -> uuid.UUID:
        return self._run.batch.lease.organization_id

    @property
    def age(self) -> float:
        return time.monotonic() - self._since

    def people(self) -> dict[uuid.UUID, uuid.UUID]:
        return {one.send_id: one.item.intent.enrollment_id for one in self._messages}

    async def take_back(self, found: Mapping[uuid.UUID, Withdrawal]) -> None:
        """At once, without waiting for the rest: the end of the wave writes down what this could not."""
        if back := self.watch.withdraw(found):
            results = [
                Result(one, found[one.send_id].verdict, None, found[one.send_id].change) for one in back
            ]
            await _record(self._run, results, self._tools, last=False)


async def _wave(
    run: Run, messages: Sequence[Message], mailer: Mailer, tools: Tools, *, last: bool
) -> list[Result]:
    wave, lease = _Wave(run, messages, tools), run.batch.lease
    send_ids = [message.send_id for message in messages]
    with (
        tools.in_flight(lease.attempt_id, wave),
        tools.journal.wave(lease.attempt_id, lease.organization_id, send_ids) as journal,
    ):
        run.missed = False
        results = await _send(run, wave, messages, mailer, tools, journal, last=last)
        journal.keep = run.missed
    return results


async def _send(
    run: Run,
    wave: _Wave,
    messages: Sequence[Message],
    mailer: Mailer,
    tools: Tools,
    journal: Lent,
    *,
    last: bool,
) -> list[Result]:
    try:
        marked = await _mark(run, messages, tools)
    except MailboxOff:
        run.verdict, run.again = Verdict("auth", "deferred", "mailbox_paused"), True
        return []
    except CapsRaced:  # others were quicker: what is left of the caps is read anew
        run.raced = run.again = True
        return []
    except Exception as error:
        if away_or_collided(error):  # the mark may stand although its answer never came; nothing was written
            await _record(
                run, [Result(message, NEVER_OFFERED, None) for message in messages], tools, last=False
            )
        raise
    if clock.steady() > wave.surely_ours:
        # This process was stopped: others may have called these unknown by now.
        await _record(run, [Result(message, NEVER_OFFERED, None) for message in marked], tools, last=False)
        raise LeaseLost
    if not marked:
        return []
    wave.watch.messages = marked
    began = time.monotonic()
    results = await write(run, marked, mailer, tools, wave.watch, journal)
    _note_pace(run, results, time.monotonic() - began, tools)
    await _record(run, results, tools, last=last)
    return results


async def _mark(run: Run, wave: Sequence[Message], tools: Tools) -> list[Message]:
    batch = run.batch
    async with tenant(batch.lease.organization_id) as session:
        marked = await mark(session, batch.lease, batch.board, wave, tools.settings.sending.lease_seconds)
    run.note(marked)
    run.marked_at = clock.now() if marked.messages else run.marked_at
    return marked.messages


async def _record(run: Run, results: Sequence[Result], tools: Tools, *, last: bool) -> None:
    """Tries again while the database is away: what was sent must not become unknown for want of a connection.

    Recording twice changes nothing: rows that are written are no longer `sending`.
    """
    lease, sending = run.batch.lease, tools.settings.sending
    run.again |= any(result.verdict.kind in MAILBOX_TROUBLE for result in results)
    for wait in (*RECORD_AGAIN_SECONDS, None):
        try:
            async with tenant(lease.organization_id) as session:
                recorded = await record(
                    session, lease, run.batch.board.mailbox, results, clock.now(), sending
                )
                events = list(recorded.events)
                if last:
                    events += await _finish(session, run, tools, recorded.usage)
                await outbox.emit(session, events)
        except Exception as error:
            if wait is None or not away_or_collided(error):
                raise
            await asyncio.sleep(wait)
        else:
            run.take(recorded)
            for result in results:
                metrics.emails_sent.labels(run.batch.board.mailbox.provider, result.verdict.kind).inc()
            return


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
        slot = scheduling.next_slot(await world.read_state(session, mailbox, now, usage), now)
        next_due = await boards.find_next_due(session, batch.board, now)
        board = replace(batch.board, more=batch.board.more or run.again, mailbox=mailbox)
        if slot.at is not None:
            next_turn = boards.earliest(board, batch.waiting, slot.at, next_due)
    if not await outcomes.finish_turn(
        session, lease, next_turn_at=next_turn, failures_in_a_row=run.failures, not_before=run.not_before
    ):  # whoever has it now has not seen what this turn gave back
        await set_next_turn(session, lease.organization_id, [lease.email_account_id])
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
