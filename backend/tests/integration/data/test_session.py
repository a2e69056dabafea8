"""The way to a connection: it survives the server's restart, and is the transaction's own."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import asyncpg
import pytest

from reachly.data.session import raw, tenant
from reachly.services.identity.schemas import Actor

pytestmark = pytest.mark.anyio


async def test_connections_that_the_server_closed_are_replaced_unseen(actor: Actor, sql: Any) -> None:
    async with tenant(actor.organization_id) as session:
        pid = await (await raw(session)).fetchval("SELECT pg_backend_pid()")
    await sql.execute("RESET ROLE")
    assert await sql.fetchval("SELECT pg_terminate_backend($1)", pid)
    while await sql.fetchval("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", pid):
        pass
    async with tenant(actor.organization_id) as session:
        assert await (await raw(session)).fetchval("SELECT pg_backend_pid()") != pid


async def test_a_farewell_that_is_not_read_yet_is_no_trouble_either(actor: Actor, dsn: str) -> None:
    async with tenant(actor.organization_id) as session:
        pid = await (await raw(session)).fetchval("SELECT pg_backend_pid()")

    async def end_it() -> None:
        other = await asyncpg.connect(dsn)
        assert await other.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)
        await other.close()

    # In a loop of its own, so that ours hears nothing of it before it speaks to the server.
    ending = threading.Thread(target=lambda: asyncio.run(end_it()))
    ending.start()
    ending.join()
    async with tenant(actor.organization_id) as session:
        connection = await raw(session)
        assert await connection.fetchval("SELECT current_user") == "reachly_tenant"
        assert await connection.fetchval("SELECT pg_backend_pid()") != pid


async def test_the_bare_connection_is_the_transactions_own(actor: Actor) -> None:
    async with tenant(actor.organization_id) as session:
        first = await raw(session)
        assert await raw(session) is first
        assert await first.fetchval("SELECT current_user") == "reachly_tenant"
        await session.commit()
        again = await raw(session)
        assert await again.fetchval("SELECT current_user") == "reachly_tenant"
        assert again.is_in_transaction()
