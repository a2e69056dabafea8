"""What one stranger's mail costs: CPU of the worst of a generated set, and how long the event loop was held meanwhile.

Run `.venv/bin/python benchmarks/hostile_mail.py`; it needs no database.
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "backend"))

from reachly.infra.settings import Settings, install
from reachly.services.inbox import policy
from reachly.services.inbox.service.parsing import read_message
from tests.factories.hostile_mail import hostile_mails

DAY = date(2027, 1, 4)


def worst_cost() -> tuple[float, str]:
    """CPU seconds of reading, in this process, and which mail it was."""
    worst = (0.0, "")
    for name, raw in hostile_mails():
        began = time.process_time()
        policy.read_message(raw, (), DAY)
        worst = max(worst, (time.process_time() - began, name))
    return worst


async def held() -> tuple[float, int, int]:
    """The longest that the loop was held in CPU seconds of its own thread, mails read, and those past the limit."""
    loop = asyncio.get_running_loop()
    longest, count, flawed = 0.0, 0, 0
    run = asyncio.events.Handle._run  # noqa: SLF001 - every callback of the loop passes here

    def timed(handle: asyncio.Handle) -> None:
        nonlocal longest
        began = time.thread_time()
        run(handle)
        longest = max(longest, time.thread_time() - began)

    for _, raw in hostile_mails():
        made = await loop.run_in_executor(None, lambda raw=raw: raw)
        asyncio.events.Handle._run = timed  # type: ignore[method-assign]  # noqa: SLF001
        reading = await read_message(made, (), DAY)
        asyncio.events.Handle._run = run  # type: ignore[method-assign]  # noqa: SLF001
        count, flawed = count + 1, flawed + bool(reading.flaw)
    return longest, count, flawed


if __name__ == "__main__":
    install(Settings())
    seconds, name = worst_cost()
    print(f"worst CPU of one mail of at most 5 MB: {seconds * 1000:.0f} ms ({name})")
    longest, count, flawed = asyncio.run(held())
    print(
        f"{count} mails read beside the loop, {flawed} past the limit; loop held at most {longest * 1000:.1f} ms"
    )
