"""The ledger through the door, and mails to oneself."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from email import message_from_bytes
from typing import Any

import pytest

from reachly.data.session import tenant
from reachly.integrations.mailer.port import UNWATCHED, Envelope, Receipt, Watch
from reachly.jobs.sending import SendingLoop
from reachly.kit.errors import Conflict, Invalid, NotFound, RateLimited
from reachly.services.campaigns.schemas import TestSendIn
from reachly.services.email_accounts.service import Connection
from reachly.services.identity.schemas import Actor
from reachly.services.sending import service
from reachly.services.suppression import service as suppression
from tests.factories.sending import Step, add_campaign, add_mailbox
from tests.integration.sending.conftest import Held, Relay, drain

pytestmark = pytest.mark.anyio


async def test_the_ledger_comes_page_by_page_the_newest_first(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, actor: Actor
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    stage = await add_campaign(organization_id, [account], 7)
    await drain(loop)
    seen, cursor = [], None
    while True:
        async with tenant(organization_id) as session:
            page = await service.page_sends(
                session, actor, stage.campaign_id, limit=3, cursor=cursor, status="sent"
            )
        seen += [item.to_email for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [f"lead{n:04d}@example.com" for n in reversed(range(7))]
    async with tenant(organization_id) as session:
        none = await service.page_sends(
            session, actor, stage.campaign_id, limit=3, cursor=None, status="unknown"
        )
        assert none.items == []
        with pytest.raises(Invalid):
            await service.page_sends(session, actor, stage.campaign_id, limit=3, cursor=None, status="lost")
        with pytest.raises(NotFound):
            await service.page_sends(session, actor, uuid.uuid4(), limit=3, cursor=None, status=None)


async def test_a_test_mail_shows_the_real_words_and_counts_in_no_figure(
    relay: Relay, organization_id: uuid.UUID, actor: Actor, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    stage = await add_campaign(
        organization_id, [account], 2, steps=[Step(body="Dear {{ first_name }}, hello.")]
    )
    told = await service.send_test(actor, stage.campaign_id, TestSendIn(to_email="Me@Brightfjord.example"))
    assert told.ok
    message = message_from_bytes(relay.script.accepted[0].data)
    assert message["To"].lower() == "me@brightfjord.example"
    assert b"Dear Ada0" in relay.script.accepted[0].data
    row = await sql.fetchrow("SELECT kind, status, campaign_id, lead_id FROM email_sends")
    assert tuple(row) == ("test", "sent", None, None)
    assert await sql.fetchval("SELECT count(*) FROM analytics_events WHERE event_type = 'sent'") == 0
    assert await sql.fetchval("SELECT used FROM cap_usage WHERE scope = 'mailbox'") == 1
    assert await sql.fetchval("SELECT count(*) FROM enrollments WHERE next_due_at IS NOT NULL") == 2


async def test_a_refused_test_mail_says_why(
    relay: Relay, organization_id: uuid.UUID, actor: Actor, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    stage = await add_campaign(organization_id, [account], 1)
    relay.script.answer("rcpt", "550 5.1.1 No such user")
    told = await service.send_test(actor, stage.campaign_id, TestSendIn(to_email="me@brightfjord.example"))
    assert not told.ok
    assert "No such user" in told.detail
    assert await sql.fetchval("SELECT count(*) FROM suppressions") == 0


async def test_test_mails_are_limited_by_recipient_over_all_organizations(
    relay: Relay, organization_id: uuid.UUID, actor: Actor, new_actor: Any, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    stage = await add_campaign(organization_id, [account], 1)
    for _ in range(10):
        await service.send_test(actor, stage.campaign_id, TestSendIn(to_email="me@brightfjord.example"))
    other = await new_actor("otherfirm")
    await sql.execute("UPDATE organizations SET postal_address = '2 Example Street'")
    theirs = await add_mailbox(other.organization_id, relay.port, address="x@otherfirm.example")
    campaign = await add_campaign(other.organization_id, [theirs], 1)
    with pytest.raises(RateLimited):
        await service.send_test(other, campaign.campaign_id, TestSendIn(to_email="ME@brightfjord.example"))
    assert len(relay.recipients) == 10


async def test_not_even_a_test_goes_to_a_suppressed_address(
    relay: Relay, organization_id: uuid.UUID, actor: Actor
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    stage = await add_campaign(organization_id, [account], 1)
    async with tenant(organization_id) as session:
        await suppression.suppress(session, organization_id, "example.org", "manual", "test")
    with pytest.raises(Invalid):
        await service.send_test(actor, stage.campaign_id, TestSendIn(to_email="me@example.org"))
    assert relay.recipients == []


async def test_a_test_needs_a_mailbox_that_can_send(
    relay: Relay, organization_id: uuid.UUID, actor: Actor
) -> None:
    account = await add_mailbox(organization_id, relay.port, is_active=False)
    stage = await add_campaign(organization_id, [account], 1)
    with pytest.raises(Conflict):
        await service.send_test(actor, stage.campaign_id, TestSendIn(to_email="me@brightfjord.example"))


class Odd(Held):
    """A mailer whose session ends in trouble and yet took a message afterwards."""

    async def send_many(self, envelopes: Sequence[Envelope], watch: Watch = UNWATCHED) -> list[Receipt]:
        receipts = await super().send_many(envelopes, watch)
        receipts[1] = Receipt("throttled", 451, "4.7.28", "slow down", "rcpt")
        return receipts


async def test_a_message_that_was_taken_is_sent_whatever_came_before_it(
    relay: Relay, organization_id: uuid.UUID, settings: Any, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 3)

    def make(connection: Connection) -> Odd:
        return Odd(connection, None, None)

    await SendingLoop(settings, mailer_factory=make).run_once()
    rows = await sql.fetch("SELECT status FROM email_sends ORDER BY to_email")
    assert [row["status"] for row in rows] == ["sent", "deferred", "sent"]
