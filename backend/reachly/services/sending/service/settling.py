"""What became of the messages of which nobody knows: the mailbox's own Sent folder is asked.

Found is sent. Absence is proof only where the mailbox was seen to file copies itself; else the message stays
unknown, visible, and only a person may send it again. No timer ever does.
"""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from itertools import groupby
from operator import itemgetter

import structlog

from reachly.data import outbox
from reachly.data.repositories.sending import candidates, caps, enrollments, leases, lost
from reachly.data.repositories.sending.enrollments import Advance, Change
from reachly.data.repositories.sending.lost import OpenRow
from reachly.data.repositories.sending.rows import MailboxRow
from reachly.data.session import Session, tenant
from reachly.data.system import system
from reachly.events import Event, MessageSent
from reachly.infra.crypto import CannotOpen
from reachly.infra.settings import Settings
from reachly.integrations.reader.port import Reader, ReaderError
from reachly.kit import clock
from reachly.kit.errors import ReachlyError
from reachly.services.email_accounts import service as email_accounts
from reachly.services.email_accounts.service.connection import Connection
from reachly.services.scheduling.policy import NoSlot
from reachly.services.sending.policy import add_reference
from reachly.services.sending.service import board as boards
from reachly.services.sending.service.lots import next_step
from reachly.services.sending.service.rescue import facts_of, set_next_turn, words_of
from reachly.services.sending.service.tools import Tools

log = structlog.get_logger(__name__)

FILED_WITHIN = timedelta(minutes=3)  # how long a provider may take to file its copy
PAGE = 100


async def settle_unknown(tools: Tools, side_by_side: int = 1) -> tuple[int, int]:
    """Asks every mailbox with unknown messages once; (settled, still unknown).

    So many organizations at a time, each one's mailboxes one after the other: servers that do not answer hold up their
    own organization.
    """
    async with system() as session:
        mailboxes = await leases.list_unsettled(session)
    room = asyncio.Semaphore(side_by_side)

    async def settle(organization_id: uuid.UUID, account_ids: list[uuid.UUID]) -> tuple[int, int]:
        async with room:
            found = [await _try_to_settle(organization_id, account_id, tools) for account_id in account_ids]
        return sum(done for done, _ in found), sum(rest for _, rest in found)

    groups = groupby(mailboxes, key=itemgetter(0))
    found = await asyncio.gather(
        *(settle(organization_id, [each for _, each in group]) for organization_id, group in groups)
    )
    return sum(done for done, _ in found), sum(rest for _, rest in found)


async def _try_to_settle(organization_id: uuid.UUID, account_id: uuid.UUID, tools: Tools) -> tuple[int, int]:
    try:
        with tools.at_work_for(account_id):
            return await settle_mailbox(organization_id, account_id, tools)
    except (ReaderError, CannotOpen) as error:
        log.info("sent folder could not be read", mailbox=str(account_id), detail=str(error))
    except ReachlyError as error:
        log.info("mailbox cannot be asked", mailbox=str(account_id), detail=error.detail)
    return 0, 1


async def settle_mailbox(organization_id: uuid.UUID, account_id: uuid.UUID, tools: Tools) -> tuple[int, int]:
    """One mailbox; (settled, still unknown). Raises ReaderError when it cannot be read."""
    async with tenant(organization_id) as session:
        mailbox = await candidates.get_mailbox(session, organization_id, account_id)
        connection = await email_accounts.find_connection(session, organization_id, account_id)
        rows = await lost.list_unknown(session, organization_id, account_id, clock.now(), PAGE)
    if mailbox is None or connection is None or connection.reader is None:
        return 0, len(rows)
    reader = await tools.readers.of(connection)
    patience = patience_of(tools.settings)
    settled = sum([await _settle_row(row, mailbox, connection, reader, patience) for row in rows])
    return settled, len(rows) - settled


def patience_of(settings: Settings) -> timedelta:
    """How long a message must have been unknown before its absence can be a proof.

    A worker that was stopped, and whose rows were taken for unknown when two thirds of a lease had passed at the
    earliest, may wake up and finish its message until it has waited for an answer as long as it may; then the provider
    files its copy.
    """
    late = settings.mail.command_seconds - settings.sending.lease_seconds * 2 / 3
    return FILED_WITHIN + timedelta(seconds=max(0.0, late))


