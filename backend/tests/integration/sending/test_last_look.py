"""The last look before a follow-up: what the mailbox says just before is heeded."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import pytest

from reachly.infra.settings import Settings
from reachly.integrations.reader.fake import FakeReader, MailboxScript
from reachly.integrations.reader.port import ReaderError
from reachly.jobs.sending import SendingLoop
from reachly.services.email_accounts.service import Connection
from tests.factories.sending import Step, add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay, SetClock, drain

pytestmark = pytest.mark.anyio
FIRST = "lead0000@example.com"
STEPS = [Step(), Step(subject="", body="Just asking again.", days=2)]


@pytest.fixture
def box() -> MailboxScript:
    return MailboxScript()


@pytest.fixture
def reading(settings: Settings, box: MailboxScript) -> SendingLoop:
    return SendingLoop(settings, reader_factory=read_from(box))


def read_from(box: MailboxScript) -> Callable[[Connection], FakeReader]:
    def make(connection: Connection) -> FakeReader:
        assert connection.reader is not None
        return FakeReader(connection.reader, box)

    return make


def answer(message_id: str, sender: str = FIRST) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "mira@brightfjord.example", "Re: A question"
    message["Message-ID"], message["In-Reply-To"] = "<a@example.com>", message_id
    message.set_content("Yes, let us talk.")
    return message.as_bytes()


async def test_a_reply_that_came_a_moment_ago_stops_the_follow_up(
    relay: Relay, organization_id: uuid.UUID, reading: SendingLoop, box: MailboxScript, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port, imap_port=21598)
    await add_campaign(organization_id, [account], 2, steps=STEPS)
    await drain(reading)
    at.move(days=2)
    message_id = await sql.fetchval("SELECT message_id FROM email_sends WHERE to_email = $1", FIRST)
    box.deliver(answer(message_id), at.at)
    await drain(reading)
    assert relay.recipients[2:] == ["lead0001@example.com"]
    held = await sql.fetchrow(
        "SELECT blocked_reason, next_due_at FROM enrollments WHERE blocked_reason IS NOT NULL"
    )
    assert held["blocked_reason"] == "reply_seen"
    assert held["next_due_at"] > at.at
    assert await sql.fetchval("SELECT next_sync_at FROM email_accounts") == at.at, (
        "the inbox is asked to read it"
    )
    assert await sql.fetchval("SELECT sum(reserved) FROM cap_usage") == 0


async def test_an_unreadable_mailbox_holds_follow_ups_but_no_first_mails(
    relay: Relay, organization_id: uuid.UUID, reading: SendingLoop, box: MailboxScript, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port, imap_port=21598)
    await add_campaign(organization_id, [account], 1, steps=STEPS)
    await drain(reading)
    at.move(days=2)
    await add_campaign(organization_id, [account], 1, prefix="new")
    box.fault = ReaderError("timeout", "It did not answer.")
    await drain(reading)
    assert relay.recipients == [FIRST, "new0000@example.com"]
    reasons = await sql.fetch("SELECT blocked_reason FROM enrollments WHERE status = 'active'")
    assert [row["blocked_reason"] for row in reasons] == ["held_unreadable_mailbox"]
    box.fault = None
    at.move(minutes=15)
    await drain(reading)
    assert relay.recipients == [FIRST, "new0000@example.com", FIRST]
