"""What the design stands on: the second wall, jobs in the same transaction, NOTIFY. No peers, no gates.

Each figure is the median of interleaved rounds; read ratios, not absolutes.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg

from reachly.data import migrate
from reachly.data.session import Database
from reachly.infra import queue
from reachly.infra.embedded_postgres import EmbeddedPostgres

ROUNDS = 7
Work = Callable[[], Awaitable[None]]


async def compare(cases: dict[str, tuple[Work, int]]) -> dict[str, float]:
    """Seconds per item of each case: the median over rounds in which every case runs once."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, (work, items) in cases.items():
            began = time.perf_counter()
            await work()
            times[name].append((time.perf_counter() - began) / items)
    return {name: statistics.median(taken) for name, taken in times.items()}


def show(title: str, seconds: dict[str, float]) -> None:
    print(f"\n{title}")
    for name, each in seconds.items():
        print(f"  {name:<44} {each * 1e3:8.3f} ms   {1 / each:10,.0f} /s")


async def rls(dsn: str) -> None:
    """What the second wall costs: one transaction that reads one row, with and without role and policy."""
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import AsyncSession

    database = Database(dsn, pool_size=2)
    organization = uuid.uuid4()
    statement = text("SELECT count(*) FROM organizations")

    def plain(items: int) -> Work:
        async def work() -> None:
            for _ in range(items):
                async with AsyncSession(database.engine) as session:
                    await session.execute(statement)
                    await session.commit()

        return work

    def walled(items: int) -> Work:
        async def work() -> None:
            for _ in range(items):
                async with database.session("reachly_tenant", organization) as session:
                    await session.execute(statement)
                    await session.commit()

        return work

    cases = {"no wall": (plain(100), 100), "role, organization and policy": (walled(100), 100)}
    show("One read in a transaction (decision 0007)", await compare(cases))
    await database.close()


async def jobs(dsn: str) -> None:
    """How many jobs one process takes in and runs (decision 0002)."""
    async with asyncpg.create_pool(dsn, min_size=4, max_size=8) as pool:
        engine = queue.JobEngine(pool, heartbeat_seconds=60)

        async def nothing(_job: queue.Job) -> None:
            return

        engine.register("bench.nothing", nothing)
        stop = asyncio.Event()
        running = asyncio.create_task(engine.run(stop))

        async def one_by_one() -> None:
            async with pool.acquire() as connection:
                for _ in range(100):
                    await queue.enqueue(connection, "bench.nothing", None)

        async def at_once() -> None:
            async with pool.acquire() as connection:
                await queue.enqueue_many(connection, "bench.nothing", None, [{}] * 300)

        async def drained() -> None:
            await at_once()
            await engine.drain()

        cases = {
            "enqueue, one by one": (one_by_one, 100),
            "enqueue, 300 at once": (at_once, 300),
            "enqueue 300 and run all that wait": (drained, 300),
        }
        show("Jobs (decision 0002; the third line also runs what the first two left)", await compare(cases))
        stop.set()
        await running


async def wake(dsn: str) -> None:
    """From the commit of a NOTIFY to the callback of a listener in the same process (decision 0006)."""
    from reachly.infra.live_bus import LiveBus

    heard = asyncio.Event()
    bus = LiveBus(dsn)

    async def hear(_payload: str) -> None:
        heard.set()

    bus.subscribe("bench", hear)
    await bus.start()
    connection: Any = await asyncpg.connect(dsn)

    async def round_trip() -> None:
        for _ in range(50):
            heard.clear()
            await connection.execute("SELECT pg_notify('bench', 'x')")
            await heard.wait()

    show("NOTIFY to listener (decision 0006)", await compare({"one notification": (round_trip, 50)}))
    await connection.close()
    await bus.stop()


async def journal(_dsn: str) -> None:
    """What it costs to write down what leaves, beside the same calls without it (decision 0018)."""
    from reachly.integrations.mailer.port import UNWATCHED, Receipt, Watch
    from reachly.services.sending.service.journal import Journal

    ids = [uuid.uuid4() for _ in range(100)]
    taken = Receipt("accepted", 250, "2.0.0", "2.0.0 ok", "final")

    def send(watch: Watch) -> None:
        for n in range(len(ids)):
            if watch.may_offer(n) and watch.may_offer(n) and watch.offering(n):
                watch.answered(n, taken)

    with tempfile.TemporaryDirectory(prefix="reachly-bench-") as folder:
        worker = Journal(Path(folder))

        async def written() -> None:
            for _ in range(50):
                with worker.wave(ids[0], ids[1], ids) as lent:
                    send(lent.watch(UNWATCHED, ids))

        async def unwritten() -> None:
            for _ in range(50):
                send(UNWATCHED)

        cases = {"with a journal": (written, 5_000), "without": (unwritten, 5_000)}
        show("one message of a wave of 100, asked and told", await compare(cases))
        worker.close()


BENCHES: dict[str, Callable[[str], Awaitable[None]]] = {
    "rls": rls, "jobs": jobs, "wake": wake, "journal": journal,
}  # fmt: skip


async def show_foundations(names: list[str]) -> None:
    """Those named, or all, on a server of their own."""
    with tempfile.TemporaryDirectory(prefix="reachly-bench-") as folder:
        began = time.perf_counter()
        server = EmbeddedPostgres(Path(folder))
        dsn = await server.start()
        print(f"embedded server from nothing: {time.perf_counter() - began:.1f} s (decision 0001)")
        try:
            await migrate.upgrade(dsn)
            for name in names or BENCHES:
                await BENCHES[name](dsn)
        finally:
            await server.stop()
