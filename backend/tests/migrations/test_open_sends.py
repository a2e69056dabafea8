"""0002: what was on the wire or in doubt before it is found after it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from alembic import command
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from reachly.data import migrate
from reachly.data.migrate import SchemaState

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
_SEND = """
INSERT INTO email_sends (organization_id, id, kind, intent_key, to_email, status, attempt_id, lease_until, planned_at,
                         claimed_at, handed_at, message_id, created_at, updated_at)
VALUES ($1, $2, 'test', $3, 'ada@example.com', $4, $5, $6, $7, $7, $7, $3, $7, $7)
"""


_MADE_UP = {"timestamp with time zone": NOW, "integer": 1, "bigint": 1, "boolean": True, "jsonb": "{}"}


async def reach(dsn: str, revision: str) -> None:
    """The schema as an earlier version had it."""
    engine = create_async_engine(make_url(dsn).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(lambda sync: command.upgrade(migrate.script_config(sync), revision))
        await connection.commit()
    await engine.dispose()


async def insert(connection: asyncpg.Connection, table: str, **values: object) -> None:
    """A row of which only what matters is said: the rest of what must stand there is made up."""
    columns = await connection.fetch(
        "SELECT column_name AS name, data_type AS type FROM information_schema.columns WHERE table_name = $1"
        " AND is_nullable = 'NO' AND column_default IS NULL",
        table,
    )
    made_up = {row["name"]: _MADE_UP.get(row["type"], "x") for row in columns}
    row = {**made_up, **values}
    places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    await connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", *row.values())


async def test_what_is_open_keeps_its_lease_and_what_is_in_doubt_stays_so(empty_dsn: str) -> None:
    await reach(empty_dsn, "0001")
    connection = await asyncpg.connect(empty_dsn)
    organization, attempt, lease = uuid.uuid4(), uuid.uuid4(), NOW + timedelta(minutes=1)
    await connection.execute("SET ROLE reachly_system")
    await insert(connection, "organizations", id=organization, name="Brightfjord", timezone="UTC")
    states = {"claimed": lease, "sending": lease, "unknown": None, "sent": None, "deferred": None}
    ids = {status: uuid.uuid4() for status in states}
    for status, until in states.items():
        await connection.execute(_SEND, organization, ids[status], status, status, attempt, until, NOW)
    assert await migrate.schema_state(empty_dsn) is SchemaState.BEHIND
    await migrate.upgrade(empty_dsn)
    rows = await connection.fetch("SELECT send_id, attempt_id, lease_until FROM open_sends")
    assert {row["send_id"]: (row["attempt_id"], row["lease_until"]) for row in rows} == {
        ids["claimed"]: (attempt, lease), ids["sending"]: (attempt, lease), ids["unknown"]: (None, None),
    }  # fmt: skip
    await connection.close()
