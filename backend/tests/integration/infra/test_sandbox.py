"""A process beside this one: it answers, and past its limits it is ended and replaced."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from reachly.infra.sandbox import OverLimit, Sandbox

pytestmark = pytest.mark.anyio
Make = Callable[..., Sandbox]


@pytest.fixture
def sandbox() -> Iterator[Make]:
    made: list[Sandbox] = []

    def make(target: str, **limits: Any) -> Sandbox:
        made.append(Sandbox(target, **{"cpu_seconds": 30.0, **limits}))
        return made[-1]

    yield make
    for each in made:
        each.close()


async def test_it_answers_from_another_process_which_is_kept(sandbox: Make) -> None:
    beside = sandbox("os:getpid", at_once=1)
    first = await beside.call()
    assert first not in (os.getpid(), 0)
    assert await beside.call() == first


async def test_a_call_over_its_time_is_ended_even_inside_c_and_the_next_one_works(
    sandbox: Make,
) -> None:
    beside = sandbox("builtins:pow", cpu_seconds=0.3, at_once=1)
    with pytest.raises(OverLimit) as over:
        await beside.call(7**40_000, 11**40_000, 13**40_000)  # one long C call: no Python runs in it
    assert over.value.reason == "time"
    assert await beside.call(2, 10) == 1024


async def test_a_call_that_sleeps_is_ended_by_the_clock(sandbox: Make) -> None:
    beside = sandbox("time:sleep", wall_seconds=2, at_once=1)
    with pytest.raises(OverLimit):
        await beside.call(600)
    assert await beside.call(0) is None


async def test_a_call_over_its_memory_is_refused_and_the_process_goes_on(
    sandbox: Make,
) -> None:
    beside = sandbox("builtins:bytearray", memory_bytes=1 << 29, at_once=1)
    with pytest.raises(OverLimit) as over:
        await beside.call(1 << 30)
    assert over.value.reason == "memory"
    assert await beside.call(3) == bytearray(3)


async def test_a_call_that_raises_or_kills_its_process_is_over_a_limit_too(
    sandbox: Make,
) -> None:
    with pytest.raises(OverLimit):
        await sandbox("builtins:int").call("x")
    dying = sandbox("os:_exit", at_once=1)
    for _ in range(2):
        with pytest.raises(OverLimit):
            await dying.call(3)


async def test_the_event_loop_goes_on_while_calls_work(sandbox: Make) -> None:
    beside = sandbox("builtins:sum", at_once=1)
    await beside.call([1])  # started
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0)
            ticks += 1

    beat = asyncio.create_task(tick())
    assert await beside.call(range(20_000_000)) == 199_999_990_000_000
    beat.cancel()
    assert ticks > 100  # in this process, whose interpreter the call did not hold


async def test_one_long_call_does_not_hold_up_another(sandbox: Make) -> None:
    beside = sandbox("time:sleep", at_once=2)
    long = asyncio.create_task(beside.call(3600))
    for _ in range(3):
        await beside.call(0)
    assert not long.done()
    long.cancel()
