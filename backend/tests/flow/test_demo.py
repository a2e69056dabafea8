"""`reachly demo --json`, small: its zeros, and that the same seed gives the same ledger."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.flow.processes import BACKEND

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

KEYS = {
    "sent", "refused", "opened", "clicked", "replied", "bounced", "unsubscribed", "lost", "duplicates", "after_reply",
    "outside_window", "over_cap", "unknown", "ledger_hash", "seconds",
}  # fmt: skip
ZEROS = ("lost", "duplicates", "after_reply", "outside_window", "over_cap", "unknown")


def play(seed: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "reachly.cli", "demo", "--leads", "40", "--seed", str(seed), "--json"]
    environment = {**os.environ, "PYTHONPATH": str(BACKEND)}
    done = subprocess.run(command, cwd=BACKEND, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_demo_is_clean_and_can_be_repeated() -> None:
    first, again, other = play(7), play(7), play(8)
    for found in (first, other):
        assert set(found) == KEYS
        assert {name: found[name] for name in ZEROS} == dict.fromkeys(ZEROS, 0)
        assert found["sent"] > 100
    assert first["opened"] > 10
    assert first["ledger_hash"] == again["ledger_hash"] != other["ledger_hash"]
    volatile = {"seconds"}
    assert {k: v for k, v in first.items() if k not in volatile} == {
        k: v for k, v in again.items() if k not in volatile
    }
