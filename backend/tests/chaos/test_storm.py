"""Everything that can happen to workers, at random moments: nobody is forgotten, nobody gets a step twice.

`make chaos` runs it long; the length is `CHAOS_KILLS` and `CHAOS_PEOPLE`, the dice are `CHAOS_SEED`.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from reachly.data.session import tenant
from reachly.kit import clock
from reachly.services.campaigns import service as campaigns
from tests.chaos.arena import LEASE, Arena, opened
from tests.chaos.peers import DistantPeer, count_kept
from tests.chaos.table import render_faults, to_property
from tests.chaos.verdict import Report
from tests.factories.sending import Stage, Step

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(7200)]
KILLS = int(os.environ.get("CHAOS_KILLS", "3"))
PEOPLE = int(os.environ.get("CHAOS_PEOPLE", "150"))
SEED = int(os.environ.get("CHAOS_SEED", "7"))
LONG = KILLS > 10
AHEAD = 72_000 if LONG else 7_200
DELAY = "60" if LONG else "100"  # milliseconds: an answer of a peer that is far away
A_ROUND = 25  # kills in one campaign
FAULTS = ["--fault", "all=0.004", "--fault", "connect=0.02", "--fault", "auth=0.02", "--fault", "ehlo=0.02"]
MAILBOXES, BLIND = 6, 1
ZONE = "Europe/Oslo"
FOLLOWED_UP = (Step(), Step(subject="", body="Hi {{ first_name }},\n\njust asking again.", hours=3))


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[DistantPeer]:
    arguments = ["--delay", DELAY, "--seed", str(SEED), "--acts", "drop", "stall", "garble", "later"]
    server = DistantPeer(tmp_path / "peer.jsonl", [*arguments, *FAULTS])
    yield server
    server.end()


async def kill(arena: Arena, draw: random.Random) -> None:
    arena.fleet.kill(arena.fleet.pick(draw))
    await arena.watch(0.3)
    arena.fleet.fill()


async def stop(arena: Arena, draw: random.Random) -> None:
    """Asleep past its lease, while others take over; then it wakes up in the middle of what it was doing."""
    async with arena.fleet.stopped(arena.fleet.pick(draw)):
        await arena.watch(2 * LEASE)


async def restart_database(arena: Arena, _draw: random.Random) -> None:
    await arena.restart_database()


async def jump_ahead(arena: Arena, _draw: random.Random) -> None:
    """By less than a day: what is on the wire meanwhile seems to be filed late by as much, and beside a copy that came
    a day late no absence is ever believed."""
    arena.time.move(AHEAD)


async def jump_an_hour_back(arena: Arena, _draw: random.Random) -> None:
    arena.time.move(-3_600)


async def jump_over_the_change(arena: Arena, _draw: random.Random) -> None:
    """To just behind the next change between summer and winter time, unless that is further than a campaign may be
    late."""
    if 0 < (left := (next_change(clock.now()) - clock.now()).total_seconds()) < 86_400:
        arena.time.move(left + 60)


def next_change(now: datetime) -> datetime:
    """The next change of the clocks in the campaigns' zone."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    zone = ZoneInfo(ZONE)
    while hour.astimezone(zone).utcoffset() == (hour + timedelta(hours=1)).astimezone(zone).utcoffset():
        hour += timedelta(hours=1)
    return hour + timedelta(hours=1)


async def pause(arena: Arena, stage: Stage, times: int) -> None:
    """And start again, so many times."""
    for n in range(times):
        for work in (campaigns.pause_campaign, campaigns.start_campaign):
            async with tenant(arena.actor.organization_id) as session:
                await work(session, arena.actor, stage.campaign_id)
        await asyncio.sleep(0.02 if n % 10 else 0.5)


async def reached(arena: Arena, before: int, wanted: float, stage: Stage) -> bool:
    """Waits until the peer has kept so many more; False when the campaign is over before, as it may be where many
    people wait behind a message that only a person can settle."""
    moved, seen, deadline = time.monotonic(), -1, time.monotonic() + 300
    while (count := count_kept(arena.peer.log) - before) < wanted:
        if count != seen:
            moved, seen = time.monotonic(), count
        elif time.monotonic() - moved > LEASE:
            await arena.hurry()
        if time.monotonic() > deadline:
            raise TimeoutError(await arena.describe())
        if await arena.over(stage.campaign_id):
            return False
        arena.fleet.fill()  # who was started while the database was not there has gone
        await asyncio.sleep(0.05)
    return True


async def storm(arena: Arena, name: str, kills: int, draw: random.Random, steps: tuple[Step, ...]) -> Report:
    """One campaign; things happen all along it."""
    began = time.monotonic()
    arena.time.move((next_change(clock.now()) - clock.now()).total_seconds() - 1_800)  # half an hour before
    await arena.send_controls()
    before = count_kept(arena.peer.log)
    stage = await arena.campaign(PEOPLE, name, steps=steps)
    plan: list[Any] = [kill] * kills + [stop, restart_database] * (1 + kills // 10)
    plan += (
        [jump_ahead, jump_an_hour_back, jump_over_the_change] if LONG else [jump_ahead, jump_over_the_change]
    )
    draw.shuffle(plan)
    plan.insert(0, plan.pop(plan.index(kill)))  # no campaign is over before somebody was killed
    counts: Counter[str] = Counter()
    sure = PEOPLE * len(steps) * (MAILBOXES - BLIND) / MAILBOXES  # the others may be left to a person
    arena.fleet.fill()
    for n, event in enumerate(plan, 1):
        if not await reached(arena, before, sure * n / (len(plan) + 2), stage):
            break
        await asyncio.sleep(draw.random() * 0.3)
        with arena.trouble():
            await event(arena, draw)
        counts["jump" if event.__name__.startswith("jump") else event.__name__] += 1
        if n == len(plan) // 2:
            times = 100 if LONG else 10
            with arena.trouble():
                await pause(arena, stage, times)
            counts["pause"] += times
    await arena.finish(stage.campaign_id, 900)
    report = await arena.compare(stage, name)
    report.blows, report.seconds = dict(counts), time.monotonic() - began
    return report


async def test_whatever_happens_everybody_gets_it_once(
    tmp_path: Path, peer: DistantPeer, record_property: Any
) -> None:
    draw = random.Random(SEED)
    reports: list[Report] = []
    try:
        async with opened(tmp_path, peer, workers=3, mailboxes=MAILBOXES, blind=BLIND, zone=ZONE) as arena:
            while (left := KILLS - sum(report.blows["kill"] for report in reports)) > 0:
                number = len(reports) + 1
                steps = FOLLOWED_UP if LONG and number % 2 == 0 else (Step(),)
                reports.append(await storm(arena, f"r{number}x", min(A_ROUND, left), draw, steps))
                print(f"chaos: campaign {number}: {reports[-1]}", flush=True)
                assert reports[-1].broken() == []
                assert reports[-1].blows["kill"], "the campaign was over before anybody was killed"
    finally:
        record_property(*to_property(reports, render_faults(peer.log)))
