"""A worker that is frozen in mid-wave cannot be reached: a stop is answered when its lease is void, and it begins
nothing when it thaws."""

from __future__ import annotations

import asyncio
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from reachly.data.session import tenant
from reachly.infra import outbound
from reachly.infra.settings import SendingSettings, Settings, load_settings
from reachly.infra.settings import install as install_settings
from reachly.services.campaigns import service as campaigns
from reachly.services.identity.schemas import Actor
from tests.factories.sending import add_campaign, add_mailbox
from tests.factories.slow import SlowPeer
from tests.flow import processes

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]
LEASE, PEOPLE, SECONDS = 4.0, 60, 0.2


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    loaded = load_settings(data_dir=tmp_path / "var", sending=SendingSettings(lease_seconds=LEASE))
    install_settings(loaded)
    return loaded


async def test_a_thawed_worker_begins_nothing_that_was_stopped_meanwhile(
    dsn: str, database: Any, settings: Settings, actor: Actor, sql: Any, tmp_path: Path
) -> None:
    outbound.install(["127.0.0.1"])
    await sql.execute("UPDATE organizations SET postal_address = '1 Example Street, Oslo'")
    async with SlowPeer(SECONDS).running() as peer:
        box = await add_mailbox(actor.organization_id, peer.port)
        stage = await add_campaign(actor.organization_id, [box], PEOPLE)
        worker = processes.start(
            ["-m", "reachly.cli", "work"], tmp_path / "worker.log", DATABASE_URL=dsn,
            REACHLY_DATA_DIR=str(tmp_path / "var"), REACHLY_OUTBOUND__ALLOW="127.0.0.1",
            REACHLY_SENDING__LEASE_SECONDS=str(LEASE),
        )  # fmt: skip
        try:
            await peer.until(5)
            worker.send_signal(signal.SIGSTOP)
            lease = await sql.fetchval("SELECT max(lease_until) FROM open_sends")
            async with tenant(actor.organization_id) as session:
                await campaigns.pause_campaign(session, actor, stage.campaign_id)
            answered = time.time()
            assert answered >= lease.timestamp(), "the worker could still have sent"
            assert answered <= lease.timestamp() + timedelta(seconds=60).total_seconds()
            assert len(peer.visits) < PEOPLE - 5
            worker.send_signal(signal.SIGCONT)
            await asyncio.sleep(10 * SECONDS)
            assert peer.begun_after(answered) == []
        finally:
            worker.send_signal(signal.SIGCONT)
            processes.end(worker)
