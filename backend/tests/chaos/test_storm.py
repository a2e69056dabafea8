"""Everything that can happen to workers, at random moments: nobody is forgotten, nobody gets a step twice.

`make chaos` runs it long; the length is `CHAOS_KILLS` and `CHAOS_PEOPLE`, the dice are `CHAOS_SEED`.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reachly.data.session import tenant
from reachly.kit import clock
from reachly.services.campaigns import service as campaigns
from tests.chaos.arena import LEASE, Arena, Report, open_arena
from tests.factories.sending import Stage

pytestmark = [pytest.mark.anyio, pytest.mark.chaos, pytest.mark.timeout(7200)]
KILLS = int(os.environ.get("CHAOS_KILLS", "3"))
PEOPLE = int(os.environ.get("CHAOS_PEOPLE", "200"))
SEED = int(os.environ.get("CHAOS_SEED", "7"))
LONG = KILLS > 10
FAULTS = ["--fault", "all=0.004", "--fault", "connect=0.01", "--seed", str(SEED)]


@pytest.fixture
async def arena(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Arena]:
    before = clock.current()
    delay = str(30 if LONG else 40)
    opened = await open_arena(tmp_path, workers=3, mailboxes=6, peer=["--delay", delay, *FAULTS])
    try:
        yield opened
    finally:
        await opened.close()
        clock.install(before)


async def kill(arena: Arena, draw: random.Random) -> None:
    arena.fleet.kill(arena.fleet.pick(draw))
    await arena.note_in_flight()
    arena.fleet.fill()


async def stop(arena: Arena, draw: random.Random) -> None:
    """Asleep past its lease, while others take over; then it wakes up in the middle of what it was doing."""
    async with arena.fleet.stopped(arena.fleet.pick(draw)):
        await arena.note_in_flight()
        await asyncio.sleep(2 * LEASE)
        await arena.note_in_flight()


async def restart_database(arena: Arena, _draw: random.Random) -> None:
    await arena.restart_database()


async def jump(arena: Arena, draw: random.Random) -> None:
    """A day on, an hour back, over the change of the clocks."""
    arena.time.move(draw.choice([3600.0, -3600.0, 7200.0, -600.0]))


async def pause_and_resume(arena: Arena, stage: Stage, times: int) -> None:
    for n in range(times):
        for work in (campaigns.pause_campaign, campaigns.start_campaign):
            async with tenant(arena.actor.organization_id) as session:
                await work(session, arena.actor, stage.campaign_id)
        await asyncio.sleep(0.02 if n % 10 else 0.5)


async def reached(arena: Arena, before: int, wanted: float, stage: Stage) -> bool:
    """Waits until the peer has kept so many more; False when the campaign is over before."""
    moved, seen, deadline = time.monotonic(), -1, time.monotonic() + 300
    while (count := arena.peer.count() - before) < wanted:
        if count != seen:
            moved, seen = time.monotonic(), count
        elif time.monotonic() - moved > 2 * LEASE:
            await arena.hurry()
        if time.monotonic() > deadline:
            raise TimeoutError(await arena.describe())
        if (
            await arena.sql.fetchval("SELECT status FROM campaigns WHERE id = $1", stage.campaign_id)
            == "completed"
        ):
            return False
        await asyncio.sleep(0.05)
    return True


async def storm(arena: Arena, number: int, kills: int, draw: random.Random) -> tuple[Stage, dict[str, int]]:
    """One campaign; things happen all along it."""
    before = arena.peer.count()
    stage = await arena.campaign(PEOPLE, f"r{number}x")
    plan = [kill] * kills + [stop, restart_database, jump, jump]
    draw.shuffle(plan)
    counts = {"kill": 0, "stop": 0, "restart_database": 0, "jump": 0, "pause_and_resume": 0}
    arena.fleet.fill()
    for n, event in enumerate(plan, 1):
        if not await reached(arena, before, PEOPLE * n / (len(plan) + 2), stage):
            break
        await asyncio.sleep(draw.random() * 0.3)
        await event(arena, draw)
        counts[event.__name__] += 1
        if n == len(plan) // 2:
            times = 100 if LONG else 10
            await pause_and_resume(arena, stage, times)
            counts["pause_and_resume"] += times
    await arena.finish(stage.campaign_id, 900 if LONG else 240)
    return stage, counts


def summary(arena: Arena, reports: list[Report], kills: int, seconds: float) -> str:
    return (
        f"chaos: kills {kills}, recipients {sum(r.intended for r in reports)}, "
        f"lost {sum(len(r.lost) for r in reports)}, duplicates {sum(len(r.duplicates) for r in reports)}, "
        f"unknown {sum(r.unknown_ever for r in reports)} (on the wire at the blows: {len(arena.in_flight)}; broken "
        f"words of the peer: {reports[-1].faults}), settled {sum(r.settled for r in reports)}, {seconds:.0f} s"
    )


def say(words: str) -> None:
    print(words, flush=True)


async def test_whatever_happens_everybody_gets_it_once(arena: Arena) -> None:
    draw = random.Random(SEED)
    began, kills, number = time.monotonic(), 0, 0
    reports: list[Report] = []
    while kills < KILLS:
        number += 1
        stage, counts = await storm(arena, number, min(5, KILLS - kills), draw)
        kills += counts["kill"]
        report = await arena.compare(stage.campaign_id, f"r{number}x")
        reports.append(report)
        say(f"chaos: round {number}: {counts} {report}")
        assert counts["kill"], "the campaign was over before anybody was killed"
        assert report.duplicates == []
        assert report.lost == []
        assert report.unexplained == [], "unknown is only what was on the wire"
        assert report.unknown_left == 0
        assert not arena.fleet.complaints(["a mailbox without a turn"]), (
            "whoever gives something back sees to its turn"
        )
        assert await arena.sql.fetchval("SELECT sum(reserved) FROM cap_usage") == 0
        used = await arena.sql.fetchval("SELECT sum(used) FROM cap_usage WHERE scope = 'mailbox'")
        assert used == await arena.sql.fetchval("SELECT count(*) FROM email_sends WHERE status = 'sent'")
    say(summary(arena, reports, kills, time.monotonic() - began))
