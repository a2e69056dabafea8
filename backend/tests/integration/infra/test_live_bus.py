from __future__ import annotations

import asyncio

import asyncpg
import pytest

from reachly.infra.live_bus import LiveBus

pytestmark = pytest.mark.anyio


async def heard(messages: list[str], count: int) -> list[str]:
    for _ in range(400):
        if len(messages) >= count:
            break
        await asyncio.sleep(0.02)
    return messages


async def test_payload_is_heard_after_the_commit_only(dsn: str) -> None:
    messages: list[str] = []

    async def hear(payload: str) -> None:
        messages.append(payload)

    bus = LiveBus(dsn)
    bus.subscribe("reachly_live", hear)
    await bus.start()
    connection = await asyncpg.connect(dsn)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("SELECT pg_notify('reachly_live', 'org:7')")
    await asyncio.sleep(0.1)
    assert messages == []
    await transaction.commit()
    assert await heard(messages, 1) == ["org:7"]
    await connection.close()
    await bus.stop()


async def test_bus_comes_back_and_says_so(dsn: str) -> None:
    messages: list[str] = []
    back = asyncio.Event()

    async def hear(payload: str) -> None:
        messages.append(payload)
        if payload == "bad":
            raise ValueError("a broken subscriber")

    async def reconnected() -> None:
        back.set()

    bus = LiveBus(dsn)
    bus.subscribe("c", hear)
    bus.on_reconnect(reconnected)
    await bus.start()
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'reachly-live'"
    )
    await asyncio.wait_for(back.wait(), 60)
    for payload in ("bad", "good"):
        await connection.execute("SELECT pg_notify('c', $1)", payload)
    assert await heard(messages, 2) == ["bad", "good"]
    await connection.close()
    await bus.stop()
