"""What the peer says decides what becomes of the message, the person and the mailbox."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest

from reachly.integrations.mailer.fake import DROP
from reachly.jobs.sending import SendingLoop
from tests.factories.figures import run_checks
from tests.factories.sending import Step, add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay, SetClock, drain

pytestmark = pytest.mark.anyio
FIRST = "lead0000@example.com"


async def test_a_greylisted_message_is_tried_again_after_five_minutes(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 2)
    relay.script.answer("rcpt", "450 4.7.1 Greylisted, come back in 300 seconds", address=FIRST)
    await drain(loop)
    assert relay.recipients == ["lead0001@example.com"]
    query = "SELECT status, handed_at, attempts, message_id FROM email_sends WHERE to_email = $1"
    row = await sql.fetchrow(query, FIRST)
    assert (row["status"], row["handed_at"], row["attempts"]) == ("deferred", None, 1)
    held = await sql.fetchrow(
        "SELECT next_due_at, blocked_reason FROM enrollments WHERE next_due_at IS NOT NULL"
    )
    assert tuple(held) == (at.at + timedelta(minutes=5), "deferred")
    at.move(minutes=4)
    await drain(loop)
    assert len(relay.recipients) == 1
    at.move(minutes=1)
    await drain(loop)
    assert relay.recipients == ["lead0001@example.com", FIRST]
    sent = await sql.fetchrow(
        "SELECT status, attempts, message_id FROM email_sends WHERE to_email = $1", FIRST
    )
    assert (sent["status"], sent["attempts"], sent["message_id"]) == ("sent", 2, row["message_id"])
    assert row["message_id"].encode() in relay.script.accepted[1].data


async def test_a_deferral_backs_off_and_ends_as_a_soft_bounce(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 1)
    relay.script.answer("rcpt", *["452 4.2.2 Mailbox full"] * 4, address=FIRST)
    waits = []
    for _ in range(3):
        await drain(loop)
        due = await sql.fetchval("SELECT next_due_at FROM enrollments")
        waits.append((due - at.at).total_seconds() / 60)
        at.at = due
    assert waits == [15, 60, 240]
    await drain(loop)
    assert await sql.fetchval("SELECT status FROM enrollments") == "failed"
    row = await sql.fetchrow("SELECT status, reason, bounced_at, attempts FROM email_sends")
    assert tuple(row) == ("refused", "deferred_too_often", at.at, 4)
    assert await sql.fetchval("SELECT count(*) FROM suppressions") == 0
    hard = await sql.fetchval(
        "SELECT event_data ->> 'hard' FROM analytics_events WHERE event_type = 'bounced'"
    )
    assert hard == "false"
    assert await sql.fetchval("SELECT sum(used + reserved) FROM cap_usage") == 0
    assert await sql.fetchval("SELECT status FROM campaigns") == "completed"


async def test_several_soft_bounces_suppress(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 1)
    for _ in range(3):  # as if in three campaigns, one after the other
        relay.script.answer("rcpt", "552 5.2.2 Mailbox full", address=FIRST)
        await drain(loop)
        assert await sql.fetchval("SELECT status FROM enrollments") == "failed"
        await sql.execute("UPDATE email_sends SET intent_key = intent_key || 'x'")
        await sql.execute("UPDATE enrollments SET status = 'active', next_due_at = $1, next_step = 1", at.at)
        await sql.execute("UPDATE campaigns SET status = 'active'")
        await sql.execute("UPDATE email_accounts SET next_turn_at = $1", at.at)
    assert await sql.fetchval("SELECT count(*) FROM email_sends WHERE bounced_at IS NOT NULL") == 3
    assert tuple(await sql.fetchrow("SELECT value, reason FROM suppressions")) == (FIRST, "bounced")
    await drain(loop)
    assert await sql.fetchval("SELECT status FROM enrollments") == "bounced"
    assert relay.recipients == []


async def test_an_unknown_address_bounces_is_suppressed_and_stops_nobody_else(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 3, steps=[Step(), Step(subject="", body="Again.", days=1)])
    relay.script.answer("rcpt", "550 5.1.1 No such user", address=FIRST)
    await drain(loop)
    assert relay.recipients == ["lead0001@example.com", "lead0002@example.com"]
    assert relay.script.sessions == 1, "a refused recipient must not cost the connection"
    row = await sql.fetchrow("SELECT * FROM email_sends WHERE to_email = $1", FIRST)
    assert (row["status"], row["reply_code"], row["handed_at"]) == ("refused", 550, None)
    assert row["bounced_at"] is not None
    assert tuple(await sql.fetchrow("SELECT kind, value, reason FROM suppressions")) == (
        "email",
        FIRST,
        "bounced",
    )
    states = await sql.fetch("SELECT status, count(*) AS n FROM enrollments GROUP BY 1 ORDER BY 1")
    assert [tuple(state) for state in states] == [("active", 2), ("bounced", 1)]
    stats = await sql.fetchrow("SELECT sum(sent), sum(bounced), sum(refused) FROM campaign_stats")
    assert tuple(stats) == (2, 1, 1), "a refused message bounced, and was never sent"
    used = await sql.fetch("SELECT DISTINCT used, reserved FROM cap_usage")
    assert [tuple(row) for row in used] == [(2, 0)], "a refused message takes no cap"


async def test_a_refusal_by_policy_is_not_the_persons_fault(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 2)
    relay.script.answer("final", "554 5.7.1 Message rejected as spam", address=FIRST)
    await drain(loop)
    assert await sql.fetchval("SELECT count(*) FROM suppressions") == 0
    assert await sql.fetchval("SELECT reason FROM email_sends WHERE to_email = $1", FIRST) == "refused_policy"
    assert await sql.fetchval("SELECT bounced_at FROM email_sends WHERE to_email = $1", FIRST) is None
    assert relay.recipients == ["lead0001@example.com"]


async def test_a_lost_answer_is_unknown_and_never_sent_again(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 3, steps=[Step(), Step(subject="", body="Again.", days=1)])
    relay.script.answer("final", DROP, address="lead0001@example.com")
    for _ in range(5):
        await drain(loop)
        at.move(days=1)
    sent = relay.recipients
    assert sent.count("lead0001@example.com") == 1, "delivered once, though nobody heard of it"
    assert sent.count(FIRST) == sent.count("lead0002@example.com") == 2
    row = await sql.fetchrow(
        "SELECT status, handed_at FROM email_sends WHERE to_email = 'lead0001@example.com'"
    )
    assert row["status"] == "unknown"
    assert row["handed_at"] is not None, "the provider may have counted it"
    query = "SELECT status, next_due_at, blocked_reason FROM enrollments WHERE blocked_reason IS NOT NULL"
    waiting = await sql.fetchrow(query)
    assert tuple(waiting) == ("active", None, "unknown_previous")
    assert await sql.fetchval("SELECT status FROM campaigns") == "active", "an unknown end is no end"


async def test_a_connection_lost_before_the_message_is_complete_loses_nothing(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 2)
    relay.script.answer("data", DROP, address="")
    await drain(loop)
    at.move(minutes=15)
    await drain(loop)
    assert sorted(relay.recipients) == [FIRST, "lead0001@example.com"]
    assert await sql.fetchval("SELECT count(*) FROM email_sends WHERE status = 'sent'") == 2


async def test_a_refused_sign_in_sets_the_mailbox_aside_and_keeps_its_messages(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any
) -> None:
    relay.script.username, relay.script.password = "mira", "secret"
    account = await add_mailbox(organization_id, relay.port, password="wrong")
    await add_campaign(organization_id, [account], 3)
    await drain(loop)
    box = await sql.fetchrow("SELECT status, status_reason, next_turn_at, lease_until FROM email_accounts")
    assert (box["status"], box["next_turn_at"], box["lease_until"]) == ("auth_failed", None, None)
    assert box["status_reason"]
    assert await sql.fetchval("SELECT count(*) FROM email_sends") == 0
    due = await sql.fetch("SELECT status FROM enrollments WHERE next_due_at IS NOT NULL")
    assert [row["status"] for row in due] == ["active"] * 3
    assert await sql.fetchval("SELECT coalesce(sum(reserved + used), 0) FROM cap_usage") == 0
    assert (
        await sql.fetchval("SELECT count(*) FROM analytics_events WHERE event_type = 'mailbox_changed'") == 1
    )


async def test_an_unreachable_server_is_tried_less_and_less_and_nothing_is_lost(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, 21599)
    await add_campaign(organization_id, [account], 2)
    waits = []
    for _ in range(9):
        await drain(loop)
        turn = await sql.fetchval("SELECT next_turn_at FROM email_accounts")
        waits.append((turn - at.at).total_seconds() / 60)
        at.at = turn
    assert waits == [1, 2, 5, 10, 20, 30, 60, 60, 60]
    await drain(loop)
    assert await sql.fetchval("SELECT status FROM email_accounts") == "unreachable"
    await sql.execute(
        "UPDATE email_accounts SET status = 'connected', failures_in_a_row = 0, not_before = NULL, next_turn_at = $1,"
        " smtp_config = jsonb_set(smtp_config, '{port}', $2::jsonb)", at.at, str(relay.port),
    )  # fmt: skip
    await drain(loop)
    assert sorted(relay.recipients) == [FIRST, "lead0001@example.com"]
    assert await sql.fetchval("SELECT failures_in_a_row FROM email_accounts") == 0


async def test_throttling_pushes_the_mailbox_and_not_the_person(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 4)
    relay.script.answer("rcpt", "451 4.7.28 Too many messages, slow down", address="lead0001@example.com")
    await drain(loop)
    assert relay.recipients == [FIRST]
    assert await sql.fetchval("SELECT next_turn_at FROM email_accounts") == at.at + timedelta(minutes=15)
    states = await sql.fetch(
        "SELECT status, attempts, handed_at IS NULL AS free FROM email_sends ORDER BY to_email"
    )
    assert [tuple(state) for state in states] == [("sent", 1, False), *[("deferred", 0, True)] * 3]
    at.move(minutes=15)
    await drain(loop)
    assert len(relay.recipients) == len(set(relay.recipients)) == 4


async def test_ten_failures_in_a_row_pause_the_campaign(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 40)
    relay.script.answer("rcpt", *["550 5.1.1 No such user"] * 40)
    loop.tools.settings = loop.tools.settings.model_copy(
        update={"sending": loop.tools.settings.sending.model_copy(update={"messages_per_claim": 5})}
    )
    await drain(loop)
    row = await sql.fetchrow("SELECT status, status_reason, failures_in_a_row FROM campaigns")
    assert row["status"] == "paused"
    assert "in a row failed" in row["status_reason"]
    assert 10 <= row["failures_in_a_row"] <= 15
    assert (
        await sql.fetchval("SELECT count(*) FROM email_sends WHERE status = 'refused'")
        == row["failures_in_a_row"]
    )


async def test_a_mailbox_that_is_refused_too_often_is_spoken_of(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 24)
    for n in range(0, 24, 3):
        relay.script.answer("rcpt", "550 5.1.1 No such user", address=f"lead{n:04d}@example.com")
    await drain(loop)
    assert await run_checks(sql, organization_id) > 0
    fact = await sql.fetchrow("SELECT * FROM analytics_events WHERE event_type = 'deliverability_fell'")
    told = json.loads(fact["event_data"])
    assert (fact["email_account_id"], told["bounced"], told["attempted"]) == (account, 8, 24)


async def test_a_missing_field_blocks_that_one_person_until_it_is_filled(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    stage = await add_campaign(organization_id, [account], 3, steps=[Step(body="Dear {{ company }}, hello")])
    await sql.execute("UPDATE leads SET company = '' WHERE id = $1", stage.lead_ids[1])
    await sql.execute("UPDATE email_accounts SET next_turn_at = $1", at.at)
    await drain(loop)
    assert relay.recipients == [FIRST, "lead0002@example.com"]
    row = await sql.fetchrow("SELECT * FROM enrollments WHERE id = $1", stage.enrollment_ids[1])
    assert (row["status"], row["blocked_reason"], row["next_due_at"]) == ("active", "missing_field", None)
    assert "company" in row["blocked_detail"]
    await sql.execute("UPDATE leads SET company = 'Acme' WHERE id = $1", stage.lead_ids[1])
    await sql.execute("UPDATE enrollments SET next_due_at = $1 WHERE id = $2", at.at, row["id"])
    await sql.execute("UPDATE email_accounts SET next_turn_at = $1", at.at)
    await drain(loop)
    assert relay.recipients[-1] == "lead0001@example.com"
    assert await sql.fetchval("SELECT blocked_reason FROM enrollments WHERE id = $1", row["id"]) is None


async def test_a_message_that_can_never_go_is_set_apart(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    stage = await add_campaign(organization_id, [account], 3, steps=[Step(body="Dear {{ company }}, hello")])
    await sql.execute("UPDATE leads SET company = repeat('x', 2000000) WHERE id = $1", stage.lead_ids[0])
    await drain(loop)
    assert relay.recipients == ["lead0001@example.com", "lead0002@example.com"]
    row = await sql.fetchrow("SELECT status, reason FROM email_sends WHERE to_email = $1", FIRST)
    assert tuple(row) == ("quarantined", "message_too_large")
    assert (
        await sql.fetchval("SELECT status FROM enrollments WHERE id = $1", stage.enrollment_ids[0])
        == "failed"
    )
    assert await sql.fetchval("SELECT status FROM campaigns") == "completed"
    assert await sql.fetchval("SELECT sum(failed) FROM campaign_stats") == 1


async def test_who_answered_on_the_way_has_replied_when_the_steps_are_through(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    """In a campaign that goes on after an answer."""
    account = await add_mailbox(organization_id, relay.port)
    steps = [Step(), Step(subject="", body="Just asking again.", days=2)]
    await add_campaign(organization_id, [account], 2, steps=steps, settings={"stop_on_reply": False})
    await drain(loop)
    await sql.execute("UPDATE email_sends SET replied_at = $1 WHERE to_email = $2", at.at, FIRST)
    at.move(days=2)
    await drain(loop)
    assert len(relay.recipients) == 4
    rows = await sql.fetch("SELECT status, stopped_reason FROM enrollments ORDER BY id")
    assert [tuple(row) for row in rows] == [("replied", "a reply"), ("completed", None)]
    assert await sql.fetchval("SELECT status FROM campaigns") == "completed"
