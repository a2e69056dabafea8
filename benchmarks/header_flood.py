"""One client sends 60 MB of headers: what another one waits for `/health` meanwhile, p95, beside the same without it.

Run `.venv/bin/python benchmarks/header_flood.py http://127.0.0.1:8000` against a product that runs.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from urllib.parse import urlsplit

import httpx2

MEGABYTES = 60
SECONDS = 10.0


async def ask(base: str, until: asyncio.Event) -> list[float]:
    """Milliseconds of one request after the other."""
    took: list[float] = []
    async with httpx2.AsyncClient(base_url=base, trust_env=False, timeout=120) as client:
        while not until.is_set() or len(took) < 20:
            began = time.perf_counter()
            await client.get("/health")
            took.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(0.02)
    return took


async def flood(base: str) -> int:
    """Bytes that the server took before it closed; connects again until `MEGABYTES` were offered."""
    parts = urlsplit(base)
    sent = 0
    while sent < MEGABYTES * 1_000_000:
        _, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Big: ")
            while sent < MEGABYTES * 1_000_000:
                writer.write(b"a" * 100_000)
                await writer.drain()
                sent += 100_000
        except ConnectionError:
            sent += 100_000
        finally:
            writer.close()
    return sent


def p95(took: list[float]) -> float:
    return statistics.quantiles(took, n=20)[-1]


async def main(base: str) -> None:
    calm = asyncio.Event()
    asyncio.get_running_loop().call_later(SECONDS, calm.set)
    before = await ask(base, calm)
    over = asyncio.Event()
    asking = asyncio.create_task(ask(base, over))
    began = time.perf_counter()
    await flood(base)
    took = time.perf_counter() - began
    over.set()
    during = await asking
    print(f"/health alone: p95 {p95(before):.1f} ms, worst {max(before):.1f} ms ({len(before)})")
    print(f"/health while {MEGABYTES} MB of headers came ({took:.1f} s): p95 {p95(during):.1f} ms,", end=" ")
    print(f"worst {max(during):.1f} ms ({len(during)})")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"))
