"""One blow at a time, with a peer that keeps its word: a pause, five starts, a clock that jumps, a full disk."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from mailworld.faults import read_ledger
from reachly.data.session import tenant
from reachly.infra.embedded_postgres import EmbeddedPostgres
from reachly.services.campaigns import service as campaigns
from tests.chaos.arena import ENGINE, LEASE, Arena, opened
from tests.chaos.peers import HoldingPeer, count_kept
from tests.chaos.table import to_property
from tests.factories.sending import Stage
from tests.flow import processes

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(600)]
PEOPLE = 80
MANY = 400  # more than the fleet can have on the wire at once
CAP = 12
Finish = Callable[..., Awaitable[None]]


@pytest.fixture
async def peer(tmp_path: Path, anyio_backend: str) -> AsyncIterator[HoldingPeer]:
    async with HoldingPeer(tmp_path / "peer.jsonl", delay=0.04) as server:
        yield server
        server.let_go()


@pytest.fixture
def finish(record_property: Callable[[str, object], None]) -> Finish:
    """Lets the campaign come to its end and asks for every promise."""

    async def run(arena: Arena, stage: Stage, name: str, **blows: int) -> None:
        await arena.finish(stage.campaign_id, 240)
        report = await arena.compare(stage, name)
        report.blows = blows
        record_property(*to_property([report]))
        assert report.broken() == []

    return run


async def kept(arena: Arena, least: int) -> None:
    """Waits until the peer has kept so many."""
    deadline = time.monotonic() + 60
    while count_kept(arena.peer.log) < least:
        if time.monotonic() > deadline:
            raise TimeoutError(await arena.describe())
        await asyncio.sleep(0.02)


async def test_after_the_answer_to_a_pause_nothing_new_begins(
    tmp_path: Path, dsn: str, peer: HoldingPeer, finish: Finish
) -> None:
    async with opened(tmp_path, peer, dsn=dsn) as arena:
        stage = await arena.campaign(MANY, "pause")
        arena.fleet.fill()
        await kept(arena, 10)
        async with tenant(arena.actor.organization_id) as session:
            await campaigns.pause_campaign(session, arena.actor, stage.campaign_id)
        answered = time.time()
        rows = await arena.sql.fetch("SELECT to_email FROM email_sends WHERE status = 'sending'")
        open_rows = "SELECT count(*) FROM email_sends WHERE status IN ('claimed', 'sending')"
        while await arena.sql.fetchval(open_rows):  # what is on the wire finishes
            await asyncio.sleep(0.05)
        await asyncio.sleep(LEASE)  # and several polls later
        late = {one.recipient for one in read_ledger(arena.peer.log).stored if one.at > answered}
        assert late <= {row["to_email"] for row in rows}, "only what was on the wire already may arrive"
        assert await arena.sql.fetchval(open_rows) == 0
        async with tenant(arena.actor.organization_id) as session:
            await campaigns.start_campaign(session, arena.actor, stage.campaign_id)
        await finish(arena, stage, "pause", pause=1)


async def test_five_starts_at_once_are_one(
    tmp_path: Path, dsn: str, peer: HoldingPeer, finish: Finish
) -> None:
    async with opened(tmp_path, peer, dsn=dsn) as arena:
        stage = await arena.campaign(PEOPLE, "starts", draft=True)

        async def start() -> str:
            async with tenant(arena.actor.organization_id) as session:
                return (await campaigns.start_campaign(session, arena.actor, stage.campaign_id)).status

        assert await asyncio.gather(*(start() for _ in range(5))) == ["active"] * 5
        arena.fleet.fill()
        await finish(arena, stage, "starts")
        started = "SELECT count(*) FROM analytics_events WHERE event_type = 'campaign_started'"
        assert await arena.sql.fetchval(started) == 1


@pytest.mark.chaos
async def test_caps_hold_while_the_clock_jumps_and_workers_die(
    tmp_path: Path, dsn: str, peer: HoldingPeer, finish: Finish
) -> None:
    """A mailbox's day is the day of its own calendar, whatever the clock does; an hour back opens nothing anew."""
    draw, jumps = random.Random(7), [3_600, -3_600, 43_200, -3_600, 7_200, -7_200, 43_200, 3_600]
    async with opened(tmp_path, peer, dsn=dsn, workers=3, zone="Europe/Oslo", daily_limit=CAP) as arena:
        stage = await arena.campaign(8 * CAP, "caps")
        arena.fleet.fill()
        await kept(arena, 1)
        for n, seconds in enumerate(jumps):
            arena.fleet.fill()
            await asyncio.sleep(0.5 + draw.random())
            arena.time.move(seconds)
            if n % 2:
                with arena.trouble():
                    arena.fleet.kill(arena.fleet.pick(draw))
                    await arena.watch(0.3)
        await finish(arena, stage, "caps", kill=len(jumps) // 2, jump=len(jumps))
        query = """
        SELECT max(n) FROM (
            SELECT count(*) AS n FROM email_sends s JOIN email_accounts a ON a.id = s.email_account_id
            GROUP BY a.id, (s.handed_at AT TIME ZONE a.timezone)::date) AS days
        """
        assert await arena.sql.fetchval(query) <= CAP


@contextlib.contextmanager
def small_disk(postgres: EmbeddedPostgres) -> Iterator[Path]:
    """A file system of a few megabytes, owned by the account of the server."""
    path = Path(tempfile.gettempdir()) / f"reachly-small-disk-{os.getpid()}"
    path.mkdir()
    try:
        mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", path]
        if os.geteuid() != 0 or subprocess.run(mount, check=False).returncode:
            pytest.skip("needs mount(8) as root, for a disk that is full")
        try:
            owner = (postgres.cluster / "PG_VERSION").stat()
            os.chown(path, owner.st_uid, owner.st_gid)
            path.chmod(0o700)
            yield path
        finally:
            subprocess.run(["umount", "-l", path], check=True)
    finally:
        path.rmdir()


async def fill(admin: Any) -> None:
    """Not a page is left."""
    await admin.execute("CREATE TABLE filler (words text) TABLESPACE small")
    for rows in (200, 1):
        with contextlib.suppress(asyncpg.DiskFullError):
            while True:
                insert = "INSERT INTO filler SELECT repeat('x', 2000) FROM generate_series(1, $1)"
                await admin.execute(insert, rows)


@contextlib.asynccontextmanager
async def api_of(arena: Arena) -> AsyncIterator[httpx2.AsyncClient]:
    """The API as a process of its own, and somebody who is signed in."""
    port = processes.free_port()
    environment = {**ENGINE, "DATABASE_URL": arena.dsn, "REACHLY_DATA_DIR": str(arena.folder / "api")}
    log = arena.folder / "api.log"
    api = processes.start(["-m", "reachly.cli", "serve"], log, PORT=str(port), **environment)
    url = f"http://127.0.0.1:{port}"
    try:
        await asyncio.to_thread(processes.wait_for, lambda: processes.is_ready(url), "the API")
        async with httpx2.AsyncClient(base_url=url, trust_env=False, timeout=60) as http:
            body = {"email": "ada@quietharbor.example", "password": "correct horse battery", "name": "Ada"}
            answer = await http.post("/api/auth/register", json={**body, "organization_name": "Quietharbor"})
            http.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
            yield http
    finally:
        await asyncio.to_thread(processes.end, api, 60)


async def write(http: httpx2.AsyncClient, times: int) -> int:
    """New campaigns until one is refused; the last status."""
    status = 0
    for n in range(times):
        status = (await http.post("/api/campaigns", json={"name": f"{n} " + "x" * 190})).status_code
        if status != 201:
            break
    return status


@pytest.mark.chaos
async def test_a_full_disk_stops_sending_and_a_freed_one_goes_on(
    tmp_path: Path, peer: HoldingPeer, finish: Finish
) -> None:
    async with opened(tmp_path, peer) as arena, api_of(arena) as http:
        assert arena.postgres is not None
        admin = await asyncpg.connect(arena.postgres.admin_dsn("reachly"))
        with small_disk(arena.postgres) as disk:
            await admin.execute(f"CREATE TABLESPACE small LOCATION '{disk}'")
            for table in ("email_sends", "campaigns"):
                await admin.execute(f"ALTER TABLE {table} SET TABLESPACE small")
            stage = await arena.campaign(3 * MANY, "full")
            arena.fleet.fill()
            await kept(arena, 20)
            await fill(admin)
            assert await write(http, 200) == 503, "somebody who writes is told to come again"
            await arena.watch(3 * LEASE)
            before = count_kept(arena.peer.log)
            assert before < 3 * MANY, "the disk was full before everybody had been written to"
            await arena.watch(LEASE)
            assert count_kept(arena.peer.log) <= before + 16, "hardly anything can be marked any more"
            await admin.execute("DROP TABLE filler")
            await finish(arena, stage, "full")
            assert await write(http, 1) == 201
            for table in ("email_sends", "campaigns"):
                await admin.execute(f"ALTER TABLE {table} SET TABLESPACE pg_default")
            await admin.execute("DROP TABLESPACE small")
        await admin.close()
