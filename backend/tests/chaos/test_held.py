"""The peer has kept a message and holds its answer: whatever happens to the worker then, nobody gets a second copy.

Processes are killed, stopped and ended at exactly this moment, which a random kill rarely meets.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from mailworld.faults import read_ledger
from tests.chaos.arena import LEASE, Arena, opened
from tests.chaos.peers import HoldingPeer
from tests.chaos.table import to_property
from tests.factories.sending import Stage
from tests.integration.infra.conftest import RedisServer, redis_server

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(240)]
__all__ = ["redis_server"]
IN_FLIGHT = 10
PATIENT = {"REACHLY_MAIL__COMMAND_SECONDS": "60"}
Finish = Callable[..., Awaitable[None]]


@pytest.fixture
async def peer(tmp_path: Path, anyio_backend: str) -> AsyncIterator[HoldingPeer]:
    async with HoldingPeer(tmp_path / "peer.jsonl") as server:
        yield server
        server.let_go()


@pytest.fixture
def finish(record_property: Callable[[str, object], None]) -> Finish:
    """Lets the campaign come to its end and asks for every promise."""

    async def run(arena: Arena, stage: Stage, name: str, **blows: int) -> None:
        await arena.finish(stage.campaign_id, 180)
        report = await arena.compare(stage, name)
        report.blows = blows
        record_property(*to_property([report]))
        assert report.broken() == []
        assert report.named == report.refused == 0

    return run


async def count(arena: Arena, status: str) -> int:
    found: int = await arena.sql.fetchval("SELECT count(*) FROM email_sends WHERE status = $1", status)
    return found


async def until(what: Callable[[], Awaitable[bool]], arena: Arena, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not await what():
        if time.monotonic() > deadline:
            raise TimeoutError(await arena.describe())
        await asyncio.sleep(0.05)


async def held(arena: Arena, peer: HoldingPeer, people: int, name: str) -> Stage:
    """One worker, whose first message (after the earlier controls) has been kept and not been answered."""
    await arena.send_controls()
    peer.hold()
    stage = await arena.campaign(people, name)
    async with asyncio.timeout(60):
        await peer.holding.wait()
    return stage


async def others_take_over(arena: Arena) -> None:
    """One more worker; what the first one had on the wire is in doubt, or somebody else's."""
    arena.fleet.size = 2
    arena.fleet.fill()
    await until(lambda: _is(arena, "sending", 0), arena)


async def test_a_worker_killed_before_it_hears_the_answer_leaves_unknown_that_becomes_sent(
    tmp_path: Path, dsn: str, peer: HoldingPeer, finish: Finish
) -> None:
    async with opened(tmp_path, peer, dsn=dsn, workers=1, mailboxes=1, engine=PATIENT) as arena:
        stage = await held(arena, peer, IN_FLIGHT, "kill")
        arena.fleet.kill(arena.fleet.workers[0])
        in_flight = await arena.note_in_flight()
        assert in_flight >= 1
        kept = {one.message_id for one in read_ledger(peer.log).stored if one.recipient.startswith("kill")}
        peer.let_go()
        await finish(arena, stage, "kill", kill=1)
        rows = await arena.sql.fetch("SELECT message_id, attempts, settled_by FROM email_sends")
        found = {row["message_id"] for row in rows if row["settled_by"] and row["attempts"] == 1}
        assert kept <= found, "what the peer had kept was found in the Sent folder, not sent again"
        assert sum(row["settled_by"] is not None for row in rows) == in_flight


async def test_a_message_that_the_peer_never_kept_is_sent_again_when_controls_prove_it(
    tmp_path: Path, dsn: str, peer: HoldingPeer, finish: Finish
) -> None:
    """The peer has read the final dot, keeps nothing, and the worker dies. However long nobody hears of it: without a
    later control it stays unknown."""
    async with opened(tmp_path, peer, dsn=dsn, workers=1, mailboxes=1, engine=PATIENT) as arena:
        await arena.send_controls()
        peer.faults.tell("dot", "stall")
        stage = await arena.campaign(1, "never")
        await until(lambda: _broke(peer), arena)
        await arena.note_in_flight()
        arena.fleet.kill(arena.fleet.workers[0])
        arena.fleet.fill()
        await until(lambda: _is(arena, "unknown", 1), arena)
        for _ in range(12):
            arena.time.move(600)
            await asyncio.sleep(0.3)
        assert await count(arena, "unknown") == 1
        assert await arena.over(stage.campaign_id), "it waits for somebody to say what became of it"
        await finish(arena, stage, "never", kill=1)
        row = await arena.sql.fetchrow("SELECT * FROM email_sends WHERE to_email LIKE 'never%'")
        assert (row["status"], row["settled_by"], row["attempts"]) == ("sent", "sent_folder", 2)


