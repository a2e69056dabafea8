"""A mailbox turn: everyone once, in order, under the caps, with its record."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from typing import Any

import pytest

from reachly.infra.settings import Settings
from reachly.jobs.sending import SendingLoop
from reachly.kit import clock
from reachly.services.sending.tokens import read_token
from tests.factories.sending import Step, add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay, SetClock, drain

pytestmark = pytest.mark.anyio
FOLLOW_UP = Step(subject="", body="Just asking again, {{ first_name }}.", days=2)


async def test_everyone_gets_the_message_once(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    stage = await add_campaign(organization_id, [account], 250)
    await drain(loop)
    assert sorted(relay.recipients) == [f"lead{n:04d}@example.com" for n in range(250)]
    rows = await sql.fetch("SELECT status, count(*) AS n FROM email_sends GROUP BY 1")
    assert [(row["status"], row["n"]) for row in rows] == [("sent", 250)]
    assert await sql.fetchval("SELECT count(*) FROM enrollments WHERE status = 'completed'") == 250
    assert await sql.fetchval("SELECT status FROM campaigns WHERE id = $1", stage.campaign_id) == "completed"
    used = await sql.fetch("SELECT scope, reserved, used FROM cap_usage ORDER BY scope")
    assert [tuple(row) for row in used] == [("mailbox", 0, 250)], "what has no cap is not counted"
    stats = await sql.fetchrow("SELECT sum(sent) AS sent, sum(failed) AS failed FROM campaign_stats")
    assert tuple(stats) == (250, 0)
    assert await sql.fetchval("SELECT count(*) FROM analytics_events WHERE event_type = 'sent'") == 250
    assert await sql.fetchval("SELECT next_turn_at FROM email_accounts") is None
    assert await sql.fetchval("SELECT count(*) FROM email_accounts WHERE lease_until IS NOT NULL") == 0


async def test_a_cap_of_fifty_holds_for_many_loops_and_campaigns(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, sql: Any
) -> None:
    sending = settings.sending.model_copy(update={"messages_per_claim": 7})
    small = settings.model_copy(update={"sending": sending})
    account = await add_mailbox(organization_id, relay.port, daily_limit=50)
    for number in range(3):
        await add_campaign(organization_id, [account], 40, prefix=f"c{number}-")
    loops = [SendingLoop(small, name=f"sending:{n}") for n in range(4)]
    for _ in range(12):
        await asyncio.gather(*(one.run_once() for one in loops))
    assert len(relay.recipients) == len(set(relay.recipients)) == 50
    assert await sql.fetchval("SELECT used FROM cap_usage WHERE scope = 'mailbox'") == 50
    turn = await sql.fetchval("SELECT next_turn_at FROM email_accounts")
    assert turn == (clock.now() + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


async def test_a_campaign_cap_holds_over_mailboxes_that_send_at_once(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, sql: Any
) -> None:
    sending = settings.sending.model_copy(update={"messages_per_claim": 6})
    small = settings.model_copy(update={"sending": sending})
    accounts = [
        await add_mailbox(organization_id, relay.port, address=f"m{n}@brightfjord.example") for n in range(5)
    ]
    await add_campaign(organization_id, accounts, 120, daily_cap=50, new_leads_cap=45)
    loops = [SendingLoop(small, name=f"sending:{n}") for n in range(3)]
    for _ in range(8):
        await asyncio.gather(*(one.run_once() for one in loops))
    assert len(relay.recipients) == len(set(relay.recipients)) == 45
    usage = await sql.fetch("SELECT scope, reserved, used FROM cap_usage WHERE scope <> 'mailbox' ORDER BY 1")
    assert [tuple(row) for row in usage] == [("campaign", 0, 45), ("new_leads", 0, 45)]


async def test_a_gap_lets_one_message_leave_a_turn(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port, min_gap_seconds=600, gap_jitter_seconds=300)
    await add_campaign(organization_id, [account], 5)
    planned = []
    for _ in range(5):
        await drain(loop)
        at.at = await sql.fetchval("SELECT next_turn_at FROM email_accounts") or at.at
    planned = [
        r["planned_at"] for r in await sql.fetch("SELECT planned_at FROM email_sends ORDER BY planned_at")
    ]
    gaps = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(planned)]
    assert len(planned) == 5
    assert all(600 <= gap <= 900 for gap in gaps)
    assert len(set(gaps)) > 1
    assert relay.recipients == [f"lead{n:04d}@example.com" for n in range(5)]


async def test_nothing_leaves_outside_the_window(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    window = {"timezone": "Europe/Oslo", "windows": {"tue": [["09:00", "10:00"]]}}
    await add_campaign(organization_id, [account], 3, send_schedule=window)
    await drain(loop)
    assert relay.recipients == []
    opening = datetime(2026, 10, 6, 7, tzinfo=UTC)
    assert await sql.fetchval("SELECT next_turn_at FROM email_accounts") == opening
    at.at = opening
    await drain(loop)
    assert len(relay.recipients) == 3


async def test_follow_ups_go_in_the_thread_of_the_first_message(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 1, steps=[Step(), FOLLOW_UP, FOLLOW_UP])
    for _ in range(3):
        await drain(loop)
        at.move(days=2)
    first, second, third = (message_from_bytes(envelope.data) for envelope in relay.script.accepted)
    assert first["In-Reply-To"] is None
    assert (second["In-Reply-To"], second["References"]) == (first["Message-ID"], first["Message-ID"])
    assert third["In-Reply-To"] == second["Message-ID"]
    assert third["References"].split() == [first["Message-ID"], second["Message-ID"]]
    assert second["Subject"] == third["Subject"] == f"Re: {first['Subject']}"
    steps = await sql.fetch("SELECT step, planned_at FROM email_sends ORDER BY step")
    start = datetime(2026, 10, 5, 12, tzinfo=UTC)
    assert [tuple(row) for row in steps] == [(n + 1, start + timedelta(days=2 * n)) for n in range(3)]


async def test_follow_ups_go_before_first_mails(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 2, steps=[Step(), FOLLOW_UP], prefix="old")
    await drain(loop)
    at.move(days=1)
    await add_campaign(organization_id, [account], 2, prefix="new", due=at.at + timedelta(hours=1))
    at.move(days=1)
    await drain(loop)
    assert [name[:7] for name in relay.recipients] == [
        "old0000", "old0001", "old0000", "old0001", "new0000", "new0001",
    ]  # fmt: skip


async def test_links_are_stored_and_tokens_name_the_message(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    body = '<p>Hi {{ first_name }}, <a href="https://brightfjord.example/a?x=1">look</a> or <a href="https://b.example/">here</a></p>'
    tracked = {"track_opens": True, "track_clicks": True}
    await add_campaign(organization_id, [account], 2, steps=[Step(body=body)], settings=tracked)
    await drain(loop)
    row = await sql.fetchrow("SELECT id, links FROM email_sends WHERE to_email = 'lead0000@example.com'")
    urls = {r["id"]: r["url"] for r in await sql.fetch("SELECT id, url FROM tracked_links")}
    assert [urls[link] for link in row["links"]] == [
        "https://brightfjord.example/a?x=1",
        "https://b.example/",
    ]
    message = message_from_bytes(relay.script.accepted[0].data)
    html = message.get_payload()[1].get_payload(decode=True).decode()  # type: ignore[union-attr, index]
    tokens = {
        part.split('"')[0].removesuffix(".gif") for part in html.split("/t/c/")[1:] + html.split("/t/o/")[1:]
    }
    parts = {read_token(token) for token in tokens}
    assert {(p.purpose, p.send_id, p.link) for p in parts if p} == {
        ("click", row["id"], 0), ("click", row["id"], 1), ("open", row["id"], 0),
    }  # fmt: skip
    one_click = read_token(message["List-Unsubscribe"].strip("<>").rpartition("/")[2])
    assert one_click is not None
    assert (one_click.purpose, one_click.organization_id) == ("unsubscribe", organization_id)


async def test_a_late_campaign_asks_first(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 3)
    at.move(hours=49)
    await drain(loop)
    assert relay.recipients == []
    row = await sql.fetchrow("SELECT status, status_reason FROM campaigns")
    assert row["status"] == "paused"
    assert row["status_reason"].startswith("Late")


async def test_a_mailbox_that_is_off_sends_nothing(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 3)
    await sql.execute("UPDATE email_accounts SET is_active = false")
    await drain(loop)
    assert relay.recipients == []
    assert await sql.fetchval("SELECT next_turn_at FROM email_accounts") is None
    assert await sql.fetchval("SELECT count(*) FROM enrollments WHERE next_due_at IS NOT NULL") == 3
