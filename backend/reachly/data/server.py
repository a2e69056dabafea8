"""The database server as a whole: whether it answers, and what it still lacks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from reachly.data.repositories.sending.homes import IS_HOME
from reachly.data.session import Database
from reachly.infra import postgres_roles, queue
from reachly.infra.queue import KeptJob


class ServerAway(Exception):
    """Nobody answers at the address, or not to us; the message has the server's own words."""


@dataclass(frozen=True, slots=True)
class ServerState:
    """`missing` are statements for the server's administrator; empty when all is there."""

    version: str
    missing: list[str]


async def look_at_server(dsn: str) -> ServerState:
    """Asks the server what it is and what it lacks; changes nothing. Raises ServerAway."""
    async with _connected(dsn) as connection:
        version = await connection.fetchval("SELECT current_setting('server_version')")
        return ServerState(str(version), await postgres_roles.missing_grants(connection))


_EXPOSED = """
SELECT count(*) FROM email_accounts
WHERE EXISTS (
    SELECT FROM unnest(ARRAY[smtp_config, imap_config]) AS server
    WHERE server ->> 'security' = 'none' AND server ->> 'username' <> ''
      AND server ->> 'host' !~ '^(127\\.|localhost\\.?$|::1$)'
)
"""


async def look_through_pooler(dsn: str) -> None:
    """Enters a role over a transaction pooler, as the application does. Raises ServerAway."""
    database = Database(dsn, pool_size=1, pooled=True)
    try:
        async with database.session("reachly_system", None) as session:
            await session.connection()
    except (OSError, TimeoutError, SQLAlchemyError, asyncpg.PostgresError) as error:
        raise ServerAway(str(error)) from None
    finally:
        await database.close()


async def count_held(dsn: str) -> tuple[int, bool]:
    """(organizations whose sending is held since a restore, this is a restored copy that no worker has seen yet).

    The schema must be current. Raises ServerAway.
    """
    async with _connected(dsn) as connection, connection.transaction():
        await connection.execute("SELECT set_config('role', 'reachly_system', true)")
        held = await connection.fetchval("SELECT count(*) FROM organizations WHERE sending_held IS NOT NULL")
        return int(held), not await connection.fetchval(f"SELECT {IS_HOME}")


async def count_exposed(dsn: str) -> int:
    """Mailboxes whose password crosses a network unencrypted. The schema must be current. Raises ServerAway."""
    async with _connected(dsn) as connection, connection.transaction():
        await connection.execute("SELECT set_config('role', 'reachly_system', true)")
        return int(await connection.fetchval(_EXPOSED))


async def list_kept_jobs(dsn: str) -> list[KeptJob]:
    """Jobs that failed for good, of everybody, the latest first. The schema must be current. Raises ServerAway."""
    async with _connected(dsn) as connection:
        return await queue.kept_jobs(connection)


def held_words(organizations: int, is_new_copy: bool) -> str | None:
    """What is to be said of a restored database; None where nothing is held."""
    if not organizations and not is_new_copy:
        return None
    return (
        "is held: this database was restored from a copy, and what left after the copy was made is not in it."
        " When you have looked, `reachly resume-sending` lets it go on"
    )


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[Any]:
    try:
        connection = await asyncpg.connect(dsn, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise ServerAway(" ".join(str(error).split()) or type(error).__name__) from None
    try:
        yield connection
    finally:
        await connection.close()