async def test_a_stopped_worker_that_wakes_up_after_others_took_over_writes_and_sends_nothing(
    tmp_path: Path, dsn: str, peer: HoldingPeer, finish: Finish
) -> None:
    """Long enough for the rest of its wave to be called absent from the Sent folder and sent by somebody else."""
    async with opened(tmp_path, peer, dsn=dsn, workers=1, mailboxes=1) as arena:
        stage = await held(arena, peer, IN_FLIGHT, "stop")
        async with arena.fleet.stopped(arena.fleet.workers[0]):
            await arena.note_in_flight()
            await others_take_over(arena)
            peer.let_go()  # its answer waits in the sleeper's socket
            await arena.finish(stage.campaign_id, 180)
            before = await arena.sql.fetch("SELECT * FROM email_sends ORDER BY id")
        await asyncio.sleep(2 * LEASE)
        after = await arena.sql.fetch("SELECT * FROM email_sends ORDER BY id")
        assert [dict(row) for row in after] == [dict(row) for row in before], "it is fenced off"
        await finish(arena, stage, "stop", stop=1)


async def test_a_worker_that_wakes_up_to_an_answer_goes_on_with_nothing_that_is_no_longer_its_own(
    tmp_path: Path, dsn: str, peer: HoldingPeer, finish: Finish
) -> None:
    """The server's patience outlasts the lease: the answer comes, and the rest of the wave is another worker's."""
    async with opened(tmp_path, peer, dsn=dsn, workers=1, mailboxes=1, engine=PATIENT) as arena:
        stage = await held(arena, peer, IN_FLIGHT, "wakes")
        async with arena.fleet.stopped(arena.fleet.workers[0]):
            await arena.note_in_flight()
            await others_take_over(arena)
            peer.let_go()
            await arena.finish(stage.campaign_id, 180)
        await asyncio.sleep(2 * LEASE)
        kept = [one for one in read_ledger(peer.log).stored if one.recipient.startswith("wakes")]
        assert len(kept) == IN_FLIGHT, "each was kept once"
        await finish(arena, stage, "wakes", stop=1)


async def test_a_polite_end_waits_for_what_is_on_the_wire_and_gives_back_the_rest(
    tmp_path: Path, dsn: str, peer: HoldingPeer, finish: Finish
) -> None:
    async with opened(tmp_path, peer, dsn=dsn, workers=1, mailboxes=1, engine=PATIENT) as arena:
        stage = await held(arena, peer, 3 * IN_FLIGHT, "end")
        assert await count(arena, "sending") > 1, "a wave, of which one is held"
        ending = asyncio.create_task(arena.fleet.end())
        await asyncio.sleep(0.5)
        peer.let_go()
        assert await ending == [0]
        assert [await count(arena, status) for status in ("claimed", "sending", "unknown")] == [0, 0, 0]
        await finish(arena, stage, "end")
        unknown = "SELECT count(*) FROM analytics_events WHERE event_data ->> 'reason' = 'unknown'"
        assert await arena.sql.fetchval(unknown) == 0


async def test_redis_emptied_and_killed_in_the_middle_changes_nothing(
    tmp_path: Path, dsn: str, peer: HoldingPeer, finish: Finish, redis_server: RedisServer
) -> None:
    engine = {**PATIENT, "REDIS_URL": redis_server.url}
    async with opened(
        tmp_path, peer, dsn=dsn, workers=1, mailboxes=2, engine=engine, daily_limit=15
    ) as arena:
        stage = await held(arena, peer, 4 * IN_FLIGHT, "redis")
        redis_server.flush()
        redis_server.stop()
        peer.let_go()
        await finish(arena, stage, "redis")
        assert await most_a_day(arena) <= 15


async def most_a_day(arena: Arena) -> int:
    """The most messages that one mailbox has sent on one day of its own."""
    query = """
    SELECT count(*) FROM email_sends s JOIN email_accounts a ON a.id = s.email_account_id
    GROUP BY a.id, (s.handed_at AT TIME ZONE a.timezone)::date ORDER BY 1 DESC LIMIT 1
    """
    found: int = await arena.sql.fetchval(query)
    return found


async def _is(arena: Arena, status: str, n: int) -> bool:
    return await count(arena, status) == n


async def _broke(peer: HoldingPeer) -> bool:
    return bool(peer.ledger.faults)
