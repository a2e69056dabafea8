"""The books: one line for each thing that happened on the server's side, in order, on the disk before it is answered.

Every event has `at` (seconds since 1970) and `mono` (the monotonic clock of this machine, the same in all processes).
`at` is when the server *read* a command or wrote a reply; `arrived` is when its bytes came in.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """`kind` is open, close, mail, rcpt, data, body, accepted, reply, fault or filed; `facts` hold the rest.

    `mailbox` is who signed in, `recipient` the person that the transaction is about, as far as known.
    """

    at: float
    mono: float
    kind: str
    connection: int
    mailbox: str
    recipient: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


class Books:
    """Appends; `sync` returns when everything written so far is on the disk."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lines: list[bytes] = []
        self._flushing: asyncio.Task[None] | None = None
        self._waiting: list[asyncio.Future[None]] = []

    def write(
        self, kind: str, connection: int, mailbox: str, recipient: str = "", *, at: float = 0.0, **facts: Any
    ) -> None:
        """`at`: when it happened, if that was not just now."""
        now = time.time()
        row = [at or now, time.monotonic(), kind, connection, mailbox, recipient, facts]
        self._lines.append(json.dumps(row).encode() + b"\n")
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().create_task(self._flush())

    async def sync(self) -> None:
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().create_task(self._flush())
        await done

    async def _flush(self) -> None:
        while self._lines or self._waiting:
            lines, self._lines = self._lines, []
            waiting, self._waiting = self._waiting, []
            os.write(self._file, b"".join(lines))
            if waiting:
                await asyncio.to_thread(os.fdatasync, self._file)
                for done in waiting:
                    done.set_result(None)
            await asyncio.sleep(0)
        self._flushing = None

    def close(self) -> None:
        os.write(self._file, b"".join(self._lines))
        os.fsync(self._file)
        os.close(self._file)


class Reader:
    """Reads on where it stopped."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place = 0
        self._events: list[Event] = []

    def events(self) -> list[Event]:
        """All that is complete so far: the last line may still be written."""
        if self._path.exists():
            with self._path.open("rb") as file:
                file.seek(self._place)
                content = file.read()
            content = content[: content.rfind(b"\n") + 1]
            self._place += len(content)
            self._events += [Event(*json.loads(line)) for line in content.splitlines()]
        return self._events
