"""A message of which nobody knows whether it arrived: a person decides, and it is written down who did."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from reachly.data import outbox
from reachly.data.session import tenant
from reachly.integrations.mailer.fake import DROP
from reachly.jobs.sending import SendingLoop
from reachly.kit import clock
from reachly.kit.errors import Conflict, NotFound
from reachly.services.campaigns.schemas import SendOut
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor
from reachly.services.scheduling import service as scheduling
from reachly.services.sending import service
from reachly.services.sending.schemas import Decision, DoubtScope, DoubtsOut, ResolveIn, ResolveOut
from reachly.services.sending.service import proving
from tests.factories.sending import Stage, Step, add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay, SetClock, drain

pytestmark = pytest.mark.anyio
FIRST = "lead0000@example.com"
STEPS = [Step(), Step(subject="", body="Just asking again.", days=2)]


async def make_unknown(
    organization_id: uuid.UUID, relay: Relay, loop: SendingLoop, sql: Any
) -> tuple[Stage, Any]:
    """One message whose answer was lost."""
    account = await add_mailbox(organization_id, relay.port)
    stage = await add_campaign(organization_id, [account], 1, steps=STEPS)
    relay.script.answer("final", DROP, address=FIRST)
    await drain(loop)
    row = await sql.fetchrow("SELECT * FROM email_sends")
    assert row["status"] == "unknown"
    return stage, row


async def decide(actor: Actor, stage: Stage, send_id: uuid.UUID, decision: Decision) -> SendOut:
    async with tenant(actor.organization_id) as session:
        return await service.decide_unknown(session, actor, stage.campaign_id, send_id, decision)


async def test_a_person_may_send_it_again_under_the_same_id(
    relay: Relay, organization_id: uuid.UUID, actor: Actor, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    stage, row = await make_unknown(organization_id, relay, loop, sql)
    at.move(hours=30)
    await drain(loop)
    assert len(relay.recipients) == 1, "no timer does it"
    async with tenant(organization_id) as session:
        why = await scheduling.explain_enrollment(session, actor, stage.campaign_id, stage.enrollment_ids[0])
    assert why.held is not None
    assert (why.held.code, why.held.until) == ("unknown_previous", None)
    shown = await decide(actor, stage, row["id"], "resend")
    assert (shown.status, shown.settled_by, shown.message_id) == ("deferred", "person", row["message_id"])
    await drain(loop)
    again = await sql.fetch("SELECT id, intent_key, message_id, status, attempts FROM email_sends")
    assert [tuple(one) for one in again] == [(row["id"], row["intent_key"], row["message_id"], "sent", 2)]
    assert relay.recipients == [FIRST, FIRST]
    assert [row["message_id"].encode() in envelope.data for envelope in relay.script.accepted] == [True, True]
    async with tenant(organization_id) as session:
        log = (await identity.page_audit_log(session, actor, limit=5, cursor=None)).items[0]
    assert (log.action, log.subject, log.user_id) == ("message.resent", FIRST, actor.user_id)
    assert (log.detail["message_id"], log.detail["attempt"]) == (row["message_id"], 2)
    assert log.detail["handed_at"] == row["handed_at"].isoformat()
    at.move(days=2)
    await drain(loop)
    assert len(relay.recipients) == 3, "and the sequence goes on"


async def test_a_person_may_know_that_it_arrived(
    relay: Relay, organization_id: uuid.UUID, actor: Actor, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    stage, row = await make_unknown(organization_id, relay, loop, sql)
    at.move(hours=1)
    shown = await decide(actor, stage, row["id"], "arrived")
    assert (shown.status, shown.settled_by, shown.sent_at) == ("sent", "person", row["handed_at"])
    due = await sql.fetchval("SELECT next_due_at FROM enrollments")
    assert due == row["handed_at"] + timedelta(days=2)
    assert await sql.fetchval("SELECT sum(sent) FROM campaign_stats") == 1
    at.move(days=2)
    await drain(loop)
    assert relay.recipients == [FIRST, FIRST]
    assert b"In-Reply-To" in relay.script.accepted[1].data


async def test_only_what_is_in_doubt_is_decided_and_only_once(
    relay: Relay, organization_id: uuid.UUID, actor: Actor, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    stage, row = await make_unknown(organization_id, relay, loop, sql)
    with pytest.raises(NotFound):
        await decide(actor, stage, uuid.uuid4(), "resend")
    await sql.execute("UPDATE enrollments SET status = 'replied'")
    with pytest.raises(Conflict) as refused:
        await decide(actor, stage, row["id"], "resend")
    assert refused.value.code == "ended", "whoever has answered gets nothing more"
    await sql.execute("UPDATE enrollments SET status = 'active'")
    await decide(actor, stage, row["id"], "resend")
    with pytest.raises(Conflict) as twice:
        await decide(actor, stage, row["id"], "resend")
    assert twice.value.code == "not_unknown"
    await drain(loop)
    assert len(relay.recipients) == 2


async def test_whoever_runs_the_server_may_decide_too(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    _, row = await make_unknown(organization_id, relay, loop, sql)
    for named in (
        {"messages": [row["id"]]},
        {"campaign": row["campaign_id"]},
        {"mailbox": "Mira@brightfjord.example"},
        {},
    ):
        [(actor, scope)] = await service.scopes_at_the_console(**named)
        assert actor.organization_id == organization_id
    async with tenant(organization_id) as session:
        body = ResolveIn(**scope.model_dump(), decision="arrived")
        done = await service.resolve_doubts(session, actor, body)
    assert (done.resolved, done.left) == (1, 0)
    log = await sql.fetchrow("SELECT action, user_id FROM audit_log ORDER BY at DESC LIMIT 1")
    assert tuple(log) == ("message.arrived", None)
    assert await service.scopes_at_the_console() == []


async def test_what_was_put_off_and_proves_to_have_arrived_is_not_sent_again(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    """A server may say "later" after the final dot, and deliver all the same."""
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 1, steps=STEPS)
    relay.script.answer("final", "451 4.3.0 try again later", address=FIRST)
    await drain(loop)
    row = await sql.fetchrow("SELECT * FROM email_sends")
    assert row["status"] == "deferred"
    async with tenant(organization_id) as session:
        await outbox.emit(session, await proving.note_proof(session, organization_id, row["id"], "answer"))
        assert await proving.note_proof(session, organization_id, row["id"], "answer") == []
    assert await sql.fetchval("SELECT sum(used) FROM cap_usage WHERE scope = 'mailbox'") == 1
    at.move(hours=5)
    await drain(loop)
    assert relay.recipients == [], "its time to be tried again has passed"
    at.move(days=2)
    await drain(loop)
    assert [tuple(r) for r in await sql.fetch("SELECT step, status FROM email_sends ORDER BY step")] == [
        (1, "sent"), (2, "sent"),
    ]  # fmt: skip


async def make_many(
    organization_id: uuid.UUID, relay: Relay, loop: SendingLoop, people: int, steps: list[Step] = STEPS
) -> Stage:
    """A whole campaign whose answers were lost, one connection each."""
    account = await add_mailbox(organization_id, relay.port)
    stage = await add_campaign(organization_id, [account], people, steps=steps)
    for number in range(people):
        relay.script.answer("final", DROP, address=f"lead{number:04d}@example.com")
    await drain(loop)
    return stage


async def resolve(actor: Actor, **body: Any) -> ResolveOut:
    async with tenant(actor.organization_id) as session:
        return await service.resolve_doubts(session, actor, ResolveIn(**body))


async def survey(actor: Actor, **scope: Any) -> DoubtsOut:
    async with tenant(actor.organization_id) as session:
        return await service.survey_doubts(session, actor, DoubtScope(**scope))


async def test_one_request_decides_a_thousand_and_each_goes_on(
    organization_id: uuid.UUID, actor: Actor, sql: Any, at: SetClock, database: Any
) -> None:
    account = await add_mailbox(organization_id, 2)
    stage = await add_campaign(organization_id, [account], 1000, steps=STEPS)
    await put_in_doubt(sql, stage, "no_answer")
    done = await resolve(actor, campaign_id=stage.campaign_id, decision="arrived")
    assert (done.resolved, done.skipped, done.ended, done.left) == (1000, 0, 0, 0)
    people = await sql.fetch(
        "SELECT DISTINCT next_step, next_due_at, status, blocked_reason FROM enrollments"
    )
    assert [tuple(one) for one in people] == [(2, at.at + timedelta(days=2), "active", None)]
    assert await sql.fetchval("SELECT count(*) FROM open_sends") == 0
    again = await resolve(actor, campaign_id=stage.campaign_id, decision="arrived")
    assert (again.resolved, again.left) == (0, 0), "a second time changes nothing"
    log = await sql.fetch(
        "SELECT subject, detail->>'messages' AS n FROM audit_log WHERE action = 'message.arrived'"
    )
    assert [tuple(line) for line in log] == [("1000 messages", "1000")]
    entry = await sql.fetchval("SELECT evidence->0->>'user_id' FROM email_sends LIMIT 1")
    assert entry == str(actor.user_id)


async def put_in_doubt(sql: Any, stage: Stage, reason: str) -> None:
    """As if the answer to each of the campaign's first messages had been lost."""
    now = clock.now()
    await sql.execute(
        "INSERT INTO email_sends (organization_id, id, kind, intent_key, campaign_id, enrollment_id, lead_id,"
        " email_account_id, sequence_id, step, to_email, status, attempts, planned_at, claimed_at, handed_at,"
        " message_id, reason, created_at, updated_at)"
        " SELECT organization_id, gen_random_uuid(), 'campaign', id || ':' || $3, $2,"
        " id, lead_id, email_account_id, $3::uuid, 1, sort_key, 'unknown', 1, $4, $4, $4, '<' || id || '@x.example>',"
        " $5, $4, $4 FROM enrollments WHERE organization_id = $1 AND campaign_id = $2",
        stage.organization_id,
        stage.campaign_id,
        str(stage.step_ids[0]),
        now,
        reason,
    )
    await sql.execute(
        "INSERT INTO open_sends (organization_id, send_id) SELECT organization_id, id FROM email_sends"
        " WHERE campaign_id = $1",
        stage.campaign_id,
    )
    await sql.execute(
        "UPDATE enrollments SET next_due_at = NULL, blocked_reason = 'unknown_previous' WHERE campaign_id = $1",
        stage.campaign_id,
    )


