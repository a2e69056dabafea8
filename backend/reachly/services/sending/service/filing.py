"""Whether a mailbox files copies of what is sent through it: learned once, from its first messages.

Only where it does is the absence of a copy a proof that a message never left; only where it does not do we file one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog

from reachly.data.repositories.sending import turns
from reachly.data.repositories.sending.rows import MailboxRow
from reachly.data.session import tenant
from reachly.integrations.reader.port import ReaderError
from reachly.kit import clock
from reachly.services.email_accounts.service.connection import Connection
from reachly.services.sending.service.recording import Result
from reachly.services.sending.service.tools import Tools

log = structlog.get_logger(__name__)

FILED_WITHIN = timedelta(minutes=3)  # how long a provider may take
A_DAY = timedelta(days=1)


async def look_after_copies(
    sent: Sequence[Result], mailbox: MailboxRow, connection: Connection, tools: Tools
) -> None:
    """After a turn. A copy is a convenience: failing to look, or to file one, changes nothing."""
    try:
        if mailbox.files_sent is None:
            await _learn(mailbox, connection, tools)
        elif mailbox.files_sent is False:
            reader = await tools.readers.of(connection)
            for result in sent:
                await reader.append_sent(result.message.data, at=clock.now())
    except ReaderError as error:
        log.warning("copies were not filed", mailbox=mailbox.email_key, detail=error.detail)


async def _learn(mailbox: MailboxRow, connection: Connection, tools: Tools) -> None:
    """Asks for the copy of a message that was sent long enough ago; nothing where there is none yet."""
    async with tenant(mailbox.organization_id) as session:
        earlier = await turns.find_sent_before(
            session, mailbox.organization_id, mailbox.id, clock.now() - FILED_WITHIN
        )
    if earlier is None:
        return
    message_id, handed_at = earlier
    reader = await tools.readers.of(connection)
    found = await reader.find_sent(message_id, since=handed_at - A_DAY)
    async with tenant(mailbox.organization_id) as session:
        await turns.set_files_sent(session, mailbox.organization_id, mailbox.id, found is not None)
