"""The servers that the workers hand their mail to: one far away that breaks its word, one at hand that can hold it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from mailworld.hostile import HostileServer
from tests.chaos.fleet import BACKEND

SECRET = "secret"
ADDRESSES = tuple(f"m{n}@brightfjord.example" for n in range(64))
ACCOUNTS = dict.fromkeys(ADDRESSES, SECRET)


class Peer(Protocol):
    """Where it listens, and where it writes down what it kept. It lives by the clock beside its log: a provider's time
    passes as everybody's does."""

    port: int
    imap_port: int
    log: Path

    def honest(self) -> contextlib.AbstractContextManager[None]:
        """It keeps its word in this block."""


class DistantPeer:
    """The hostile server in a process of its own, so that nothing that happens to us happens to it."""

    def __init__(self, log: Path, arguments: Sequence[str]) -> None:
        self.log = log
        accounts = [word for item in ACCOUNTS.items() for word in ("--account", "=".join(item))]
        program = [sys.executable, "-m", "tests.chaos.far", str(log.with_name("clock"))]
        command = [*program, "--log", str(log), *accounts, *arguments]
        self._process = subprocess.Popen(
            command, cwd=BACKEND, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        ports = json.loads(self._process.stdout.readline())
        self.port, self.imap_port = int(ports["port"]), int(ports["imap_port"])

    @contextlib.contextmanager
    def honest(self) -> Iterator[None]:
        self._process.send_signal(signal.SIGUSR1)
        yield
        self._process.send_signal(signal.SIGUSR2)

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(30)


class HoldingPeer(HostileServer):
    """Keeps a message at once and answers only when it is let go: what is between the two is in doubt for everybody.

    `hold()` before somebody sends; `holding` is set when somebody waits for an answer.
    """

    def __init__(self, log: Path, *, delay: float = 0.0) -> None:
        super().__init__(log=log, accounts=ACCOUNTS, delay=delay)
        self.log = log
        self.holding = asyncio.Event()
        self._free = asyncio.Event()
        self._free.set()

    def honest(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def hold(self) -> None:
        self.holding.clear()
        self._free.clear()

    def let_go(self) -> None:
        self._free.set()

    async def keep(self, content: bytes, mail_from: str, recipient: str, connection: int) -> None:
        await super().keep(content, mail_from, recipient, connection)
        if not self._free.is_set():
            self.holding.set()
            await self._free.wait()


def count_kept(log: Path) -> int:
    """How many messages a peer has kept so far."""
    return log.read_bytes().count(b'"kind": "stored"') if log.exists() else 0
