"""What a plan allows: counted as it is sent, held when it is used up, and said."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest

from reachly.data.session import tenant
from reachly.jobs.sending import SendingLoop
from reachly.kit.errors import Conflict
from reachly.services.campaigns import service as campaigns
from reachly.services.identity import policy
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor
from reachly.services.leads.service.uploading import begin_upload
from tests.factories.sending import add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay, SetClock, drain

pytestmark = pytest.mark.anyio


@pytest.fixture
async def free(organization_id: uuid.UUID, sql: Any, monkeypatch: Any, at: SetClock) -> uuid.UUID:
    """A plan of three messages a month."""
    monkeypatch.setitem(policy.PLAN_LIMITS, "free", {"sends": 3, "leads_imported": 5})
    await sql.execute("UPDATE organizations SET plan_type = 'free'")
    return organization_id


async def used(actor: Actor) -> dict[str, tuple[int, int | None]]:
    async with tenant(actor.organization_id) as session:
        found = await identity.get_usage(session, actor)
    return {metric.metric: (metric.used, metric.limit) for metric in found.metrics}


async def test_sends_are_counted_without_a_limit(
    relay: Relay, organization_id: uuid.UUID, actor: Actor, loop: SendingLoop
) -> None:
    await add_campaign(organization_id, [await add_mailbox(organization_id, relay.port)], 4)
    await drain(loop)
    assert len(relay.recipients) == 4
    assert (await used(actor))["sends"] == (4, None)


async def test_plan_that_is_used_up_holds_every_campaign_and_says_so(
    relay: Relay, free: uuid.UUID, actor: Actor, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    first = await add_campaign(free, [await add_mailbox(free, relay.port)], 5)
    other = await add_mailbox(free, relay.port, address="nora@brightfjord.example")
    second = await add_campaign(free, [other], 2, prefix="later", due=at.at + timedelta(days=1))
    await drain(loop)
    assert (len(relay.recipients), (await used(actor))["sends"]) == (3, (3, 3))
    states = await sql.fetch("SELECT id, status, status_reason FROM campaigns")
    assert {row["id"]: row["status"] for row in states} == {
        first.campaign_id: "paused",
        second.campaign_id: "paused",
    }
    assert all(
        "The 3 messages a month of the free plan are used up" in row["status_reason"] for row in states
    )
    fact = await sql.fetchrow("SELECT * FROM analytics_events WHERE event_type = 'quota_reached'")
    assert json.loads(fact["event_data"]) == {"metric": "sends", "used": 3, "limit": 3, "plan_type": "free"}
    async with tenant(free) as session:
        with pytest.raises(Conflict) as refused:
            await campaigns.start_campaign(session, actor, first.campaign_id)
    assert "quota_reached" in [fault.code for fault in refused.value.errors]


async def test_next_month_has_room_again(
    relay: Relay, free: uuid.UUID, actor: Actor, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    stage = await add_campaign(free, [await add_mailbox(free, relay.port)], 5)
    await drain(loop)
    at.move(days=31)
    async with tenant(free) as session:
        quota = await identity.find_quota(session, free)
    assert quota is not None
    assert (quota.used, quota.left) == (0, 3)
    assert (await used(actor))["sends"] == (0, 3)
    async with tenant(free) as session:
        found = await campaigns.check_campaign(session, actor, stage.campaign_id)
    assert "quota_reached" not in [finding.code for finding in found.findings]


async def test_import_beyond_the_plan_is_refused(free: uuid.UUID, actor: Actor) -> None:
    async with tenant(free) as session:
        await identity.add_usage(session, free, "leads_imported", 4)
    assert await begin_upload(actor, "people.csv")
    async with tenant(free) as session:
        await identity.add_usage(session, free, "leads_imported", 1)
    with pytest.raises(Conflict, match="5 imported leads a month"):
        await begin_upload(actor, "more.csv")
