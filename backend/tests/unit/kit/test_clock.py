"""The virtual clock: one actor at a time, time moves only when nobody runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from reachly.kit import clock
from reachly.kit.clock import RealClock, VirtualClock

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(20)]

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def real_clock_afterwards() -> AsyncIterator[None]:
    before = clock.current()
    yield
    clock.install(before)


async def test_a_fortnight_passes_in_a_moment() -> None:
    virtual = VirtualClock(START, 1)
    began = time.process_time()
    async with virtual.actor("a"):
        for _ in range(14 * 96):
            await virtual.sleep(900)
    assert virtual.now() == START + timedelta(days=14)
    assert time.process_time() - began < 5


async def test_time_waits_for_an_actor_that_does_real_io() -> None:
    virtual = VirtualClock(START, 2)
    seen: list[tuple[str, datetime]] = []

    async def slow() -> None:
        async with virtual.actor("slow"):
            await virtual.sleep(10)
            await asyncio.sleep(0.05)  # stands for SMTP
            seen.append(("slow", virtual.now()))

    async def quick() -> None:
        async with virtual.actor("quick"):
            await virtual.sleep(11)
            seen.append(("quick", virtual.now()))

    await asyncio.gather(quick(), slow())
    assert seen == [("slow", START + timedelta(seconds=10)), ("quick", START + timedelta(seconds=11))]


@pytest.mark.parametrize("order", ["abc", "cba", "bca"])
async def test_ties_are_broken_by_name_not_by_arrival(order: str) -> None:
    virtual = VirtualClock(START, 3)
    seen: list[str] = []

    async def one(name: str) -> None:
        async with virtual.actor(name):
            for _ in range(3):
                await virtual.sleep(60)
                seen.append(name)

    await asyncio.gather(*(one(name) for name in order))
    assert "".join(seen) == "abc" * 3


async def test_only_one_actor_runs_at_a_time() -> None:
    virtual = VirtualClock(START, 5)
    inside = 0

    async def one(name: str) -> None:
        nonlocal inside
        async with virtual.actor(name):
            for _ in range(10):
                await virtual.sleep(1)
                inside += 1
                assert inside == 1
                await asyncio.sleep(0)
                inside -= 1

    await asyncio.gather(*(one(f"n{number}") for number in range(5)))


async def test_time_does_not_start_before_everybody_is_there() -> None:
    virtual = VirtualClock(START, 2)

    async def one(name: str) -> datetime:
        async with virtual.actor(name):
            await virtual.sleep(3600)
            return virtual.now()

    first = asyncio.create_task(one("first"))
    await asyncio.sleep(0.02)
    assert not first.done()
    assert virtual.now() == START
    await asyncio.gather(first, asyncio.create_task(one("second")))


async def test_called_off_actors_free_the_clock() -> None:
    virtual = VirtualClock(START, 2)
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:

        async def one() -> None:
            async with virtual.actor("one"):
                await virtual.sleep(5)

        group.create_task(one())
        await asyncio.sleep(0.01)
        virtual.expect(-1)
    with pytest.raises(ValueError, match="called off"):
        virtual.expect(-1)


async def test_a_cancelled_sleeper_neither_stops_nor_hurries_the_clock() -> None:
    virtual = VirtualClock(START, 3)
    log: list[tuple[str, float]] = []

    def note(what: str) -> None:
        log.append((what, (virtual.now() - START).total_seconds()))

    async def sleeper() -> None:
        async with virtual.actor("sleeper"):
            try:
                await virtual.sleep(1000)
            finally:
                await asyncio.sleep(0.02)  # its farewell is real work: time must wait for it
                note("gone")

    async def other() -> None:
        async with virtual.actor("other"):
            await virtual.sleep(11)
            note("other")

    victim = asyncio.create_task(sleeper())

    async def killer() -> None:
        async with virtual.actor("killer"):
            await virtual.sleep(10)
            victim.cancel()
            await virtual.sleep(5)
            note("killer")

    await asyncio.gather(victim, other(), killer(), return_exceptions=True)
    assert log == [("gone", 10), ("other", 11), ("killer", 15)]


async def test_cancelling_in_the_very_moment_of_waking_keeps_the_count() -> None:
    virtual = VirtualClock(START, 2)

    async def sleeper() -> None:
        async with virtual.actor("sleeper"):
            await virtual.sleep(10)

    async def other() -> None:
        async with virtual.actor("other"):
            await virtual.sleep(20)
            await virtual.sleep(20)

    victim, survivor = asyncio.create_task(sleeper()), asyncio.create_task(other())
    while virtual.now() == START:
        await asyncio.sleep(0)
    victim.cancel()
    await asyncio.wait_for(asyncio.wait({victim, survivor}), 60)
    assert survivor.exception() is None
    assert virtual.now() == START + timedelta(seconds=40)


async def test_cancelling_before_the_first_turn_frees_the_seat() -> None:
    virtual = VirtualClock(START, 2)

    async def one(name: str) -> None:
        async with virtual.actor(name):
            await virtual.sleep(10)

    early = asyncio.create_task(one("early"))
    await asyncio.sleep(0)
    early.cancel()
    await asyncio.wait_for(one("late"), 60)
    assert virtual.now() == START + timedelta(seconds=10)


async def test_an_actor_that_fails_frees_the_clock() -> None:
    virtual = VirtualClock(START, 2)

    async def failing() -> None:
        async with virtual.actor("failing"):
            await virtual.sleep(1)
            raise LookupError

    async def other() -> None:
        async with virtual.actor("other"):
            await virtual.sleep(100)

    results = await asyncio.wait_for(asyncio.gather(failing(), other(), return_exceptions=True), 60)
    assert isinstance(results[0], LookupError)
    assert results[1] is None


async def test_a_nudge_moves_a_sleeper_to_now() -> None:
    virtual = VirtualClock(START, 2)
    woken: list[float] = []

    async def sleeper() -> None:
        async with virtual.actor("inbox"):
            await virtual.sleep(1000)
            woken.append((virtual.now() - START).total_seconds())
            await virtual.sleep(1000)
            woken.append((virtual.now() - START).total_seconds())

    async def waker() -> None:
        async with virtual.actor("waker"):
            await virtual.sleep(7)
            virtual.nudge("inbox")

    await asyncio.gather(sleeper(), waker())
    assert woken == [7, 1007]


async def test_a_sleeper_without_an_hour_waits_for_its_nudge_only() -> None:
    virtual = VirtualClock(START, 2)
    woken: list[float] = []

    async def sleeper() -> None:
        async with virtual.actor("idle"):
            while True:
                await virtual.sleep_until(clock.FOREVER)
                woken.append((virtual.now() - START).total_seconds())

    async def waker() -> None:
        async with virtual.actor("waker"):
            await virtual.sleep(7)
            virtual.nudge("idle")
            await virtual.sleep(7)

    idle = asyncio.create_task(sleeper())
    await waker()
    await asyncio.sleep(0.01)
    assert woken == [7]
    assert virtual.now() == START + timedelta(seconds=14)
    idle.cancel()
    await asyncio.wait({idle})


@pytest.mark.parametrize("kind", ["real", "virtual"])
async def test_a_nudge_that_comes_too_early_is_not_lost(kind: str) -> None:
    chosen: clock.Clock = RealClock() if kind == "real" else VirtualClock(START, 1)
    async with chosen.actor("worker"):
        began = chosen.now()
        chosen.nudge("worker")
        await asyncio.wait_for(chosen.sleep(300), 60)
        assert (chosen.now() - began).total_seconds() < 1


async def test_a_real_sleeper_is_woken_by_name() -> None:
    real = RealClock()

    async def sleeper(name: str) -> str:
        async with real.actor(name):
            await real.sleep(30)
        return name

    wanted, other = asyncio.create_task(sleeper("wanted")), asyncio.create_task(sleeper("other"))
    await asyncio.sleep(0.01)
    real.nudge("wanted")
    assert await asyncio.wait_for(wanted, 60) == "wanted"
    assert not other.done()
    other.cancel()
    with pytest.raises(asyncio.CancelledError):
        await other


async def test_a_real_sleep_lasts_as_long_as_it_says() -> None:
    real = RealClock()
    began = time.monotonic()
    await real.sleep(0.05)
    await real.sleep_until(real.now() - timedelta(days=1))
    assert time.monotonic() - began >= 0.045


async def test_barriers_run_before_time_moves_and_may_cause_work() -> None:
    virtual = VirtualClock(START, 2)
    log: list[tuple[str, float]] = []
    jobs: list[str] = []

    def note(what: str) -> None:
        log.append((what, (virtual.now() - START).total_seconds()))

    async def drain() -> None:
        while jobs:
            await asyncio.sleep(0.01)
            note(jobs.pop())
            virtual.nudge("reader")

    async def writer() -> None:
        async with virtual.actor("writer"):
            await virtual.sleep(10)
            jobs.append("job")
            await virtual.sleep(10)
            note("writer")

    async def reader() -> None:
        async with virtual.actor("reader"):
            await virtual.sleep(1000)
            note("reader")

    virtual.add_barrier(drain)
    await asyncio.gather(writer(), reader())
    assert log == [("job", 10), ("reader", 10), ("writer", 20)]


async def test_a_failing_barrier_is_heard_by_every_sleeper() -> None:
    virtual = VirtualClock(START, 2)

    async def broken() -> None:
        raise ConnectionError("the queue is gone")

    async def one(name: str) -> None:
        async with virtual.actor(name):
            await virtual.sleep(10)

    virtual.add_barrier(broken)
    results = await asyncio.wait_for(asyncio.gather(one("a"), one("b"), return_exceptions=True), 60)
    assert [type(result) for result in results] == [ConnectionError, ConnectionError]


async def test_a_child_task_may_sleep_for_its_actor() -> None:
    virtual = VirtualClock(START, 2)
    stop = asyncio.Event()

    async def loop_with_stop() -> float:
        async with virtual.actor("worker"):
            nap = asyncio.create_task(virtual.sleep(1000))
            await asyncio.wait({nap, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
            nap.cancel()
            await asyncio.wait({nap})
            return (virtual.now() - START).total_seconds()

    async def stopper() -> None:
        async with virtual.actor("stopper"):
            await virtual.sleep(3)
            stop.set()
            await asyncio.sleep(0.02)  # only a nudge is known to the clock; other wakings need their passes
            await virtual.sleep(3)

    stopped, _ = await asyncio.wait_for(asyncio.gather(loop_with_stop(), stopper()), 60)
    assert stopped == 3
    assert virtual.now() == START + timedelta(seconds=6)


async def test_sleeping_without_a_seat_is_refused() -> None:
    virtual = VirtualClock(START, 0)
    with pytest.raises(RuntimeError, match="only an actor"):
        await virtual.sleep(1)


async def test_two_actors_cannot_share_a_name() -> None:
    virtual = VirtualClock(START, 1)
    async with virtual.actor("a"):

        async def twin() -> None:
            async with virtual.actor("a"):
                pass

        with pytest.raises(RuntimeError, match="already"):
            await asyncio.create_task(twin())
        with pytest.raises(RuntimeError, match="task of its own"):
            async with virtual.actor("b"):
                pass


async def test_the_installed_clock_is_the_products_clock() -> None:
    with clock.installed(VirtualClock(START, 1)):
        async with clock.actor("a"):
            await clock.sleep(60)
            await clock.sleep_until(clock.now() + timedelta(seconds=60))
        assert clock.now() == START + timedelta(minutes=2)
        assert abs((clock.machine_now() - datetime.now(UTC)).total_seconds()) < 5
    assert abs((clock.now() - datetime.now(UTC)).total_seconds()) < 5
