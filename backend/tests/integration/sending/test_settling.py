"""What is not known is asked of the mailbox; what the mailbox says just before a follow-up is heeded."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from reachly.infra.settings import Settings
from reachly.integrations.mailer.fake import DROP
from reachly.integrations.reader.fake import FakeReader, MailboxScript
from reachly.integrations.reader.port import ReaderError
from reachly.jobs.sending import SendingLoop
from reachly.services.email_accounts.service import Connection
from reachly.services.sending import service
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


async def test_a_copy_in_the_sent_folder_settles_an_unknown_as_sent(
    relay: Relay, organization_id: uuid.UUID, reading: SendingLoop, box: MailboxScript, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port, imap_port=21598)
    await add_campaign(organization_id, [account], 1, steps=STEPS)
    relay.script.answer("final", DROP, address=FIRST)
    await drain(reading)
    box.deliver(relay.script.accepted[0].data, at.at, "Sent")
    handed = at.at
    at.move(minutes=1)
    assert await service.settle_unknown(reading.tools) == (1, 0)
    row = await sql.fetchrow("SELECT status, settled_by, sent_at FROM email_sends")
    assert tuple(row) == ("sent", "sent_folder", handed)
    at.move(days=2)
    await drain(reading)
    assert relay.recipients == [FIRST, FIRST]
    assert relay.script.accepted[1].data.count(b"In-Reply-To") == 1
    stats = await sql.fetchrow("SELECT sum(sent) AS sent FROM campaign_stats")
    assert stats["sent"] == 2


async def test_a_copy_that_the_server_dates_otherwise_is_a_copy(
    relay: Relay, organization_id: uuid.UUID, reading: SendingLoop, box: MailboxScript, sql: Any, at: SetClock
) -> None:
    """Our clock may have jumped, or the server's be wrong: absence among the days that we think of proves nothing."""
    account = await add_mailbox(organization_id, relay.port, imap_port=21598, files_sent=True)
    await add_campaign(organization_id, [account], 1)
    relay.script.answer("final", DROP, address=FIRST)
    await drain(reading)
    box.deliver(relay.script.accepted[0].data, at.at - timedelta(days=40), "Sent")
    at.move(minutes=10)
    assert await service.settle_unknown(reading.tools) == (1, 0)
    await drain(reading)
    assert relay.recipients == [FIRST], "not a second time"
    assert await sql.fetchval("SELECT status FROM email_sends") == "sent"


async def test_absence_is_proof_only_where_the_mailbox_files_copies(
    relay: Relay, organization_id: uuid.UUID, reading: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port, imap_port=21598)
    await add_campaign(organization_id, [account], 1)
    relay.script.answer("final", DROP, address=FIRST)
    await drain(reading)
    relay.script.accepted.clear()  # as if it had never arrived
    at.move(hours=1)
    assert await service.settle_unknown(reading.tools) == (0, 1)
    assert await sql.fetchval("SELECT status FROM email_sends") == "unknown"
    await sql.execute("UPDATE email_accounts SET files_sent = true")
    assert await service.settle_unknown(reading.tools) == (1, 0)
    assert tuple(await sql.fetchrow("SELECT status, reason FROM email_sends")) == ("deferred", "never_left")
    assert await sql.fetchval("SELECT sum(used + reserved) FROM cap_usage") == 0
    await drain(reading)
    assert relay.recipients == [FIRST]
    assert await sql.fetchval("SELECT status FROM email_sends") == "sent"


async def test_a_fresh_absence_proves_nothing(
    relay: Relay, organization_id: uuid.UUID, reading: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port, imap_port=21598, files_sent=True)
    await add_campaign(organization_id, [account], 1)
    relay.script.answer("final", DROP, address=FIRST)
    await drain(reading)
    at.move(seconds=30)
    assert await service.settle_unknown(reading.tools) == (0, 1)


async def test_absence_is_no_proof_while_a_worker_that_slept_may_still_finish_its_message(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, box: MailboxScript, at: SetClock
) -> None:
    """Whoever gives slow servers ten minutes for an answer gives them to a worker that wakes up, too."""
    mail = settings.mail.model_copy(update={"command_seconds": 600.0})
    patient = SendingLoop(settings.model_copy(update={"mail": mail}), reader_factory=read_from(box))
    account = await add_mailbox(organization_id, relay.port, imap_port=21598, files_sent=True)
    await add_campaign(organization_id, [account], 1)
    relay.script.answer("final", DROP, address=FIRST)
    await drain(patient)
    at.move(minutes=9)
    assert await service.settle_unknown(patient.tools) == (0, 1)
    at.move(minutes=4)
    assert await service.settle_unknown(patient.tools) == (1, 0)


async def test_a_sent_folder_that_cannot_be_read_settles_nothing(
    relay: Relay, organization_id: uuid.UUID, reading: SendingLoop, box: MailboxScript, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port, imap_port=21598, files_sent=True)
    await add_campaign(organization_id, [account], 1)
    relay.script.answer("final", DROP, address=FIRST)
    await drain(reading)
    box.fault = ReaderError("timeout", "It did not answer.")
    at.move(hours=1)
    assert await service.settle_unknown(reading.tools) == (0, 1)
    assert await sql.fetchval("SELECT status FROM email_sends") == "unknown"


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


async def test_copies_are_filed_where_the_mailbox_keeps_none(
    relay: Relay, organization_id: uuid.UUID, reading: SendingLoop, box: MailboxScript
) -> None:
    account = await add_mailbox(organization_id, relay.port, imap_port=21598, files_sent=False)
    await add_campaign(organization_id, [account], 2)
    await drain(reading)
    assert [stored.raw for stored in box.folders["Sent"].messages] == [e.data for e in relay.script.accepted]
