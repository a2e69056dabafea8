"""Months of events: made ahead, and nothing is lost where one is missing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from reachly import events as e
from reachly.data import outbox, partitions
from reachly.data.session import tenant
from reachly.kit import clock
from reachly.kit.ids import new_id
from reachly.services.identity.schemas import Actor

pytestmark = pytest.mark.anyio
WHERE = "SELECT tableoid::regclass::text FROM analytics_events ORDER BY seq"


@pytest.fixture
def engine(dsn: str) -> AsyncEngine:
    return create_async_engine(make_url(dsn).set(drivername="postgresql+asyncpg"), poolclass=NullPool)


class _Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


async def ensure(engine: AsyncEngine) -> list[str]:
    async with engine.begin() as connection:
        return await partitions.ensure(connection)


async def emit(actor: Actor, at: datetime) -> None:
    fact = e.CampaignStarted(organization_id=actor.organization_id, at=at, campaign_id=new_id())
    async with tenant(actor.organization_id) as session:
        await outbox.emit(session, [fact])


async def test_migrated_database_has_this_month_and_two_more(engine: AsyncEngine, sql: Any) -> None:
    assert await ensure(engine) == [], "the migration made them"
    rows = await sql.fetch("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")
    now = clock.now()
    assert f"analytics_events_{now.year}_{now.month:02}" in {row["relname"] for row in rows}
    assert len(rows) == partitions.AHEAD + 1


async def test_turn_of_the_year_is_a_month_like_any(
    engine: AsyncEngine, actor: Actor, sql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "clock", _Clock(datetime(2040, 11, 30, 23, 59, tzinfo=UTC)))
    assert await ensure(engine) == [f"analytics_events_{m}" for m in ("2040_11", "2040_12", "2041_01")]
    assert await ensure(engine) == []
    for at in (datetime(2040, 12, 31, 23, 59, 59, 999_999, UTC), datetime(2041, 1, 1, tzinfo=UTC)):
        await emit(actor, at)
    assert [row[0] for row in await sql.fetch(WHERE)] == [
        "analytics_events_2040_12",
        "analytics_events_2041_01",
    ]


async def test_workers_that_start_at_once_make_each_month_once(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "clock", _Clock(datetime(2042, 5, 1, tzinfo=UTC)))
    made = await asyncio.gather(*(ensure(engine) for _ in range(8)))
    months = [f"analytics_events_2042_{month}" for month in ("05", "06", "07")]
    assert sorted(name for names in made for name in names) == months


async def test_nobody_waits_for_another_worker_that_makes_partitions(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "clock", _Clock(datetime(2043, 5, 1, tzinfo=UTC)))
    async with engine.begin() as first:
        assert len(await partitions.ensure(first)) == partitions.AHEAD
        async with asyncio.timeout(60):
            assert await ensure(engine) == [], "the other one is at it"
    assert await ensure(engine) == [], "and they are there"


async def test_fact_of_a_month_without_partition_is_kept_and_found(
    engine: AsyncEngine, actor: Actor, sql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await emit(actor, datetime(2050, 6, 5, tzinfo=UTC))
    assert [row[0] for row in await sql.fetch(WHERE)] == ["analytics_events_default"]
    monkeypatch.setattr(partitions, "clock", _Clock(datetime(2050, 6, 6, tzinfo=UTC)))
    assert await ensure(engine) == ["analytics_events_2050_07", "analytics_events_2050_08"]
    await emit(actor, datetime(2050, 6, 7, tzinfo=UTC))
    await emit(actor, datetime(2050, 7, 7, tzinfo=UTC))
    assert [row[0] for row in await sql.fetch(WHERE)] == [
        "analytics_events_default", "analytics_events_default", "analytics_events_2050_07",
    ]  # fmt: skip


async def test_tenants_wall_stands_before_a_new_partition(
    engine: AsyncEngine, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody may read it but through its parent, so it needs no policy of its own."""
    monkeypatch.setattr(partitions, "clock", _Clock(datetime(2045, 1, 1, tzinfo=UTC)))
    made = await ensure(engine)
    async with engine.connect() as connection:
        for name in made:
            for role in ("reachly_tenant", "reachly_system"):
                asked = f"SELECT has_table_privilege('{role}', '{name}', 'SELECT, INSERT, UPDATE, DELETE')"
                assert (await connection.exec_driver_sql(asked)).scalar() is False
