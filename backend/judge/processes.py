"""Programs that the judge starts, kills, freezes and ends; each by its own id."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

BACKEND = Path(__file__).resolve().parents[1]
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")


class Program:
    """One program of this Python, its output in a log."""

    def __init__(self, arguments: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        self.log = log
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=BACKEND,
                env={**kept, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """As a power cut does. Returns when it is gone."""
        self._process.kill()
        self._process.wait()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def end(self, seconds: float = 60.0) -> None:
        """Politely; by force when it does not listen."""
        self._process.terminate()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()


class JudgesServers:
    """`judge.server` as a process of its own, so that nothing that happens to the product happens to it."""

    def __init__(self, folder: Path, **wanted: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.books = folder / "books.jsonl"
        with (folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "judge.server", str(folder)],
                cwd=BACKEND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._asking = threading.Lock()
        self.ports: dict[str, int] = self._say(wanted)

    def order(self, name: str, mailbox: str = "", word: str = "") -> Any:
        return self._say([name, mailbox, word])

    def _say(self, words: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._asking:  # several threads order at once, and each reads its own answer
            self._process.stdin.write(json.dumps(words) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(
    what: Callable[[], object], seconds: float, words: str | Callable[[], str], every: float = 0.05
) -> None:
    """Until `what()` is true. Raises TimeoutError with the words, or with what they answer."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} s: {words() if callable(words) else words}")
        time.sleep(every)