async def test_all_are_sent_again_but_those_to_whom_nothing_more_goes_and_what_was_settled_meanwhile(
    relay: Relay, organization_id: uuid.UUID, actor: Actor, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    stage = await make_many(organization_id, relay, loop, 6)
    rows = await sql.fetch("SELECT id, enrollment_id FROM email_sends ORDER BY to_email")
    assert len(rows) == 6
    await sql.execute("UPDATE enrollments SET status = 'replied' WHERE id = $1", rows[0]["enrollment_id"])
    await decide(actor, stage, rows[1]["id"], "arrived")
    ids = [row["id"] for row in rows]
    done = await resolve(actor, send_ids=[*ids, uuid.uuid4()], decision="resend")
    assert (done.resolved, done.skipped, done.ended, done.left) == (4, 2, 1, 1)
    await drain(loop)
    assert sorted(relay.recipients.count(f"lead{n:04d}@example.com") for n in range(6)) == [1, 1, 2, 2, 2, 2]
    assert await sql.fetchval("SELECT count(*) FROM email_sends WHERE attempts = 2 AND status = 'sent'") == 4
    last = await resolve(actor, all=True, decision="arrived")
    assert (last.resolved, last.left) == (1, 0)
    assert (
        await sql.fetchval("SELECT status FROM enrollments WHERE id = $1", rows[0]["enrollment_id"])
        == "replied"
    )


async def test_the_likely_share_is_taken_from_what_the_mailboxes_settled_and_names_what_it_rests_on(
    organization_id: uuid.UUID, actor: Actor, sql: Any, at: SetClock, database: Any
) -> None:
    mira, sol = [
        await add_mailbox(organization_id, 2, address=f"{name}@brightfjord.example")
        for name in ("mira", "sol")
    ]
    old = await add_campaign(organization_id, [mira], 8, prefix="old")
    await put_in_doubt(sql, old, "no_answer")
    nothing = await survey(actor)
    assert (nothing.count, nothing.likely_arrived, nothing.without_evidence, nothing.settled) == (
        8,
        None,
        8,
        0,
    )
    for n, verdict in ((6, "sent"), (2, "never_left")):
        await sql.execute(
            "UPDATE email_sends SET status = 'sent', evidence = jsonb_build_array(jsonb_build_object("
            "'by', 'sent_folder', 'was', reason, 'verdict', $2::text)) WHERE id IN"
            " (SELECT id FROM email_sends WHERE status = 'unknown' ORDER BY id LIMIT $1)",
            n,
            verdict,
        )
    await sql.execute("DELETE FROM open_sends")
    new = await add_campaign(organization_id, [mira, sol], 8, prefix="new")
    await put_in_doubt(sql, new, "no_answer")
    await sql.execute("UPDATE email_sends SET reason = 'worker_lost' WHERE to_email = 'new0000@example.com'")
    found = await survey(actor, campaign_id=new.campaign_id)
    groups = {
        (g.email_address.partition("@")[0], g.stage): (g.count, g.basis, g.arrived, g.settled)
        for g in found.groups
    }
    assert groups == {
        ("mira", "no_answer"): (3, "mailbox", 6, 8),
        ("mira", "worker_lost"): (1, "none", 0, 0),
        ("sol", "no_answer"): (4, "organization", 6, 8),
    }
    assert (found.count, found.likely_arrived, found.without_evidence) == (8, 5, 1)
    only = await survey(actor, email_account_id=sol)
    assert (only.count, only.likely_arrived, only.arrived, only.settled) == (4, 3, 6, 8)
    with pytest.raises(NotFound):
        await survey(actor, campaign_id=uuid.uuid4())


async def test_a_stranger_decides_nothing(
    organization_id: uuid.UUID, new_actor: Any, actor: Actor, sql: Any, at: SetClock, database: Any
) -> None:
    account = await add_mailbox(organization_id, 2)
    stage = await add_campaign(organization_id, [account], 3)
    await put_in_doubt(sql, stage, "no_answer")
    stranger = await new_actor("birchway")
    ids = [row["id"] for row in await sql.fetch("SELECT id FROM email_sends")]
    for body in ({"all": True}, {"send_ids": ids}):
        assert (await resolve(stranger, **body, decision="arrived")).resolved == 0
    with pytest.raises(NotFound):
        await resolve(stranger, campaign_id=stage.campaign_id, decision="arrived")
    assert await sql.fetchval("SELECT count(*) FROM email_sends WHERE status = 'unknown'") == 3
