"""A child process that is kept running: started, watched, started again with a growing pause, ended."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from reachly.infra.processes import PARENT
from reachly.infra.startup import CannotStart

LOG_BYTES = 10_000_000
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
STEADY_SECONDS = 20.0  # who has run this long starts again without a pause
LOOK_SECONDS = 0.1
LAST_LINES = 12
STUCK_SECONDS = 120.0
TELL_SECONDS = 15.0
Say = Callable[[str], None]


class Child:
    """One program of this very Python. Its output goes to `log_path`.

    It runs in a session of its own, so that Ctrl-C reaches only the parent, which ends its children in order. It is
    told its parent's pid (`REACHLY_PARENT_PID`) and ends when that one is gone.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        log_path: Path,
        environment: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
        say: Say = print,
    ) -> None:
        self.name = name
        self.log_path = log_path
        self.arguments = list(arguments)
        self._environment = dict(environment or {})
        self._pass_fds = tuple(pass_fds)
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0

    def start(self, *, waits: bool = False) -> None:
        """Starts it; call from the main thread (on Linux the child lives as long as the thread that started it).

        With `waits` it gets ready and goes on at `tell`.
        """
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        if self.log_path.exists() and self.log_path.stat().st_size > LOG_BYTES:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))
        environment = {**os.environ, **self._environment, PARENT: str(os.getpid())}
        with self.log_path.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, *self.arguments],
                env=environment,
                stdin=subprocess.PIPE if waits else subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=self._pass_fds,
                start_new_session=True,
            )
        self._started = time.monotonic()

    def tell(self, environment: Mapping[str, str]) -> None:
        """Lets a child go on that waits, with what its environment was still missing."""
        assert self._process is not None
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has ended, and says so in its log
            self._process.stdin.write(json.dumps(dict(environment)).encode() + b"\n")
            self._process.stdin.close()

    @property
    def code(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._process.poll() if self._process else None

    async def keep(self) -> None:
        """Starts it again whenever it ends; runs until cancelled."""
        pause = FIRST_PAUSE
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self.code is None:
                continue
            if time.monotonic() - self._started > STEADY_SECONDS:
                pause = FIRST_PAUSE
            self._say(
                f"The {self.name} ended ({_told(self.code)}) and starts again in {pause:g} s; see {self.log_path}"
            )
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            self.start()

    async def has_ended_well(self) -> bool:
        """Whether it has come to its end with code 0."""
        return self.code == 0

    def ask_to_end(self) -> None:
        if self._process and self.code is None:
            self._process.send_signal(signal.SIGTERM)

    async def end(self, seconds: float) -> None:
        """SIGTERM; SIGKILL for who is still there after `seconds`."""
        self.ask_to_end()
        deadline = time.monotonic() + seconds
        while self._process and self.code is None:
            if time.monotonic() > deadline:
                self._process.kill()
                self._process.wait()
                return
            await asyncio.sleep(0.02)

    def last_words(self) -> str:
        """The last line of its log, for a person."""
        try:
            lines = self.log_path.read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return lines[-1][:300] if lines else "no reason given"

    def last_lines(self) -> str:
        """The last lines of its log, for a person who will look for the cause."""
        with suppress(OSError):
            lines = self.log_path.read_text(errors="replace").rstrip().splitlines()[-LAST_LINES:]
            return "\n".join(
                ["", f"The last lines of {self.log_path}:", *(f"  {line[:500]}" for line in lines)]
            )
        return f"\nIts log, {self.log_path}, cannot be read."

    def require_alive(self) -> None:
        """Raises CannotStart with its last words when it has ended."""
        if self.code is not None:
            raise CannotStart(
                f"The {self.name} does not start ({_told(self.code)}): {self.last_words()}{self.last_lines()}"
            )

    async def wait_for(self, is_done: Callable[[], Awaitable[bool]], what: str) -> None:
        """Waits as long as it takes on a slow machine, and says so. Raises CannotStart when the child has ended, or has
        for `STUCK_SECONDS` neither written a line nor used the processor."""
        began = moved = told = time.monotonic()
        last = self._effort()
        while not await is_done():
            if self.code is not None and not await is_done():  # it may have ended in between, and well
                self.require_alive()
            now, effort = time.monotonic(), self._effort()
            if effort != last or effort is None:
                last, moved = effort, now
            if now - moved > STUCK_SECONDS:
                raise CannotStart(
                    f"The {self.name} has done nothing for {now - moved:.0f} s, and {what} is still missing."
                    f"{self.last_lines()}"
                )
            if now - told > TELL_SECONDS:
                told = now
                self._say(f"Still waiting for {what}: {now - began:.0f} s, and the {self.name} is at work …")
            await asyncio.sleep(0.05)

    def _effort(self) -> tuple[int, int] | None:
        """What it has written and used of the processor (Linux), which grow while it works; None: not to be seen."""
        assert self._process is not None
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
            return self.log_path.stat().st_size, int(fields[11]) + int(fields[12])
        except (OSError, IndexError, ValueError):
            return None


def _told(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"code {code}"
