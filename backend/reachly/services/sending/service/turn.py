"""One mailbox turn: choose, compose, look, mark, write, record. The only code that sends through a mailbox."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping

import structlog

from reachly.data import outbox
from reachly.data.repositories.sending import outcomes
from reachly.data.repositories.sending.rows import Lease
from reachly.data.session import tenant
from reachly.events import Event
from reachly.kit import clock
from reachly.services.campaigns import service as campaigns
from reachly.services.sending.errors import LeaseLost
from reachly.services.sending.policy import Verdict
from reachly.services.sending.service import delivering
from reachly.services.sending.service.choosing import Batch, choose
from reachly.services.sending.service.composing import Message, Obstacle, compose
from reachly.services.sending.service.looking import look_once_more
from reachly.services.sending.service.marking import aside_for_obstacle
from reachly.services.sending.service.recording import Result
from reachly.services.sending.service.rescue import set_next_turn
from reachly.services.sending.service.sent_copies import look_after_copies
from reachly.services.sending.service.tools import Tools
from reachly.services.sending.service.writing import Run, start

log = structlog.get_logger(__name__)

SLICE = 16  # messages that are composed in one go


async def take_turn(lease: Lease, tools: Tools) -> int:
    """One turn of a leased mailbox; how many messages left. Gives the lease back unless it was lost."""
    tools.attempts.add(lease.attempt_id)
    try:
        batch, ended = await choose(lease, tools.settings.sending)
        if batch is None:
            await _aftermath(lease.organization_id, {}, ended, {}, tools)
            return 0
        run = start(batch)
        run.ended |= ended
        sent = await _go(run, batch, tools)
        known = {item.ready.campaign.id: item.ready.campaign.failures_in_a_row for item in batch.items}
        await _aftermath(lease.organization_id, run.runs, run.ended, known, tools)
        return len(sent)
    except LeaseLost:
        log.warning("lease lost", mailbox=lease.email_key)
        async with tenant(lease.organization_id) as session:  # what it gave back nobody else has seen
            await set_next_turn(session, lease.organization_id, [lease.email_account_id])
        return 0
    finally:
        tools.attempts.discard(lease.attempt_id)


async def _go(run: Run, batch: Batch, tools: Tools) -> list[Result]:
    mailbox = batch.board.mailbox
    composed = await _compose(batch, tools.settings.mail.max_message_bytes)
    messages = [one for one in composed if isinstance(one, Message)]
    asides = [aside_for_obstacle(one) for one in composed if not isinstance(one, Message)]
    connection = batch.connection
    if connection is None:
        run.verdict, run.trouble = Verdict("auth", "deferred", "mailbox_error"), batch.trouble
        await delivering.put_aside(run, asides)
        await delivering.finish_early(run, tools)
        return []
    messages, held = await look_once_more(messages, mailbox, connection, tools)
    sent = await delivering.deliver(run, messages, [*asides, *held], connection, tools)
    if connection.reader is not None:
        await look_after_copies(sent, mailbox, connection, tools)
    return sent


async def _compose(batch: Batch, max_bytes: int) -> list[Message | Obstacle]:
    """In slices, so that a full batch does not keep the other turns from their answers."""
    now = clock.now()
    composed: list[Message | Obstacle] = []
    for n, item in enumerate(batch.items, start=1):
        composed.append(compose(item, batch.board.mailbox, now, max_bytes))
        if n % SLICE == 0:
            await asyncio.sleep(0)
    return composed


async def _aftermath(
    organization_id: uuid.UUID, runs: Mapping[uuid.UUID, tuple[bool, int]], ended: set[uuid.UUID],
    known: Mapping[uuid.UUID, int], tools: Tools,
) -> None:  # fmt: skip
    """Campaigns pause after failures in a row, and are completed by their last message. In a transaction of its own,
    because campaigns are locked before enrollments."""
    counted = {id_: run for id_, run in runs.items() if run[1] or known.get(id_, 0)}
    if not counted and not ended:
        return
    limit = tools.settings.sending.pause_after_failures
    async with tenant(organization_id) as session:
        events: list[Event] = []
        # Looked at before anything is locked: the marks of every other mailbox would wait for it.
        ended = {one for one in ended if not await campaigns.has_anybody(session, organization_id, one)}
        if not counted and not ended:
            return
        await outcomes.lock_campaigns(session, organization_id, sorted({*counted, *ended}))
        for campaign_id, n in sorted(
            (await outcomes.count_failures(session, organization_id, counted)).items()
        ):
            if n >= limit:
                reason = f"{n} messages in a row failed. Look at their reasons before you start it again."
                events += await campaigns.pause_for_trouble(session, organization_id, campaign_id, reason)
        for campaign_id in sorted(ended):
            events += await campaigns.complete_if_done(session, organization_id, campaign_id)
        await outbox.emit(session, events)
