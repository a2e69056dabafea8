"""The database server as a whole: whether it answers, and what it still lacks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from reachly.infra import postgres_roles


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
