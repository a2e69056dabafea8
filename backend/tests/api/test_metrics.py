"""What `/metrics` answers once something has happened: every number that is promised is really set."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from reachly.bootstrap import Product, open_product
from reachly.data import session as sessions
from reachly.data.session import Database, raw, tenant
from reachly.data.upkeep import read_queue
from reachly.infra import metrics, queue
from reachly.infra.listening import bind
from reachly.infra.settings import MetricsSettings, OutboundSettings, Settings
from reachly.infra.startup import CannotStart
from reachly.integrations.mailer.fake import RelayScript
from reachly.jobs.upkeep import show_gauges
from reachly.main import serving
from reachly.worker import work
from tests.api.test_live import Caller, listening, register
from tests.contract.smtp_peer import SmtpPeer
from tests.factories.sending import Step, add_campaign, add_mailbox

pytestmark = pytest.mark.anyio
PATIENCE = 20.0
TOKEN = "a token of the operator"


@pytest.fixture
def worker_port() -> int:
    with bind("127.0.0.1", 0) as found:
        port: int = found.getsockname()[1]
    return port


@pytest.fixture
def options(worker_port: int) -> dict[str, Any]:
    return {
        "metrics": MetricsSettings(worker_port=worker_port, token=SecretStr(TOKEN)),
        "outbound": OutboundSettings(allow=("127.0.0.1",)),
    }


@pytest.fixture
async def product(settings: Settings, dsn: str, anyio_backend: str) -> AsyncIterator[Product]:
    async with open_product(settings, dsn) as opened:
        yield opened


@pytest.fixture
async def base(product: Product) -> AsyncIterator[str]:
    door = bind("127.0.0.1", 0)
    async with serving(product, door):
        yield f"http://127.0.0.1:{door.getsockname()[1]}"


@pytest.fixture
async def relay(anyio_backend: str) -> AsyncIterator[tuple[RelayScript, int]]:
    script = RelayScript()
    async with SmtpPeer(script).running() as peer:
        yield script, peer.port


async def scrape(address: str) -> dict[str, float]:
    """The sum over the labels of each sample."""
    async with httpx2.AsyncClient(timeout=120) as http:
        answer = await http.get(f"{address}/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


async def send_some(organization_id: uuid.UUID, relay: tuple[RelayScript, int]) -> None:
    """Two of three are taken, one is refused; a fourth is due in a mailbox that cannot send."""
    script, port = relay
    script.answer("rcpt", "550 5.1.1 No such user", address="lead0000@example.com")
    broken = await add_mailbox(
        organization_id, port, address="nora@brightfjord.example", status="auth_failed"
    )
    await add_campaign(organization_id, [broken], 1, prefix="waiting")
    works = await add_mailbox(organization_id, port)
    await add_campaign(organization_id, [works], 3, steps=[Step(), Step(days=3)])


async def set_jobs(organization_id: uuid.UUID) -> None:
    """One that fails, and one that nobody takes."""
    async with tenant(organization_id) as session:
        connection = await raw(session)
        await queue.enqueue(connection, "scheduling.plan", organization_id, {"campaign_id": "x"})
        await queue.enqueue(connection, "nobody.cares", organization_id, {})


async def until(wanted: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await wanted():
            await asyncio.sleep(0.05)


async def test_every_number_moves_with_what_happens(
    product: Product, base: str, relay: tuple[RelayScript, int], worker_port: int, dsn: str
) -> None:
    before = await scrape(base)
    ada: Caller = await register(base, "brightfjord")
    await ada.http.put(
        "/api/organization", json={"name": "Brightfjord", "timezone": "UTC", "postal_address": "Oslo"}
    )
    await send_some(ada.organization_id, relay)
    await set_jobs(ada.organization_id)
    stop = asyncio.Event()
    worker = asyncio.create_task(work(product, stop))
    sql = await asyncpg.connect(dsn)
    await sql.execute("SET ROLE reachly_system")

    async def has_happened() -> bool:
        settled = await sql.fetchval("SELECT count(*) FROM email_sends WHERE status IN ('sent', 'refused')")
        return settled == 3 and (await read_queue()).failed == 1

    try:
        async with listening(base, ada.token):
            await until(has_happened)
            await show_gauges()
            after = await scrape(base)
            assert await scrape(f"http://127.0.0.1:{worker_port}")
    finally:
        stop.set()
        await worker
        await sql.close()
    counters = (
        "reachly_api_response_seconds_count", "reachly_database_query_seconds_count", "reachly_emails_sent_total",
        "reachly_errors_total", "reachly_sign_ups_total", "process_cpu_seconds_total",
    )  # fmt: skip
    moved = {name: after.get(name, 0) - before.get(name, 0) for name in counters}
    assert {name for name, by in moved.items() if by <= 0} == set()
    assert (moved["reachly_emails_sent_total"], moved["reachly_sign_ups_total"]) == (3, 1)
    assert after["reachly_campaigns_active"] == 2
    assert after["reachly_email_backlog"] == 1
    assert after["reachly_deliverability_ratio"] == pytest.approx(2 / 3)
    assert (after["reachly_jobs_failed"], after["reachly_live_sockets"]) == (1, 1)
    assert after["reachly_jobs_waiting"] >= 1
    assert 0 < after["reachly_memory_used_ratio"] < 1


async def test_database_that_does_not_answer_is_counted(product: Product) -> None:
    kept = sessions.database()
    away = Database("postgresql://nobody@127.0.0.1:1/nothing")
    before = metrics.database_connection_failures._value.get()
    sessions.install(away)
    try:
        with pytest.raises(OSError, match=r"\d"):
            async with tenant(uuid.uuid4()):
                raise AssertionError("there is nobody")
    finally:
        sessions.install(kept)
        await away.close()
    assert metrics.database_connection_failures._value.get() == before + 1


async def test_worker_whose_port_is_taken_says_so(product: Product, worker_port: int) -> None:
    with bind("127.0.0.1", worker_port), pytest.raises(CannotStart, match="REACHLY_METRICS__WORKER_PORT"):
        await work(product, asyncio.Event())
