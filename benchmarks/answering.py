"""Whether the server answers while it draws the calendar of a very large campaign."""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

import httpx2

import start
from reachly.services.identity import passwords
from rounds import Row
from stage import KEPT, PUBLIC_URL, Stage

PASSWORD = "a long enough phrase of words"
EVERY_SECONDS = 0.02


async def measure(stage: Stage, people: int) -> list[Row]:
    """95th percentile of `/health`, in ms, while one simulation runs; the API's memory before and after is printed."""
    row = Row("health_in_simulation", "ms p95", "less", 100, 50)
    campaign_id = await start.prepare(stage, people, "calendar")
    user = await stage.sql.fetchrow(
        "SELECT email FROM users WHERE organization_id = $1", stage.organization_id
    )
    hashed = await passwords.hash_password(PASSWORD)
    await stage.sql.execute("UPDATE users SET password_hash = $1", hashed)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment |= {
        "DATABASE_URL": stage.dsn, "REACHLY_DATA_DIR": str(stage.folder / "data"), "REACHLY_PUBLIC_URL": PUBLIC_URL,
        "PORT": str(port), "REACHLY_LOG__LEVEL": "warning",
    }  # fmt: skip
    api = _start(environment)
    try:
        async with httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=900
        ) as client:
            await _ready(client)
            answer = await client.post("/api/auth/login", json={"email": user["email"], "password": PASSWORD})
            headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
            before = _memory(api.pid)
            began = time.perf_counter()
            asked = asyncio.create_task(
                client.get(f"/api/campaigns/{campaign_id}/simulation", headers=headers)
            )
            times = []
            while not asked.done():
                at = time.perf_counter()
                await client.get("/health")
                times.append(1_000 * (time.perf_counter() - at))
                await asyncio.sleep(EVERY_SECONDS)
            plan = (await asked).json()
            print(
                f"  {people:,} people, {plan['total']:,} messages and {plan['beyond']:,} beyond in"
                f" {time.perf_counter() - began:.1f} s; /health p50 {statistics.median(times):.1f}, worst"
                f" {max(times):.1f} ms of {len(times)}; API {before:.0f} MB before, {_memory(api.pid):.0f} MB after",
                flush=True,
            )
            row.take(statistics.quantiles(times, n=20)[-1])
    finally:
        api.terminate()
        await asyncio.to_thread(api.wait)
    return [row]


def _start(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "reachly.cli", "serve"], env=environment)


async def _ready(client: httpx2.AsyncClient) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            if (await client.get("/ready")).status_code == 200:
                return
        except httpx2.HTTPError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError("the API does not answer")
        await asyncio.sleep(0.2)


def _memory(pid: int) -> float:
    rss = next(
        line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")
    )
    return int(rss.split()[1]) / 1_024
