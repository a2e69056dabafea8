"""Facts leave in the transaction that caused them: events, counters, jobs, number and notice, or none of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from reachly import events as e
from reachly.data import outbox
from reachly.data.models.outbox import COUNTERS
from reachly.data.session import Session, raw, tenant
from reachly.data.system import system
from reachly.infra import queue
from reachly.kit.ids import NIL, new_id
from reachly.pipeline import JOBS
from reachly.services.identity.schemas import Actor
from tests.conftest import NewActor

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def started(actor: Actor, campaign_id: uuid.UUID | None = None) -> e.CampaignStarted:
    return e.CampaignStarted(
        organization_id=actor.organization_id,
        at=NOON,
        campaign_id=campaign_id or new_id(),
        data={"name": "Spring"},
    )


class _GaveUp(Exception):
    pass


@asynccontextmanager
async def rolled_back(actor: Actor) -> AsyncIterator[Session]:
    """A unit of work whose block raises at its end."""
    with contextlib.suppress(_GaveUp):
        async with tenant(actor.organization_id) as session:
            yield session
            raise _GaveUp


async def counts(sql: Any) -> dict[str, int]:
    """Rows of everything that a fact writes."""
    await sql.execute("RESET ROLE")
    jobs = await sql.fetchval("SELECT count(*) FROM pgqueuer")
    await sql.execute("SET ROLE reachly_system")
    tables = ("analytics_events", "campaign_stats", "organization_seq")
    return {"jobs": jobs} | {name: await sql.fetchval(f"SELECT count(*) FROM {name}") for name in tables}


async def test_enqueue_as_the_very_first_act_is_rolled_back_too(actor: Actor, sql: Any) -> None:
    """The driver begins with the first statement; without the entering one this job would be committed alone."""
    async with rolled_back(actor) as session:
        await queue.enqueue(
            await raw(session), "leads.import", actor.organization_id, {"import_id": new_id()}
        )
    assert (await counts(sql))["jobs"] == 0


async def test_job_of_a_savepoint_that_is_rolled_back_is_gone(actor: Actor, sql: Any) -> None:
    async with tenant(actor.organization_id) as session:
        savepoint = await session.begin_nested()
        await queue.enqueue(
            await raw(session), "leads.import", actor.organization_id, {"import_id": new_id()}
        )
        await savepoint.rollback()
    assert (await counts(sql))["jobs"] == 0


async def test_rollback_leaves_nothing_and_commit_everything(actor: Actor, sql: Any, dsn: str) -> None:
    heard: list[str] = []
    listener = await asyncpg.connect(dsn)
    await listener.add_listener(outbox.LIVE_CHANNEL, lambda *args: heard.append(args[-1]))
    facts = [
        started(actor),
        e.MessageSent(organization_id=actor.organization_id, at=NOON, campaign_id=new_id(), send_id=new_id()),
    ]
    async with rolled_back(actor) as session:
        await outbox.emit(session, facts)
    await listener.fetchval("SELECT 1")
    assert set((await counts(sql)).values()) == {0}
    assert heard == []

    async with tenant(actor.organization_id) as session:
        await outbox.emit(session, facts)
        await listener.fetchval("SELECT 1")
        assert heard == [], "the notice leaves at the commit, not before"
    await listener.fetchval("SELECT 1")
    jobs = len(JOBS[e.CampaignStarted])
    assert await counts(sql) == {
        "jobs": jobs,
        "analytics_events": 2,
        "campaign_stats": 1,
        "organization_seq": 1,
    }
    assert heard == [f"{actor.organization_id}:2"]
    await listener.close()


async def test_facts_carry_their_ids_payload_and_browser_name(actor: Actor, sql: Any) -> None:
    ids = {
        name: new_id() for name in ("campaign_id", "lead_id", "enrollment_id", "send_id", "email_account_id")
    }
    clicked = e.Clicked(
        organization_id=actor.organization_id,
        at=NOON,
        verdict="machine",
        first=False,
        data={"rule": "x"},
        **ids,
    )
    async with tenant(actor.organization_id) as session:
        await outbox.emit(session, [clicked])
    row = await sql.fetchrow("SELECT * FROM analytics_events")
    assert {name: row[name] for name in ids} == ids
    assert (row["event_type"], row["live_name"], row["created_at"]) == ("clicked", "email:clicked", NOON)
    assert json.loads(row["event_data"]) == {"rule": "x", "verdict": "machine", "first": False}


async def test_facts_that_are_not_kept_start_jobs_without_a_number(actor: Actor, sql: Any) -> None:
    ready = e.EnrollmentsReady(organization_id=actor.organization_id, at=NOON, campaign_id=new_id())
    async with tenant(actor.organization_id) as session:
        await outbox.emit(session, [ready, ready])
    assert await counts(sql) == {
        "jobs": len(JOBS[e.EnrollmentsReady]),
        "analytics_events": 0,
        "campaign_stats": 0,
        "organization_seq": 0,
    }


async def test_progress_is_said_and_not_kept(actor: Actor, sql: Any, dsn: str) -> None:
    heard: list[str] = []
    listener = await asyncpg.connect(dsn)
    await listener.add_listener(outbox.VOLATILE_CHANNEL, lambda *args: heard.append(args[-1]))
    progress = e.ImportProgressed(
        organization_id=actor.organization_id, at=NOON, import_id=new_id(), data={"read": 10}
    )
    async with tenant(actor.organization_id) as session:
        await outbox.emit(session, [progress])
    await listener.fetchval("SELECT 1")
    await listener.close()
    assert json.loads(heard[0]) == {
        "event": "import:progress", "organization_id": str(actor.organization_id), "read": 10,
        "import_id": str(progress.import_id),
    }  # fmt: skip
    assert (await counts(sql))["analytics_events"] == 0


async def test_numbers_have_no_gap_under_eight_writers(actor: Actor, new_actor: NewActor, sql: Any) -> None:
    """Some of them roll back, some write several organizations at once in any order; nobody deadlocks."""
    other = await new_actor("quietharbor")

    async def write(worker: int) -> None:
        dice = random.Random(worker)
        for _ in range(10):
            facts = [started(dice.choice([actor, other])) for _ in range(dice.randint(1, 5))]
            try:
                async with system() as session:
                    await outbox.emit(session, facts)
                    if dice.random() < 0.3:
                        raise _GaveUp
            except _GaveUp:
                continue

    await asyncio.gather(*(write(worker) for worker in range(8)))
    for each in (actor, other):
        numbers = await sql.fetch(
            "SELECT seq FROM analytics_events WHERE organization_id = $1 ORDER BY seq", each.organization_id
        )
        last = await sql.fetchval(
            "SELECT last FROM organization_seq WHERE organization_id = $1", each.organization_id
        )
        assert [row["seq"] for row in numbers] == list(range(1, last + 1))
        assert last > 40


async def test_counters_equal_a_recount(actor: Actor, sql: Any) -> None:
    """Random facts over two campaigns, steps, variants, mailboxes and days, from several writers at once."""
    campaigns, steps, mailboxes = [new_id(), new_id()], [new_id(), None], [new_id(), new_id()]

    def fact(dice: random.Random) -> e.Event:
        kinds: list[Any] = [
            e.MessageSent, e.MessageFailed, e.Bounced, e.AutoReplied, e.Unsubscribed, e.CampaignStarted,
            lambda **kw: e.Opened(verdict=dice.choice(["human", "machine"]), first=dice.random() < 0.5, **kw),
            lambda **kw: e.Clicked(verdict=dice.choice(["human", "machine"]), first=dice.random() < 0.5, **kw),
            lambda **kw: e.Replied(intent=dice.choice(["interested", "unclear"]), first=dice.random() < 0.8, **kw),
        ]  # fmt: skip
        return dice.choice(kinds)(
            organization_id=actor.organization_id, campaign_id=dice.choice(campaigns), sequence_id=dice.choice(steps),
            variant=dice.choice(["A", "B", None]), email_account_id=dice.choice(mailboxes),
            at=NOON + timedelta(hours=dice.randint(0, 60)), send_id=new_id(),
        )  # fmt: skip

    async def write(worker: int) -> list[e.Event]:
        dice, written = random.Random(worker), []
        for _ in range(5):
            facts = [fact(dice) for _ in range(20)]
            async with tenant(actor.organization_id) as session:
                await outbox.emit(session, facts)
            written += facts
        return written

    facts = [f for batch in await asyncio.gather(*(write(worker) for worker in range(6))) for f in batch]
    recount: dict[tuple[Any, ...], dict[str, int]] = {}
    for f in facts:
        key = (f.campaign_id, f.sequence_id or NIL, f.variant or "", f.email_account_id or NIL, f.at.date())
        for name, n in f.counts().items():
            recount.setdefault(key, dict.fromkeys(COUNTERS, 0))[name] += n
    rows = await sql.fetch("SELECT * FROM campaign_stats")
    kept = {
        (r["campaign_id"], r["sequence_id"], r["variant"], r["email_account_id"], r["day"]): {
            name: r[name] for name in COUNTERS
        }
        for r in rows
    }
    assert kept == recount
    assert await sql.fetchval("SELECT count(*) FROM analytics_events") == len(facts)


async def test_another_organizations_fact_is_refused_by_the_database(
    actor: Actor, new_actor: NewActor
) -> None:
    other = await new_actor("quietharbor")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with tenant(actor.organization_id) as session:
            await outbox.emit(session, [started(other)])


async def test_wake_is_heard_without_a_fact(actor: Actor, dsn: str) -> None:
    heard: list[str] = []
    listener = await asyncpg.connect(dsn)
    await listener.add_listener(outbox.WAKE_CHANNEL, lambda *args: heard.append(args[-1]))
    async with tenant(actor.organization_id) as session:
        await outbox.emit(session, [], wake=True)
    await listener.fetchval("SELECT 1")
    await listener.close()
    assert heard == [""]
