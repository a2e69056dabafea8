"""`reachly up` as people run it: a process of its own on a fresh data folder."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from reachly.infra.private_files import find_open
from tests.flow import processes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

LINUX = sys.platform == "linux"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that PostgreSQL's own account can reach, and nothing of it left running at the end."""
    with tempfile.TemporaryDirectory(prefix="reachly-up-") as base:
        Path(base).chmod(0o711)
        yield Path(base) / "var"


class Up:
    """One `reachly up`."""

    def __init__(self, folder: Path, *options: str, **environment: str) -> None:
        self.folder, self.log = folder, folder.parent / f"up-{time.monotonic_ns()}.log"
        self.port = int(environment.pop("PORT", 0)) or processes.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = processes.start(
            ["-m", "reachly.cli", "up", *options], self.log,
            REACHLY_DATA_DIR=str(folder), PORT=str(self.port), **environment,
        )  # fmt: skip

    def wait_until_it_runs(self) -> None:
        self.log.touch()

        def runs() -> bool:
            assert self.process.poll() is None, self.log.read_text()
            return "Stop with Ctrl-C" in self.log.read_text()

        processes.wait_for(runs, "up is running")

    def sign_in(self) -> Any:
        kept = json.loads((self.folder / "demo.json").read_text())
        body = {"email": kept["email"], "password": kept["password"], "client": "token"}
        answer = httpx2.post(f"{self.url}/api/auth/login", json=body, trust_env=False, timeout=120)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ask(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self.sign_in()['access_token']}"}
        answer = httpx2.get(f"{self.url}{path}", headers=headers, trust_env=False, timeout=120)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def stop(self) -> float:
        """How long it took, in seconds."""
        began = time.monotonic()
        assert processes.end(self.process) == 0, self.log.read_text()
        return time.monotonic() - began


def test_first_start_has_a_past_and_sends_live_and_survives_a_kill(folder: Path) -> None:
    up = Up(folder)
    try:
        up.wait_until_it_runs()
        assert (folder / "demo.json").stat().st_mode & 0o777 == 0o600
        assert up.sign_in()["me"]["organization"]["is_demo"] is True
        overview = up.ask("/api/analytics/overview")
        assert sum(day["sent"] > 0 for day in overview["days"]) >= 5
        assert overview["leads"] >= 150
        sent = _wait_for_more(up, 0)
        assert list(find_open(folder)) == []  # no other account reads mails, logs or secrets
        up.process.kill()
        up.process.wait()
        if LINUX:
            processes.wait_for(lambda: processes.processes_of(folder) == [], "no orphan")
    finally:
        up.process.kill()

    again = Up(folder, PORT=str(up.port))
    try:
        again.wait_until_it_runs()
        assert _wait_for_more(again, sent) > sent
        assert again.stop() < 60
        processes.wait_for(lambda: not LINUX or processes.processes_of(folder) == [], "everything has ended")
    finally:
        again.process.kill()
    world = [json.loads(line) for line in (folder / "mailworld" / "world.jsonl").read_text().splitlines()]
    ids = [fact["message_id"] for fact in world if fact["kind"] == "received"]
    assert len(ids) == len(set(ids))


def _wait_for_more(up: Up, sent: int) -> int:
    """Waits for the live campaign to send; how many it has sent."""
    deadline = time.monotonic() + processes.PATIENCE
    while True:
        campaigns = up.ask("/api/campaigns")["items"]
        live = [campaign["figures"]["sent"] for campaign in campaigns if campaign["name"].startswith("Live")]
        if live and live[0] > sent:
            return int(live[0])
        assert time.monotonic() < deadline, campaigns
        time.sleep(0.5)


def test_dead_children_are_started_again(folder: Path) -> None:
    up = Up(folder, "--empty", "--no-mailworld")
    try:
        up.wait_until_it_runs()
        for verb in ("serve", "work"):
            pid = _child_of(up, verb)
            os.kill(pid, signal.SIGKILL)
            processes.wait_for(lambda v=verb, old=pid: _child_of(up, v) not in (0, old), f"a new {verb}")  # type: ignore[misc]
        processes.wait_for(lambda: processes.is_ready(up.url), "the new API")
        assert "starts again" in up.log.read_text()
        assert not (folder / "demo.json").exists()
        assert up.stop() < 60
    finally:
        up.process.kill()


def _child_of(up: Up, verb: str) -> int:
    listed = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines()[1:]:
        pid, parent, arguments = line.split(None, 2)
        if int(parent) == up.process.pid and f"reachly.cli {verb}" in arguments:
            return int(pid)
    return 0


def test_taken_port_is_one_line_and_changes_nothing(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = _refusal(folder, PORT=str(taken.getsockname()[1]))
    assert "cannot be used" in said
    assert not folder.exists()


def test_folder_that_cannot_be_written_is_one_line(folder: Path) -> None:
    folder.parent.mkdir(exist_ok=True)
    (folder.parent / "file").touch()
    said = _refusal(folder.parent / "file" / "var")
    assert "cannot be used" in said or "not writable" in said


def test_database_of_a_newer_version_is_one_line(dsn: str, folder: Path) -> None:
    import asyncio

    async def run_ahead() -> None:
        connection = await asyncpg.connect(dsn)
        await connection.execute("UPDATE alembic_version SET version_num = '9999_from_the_future'")
        await connection.close()

    asyncio.run(run_ahead())
    said = _refusal(folder, DATABASE_URL=dsn)
    assert "newer Reachly" in said


def test_database_that_does_not_answer_is_one_line(folder: Path) -> None:
    address = f"postgresql://nobody@127.0.0.1:{processes.free_port()}/nothing"
    assert "does not answer" in _refusal(folder, DATABASE_URL=address)


def _refusal(folder: Path, **environment: str) -> str:
    """What `up` says when it cannot start: one line, exit code 1."""
    environment = {"PORT": str(processes.free_port()), **environment}
    done = subprocess.run(
        [sys.executable, "-m", "reachly.cli", "up"],
        cwd=processes.BACKEND,
        env={
            **os.environ,
            "PYTHONPATH": str(processes.BACKEND),
            "REACHLY_DATA_DIR": str(folder),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = (done.stdout + done.stderr).strip()
    assert done.returncode == 1, said
    assert len(said.splitlines()) == 1, said
    assert said.startswith("reachly: ")
    return said
