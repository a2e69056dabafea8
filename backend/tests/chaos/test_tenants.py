"""A tenant whose servers hang holds up nobody else: the other one is done while the first has hardly begun.

Nothing is timed here: the slow server answers only after the fast tenant's campaign is over.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.chaos.arena import Arena, beside, opened
from tests.chaos.peers import HoldingPeer
from tests.chaos.table import to_property

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(600)]
QUEUED = 10_000 if int(os.environ.get("CHAOS_KILLS", "3")) > 10 else 240
FEW = 10
WORKERS, PLACES = 2, 2  # turns that a worker takes side by side
CROWD = 3 * WORKERS * PLACES  # mailboxes of the slow tenant
PATIENT = {"REACHLY_MAIL__CONNECT_SECONDS": "600", "REACHLY_MAIL__COMMAND_SECONDS": "600"}
SENDING = "SELECT count(DISTINCT email_account_id) FROM email_sends WHERE organization_id = $1 AND status = 'sending'"
COUNT = "SELECT count(*) FROM email_sends WHERE organization_id = $1 AND status = $2"

MOVE = (
    "UPDATE email_accounts SET imap_config = imap_config || jsonb_build_object('port', $2::int) WHERE id = $1"
)


@pytest.fixture
async def peer(tmp_path: Path, anyio_backend: str) -> AsyncIterator[HoldingPeer]:
    async with HoldingPeer(tmp_path / "peer.jsonl") as server:
        yield server


@pytest.fixture
async def slow_peer(tmp_path: Path, anyio_backend: str) -> AsyncIterator[HoldingPeer]:
    async with HoldingPeer(tmp_path / "slow.jsonl") as server:
        yield server
        server.let_go()


class Silent:
    """Takes every connection and never says a word."""

    def __init__(self) -> None:
        self.port = 0
        self.asked = asyncio.Event()
        self._writers: list[asyncio.StreamWriter] = []

    async def take(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self.asked.set()

    def hang_up(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


@pytest.fixture
async def silent(anyio_backend: str) -> AsyncIterator[Silent]:
    silent = Silent()
    server = await asyncio.start_server(silent.take, "127.0.0.1", 0)
    silent.port = server.sockets[0].getsockname()[1]
    yield silent
    server.close()
    silent.hang_up()


async def until(what: Callable[[], Awaitable[bool]], arena: Arena, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not await what():
        if time.monotonic() > deadline:
            raise TimeoutError(await arena.describe())
        await asyncio.sleep(0.05)


async def count(arena: Arena, status: str) -> int:
    found: int = await arena.sql.fetchval(COUNT, arena.actor.organization_id, status)
    return found


async def test_a_tenant_whose_server_hangs_holds_up_nobody_else(
    tmp_path: Path, dsn: str, peer: HoldingPeer, slow_peer: HoldingPeer,
    record_property: Callable[[str, object], None],
) -> None:  # fmt: skip
    async with (
        opened(tmp_path, peer, dsn=dsn, workers=WORKERS, mailboxes=2, engine=PATIENT) as fast,
        beside(fast, slow_peer, CROWD) as slow,
    ):
        slow_peer.hold()
        queued = await slow.campaign(QUEUED, "slow")
        fast.fleet.fill()

        async def every_place_is_taken() -> bool:
            return await slow.sql.fetchval(SENDING, slow.actor.organization_id) >= WORKERS * PLACES

        await until(every_place_is_taken, slow)
        few = await fast.campaign(FEW, "fast")
        await fast.finish(few.campaign_id, 120)
        assert await count(slow, "sent") == 0, "the slow tenant has heard no answer yet"
        reports = [await fast.compare(few, "fast")]
        slow_peer.let_go()
        await slow.finish(queued.campaign_id, 400)
        reports.append(await slow.compare(queued, "slow"))
        record_property(*to_property(reports))
        assert [report.broken() for report in reports] == [[], []]
        assert [report.unknown for report in reports] == [0, 0]


async def test_a_tenant_whose_sent_folders_hang_holds_up_nobody_else(
    tmp_path: Path, dsn: str, peer: HoldingPeer, slow_peer: HoldingPeer, silent: Silent
) -> None:
    """What is in doubt is asked of the mailbox, and this one never answers."""
    async with (
        opened(tmp_path, peer, dsn=dsn, workers=1, mailboxes=2, engine=PATIENT) as fast,
        beside(fast, slow_peer, 1) as slow,
    ):
        await slow.sql.execute(MOVE, slow.account_ids[0], silent.port)
        slow_peer.hold()
        await slow.campaign(FEW, "slow")
        fast.fleet.fill()
        async with asyncio.timeout(60):
            await slow_peer.holding.wait()
        fast.fleet.kill(fast.fleet.workers[0])
        silent.hang_up()
        silent.asked.clear()
        slow_peer.let_go()
        fast.fleet.fill()
        await until(lambda: _some(slow, "unknown"), slow)
        async with asyncio.timeout(60):
            await silent.asked.wait()
        few = await fast.campaign(FEW, "fast")
        await fast.finish(few.campaign_id, 120)
        assert (await fast.compare(few, "fast")).broken() == []
        assert await count(slow, "unknown") > 0, "the slow tenant's folder has not been read yet"
        silent.hang_up()


async def _some(arena: Arena, status: str) -> bool:
    return await count(arena, status) > 0
