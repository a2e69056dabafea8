"""The product as processes, the way it runs on a machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx2

BACKEND = Path(__file__).resolve().parents[2]


def start(arguments: list[str], log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """A program of this very Python, its output in `log`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=BACKEND,
            env={**os.environ, "PYTHONPATH": str(BACKEND), **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


PATIENCE = 300.0
"""Seconds after which something will not come any more, on a machine that is slow and has other work."""


def wait_for(what: Callable[[], bool], words: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, f"not within {PATIENCE:.0f} s: {words}"
        time.sleep(0.05)


def is_ready(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/ready", timeout=2, trust_env=False).status_code == 200
    except httpx2.HTTPError:
        return False


def end(process: subprocess.Popen[bytes], seconds: float = 15) -> int:
    """Asks it to end; its exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


def processes_of(folder: Path) -> list[int]:
    """Pids whose command line or environment names the folder (Linux), this process left out."""
    found = []
    needle = str(folder).encode()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            named = needle in (entry / "cmdline").read_bytes() or needle in (entry / "environ").read_bytes()
        except OSError:
            continue
        if named and _lives(entry):
            found.append(int(entry.name))
    return found


def _lives(entry: Path) -> bool:
    """Not a zombie that pid 1 has not reaped yet."""
    try:
        return (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
