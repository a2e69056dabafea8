"""The schema: where it stands, and how it moves. Only `reachly up` and `reachly migrate` move it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from reachly.data import partitions

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
LOCK = 7_225_011  # one migration of a database at a time
# Tables that no extension brought: hosts preinstall some.
STRANGE = text(
    "SELECT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
    " AND c.relname <> 'alembic_version' AND NOT EXISTS"
    " (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))"
)


class SchemaState(StrEnum):
    """How the database's schema stands to this code."""

    EMPTY = "empty"
    BEHIND = "behind"
    CURRENT = "current"
    AHEAD = "ahead"


class SchemaMismatch(Exception):
    """The schema does not fit this code; the message says what to do."""


def script_config(connection: Connection | None = None) -> Config:
    """Where the revisions lie, and the connection they run on."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _state(connection: Connection) -> SchemaState:
    known = ScriptDirectory.from_config(script_config())
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None:
        return SchemaState.EMPTY
    if revision == known.get_current_head():
        return SchemaState.CURRENT
    ours = {script.revision for script in known.walk_revisions()}
    return SchemaState.BEHIND if revision in ours else SchemaState.AHEAD


def _open(dsn: str) -> AsyncConnection:
    engine = create_async_engine(make_url(dsn).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    return engine.connect()


async def schema_state(dsn: str) -> SchemaState:
    """Reads where the schema stands; changes nothing."""
    async with _open(dsn) as connection:
        return await connection.run_sync(_state)


async def require_current(dsn: str) -> None:
    """Raises SchemaMismatch unless the schema is the one this code was written for."""
    state = await schema_state(dsn)
    if state is SchemaState.AHEAD:
        raise SchemaMismatch(
            "The database was made by a newer Reachly. Update this program; nothing was changed."
        )
    if state is not SchemaState.CURRENT:
        raise SchemaMismatch(
            "The database has an older schema. Run `reachly migrate` first; nothing was changed."
        )


async def upgrade(dsn: str) -> SchemaState:
    """Brings the schema up to this code, under an advisory lock; returns the state found before.

    Raises SchemaMismatch on a database of a newer version, or on one that holds tables of somebody else.
    """
    async with _open(dsn) as connection:
        await connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        await connection.commit()
        before = await connection.run_sync(_state)
        if before is SchemaState.AHEAD:
            raise SchemaMismatch(
                "The database was made by a newer Reachly. Update this program; nothing was changed."
            )
        if before is SchemaState.EMPTY and await connection.scalar(STRANGE):
            raise SchemaMismatch(
                "The database holds tables that Reachly did not make. Name an empty database; nothing was changed."
            )
        await connection.run_sync(lambda sync: command.upgrade(script_config(sync), "head"))
        await connection.commit()
        await partitions.ensure(connection)
        await connection.commit()
        return before
