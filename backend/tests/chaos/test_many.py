"""However many workers work on one queue: nobody is written to twice, nobody is forgotten, no cap is exceeded."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from tests.chaos.arena import Arena, opened
from tests.chaos.peers import DistantPeer
from tests.chaos.table import to_property
from tests.flow import processes

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.chaos, pytest.mark.timeout(1200)]
PEOPLE = 5_000
MAILBOXES = 64  # of which a worker takes two at a time
A_DAY, A_MAILBOX_A_DAY = 3_000, 60  # the campaign's cap, which every worker counts in, and each mailbox's own
AT_ONCE = 4  # workers that load at a time
ENGINE = {
    "REACHLY_SENDING__LEASE_SECONDS": "60", "REACHLY_MAIL__CONNECT_SECONDS": "60",
    "REACHLY_MAIL__COMMAND_SECONDS": "60", "REACHLY_DATABASE__POOL_SIZE": "1", "REACHLY_JOBS__HEARTBEAT_SECONDS": "60",
}  # fmt: skip
DAYS = """
SELECT max(campaign) AS campaign, max(mailbox) AS mailbox FROM (
    SELECT sum(count(*)) OVER (PARTITION BY (handed_at AT TIME ZONE 'UTC')::date) AS campaign, count(*) AS mailbox
    FROM email_sends GROUP BY (handed_at AT TIME ZONE 'UTC')::date, email_account_id) AS days
"""
SENT = "reachly_emails_sent_total"
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[DistantPeer]:
    server = DistantPeer(tmp_path / "peer.jsonl", ["--delay", "10"])
    yield server
    server.end()


async def load(arena: Arena, workers: int) -> list[str]:
    """So many, a few at a time since loading is what costs; the addresses of their metrics."""
    addresses: list[str] = []
    for n in range(workers):
        port = processes.free_port()
        addresses.append(f"http://127.0.0.1:{port}/metrics")
        arena.fleet.start(REACHLY_METRICS__WORKER_PORT=str(port))
        if (n + 1) % AT_ONCE == 0 or n + 1 == workers:
            async with asyncio.timeout(120), httpx2.AsyncClient(trust_env=False, timeout=20) as http:
                for address in addresses[-AT_ONCE:]:
                    while not await answers(http, address):
                        await asyncio.sleep(0.2)
    return addresses


async def answers(http: httpx2.AsyncClient, address: str) -> bool:
    try:
        return (await http.get(address)).status_code == 200
    except httpx2.HTTPError:
        return False


async def count_sent(address: str) -> int:
    """How many messages the worker at this address has sent."""
    async with httpx2.AsyncClient(trust_env=False, timeout=20) as http:
        lines = (await http.get(address)).text.splitlines()
    counts = [line for line in lines if line.startswith(SENT) and 'outcome="sent"' in line]
    return round(sum(float(line.split()[-1]) for line in counts))


def megabytes(pid: int) -> float:
    """What it alone holds in memory."""
    fields = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    )
    return sum(int(fields[name].split()[0]) for name in ("Private_Clean", "Private_Dirty")) / 1024


@pytest.mark.parametrize("workers", [1, 2, 8, 32])
async def test_so_many_workers_on_one_queue_keep_every_promise(
    tmp_path: Path, dsn: str, peer: DistantPeer, workers: int, record_property: Callable[[str, object], None]
) -> None:
    name = f"w{workers}"
    async with opened(
        tmp_path,
        peer,
        dsn=dsn,
        workers=workers,
        mailboxes=MAILBOXES,
        engine=ENGINE,
        daily_limit=A_MAILBOX_A_DAY,
    ) as arena:
        metrics = await load(arena, workers)
        began = time.monotonic()
        stage = await arena.campaign(PEOPLE, name, daily_cap=A_DAY)
        await arena.finish(stage.campaign_id, 600)
        report = await arena.compare(stage, name)
        report.seconds = time.monotonic() - began
        shares = [await count_sent(address) for address in metrics]
        memory = [megabytes(worker.pid) for worker in arena.fleet.workers]
        connections = await arena.sql.fetchval(CONNECTIONS)
        words = (
            f"{name}: each worker sent {min(shares)} to {max(shares)} of {sum(shares)}, and holds"
            f" {max(memory):.0f} MB at most; {connections} connections to the database"
        )
        record_property(*to_property([report], words))
        assert report.broken() == []
        assert report.unknown == report.refused == 0
        assert min(shares) > 0, "everybody had a part in it"
        assert sum(shares) == PEOPLE
        most = await arena.sql.fetchrow(DAYS)
        assert tuple(most) == (A_DAY, A_MAILBOX_A_DAY), "the caps were used up, and no more"
        assert arena.fleet.complaints() == ""