async def _settle_row(
    row: OpenRow, mailbox: MailboxRow, connection: Connection, reader: Reader, patience: timedelta
) -> bool:
    since = row.handed_at - timedelta(days=1) if row.handed_at else None
    found = await reader.find_sent(row.message_id, since=since)
    waited = clock.now() - row.since >= patience
    proves = bool(mailbox.files_sent and waited)
    if found is None and proves:  # the whole folder, before absence is a proof: its calendar need not be ours
        found = await reader.find_sent(row.message_id)
    if found is not None:
        return await _note_sent(connection.organization_id, row, "sent_folder")
    return await _note_absent(connection.organization_id, row, "sent_folder") if proves else False


async def _note_sent(organization_id: uuid.UUID, row: OpenRow, settled_by: str) -> bool:
    """It went out: the sequence goes on from the instant at which it was handed over."""
    async with tenant(organization_id) as session:
        now = clock.now()
        if row.enrollment_id:
            await enrollments.lock(session, organization_id, [row.enrollment_id])
        if not await lost.settle_unknown(
            session, organization_id, row.id, now, status="sent", settled_by=settled_by, reason=None
        ):
            return False
        await outbox.emit(session, await note_arrived(session, organization_id, row, settled_by), wake=True)
    return True


async def note_arrived(
    session: Session, organization_id: uuid.UUID, row: OpenRow, settled_by: str
) -> list[Event]:
    """After an unknown row was settled as sent: its sequence goes on. The events to emit."""
    mailbox = (
        await candidates.get_mailbox(session, organization_id, row.email_account_id)
        if row.email_account_id
        else None
    )
    if row.enrollment_id:
        await _go_on(session, organization_id, row, mailbox)
    address = mailbox.email_address if mailbox else ""
    data = {**words_of(row), "email_account": address, "settled_by": settled_by}
    return [MessageSent(**facts_of(organization_id, row), data=data)] if row.kind == "campaign" else []


async def _go_on(
    session: Session, organization_id: uuid.UUID, row: OpenRow, mailbox: MailboxRow | None
) -> None:
    if row.enrollment_id is None or row.campaign_id is None:
        return
    person = await candidates.find_person(session, organization_id, row.enrollment_id)
    campaign = (await candidates.list_campaigns(session, organization_id, [row.campaign_id])).get(
        row.campaign_id
    )
    steps = (await candidates.list_steps(session, organization_id, [row.campaign_id]))[row.campaign_id]
    if person is None or campaign is None:
        return
    now = clock.now()
    sent_at = row.handed_at or now
    threaded = person.thread_message_id is not None and row.subject.lower().startswith("re:")
    following = next_step(steps, row.step + 1)
    due, following = boards.due_of(person, campaign, following, sent_at, mailbox)
    blocked = due if isinstance(due, NoSlot) else None
    advance = Advance(
        enrollment_id=person.id,
        thread_message_id=(person.thread_message_id or row.message_id) if threaded else row.message_id,
        thread_references=add_reference(person.thread_references if threaded else "", row.message_id),
        thread_subject=(person.thread_subject or "") if threaded else row.subject,
        sent_at=sent_at,
        next_step=following.sequence_number if following else row.step + 1,
        status="active" if following else "completed",
        due=None if isinstance(due, NoSlot) else due,
        reason=blocked.reason.value if blocked else None,
        detail=blocked.detail if blocked else None,
    )
    await enrollments.advance(session, organization_id, now, [advance])
    await enrollments.end_answered(session, organization_id, now, [person.id])
    if row.email_account_id:
        await set_next_turn(session, organization_id, [row.email_account_id])


async def _note_absent(organization_id: uuid.UUID, row: OpenRow, settled_by: str) -> bool:
    """It never left, and that is proven: it may be sent."""
    async with tenant(organization_id) as session:
        now = clock.now()
        if row.enrollment_id:
            await enrollments.lock(session, organization_id, [row.enrollment_id])
        if not await lost.settle_unknown(
            session,
            organization_id,
            row.id,
            now,
            status="deferred",
            settled_by=settled_by,
            reason="never_left",
        ):
            return False
        await caps.unuse(session, organization_id, row.caps)
        if row.enrollment_id:
            change = Change(row.enrollment_id, now)
            await enrollments.change(session, organization_id, now, [change], gently=True)
        if row.email_account_id:
            await set_next_turn(session, organization_id, [row.email_account_id])
        events: list[Event] = []
        await outbox.emit(session, events, wake=True)
    return True
