"""Whatever ends the last people of a campaign completes it before the stop is answered."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from reachly.data.session import Session, tenant
from reachly.kit import clock
from reachly.services.campaigns import service as campaigns
from reachly.services.identity.schemas import Actor
from reachly.services.leads import service as leads
from reachly.services.suppression import service as suppression
from tests.factories.sending import Stage, add_campaign, add_mailbox

pytestmark = pytest.mark.anyio
Stop = Callable[[Session, Actor, Stage, int], Awaitable[Any]]


async def by_hand(session: Session, actor: Actor, stage: Stage, n: int) -> None:
    ids = [stage.enrollment_ids[n]]
    await campaigns.stop_enrollments(session, stage.organization_id, ids, "stopped", "by hand")


async def by_address(session: Session, actor: Actor, stage: Stage, n: int) -> None:
    address = f"lead{n:04d}@example.com"
    await suppression.suppress(session, stage.organization_id, address, "unsubscribed", "test")


async def by_domain(session: Session, actor: Actor, stage: Stage, n: int) -> None:
    await suppression.suppress(session, stage.organization_id, "example.com", "manual", "test")


async def by_deletion(session: Session, actor: Actor, stage: Stage, n: int) -> None:
    await leads.delete_lead(session, actor, stage.lead_ids[n])


async def status_of(sql: Any, stage: Stage) -> str:
    return str(await sql.fetchval("SELECT status FROM campaigns WHERE id = $1", stage.campaign_id))


async def count_completed(sql: Any) -> int:
    query = "SELECT count(*) FROM analytics_events WHERE event_type = 'campaign_completed'"
    return int(await sql.fetchval(query))


@pytest.fixture
async def stage(actor: Actor) -> Stage:
    return await add_campaign(actor.organization_id, [await add_mailbox(actor.organization_id, 25)], 2)


@pytest.mark.parametrize(
    "stop", [by_hand, by_address, by_domain, by_deletion], ids=lambda stop: stop.__name__
)
async def test_a_campaign_is_completed_by_the_stop_of_its_last_people(
    stop: Stop, actor: Actor, stage: Stage, sql: Any
) -> None:
    for n in range(2):
        async with tenant(actor.organization_id) as session:
            await stop(session, actor, stage, n)
        done = n == 1 or stop is by_domain
        assert await status_of(sql, stage) == ("completed" if done else "active")
    assert await count_completed(sql) == 1


async def test_nothing_is_completed_into_which_an_import_runs(actor: Actor, stage: Stage, sql: Any) -> None:
    await sql.execute(
        "INSERT INTO imports (organization_id, id, campaign_id, filename, status, created_at)"
        " VALUES ($1, $2, $3, 'people.csv', 'running', $4)",
        actor.organization_id, uuid.uuid4(), stage.campaign_id, clock.now(),
    )  # fmt: skip
    async with tenant(actor.organization_id) as session:
        await by_domain(session, actor, stage, 0)
    assert await status_of(sql, stage) == "active"


@pytest.mark.parametrize("status", ["draft", "paused"])
async def test_a_campaign_that_does_not_run_is_not_completed(
    status: str, actor: Actor, stage: Stage, sql: Any
) -> None:
    await sql.execute("UPDATE campaigns SET status = $1", status)
    async with tenant(actor.organization_id) as session:
        await by_domain(session, actor, stage, 0)
    assert await status_of(sql, stage) == status


async def test_a_stop_that_was_undone_completes_nothing(actor: Actor, stage: Stage, sql: Any) -> None:
    async def undone() -> None:
        async with tenant(actor.organization_id) as session:
            await by_domain(session, actor, stage, 0)
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        await undone()
    assert await status_of(sql, stage) == "active"


async def test_only_the_own_organization_is_looked_at(
    actor: Actor, new_actor: Any, stage: Stage, sql: Any
) -> None:
    other = await new_actor("quietharbor")
    left = await add_campaign(other.organization_id, [], 0)
    async with tenant(actor.organization_id) as session:
        await by_domain(session, actor, stage, 0)
    assert await status_of(sql, stage) == "completed"
    assert await status_of(sql, left) == "active"
