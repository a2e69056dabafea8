"""One blow at a time, with a peer that keeps its word: a pause, five starts, a polite end, a full disk."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from mailworld.faults import read_ledger
from reachly.data.session import tenant
from reachly.kit import clock
from reachly.services.campaigns import service as campaigns
from tests.chaos.arena import Arena, open_arena
from tests.factories.sending import Stage

pytestmark = [pytest.mark.anyio, pytest.mark.chaos, pytest.mark.timeout(600)]
PEOPLE = 120


@pytest.fixture(scope="module")
async def arena(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> AsyncIterator[Arena]:
    before = clock.current()
    opened = await open_arena(
        tmp_path_factory.mktemp("blows"), workers=2, mailboxes=4, peer=["--delay", "40"]
    )
    opened.fleet.fill()
    try:
        yield opened
    finally:
        await opened.close()
        clock.install(before)


async def kept(arena: Arena, prefix: str, least: int) -> None:
    """Waits until the peer has kept so many of this campaign."""
    deadline = time.monotonic() + 60
    while sum(one.recipient.startswith(prefix) for one in read_ledger(arena.peer.log).stored) < least:
        if time.monotonic() > deadline:
            raise TimeoutError(await arena.describe())
        await asyncio.sleep(0.05)


async def finished(arena: Arena, stage: Stage, prefix: str, *, unknown: bool = False) -> None:
    await arena.finish(stage.campaign_id, 240)
    report = await arena.compare(stage.campaign_id, prefix)
    print(f"chaos: {prefix}: {report}", flush=True)
    assert (report.lost, report.duplicates, report.unexplained) == ([], [], [])
    assert unknown or report.unknown_ever == 0
    assert report.unknown_left == 0


async def test_after_the_answer_to_a_pause_nothing_new_begins(arena: Arena) -> None:
    stage = await arena.campaign(PEOPLE, "pause")
    await kept(arena, "pause", 30)
    async with tenant(arena.actor.organization_id) as session:
        await campaigns.pause_campaign(session, arena.actor, stage.campaign_id)
    answered = time.time()
    rows = await arena.sql.fetch("SELECT to_email FROM email_sends WHERE status = 'sending'")
    await asyncio.sleep(2.5)
    late = {one.recipient for one in read_ledger(arena.peer.log).stored if one.at > answered}
    assert late <= {row["to_email"] for row in rows}, "only what was on the wire already may arrive"
    assert (
        await arena.sql.fetchval("SELECT count(*) FROM email_sends WHERE status IN ('claimed', 'sending')")
        == 0
    )
    async with tenant(arena.actor.organization_id) as session:
        await campaigns.start_campaign(session, arena.actor, stage.campaign_id)
    await finished(arena, stage, "pause")


async def test_five_starts_at_once_are_one(arena: Arena) -> None:
    stage = await arena.campaign(PEOPLE, "starts", draft=True)

    async def start() -> str:
        async with tenant(arena.actor.organization_id) as session:
            return (await campaigns.start_campaign(session, arena.actor, stage.campaign_id)).status

    assert await asyncio.gather(*(start() for _ in range(5))) == ["active"] * 5
    await finished(arena, stage, "starts")
    query = "SELECT count(*) FROM analytics_events WHERE event_type = 'campaign_started' AND campaign_id = $1"
    assert await arena.sql.fetchval(query, stage.campaign_id) == 1


async def test_a_polite_end_leaves_nothing_in_doubt(arena: Arena) -> None:
    stage = await arena.campaign(PEOPLE, "polite")
    await kept(arena, "polite", 30)
    began = time.monotonic()
    assert await arena.fleet.end() == [0, 0]
    assert time.monotonic() - began < 10
    open_rows = await arena.sql.fetchval(
        "SELECT count(*) FROM email_sends WHERE status IN ('claimed', 'sending')"
    )
    assert open_rows == 0, "finished or given back"
    await finished(arena, stage, "polite")


@contextlib.contextmanager
def small_disk(arena: Arena, path: Path) -> Iterator[None]:
    """A file system of a few megabytes, owned by the account of the server."""
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", path]
    if os.geteuid() != 0 or subprocess.run(mount, check=False).returncode:
        pytest.skip("needs mount(8) as root, for a disk that is full")
    try:
        owner = (arena.postgres.cluster / "PG_VERSION").stat()
        os.chown(path, owner.st_uid, owner.st_gid)
        path.chmod(0o700)
        yield
    finally:
        subprocess.run(["umount", "-l", path], check=True)


async def watched(arena: Arena, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await arena.note_in_flight()
        await asyncio.sleep(0.05)


async def test_a_full_disk_stops_sending_and_a_freed_one_goes_on(arena: Arena) -> None:
    disk = Path("/tmp") / f"reachly-small-disk-{os.getpid()}"
    admin = await asyncpg.connect(arena.postgres.admin_dsn("reachly"))
    with small_disk(arena, disk):
        await admin.execute(f"CREATE TABLESPACE small LOCATION '{disk}'")
        await admin.execute("ALTER TABLE email_sends SET TABLESPACE small")
        stage = await arena.campaign(PEOPLE, "full")
        await kept(arena, "full", 20)
        with contextlib.suppress(asyncpg.DiskFullError):
            await admin.execute("CREATE TABLE filler (words text) TABLESPACE small")
            while True:
                await admin.execute(
                    "INSERT INTO filler SELECT repeat('x', 2000) FROM generate_series(1, 200)"
                )
        await watched(arena, 4)
        first = len(read_ledger(arena.peer.log).stored)
        await watched(arena, 2)
        assert len(read_ledger(arena.peer.log).stored) <= first + 16, "hardly anything can be marked any more"
        await admin.execute("DROP TABLE filler")
        await finished(arena, stage, "full", unknown=True)
        await admin.execute("ALTER TABLE email_sends SET TABLESPACE pg_default")
        await admin.execute("DROP TABLESPACE small")
    await admin.close()
    disk.rmdir()
