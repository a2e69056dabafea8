"""A start costs what its people cost, however many jobs and pages it takes."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest

from reachly.infra import queue
from reachly.infra.queue import JobEngine
from reachly.services.campaigns import service as campaigns
from reachly.services.campaigns.service import personalising
from reachly.services.scheduling import service as scheduling
from reachly.services.scheduling.service import planning
from tests.factories.sending import Stage, add_campaign, add_mailbox
from tests.integration.infra.test_queue import until, working

pytestmark = pytest.mark.anyio
NOBODY = 9  # a port
UNPLANNED = "SELECT count(*) FROM enrollments WHERE next_due_at IS NULL"


@pytest.fixture
async def stage(organization_id: uuid.UUID, sql: Any) -> Stage:
    """A running campaign of nine people who wait to be personalised."""
    made = await add_campaign(organization_id, [await add_mailbox(organization_id, NOBODY)], 9)
    await sql.execute(
        "UPDATE enrollments SET status = 'pending', next_due_at = NULL, email_account_id = NULL"
    )
    return made


async def test_all_pages_that_are_personalised_wait_for_one_plan(
    stage: Stage, sql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(personalising, "PAGE", 2)
    assert await campaigns.personalise(stage.organization_id, stage.campaign_id) == 9
    assert [row["entrypoint"] for row in await sql.fetch("SELECT entrypoint FROM pgqueuer")] == [
        "scheduling.plan_new"
    ]
    assert await scheduling.plan_new(stage.organization_id, stage.campaign_id) == 9
    assert await sql.fetchval(UNPLANNED) == 0


async def test_a_plan_of_the_new_leaves_those_who_have_one(
    stage: Stage, sql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "PAGE", 2)
    await campaigns.personalise(stage.organization_id, stage.campaign_id)
    await scheduling.plan_campaign(stage.organization_id, stage.campaign_id)
    await sql.execute(
        "UPDATE enrollments SET next_due_at = NULL WHERE id = ANY($1)", stage.enrollment_ids[3:6]
    )
    before = await sql.fetch("SELECT id, xmin::text FROM enrollments ORDER BY id")
    assert await scheduling.plan_new(stage.organization_id, stage.campaign_id) == 3
    after = await sql.fetch("SELECT id, xmin::text FROM enrollments ORDER BY id")
    changed = {new["id"] for old, new in zip(before, after, strict=True) if old != new}
    assert changed == set(stage.enrollment_ids[3:6])
    assert await sql.fetchval(UNPLANNED) == 0


async def test_a_plan_that_will_be_made_anew_stops_after_its_page(
    stage: Stage, pool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that ten edits of a large campaign do not plan it ten times beside each other."""
    monkeypatch.setattr(planning, "PAGE", 2)
    await campaigns.personalise(stage.organization_id, stage.campaign_id)
    await pool.execute("DELETE FROM pgqueuer")
    engine, begun, seen = JobEngine(pool, heartbeat_seconds=2), list[int](), list[int]()
    first_ended = asyncio.Event()

    async def plan(job: queue.Job) -> None:
        begun.append(job.id)
        if len(begun) == 1:  # an edit, while this one runs
            await queue.enqueue(pool, job.name, job.organization_id, job.args, once=True)
        else:
            await first_ended.wait()
        seen.append(await scheduling.plan_campaign(stage.organization_id, job.uuid("campaign_id")))
        first_ended.set()

    async def both_ran() -> bool:
        return len(seen) == 2

    engine.register("scheduling.plan", plan)
    async with working(engine):
        arguments = {"campaign_id": str(stage.campaign_id)}
        await queue.enqueue(pool, "scheduling.plan", stage.organization_id, arguments, once=True)
        await until(both_ran, seconds=60)
    assert seen == [2, 9]


@pytest.mark.parametrize("page", ["page_active", "page_unplanned"])
async def test_a_page_is_read_in_its_order_whatever_the_statistics_say(
    stage: Stage, sql: Any, page: str
) -> None:
    """A sort would read all of a campaign for each page."""
    from reachly.data.repositories.scheduling import plans
    from reachly.kit.ids import NIL

    which = {"page_active": plans._ACTIVE, "page_unplanned": plans._UNPLANNED}[page]
    await sql.execute("SET enable_seqscan = off")
    await sql.execute("SET plan_cache_mode = force_generic_plan")
    query = plans._ENROLLMENTS.format(which=which, lock="FOR UPDATE OF e")
    await sql.execute(f"PREPARE page AS {query}")
    rows = await sql.fetch(
        f"EXPLAIN EXECUTE page('{stage.organization_id}', '{stage.campaign_id}', '{NIL}', 1000)"
    )
    plan = "\n".join(row[0] for row in rows)
    assert "Sort" not in plan, plan
    assert "ix_enrollments_" in plan, plan
    assert "id > $3" in plan.partition("Index Cond")[2].partition("\n")[0], plan
