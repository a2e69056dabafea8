"""After an outage, a pause or a restore: planned anew under all caps, and what is late beyond its grace asks first."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from reachly.data.session import tenant
from reachly.infra import settings as settings_module
from reachly.infra.settings import Settings
from reachly.jobs.sending import SendingLoop
from reachly.kit.errors import Conflict
from reachly.services.campaigns import service as campaigns
from reachly.services.campaigns.schemas import CampaignOut
from reachly.services.identity.schemas import Actor
from reachly.services.scheduling import service as scheduling
from tests.factories.sending import add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay, SetClock, drain

pytestmark = pytest.mark.anyio


@pytest.fixture
def public(settings: Settings) -> Iterator[Settings]:
    """A server that strangers can reach, so that its campaigns may start."""
    made = settings.model_copy(update={"public_url": "https://reachly.example"})
    settings_module.install(made)
    yield made
    settings_module.install(settings)


async def get(actor: Actor, campaign_id: uuid.UUID) -> CampaignOut:
    async with tenant(actor.organization_id) as session:
        return await campaigns.get_campaign(session, actor, campaign_id)


async def start(actor: Actor, campaign_id: uuid.UUID, *, confirm_late: bool = False) -> CampaignOut:
    async with tenant(actor.organization_id) as session:
        out = await campaigns.start_campaign(session, actor, campaign_id, confirm_late=confirm_late)
    await scheduling.plan_campaign(actor.organization_id, campaign_id)
    return out


async def run_for(loop: SendingLoop, at: SetClock, sql: Any, hours: float) -> None:
    end = at.at + timedelta(hours=hours)
    while at.at < end:
        await drain(loop)
        turn = await sql.fetchval("SELECT min(next_turn_at) FROM email_accounts")
        at.at = min(end, turn) if turn and turn > at.at else end


async def test_an_outage_beyond_the_grace_asks_first_even_if_a_plan_was_made_meanwhile(
    relay: Relay, organization_id: uuid.UUID, actor: Actor, public: Settings, sql: Any, at: SetClock
) -> None:
    loop = SendingLoop(public)
    account = await add_mailbox(organization_id, relay.port, min_gap_seconds=600)
    stage = await add_campaign(organization_id, [account], 30)
    await drain(loop)
    assert len(relay.recipients) == 1
    at.move(hours=60)  # nobody worked
    young = await add_campaign(organization_id, [account], 2, prefix="young")
    await scheduling.plan_campaign(organization_id, stage.campaign_id)  # an edit while nobody worked
    await drain(loop)
    told = await get(actor, stage.campaign_id)
    assert (told.status, told.paused_for, told.is_late) == ("paused", "late", True)
    async with tenant(organization_id) as session:
        explained = await scheduling.explain_campaign(session, actor, stage.campaign_id)
    assert [(reason.code, reason.count, reason.until) for reason in explained.reasons] == [
        ("campaign_late", 29, None)
    ]
    assert (await get(actor, young.campaign_id)).status == "active", "what was due since then does not ask"
    await run_for(loop, at, sql, 3)
    assert sorted(relay.recipients[1:]) == ["young0000@example.com", "young0001@example.com"]
    with pytest.raises(Conflict) as refused:
        await start(actor, stage.campaign_id)
    assert refused.value.code == "late"
    resumed = await start(actor, stage.campaign_id, confirm_late=True)
    assert (resumed.status, resumed.paused_for, resumed.is_late) == ("active", None, False)
    await run_for(loop, at, sql, 4)
    assert len(relay.recipients) == 3 + 24, "and then one every ten minutes, as ever"
    assert (await get(actor, stage.campaign_id)).status == "active"


@pytest.mark.parametrize("what", ["outage", "pause"])
async def test_within_the_grace_it_goes_on_without_a_flood(
    what: str,
    relay: Relay,
    organization_id: uuid.UUID,
    actor: Actor,
    public: Settings,
    sql: Any,
    at: SetClock,
) -> None:
    loop = SendingLoop(public)
    account = await add_mailbox(organization_id, relay.port, min_gap_seconds=600, daily_limit=40)
    stage = await add_campaign(organization_id, [account], 200)
    await run_for(loop, at, sql, 1)
    before = len(relay.recipients)
    if what == "pause":
        async with tenant(organization_id) as session:
            paused = await campaigns.pause_campaign(session, actor, stage.campaign_id)
        assert (paused.paused_for, paused.is_late) == ("hand", False)
        await drain(loop)
    at.move(hours=40)
    if what == "pause":
        await start(actor, stage.campaign_id)
    await run_for(loop, at, sql, 2)
    handed = [row["handed_at"] for row in await sql.fetch("SELECT handed_at FROM email_sends ORDER BY 1")
              if row["handed_at"]]  # fmt: skip
    assert before == 6
    assert len(handed) == 6 + 12, "the hours that were missed are not made up for"
    assert all(later - earlier >= timedelta(minutes=10) for earlier, later in itertools.pairwise(handed))
    planned = await sql.fetchval(
        "SELECT count(*) FROM email_sends WHERE planned_at < handed_at - interval '1 min'"
    )
    assert planned == 0, "planned anew, not late"


async def test_a_long_pause_asks_before_it_goes_on(
    relay: Relay, organization_id: uuid.UUID, actor: Actor, public: Settings, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    stage = await add_campaign(organization_id, [account], 2)
    async with tenant(organization_id) as session:
        await campaigns.pause_campaign(session, actor, stage.campaign_id)
    at.move(hours=49)
    assert (await get(actor, stage.campaign_id)).is_late
    with pytest.raises(Conflict) as refused:
        await start(actor, stage.campaign_id)
    assert refused.value.code == "late"
    assert (await start(actor, stage.campaign_id, confirm_late=True)).status == "active"
    await drain(SendingLoop(public))
    assert len(relay.recipients) == 2
