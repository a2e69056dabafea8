"""A worker that is killed in the middle of its waves leaves in doubt only what it was just saying to its servers."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reachly.services.sending.service.journal import Found, parse, read_boot_id
from tests.chaos.arena import opened
from tests.chaos.peers import DistantPeer, count_kept

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(600)]
KILLS = 2 if int(os.environ.get("CHAOS_KILLS", "3")) <= 10 else 12
PEOPLE, MAILBOXES = 60 * KILLS, 3
ENGINE = {"REACHLY_SENDING__MAILBOXES_PER_LEASE": str(MAILBOXES), "REACHLY_MAIL__COMMAND_SECONDS": "60"}


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[DistantPeer]:
    server = DistantPeer(tmp_path / "peer.jsonl", ["--delay", "8"])
    yield server
    server.end()


async def test_a_kill_leaves_one_in_doubt_for_each_connection(
    tmp_path: Path, peer: DistantPeer, dsn: str
) -> None:
    draw = random.Random(11)
    async with opened(
        tmp_path, peer, dsn=dsn, workers=1, mailboxes=MAILBOXES, blind=MAILBOXES, engine=ENGINE
    ) as arena:
        stage = await arena.campaign(PEOPLE, "k")
        arena.fleet.fill()
        for n in range(1, KILLS + 1):
            async with asyncio.timeout(120):
                while count_kept(peer.log) < PEOPLE * n // (KILLS + 2):
                    await asyncio.sleep(0.02)
            await asyncio.sleep(draw.random() * 0.1)
            await arena.note_in_flight()
            arena.fleet.kill(arena.fleet.pick(draw))
            await arena.watch(0.3)
            arena.fleet.fill()
        await arena.finish(stage.campaign_id, 300)
        report = await arena.compare(stage, "k")
        journal = await arena.sql.fetchval("SELECT count(*) FROM email_sends WHERE settled_by = 'journal'")
        await arena.fleet.end()
        left = [
            parse(path, path.read_bytes(), read_boot_id())
            for path in (tmp_path / "data" / "offers").iterdir()
        ]
        kept = [page for page in left if page is not None and await _is_known(arena.sql, page)]
    assert report.broken() == []
    assert report.in_flight > KILLS * MAILBOXES, "whole waves were on the wire"
    assert report.unknown <= KILLS * MAILBOXES
    assert journal > 0
    assert kept == [], "who ends well leaves nothing, and what is settled is gone"


async def _is_known(sql: Any, page: Found) -> bool:
    """Whether the ledger has all its marks. A kill before their commit leaves a file that is kept for a while."""
    known = await sql.fetchval("SELECT count(*) FROM email_sends WHERE id = ANY($1)", list(page.send_ids))
    return bool(known == len(page.send_ids))
