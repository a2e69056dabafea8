"""Whether a mailbox files copies of what is sent through it, asked again and again; where it does not, we file them.

A copy of ours proves nothing, so the ledger knows which ones we filed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from reachly.data.repositories.sending import reconcile as repository
from reachly.data.repositories.sending.rows import MailboxRow
from reachly.data.session import tenant
from reachly.integrations.reader.port import ReaderError
from reachly.kit import clock
from reachly.services.email_accounts.service.connection import Connection
from reachly.services.sending import proof
from reachly.services.sending.proof import Filing, Seen
from reachly.services.sending.service.reconcile import Look, date_of, late_of
from reachly.services.sending.service.recording import Result
from reachly.services.sending.service.tools import Tools

log = structlog.get_logger(__name__)

LOOK_EVERY = timedelta(hours=1)  # while it files all of them; else as often as a copy may take
LOOKED_AT = 3
A_DAY = timedelta(days=1)


async def look_after_copies(
    sent: Sequence[Result], mailbox: MailboxRow, connection: Connection, tools: Tools
) -> None:
    """After a turn. A copy is a convenience: failing to look, or to file one, changes nothing."""
    filing = Filing.read(mailbox.files_sent, mailbox.files_seen_at, mailbox.copies_seen)
    try:
        if mailbox.reconcile_at is not None and sent:
            await _wake(mailbox, filing, tools)
        if _is_time(filing):
            look = Look(
                mailbox.organization_id,
                mailbox.id,
                await tools.readers.of(connection),
                late_of(tools.settings),
            )
            filing = await _learn(look, filing)
        if filing.files is False and sent:
            await _file(sent, mailbox, filing, connection, tools)
    except ReaderError as error:
        log.warning("copies were not filed", mailbox=mailbox.email_key, detail=error.detail)


async def _wake(mailbox: MailboxRow, filing: Filing, tools: Tools) -> None:
    """A later control has just left: what is in doubt is asked when that one has had its time."""
    patience = filing.patience()
    if patience is not None:
        at = clock.now() + patience + late_of(tools.settings)
        async with tenant(mailbox.organization_id) as session:
            tools.unsettled |= await repository.ask_by(session, mailbox.organization_id, [mailbox.id], at)


def _is_time(filing: Filing) -> bool:
    if filing.looked_at is None:
        return True
    quiet = filing.files is True and not filing.missing
    return clock.now() - filing.looked_at >= (LOOK_EVERY if quiet else proof.FILED_WITHIN)


async def _learn(look: Look, filing: Filing) -> Filing:
    """Asks for the copies of a few messages that were sent long enough ago; nothing where there are none yet."""
    now = clock.now()
    until = now - max(proof.FILED_WITHIN, filing.patience() or proof.FILED_WITHIN)
    async with tenant(look.organization_id) as session:
        theirs, ours = [
            await repository.list_recent(
                session,
                look.organization_id,
                look.account_id,
                since=now - 2 * A_DAY,
                until=until,
                with_our_copy=with_our_copy,
                limit=LOOKED_AT,
            )
            for with_our_copy in (False, True)
        ]
    asked = [*theirs, *ours]
    if not asked:
        return filing
    found = await look.reader.find_copies(
        [one.message_id for one in asked], since=min(one.handed_at for one in asked) - A_DAY
    )
    seen = [Seen(one.id, one.handed_at, date_of(one.message_id, found)) for one in theirs]
    # Beside a copy of ours lies another one: the mailbox files (again).
    doubled = [one for one in ours if one.message_id in found and found[one.message_id].copies > 1]
    seen += [
        Seen(one.id, one.handed_at, date_of(one.message_id, found), surely_left=False) for one in doubled
    ]
    return await look.learn(filing, seen)


async def _file(
    sent: Sequence[Result], mailbox: MailboxRow, filing: Filing, connection: Connection, tools: Tools
) -> None:
    reader = await tools.readers.of(connection)
    ids = [result.message.item.intent.message_id for result in sent]
    found = await reader.find_copies(ids, since=clock.now() - A_DAY)
    if found:  # it files again
        look = Look(mailbox.organization_id, mailbox.id, reader, late_of(tools.settings))
        await look.learn(replace(filing, files=True, seen_at=clock.now()), [])
        return
    async with tenant(mailbox.organization_id) as session:
        await repository.note_our_copies(
            session, mailbox.organization_id, [result.message.send_id for result in sent], clock.now()
        )
    for result in sent:
        await reader.append_sent(result.message.data, at=clock.now())
