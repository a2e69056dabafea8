"""The schema moves forward, all of it or nothing, and only on a database of ours."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from reachly.data import migrate, models
from reachly.data.base import Base
from reachly.data.migrate import SchemaMismatch, SchemaState
from reachly.infra import queue

pytestmark = pytest.mark.anyio
NewDatabase = Callable[[str | None], str]
PARTITIONS = "analytics_events_"


async def run(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def tables_of(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    try:
        return [
            row["tablename"]
            for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ]
    finally:
        await connection.close()


def is_ours(_object: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    """Neither the job engine's tables nor the partitions are in the models."""
    return not (kind == "table" and (name or "").startswith(("pgqueuer", PARTITIONS)))


async def test_migrated_database_equals_the_models(dsn: str) -> None:
    assert models.__name__

    def differences(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "include_object": is_ours}
        return compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)

    engine = create_async_engine(make_url(dsn).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_checks_and_keys_of_the_database_equal_the_models(dsn: str) -> None:
    """Autogenerate does not compare CHECKs, primary keys or what a foreign key does on delete."""
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch(
        "SELECT conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid"
        " WHERE c.connamespace = 'public'::regnamespace AND contype <> 'n' AND NOT t.relispartition"
        " AND t.relname NOT LIKE 'pgqueuer%' AND t.relname <> 'alembic_version'"
    )
    await connection.close()
    wanted = {
        constraint.name
        for table in Base.metadata.sorted_tables
        for constraint in table.constraints
        if constraint.name
    }
    assert {str(name)[:63] for name in wanted} == {row["conname"] for row in rows}


async def test_empty_database_is_filled_once(empty_dsn: str) -> None:
    assert await migrate.schema_state(empty_dsn) is SchemaState.EMPTY
    with pytest.raises(SchemaMismatch, match="reachly migrate"):
        await migrate.require_current(empty_dsn)
    assert await migrate.upgrade(empty_dsn) is SchemaState.EMPTY
    assert await migrate.schema_state(empty_dsn) is SchemaState.CURRENT
    before = sorted(await tables_of(empty_dsn))
    assert await migrate.upgrade(empty_dsn) is SchemaState.CURRENT
    assert sorted(await tables_of(empty_dsn)) == before
    await migrate.require_current(empty_dsn)


async def test_newer_database_is_refused_and_left_as_it_is(dsn: str) -> None:
    await run(dsn, "UPDATE alembic_version SET version_num = '9999'")
    assert await migrate.schema_state(dsn) is SchemaState.AHEAD
    before = sorted(await tables_of(dsn))
    for act in (migrate.require_current, migrate.upgrade):
        with pytest.raises(SchemaMismatch, match="newer"):
            await act(dsn)
    assert sorted(await tables_of(dsn)) == before


async def test_older_database_is_behind(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A head that this database has not reached: a further revision of the code."""
    from alembic.script import ScriptDirectory

    monkeypatch.setattr(ScriptDirectory, "get_current_head", lambda *_: "9999")
    assert await migrate.schema_state(dsn) is SchemaState.BEHIND
    with pytest.raises(SchemaMismatch, match="older"):
        await migrate.require_current(dsn)


@pytest.mark.parametrize("table", ["campaigns", "customers", "pgqueuer"])
async def test_database_of_somebody_else_is_refused(empty_dsn: str, table: str) -> None:
    await run(empty_dsn, f"CREATE TABLE {table} (id int)", f"INSERT INTO {table} VALUES (1)")
    with pytest.raises(SchemaMismatch, match="did not make"):
        await migrate.upgrade(empty_dsn)
    assert await tables_of(empty_dsn) == [table]
    with pytest.raises(SchemaMismatch):
        await migrate.require_current(empty_dsn)


async def test_broken_migration_leaves_nothing(empty_dsn: str) -> None:
    """A name that is taken by something that is no table stops the first statement that needs it."""
    await run(empty_dsn, "CREATE DOMAIN webhooks AS int")
    with pytest.raises(Exception, match="webhooks"):
        await migrate.upgrade(empty_dsn)
    assert [name for name in await tables_of(empty_dsn) if name != "alembic_version"] == []
    await run(empty_dsn, "DROP DOMAIN webhooks")
    assert await migrate.upgrade(empty_dsn) is SchemaState.EMPTY


async def test_upgrades_at_once_are_one_upgrade(empty_dsn: str) -> None:
    found = await asyncio.gather(*(migrate.upgrade(empty_dsn) for _ in range(4)))
    assert sorted(found) == [SchemaState.CURRENT] * 3 + [SchemaState.EMPTY]


@pytest.fixture
def two_empty(new_database: NewDatabase) -> list[str]:
    return [new_database(None), new_database(None)]


async def test_two_databases_of_one_server_migrate_at_once(two_empty: list[str]) -> None:
    """Roles belong to the whole server, and each process locks its own database only."""
    program = (
        "import asyncio, sys; from reachly.data import migrate; asyncio.run(migrate.upgrade(sys.argv[1]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(migrate.MIGRATIONS.parent)}
    running = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", program, dsn, env=environment)
        for dsn in two_empty
    ]
    assert [await process.wait() for process in running] == [0, 0]
    assert [await migrate.schema_state(dsn) for dsn in two_empty] == [SchemaState.CURRENT] * 2


async def test_job_engine_has_nothing_left_to_upgrade(dsn: str) -> None:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
        assert list(await queue.plan_upgrade(pool)) == []
