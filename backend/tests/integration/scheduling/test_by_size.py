"""A large campaign is thought about in a process of its own, with the same answers."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reachly.data.session import tenant
from reachly.services.campaigns import service as campaigns
from reachly.services.campaigns.service import checking
from reachly.services.identity.schemas import Actor
from reachly.services.scheduling import policy
from reachly.services.scheduling import service as scheduling
from reachly.services.scheduling.service import by_size, simulating
from tests.factories.sending import Stage, Step, add_campaign, add_mailbox
from tests.integration.sending.conftest import SetClock

pytestmark = pytest.mark.anyio
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
async def stage(organization_id: uuid.UUID, at: SetClock) -> Stage:
    at.at = MONDAY
    accounts = [await add_mailbox(organization_id, 9, daily_limit=2)]
    return await add_campaign(
        organization_id, accounts, 12, steps=[Step(), Step(days=3)], settings={"recipient_hours": True}
    )


async def test_the_answers_are_the_same_and_none_of_it_runs_here(
    stage: Stage, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tenant(actor.organization_id) as session:
        plan = await scheduling.simulate_campaign(session, actor, stage.campaign_id)
        told = await scheduling.explain_campaign(session, actor, stage.campaign_id)

    def refuse(*_: Any) -> None:
        raise AssertionError("this holds up the loop")

    monkeypatch.setattr(policy, "simulate", refuse)
    monkeypatch.setattr(policy, "explain", refuse)
    with pytest.raises(AssertionError, match="holds up"):  # twelve people are few
        await scheduling.simulate_by_size(actor, stage.campaign_id)
    monkeypatch.setattr(by_size, "FEW", 11)
    assert await scheduling.simulate_by_size(actor, stage.campaign_id) == plan
    assert await scheduling.explain_by_size(actor, stage.campaign_id) == told


async def test_a_check_of_many_people_asks_none_of_them_here(
    stage: Stage, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tenant(actor.organization_id) as session:
        found = await campaigns.check_campaign(session, actor, stage.campaign_id)

    def refuse(*_: Any) -> None:
        raise AssertionError("this holds up the loop")

    monkeypatch.setattr(checking, "find_holes", refuse)
    with pytest.raises(AssertionError, match="holds up"):  # twelve people are few
        await campaigns.check_by_size(actor, stage.campaign_id)
    monkeypatch.setattr(checking, "MANY", 11)
    assert await campaigns.check_by_size(actor, stage.campaign_id) == found


async def test_what_lies_beyond_the_horizon_is_counted(
    stage: Stage, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tenant(actor.organization_id) as session:
        whole = await scheduling.simulate_campaign(session, actor, stage.campaign_id)
        monkeypatch.setattr(simulating, "HORIZON", timedelta(days=4))
        part = await scheduling.simulate_campaign(session, actor, stage.campaign_id)
    assert (whole.beyond, whole.until, whole.beyond_ends_at) == (0, None, None)
    assert part.total + part.beyond == whole.total == 24
    assert part.beyond > 0
    assert part.until == MONDAY + timedelta(days=4)
    assert part.last_follow_up_at is None
    assert part.beyond_ends_at is not None
    assert part.beyond_ends_at > part.until
