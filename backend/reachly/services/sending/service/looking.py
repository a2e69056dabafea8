"""The last look before a follow-up: an answer that came a minute ago stops it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from reachly.data import outbox
from reachly.data.repositories.sending import turns
from reachly.data.repositories.sending.rows import MailboxRow
from reachly.data.session import tenant
from reachly.integrations.reader.port import Reader, ReaderError
from reachly.kit import clock
from reachly.kit.errors import ReachlyError
from reachly.services.email_accounts.service.connection import Connection
from reachly.services.sending.service.composing import Message
from reachly.services.sending.service.marking import Aside, hold
from reachly.services.sending.service.tools import Tools

AFTER_REPLY = timedelta(minutes=2)
UNREADABLE = timedelta(minutes=15)
SEEN = "A message of this person has just arrived; it is read before anything else goes."
CANNOT_READ = "The mailbox cannot be read, so a reply could be missed: {detail}"


async def look_once_more(
    messages: Sequence[Message], mailbox: MailboxRow, connection: Connection, tools: Tools
) -> tuple[list[Message], list[Aside]]:
    """The messages that may go, and the follow-ups that are held."""
    follow_ups = [message for message in messages if not message.item.ready.first]
    if not follow_ups or connection.reader is None or not tools.settings.sending.last_look:
        return list(messages), []
    held: dict[uuid.UUID, Aside] = {}
    now = clock.now()
    try:
        reader = await tools.readers.of(connection)
        for message in follow_ups:
            if await _has_answer(reader, message, mailbox):
                held[message.send_id] = hold(message.item, "reply_seen", now + AFTER_REPLY, SEEN)
    except ReaderError as error:
        detail = CANNOT_READ.format(detail=error.detail)
        held |= _hold(follow_ups, held, detail)
    except ReachlyError as error:  # a provider that cannot be read yet
        held |= _hold(follow_ups, held, CANNOT_READ.format(detail=error.detail))
    if any(aside.change.reason == "reply_seen" for aside in held.values()):
        async with tenant(mailbox.organization_id) as session:
            await turns.ask_for_sync(session, mailbox.organization_id, mailbox.id, now)
            await outbox.emit(session, [], wake=True)
    return [message for message in messages if message.send_id not in held], list(held.values())


def _hold(follow_ups: Sequence[Message], held: dict[uuid.UUID, Aside], detail: str) -> dict[uuid.UUID, Aside]:
    until = clock.now() + UNREADABLE
    return {
        message.send_id: hold(message.item, "held_unreadable_mailbox", until, detail)
        for message in follow_ups
        if message.send_id not in held
    }


async def _has_answer(reader: Reader, message: Message, mailbox: MailboxRow) -> bool:
    person = message.item.ready.person
    assert person.last_sent_at is not None
    return await reader.has_reply(
        person.thread_references.split(), person.email_key, person.last_sent_at, cursor=cursor_of(mailbox)
    )


def cursor_of(mailbox: MailboxRow) -> str | None:
    """Where the inbox stopped reading; None before its first look."""
    kept = mailbox.sync_cursor
    return str(kept["imap"]) if isinstance(kept, dict) and kept.get("imap") else None
