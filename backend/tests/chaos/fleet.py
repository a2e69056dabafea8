"""Real processes: several workers that can be killed, stopped and continued, and the server they hand mail to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

BACKEND = Path(__file__).parents[2]
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")


class Fleet:
    """`size` workers; whoever is killed is replaced."""

    def __init__(self, folder: Path, clock_file: Path, environment: dict[str, str], size: int) -> None:
        self.folder, self.size = folder, size
        self._clock_file = clock_file
        self._environment = {name: os.environ[name] for name in KEPT if name in os.environ} | environment
        self._workers: list[subprocess.Popen[bytes]] = []
        self._stopped: set[int] = set()
        self._started = 0

    def start(self) -> subprocess.Popen[bytes]:
        self._started += 1
        command = [sys.executable, "-m", "tests.chaos.work", str(self._clock_file)]
        with (self.folder / f"worker-{self._started:03d}.log").open("wb") as log:
            worker = subprocess.Popen(
                command, cwd=BACKEND, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._workers.append(worker)
        return worker

    def fill(self) -> None:
        """As many as there should be."""
        self._workers = [worker for worker in self._workers if worker.poll() is None]
        while len(self._workers) < self.size:
            self.start()

    def pick(self, draw: random.Random) -> subprocess.Popen[bytes]:
        """One that runs; the oldest are likelier, since the young are still loading."""
        running = [w for w in self._workers if w.poll() is None and w.pid not in self._stopped]
        return running[min(draw.randrange(len(running)), draw.randrange(len(running)))]

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """As a power cut does: no handler, no good-bye. Returns when it is gone."""
        worker.kill()
        worker.wait()

    @contextlib.asynccontextmanager
    async def stopped(self, worker: subprocess.Popen[bytes]) -> AsyncIterator[None]:
        """Asleep while the block runs, unable to renew anything."""
        self._stopped.add(worker.pid)
        worker.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            worker.send_signal(signal.SIGCONT)
            self._stopped.discard(worker.pid)

    @contextlib.asynccontextmanager
    async def all_stopped(self) -> AsyncIterator[None]:
        """Nobody moves while the block runs."""
        async with contextlib.AsyncExitStack() as stack:
            for worker in self._workers:
                if worker.poll() is None:
                    await stack.enter_async_context(self.stopped(worker))
            yield

    async def end(self, seconds: float = 10.0) -> list[int | None]:
        """SIGTERM for all; their exit codes. None: it had to be killed."""
        for worker in self._workers:
            worker.terminate()
        codes: list[int | None] = []
        for worker in self._workers:
            try:
                codes.append(await asyncio.to_thread(worker.wait, seconds))
            except subprocess.TimeoutExpired:
                self.kill(worker)
                codes.append(None)
        self._workers = []
        return codes

    def complaints(self, words: Sequence[str] = ("Traceback",)) -> str:
        """The last lines of the logs in which one of the words occurs."""
        found = []
        for path in sorted(self.folder.glob("worker-*.log")):
            text = path.read_text(errors="replace")
            if any(word in text for word in words):
                found.append(f"--- {path.name}\n{text[-3000:]}")
        return "\n".join(found)


class Peer:
    """The hostile server in a process of its own, so that nothing that happens to us happens to it."""

    def __init__(self, log: Path, arguments: Sequence[str]) -> None:
        self.log = log
        command = [sys.executable, "-m", "mailworld.hostile", "--log", str(log), *arguments]
        self._process = subprocess.Popen(
            command, cwd=BACKEND, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        ports = json.loads(self._process.stdout.readline())
        self.port, self.imap_port = int(ports["port"]), int(ports["imap_port"])

    def count(self) -> int:
        """How many messages it has kept so far."""
        return self.log.read_bytes().count(b'"kind": "stored"') if self.log.exists() else 0

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(10)
