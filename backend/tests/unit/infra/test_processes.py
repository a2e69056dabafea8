"""Processes end when they are asked to."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import asyncio
from reachly.infra.processes import stop_on_signals

async def run():
    with stop_on_signals(limit_seconds={limit}) as stop:
        print("ready", flush=True)
        await stop.wait()
        await asyncio.sleep({needs})

asyncio.run(run())
"""


@pytest.mark.parametrize(("needs", "limit", "code"), [(3600, 0.2, 1), (0.05, 60, 0)])
def test_who_cannot_finish_is_ended_and_who_can_is_let(needs: float, limit: float, code: int) -> None:
    program = PROGRAM.format(needs=needs, limit=limit)
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == code
