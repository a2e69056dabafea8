"""Several workers as real processes, which can be killed, stopped and continued."""

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
from datetime import datetime
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

    def start(self, **environment: str) -> subprocess.Popen[bytes]:
        """One more; `environment` is its own."""
        self._started += 1
        command = [sys.executable, "-m", "tests.chaos.work", str(self._clock_file)]
        with (self.folder / f"worker-{self._started:03d}.log").open("wb") as log:
            worker = subprocess.Popen(
                command,
                cwd=BACKEND,
                env=self._environment | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._workers.append(worker)
        return worker

    @property
    def workers(self) -> Sequence[subprocess.Popen[bytes]]:
        return self._workers

    def fill(self) -> None:
        """As many as there should be."""
        self._workers = [worker for worker in self._workers if worker.poll() is None]
        while len(self._workers) < self.size:
            self.start()

    def pick(self, draw: random.Random) -> subprocess.Popen[bytes]:
        """One that runs; the oldest are likelier, since the young are still loading. Who came while the database was
        not there has gone again, and is replaced first."""
        self.fill()
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

    async def end(self, seconds: float = 60.0) -> list[int | None]:
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

    def times_of(self, words: str) -> list[datetime]:
        """When a worker logged these words (machine time)."""
        lines = [line for path in self.folder.glob("worker-*.log") for line in path.read_text().splitlines()]
        return [datetime.fromisoformat(json.loads(line)["timestamp"]) for line in lines if words in line]

    def complaints(self, words: Sequence[str] = ("Traceback",)) -> str:
        """The last lines of the logs in which one of the words occurs."""
        found = []
        for path in sorted(self.folder.glob("worker-*.log")):
            text = path.read_text(errors="replace")
            if any(word in text for word in words):
                found.append(f"--- {path.name}\n{text[-3000:]}")
        return "\n".join(found)
