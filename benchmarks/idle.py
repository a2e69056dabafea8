"""What a worker without work costs after it has met very many domains."""

from __future__ import annotations

import asyncio
import time

from peers import cpu_seconds
from reachly.data.session import tenant
from reachly.services.leads import service as leads
from rounds import Row
from stage import Stage

IDLE_SECONDS = 20.0
_LEADS = """
INSERT INTO leads (organization_id, id, email, email_key, domain, first_name, created_at, updated_at)
SELECT $1, uuidv7(), 'ada@' || domain, 'ada@' || domain, domain, 'Ada', now(), now()
FROM (SELECT 'd' || n || '.example' AS domain FROM generate_series(1, $2::int) AS n) AS who
"""
_WAITING = "SELECT count(*) FROM leads WHERE organization_id = $1 AND verification = 'unverified'"
_BUSY = "SELECT count(*) FROM pgqueuer WHERE status IN ('queued', 'picked')"


class _NoSuchDomain(asyncio.DatagramProtocol):
    """A name server that knows no domain, which is an answer worth keeping."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, peer: object) -> None:
        assert isinstance(self.transport, asyncio.DatagramTransport)
        self.transport.sendto(data[:2] + b"\x81\x83" + data[4:6] + bytes(6) + _question(data), peer)


def _question(data: bytes) -> bytes:
    end = data.index(0, 12) + 5
    return data[12:end]


async def measure(stage: Stage, domains: int) -> list[Row]:
    """Share of a core, in per cent, of an idle worker after the verification of as many domains."""
    row = Row("idle_worker", "% of core", "less", 1.0, 0.5)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(_NoSuchDomain, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    await stage.sql.execute(_LEADS, stage.organization_id, domains, timeout=300)
    address = f"127.0.0.1:{port}"
    async with stage.workers(
        1, resolver__nameserver=address, resolver__reserved_nameserver=address
    ) as workers:
        async with tenant(stage.organization_id) as session:
            await leads.ask_verification(session, stage.organization_id, None)
        began = time.perf_counter()
        while await stage.sql.fetchval(_WAITING, stage.organization_id) or await stage.sql.fetchval(_BUSY):
            await asyncio.sleep(0.5)
            if time.perf_counter() - began > 1_800:
                raise TimeoutError("the leads were not verified within half an hour")
        print(f"  {domains:,} domains were asked about in {time.perf_counter() - began:.0f} s", flush=True)
        await asyncio.sleep(5)
        before = cpu_seconds(workers[0].pid)
        await asyncio.sleep(IDLE_SECONDS)
        row.take(100 * (cpu_seconds(workers[0].pid) - before) / IDLE_SECONDS)
    transport.close()
    return [row]
