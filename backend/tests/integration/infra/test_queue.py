"""The promises of the job engine that the product stands on, against the real engine and database."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from reachly.infra import queue
from reachly.infra.queue.presence import Presence
from reachly.kit.errors import Unavailable

pytestmark = pytest.mark.anyio
ORG = uuid.UUID(int=7)
AS_TENANT = (
    "SELECT set_config('role', 'reachly_tenant', true), set_config('reachly.organization_id', $1, true)"
)
WAITING = "SELECT count(*) FROM pgqueuer WHERE status = 'queued'"


@asynccontextmanager
async def working(engine: queue.JobEngine) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    run = asyncio.create_task(engine.run(stop))
    try:
        yield stop
    finally:
        stop.set()
        await run


async def until(condition: Any, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


async def test_job_commits_and_rolls_back_with_the_tenants_rows(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    for fate, left in (("ROLLBACK", 0), ("COMMIT", 1)):
        await connection.execute("BEGIN")
        await connection.execute("SELECT 1")
        await connection.fetch(AS_TENANT, str(ORG))
        assert await queue.enqueue(connection, "leads.import", ORG, {"import_id": uuid.uuid4()}) is not None
        await connection.execute(fate)
        assert await connection.fetchval(WAITING) == left
    await connection.close()


async def test_tenant_cannot_read_other_tenants_payloads(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    async with connection.transaction():
        await connection.fetch(AS_TENANT, str(ORG))
        await queue.enqueue(connection, "leads.import", ORG)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT payload FROM pgqueuer")
    await connection.close()


async def test_an_equal_job_that_waits_is_enough_and_the_transaction_lives(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    async with connection.transaction():
        await connection.fetch(AS_TENANT, str(ORG))
        assert await queue.enqueue(connection, "scheduling.plan", ORG, once=True) is not None
        assert await queue.enqueue(connection, "scheduling.plan", ORG, once=True) is None
        assert await connection.fetchval("SELECT 42") == 42
    assert await connection.fetchval(WAITING) == 1
    await connection.close()


async def test_the_job_that_waits_begins_after_everybody_who_relied_on_it_has_committed(pool: Any) -> None:
    """Or it might look, find nothing, and be gone before their rows can be seen."""
    began: list[int] = []
    engine = queue.JobEngine(pool, heartbeat_seconds=2)

    async def handler(job: queue.Job) -> None:
        began.append(job.id)

    async def waits_for_the_lock() -> bool:
        return bool(
            await pool.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        )

    async def has_run() -> bool:
        return len(began) == 1

    engine.register("scheduling.plan", handler)
    async with pool.acquire() as emitter:
        await queue.enqueue(emitter, "scheduling.plan", ORG, {"n": 1}, once=True)
        async with emitter.transaction():
            assert await queue.enqueue(emitter, "scheduling.plan", ORG, {"n": 1}, once=True) is None
            async with working(engine):
                await until(waits_for_the_lock, seconds=60)
                assert began == []
                await emitter.execute("COMMIT")
                await until(has_run, seconds=60)
                await emitter.execute("BEGIN")


async def test_an_equal_job_may_wait_beside_one_that_runs(pool: Any) -> None:
    going, may_end = asyncio.Event(), asyncio.Event()
    ran: list[int] = []
    engine = queue.JobEngine(pool, heartbeat_seconds=2)

    async def handler(job: queue.Job) -> None:
        ran.append(job.id)
        going.set()
        await may_end.wait()

    async def both_ran() -> bool:
        return len(ran) == 2

    engine.register("scheduling.plan", handler)
    async with working(engine), pool.acquire() as connection:
        await queue.enqueue(connection, "scheduling.plan", ORG, {"n": 1}, once=True)
        await asyncio.wait_for(going.wait(), 60)
        assert await queue.enqueue(connection, "scheduling.plan", ORG, {"n": 1}, once=True) is not None
        may_end.set()
        await until(both_ran, seconds=60)


async def test_handler_gets_organization_and_arguments(pool: Any) -> None:
    got: list[queue.Job] = []
    engine = queue.JobEngine(pool, heartbeat_seconds=2)

    async def handler(job: queue.Job) -> None:
        got.append(job)

    engine.register("leads.import", handler)
    import_id = uuid.uuid4()
    async with working(engine):
        async with pool.acquire() as connection:
            await queue.enqueue(connection, "leads.import", ORG, {"import_id": import_id, "rows": 3})
        await engine.drain()
    assert [(job.organization_id, job.uuid("import_id"), job.args["rows"]) for job in got] == [
        (ORG, import_id, 3)
    ]


async def test_drain_waits_for_jobs_that_enqueue_jobs(pool: Any) -> None:
    order: list[str] = []
    engine = queue.JobEngine(pool, heartbeat_seconds=2)

    async def first(job: queue.Job) -> None:
        await asyncio.sleep(0.05)
        order.append("first")
        async with pool.acquire() as connection:
            await queue.enqueue(connection, "b.second", job.organization_id)

    async def second(job: queue.Job) -> None:
        await asyncio.sleep(0.05)
        order.append("second")

    engine.register("a.first", first)
    engine.register("b.second", second)
    async with working(engine):
        async with pool.acquire() as connection:
            await queue.enqueue(connection, "a.first", ORG)
        assert await engine.drain()
        assert order == ["first", "second"]
        assert not await engine.drain()


async def test_failed_job_is_kept_with_its_arguments_and_can_go_again(pool: Any) -> None:
    attempts: list[int] = []
    engine = queue.JobEngine(pool, heartbeat_seconds=2)

    async def handler(job: queue.Job) -> None:
        attempts.append(job.id)
        if len(attempts) == 1:
            raise ValueError("broken")

    engine.register("leads.import", handler)

    async def kept() -> bool:
        async with pool.acquire() as connection:
            return [job.args for job in await queue.failed_jobs(connection)] == [{"n": 1}]

    async def done() -> bool:
        return len(attempts) == 2

    async with working(engine):
        async with pool.acquire() as connection:
            await queue.enqueue(connection, "leads.import", ORG, {"n": 1})
        await engine.drain()
        await until(kept)
        async with pool.acquire() as connection:
            assert await queue.requeue_failed(connection, attempts) == attempts
        await until(done)


async def test_requeue_leaves_a_job_whose_key_is_taken(pool: Any) -> None:
    async with pool.acquire() as connection:
        old = await queue.enqueue(connection, "scheduling.plan", ORG, once=True)
        await connection.execute("UPDATE pgqueuer SET status = 'failed'")
        await queue.enqueue(connection, "scheduling.plan", ORG, once=True)
        assert old is not None
        assert await queue.requeue_failed(connection, [old]) == []
        state = await queue.queue_state(connection)
    assert (state.waiting, state.failed) == (1, 1)


async def test_job_is_tried_again_when_a_peer_was_away(pool: Any) -> None:
    tries: list[int] = []
    engine = queue.JobEngine(pool, heartbeat_seconds=2)

    async def handler(job: queue.Job) -> None:
        tries.append(job.attempts)
        if not job.attempts:
            raise RuntimeError("wrapped") from Unavailable("The resolver is away.")

    engine.register("verification.verify_batch", handler)
    async with working(engine):
        async with pool.acquire() as connection:
            await queue.enqueue(connection, "verification.verify_batch", ORG)
        await engine.drain()
    assert tries == [0, 1]


async def test_stop_lets_a_short_job_finish_and_gives_a_long_one_back(pool: Any) -> None:
    ended: list[str] = []
    engine = queue.JobEngine(pool, heartbeat_seconds=60, shutdown_seconds=0.6)

    async def short(job: queue.Job) -> None:
        await asyncio.sleep(0.3)
        ended.append("short")

    async def long(job: queue.Job) -> None:
        await asyncio.sleep(100)

    engine.register("a.short", short)
    engine.register("b.long", long)

    async def both_run() -> bool:
        return engine.running == 2

    async with working(engine):
        async with pool.acquire() as connection:
            await queue.enqueue(connection, "a.short", ORG)
            await queue.enqueue(connection, "b.long", ORG)
        await until(both_run)
        began = time.monotonic()
    assert time.monotonic() - began < 60  # the long one would have taken a hundred
    assert ended == ["short"]
    assert [
        row["entrypoint"]
        for row in await pool.fetch("SELECT entrypoint FROM pgqueuer WHERE status = 'queued'")
    ] == ["b.long"]


WORKER = """
import asyncio, sys, asyncpg
from reachly.infra import queue
async def handler(job):
    print("began", flush=True)
    await asyncio.sleep(100)
