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
from reachly.kit.errors import Conflict, NotFound
from reachly.services.campaigns.schemas import SendOut
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor
from reachly.services.scheduling import service as scheduling
from reachly.services.sending import service
from reachly.services.sending.schemas import Decision, ResolveIn
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