async def main():
    async with asyncpg.create_pool(sys.argv[1], min_size=2, max_size=4) as pool:
        engine = queue.JobEngine(pool, heartbeat_seconds=600)
        engine.register("leads.import", handler)
        await engine.run(asyncio.Event())
asyncio.run(main())
"""


@pytest.mark.chaos
async def test_job_of_a_killed_worker_is_picked_up_by_another(pool: Any, dsn: str) -> None:
    async with pool.acquire() as connection:
        await queue.enqueue(connection, "leads.import", ORG, {"n": 1})
    backend = Path(queue.__file__).resolve().parents[3]
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, dsn],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(backend)},
    )
    assert worker.stdout is not None
    assert await asyncio.to_thread(worker.stdout.readline) == b"began\n"
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    got: list[Any] = []
    engine = queue.JobEngine(pool, heartbeat_seconds=600)  # so it is not the heartbeat that tells

    async def handler(job: queue.Job) -> None:
        got.append(job.args)

    async def picked_up() -> bool:
        return got == [{"n": 1}]

    engine.register("leads.import", handler)
    async with working(engine):
        await until(picked_up, seconds=60)


async def test_a_long_job_of_a_worker_that_lives_is_taken_by_nobody(
    pool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Presence] = []
    monkeypatch.setattr(Presence, "interval_seconds", 0.05)
    real = Presence.keep

    async def keep(self: Presence) -> None:
        looks.append(self)
        await real(self)

    monkeypatch.setattr(Presence, "keep", keep)
    ran, may_end = list[int](), asyncio.Event()

    async def handler(job: queue.Job) -> None:
        ran.append(job.id)
        await may_end.wait()

    async def both_looked_often() -> bool:
        return len(ran) > 0 and len(looks) == 2 and all(one.looks > 10 for one in looks)

    engines = [queue.JobEngine(pool, heartbeat_seconds=600) for _ in range(2)]
    for engine in engines:
        engine.register("leads.import", handler)
    async with working(engines[0]), working(engines[1]):
        await queue.enqueue(pool, "leads.import", ORG)
        await until(both_looked_often, seconds=60)
        may_end.set()
    assert len(ran) == 1


@pytest.mark.chaos
async def test_engine_lives_through_lost_connections(pool: Any) -> None:
    got: list[int] = []
    engine = queue.JobEngine(pool, heartbeat_seconds=2)

    async def handler(job: queue.Job) -> None:
        got.append(job.id)

    async def done() -> bool:
        return len(got) == 1

    engine.register("leads.import", handler)
    async with working(engine):
        await asyncio.sleep(0.3)
        await pool.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND usename = current_user AND datname = current_database()"
        )
        async with pool.acquire() as connection:
            await queue.enqueue(connection, "leads.import", ORG)
        await until(done, seconds=25)


async def test_installed_tables_fit_the_engine(pool: Any) -> None:
    async with pool.acquire() as connection:
        assert await queue.plan_upgrade(connection) == []
        await connection.execute("ALTER TABLE pgqueuer DROP COLUMN headers")
        assert await queue.plan_upgrade(connection) != []
        await queue.upgrade(connection)
        assert await queue.plan_upgrade(connection) == []


async def test_unreadable_payload_is_kept_as_failed(pool: Any) -> None:
    engine = queue.JobEngine(pool, heartbeat_seconds=2)

    async def handler(job: queue.Job) -> None:
        raise AssertionError("an unreadable job must not reach its handler")

    engine.register("leads.import", handler)
    async with pool.acquire() as connection:
        id_ = await queue.enqueue(connection, "leads.import", ORG)
        await connection.execute("UPDATE pgqueuer SET payload = '{\"v\": 99}'")

    async def kept() -> bool:
        async with pool.acquire() as connection:
            return [job.id for job in await queue.failed_jobs(connection)] == [id_]

    async with working(engine):
        await until(kept)
