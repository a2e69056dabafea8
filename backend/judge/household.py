"""`reachly up` as one command that owns a database, an API and a worker, each of which may be killed."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Sequence
from pathlib import Path

from judge.court import PATIENCE, Court
from judge.processes import Program, wait_for

TARGETS = ("worker", "api", "postgres", "up")


class Household(Court):
    """A court without a database of its own: `up` brings everything. `size` of workers is one."""

    def _start_product(self) -> Program:
        command = [*self.product, "up", "--empty", "--no-mailworld"]
        return Program(command, self.folder / "up.log", self.environment)

    def fill(self) -> None:
        """`up` starts its children again itself; it needs to be started when it is gone."""
        while not self.api.runs:
            self.api = self._start_product()
            wait_for(lambda: self._is_ready() or not self.api.runs, PATIENCE, self._last_words)

    def blow(self, target: str) -> None:
        """`kill -9`."""
        if target == "up":
            self.api.kill()
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid_of(target), signal.SIGKILL)

    def wait_for_children(self) -> None:
        """Until the API answers and there is a worker."""
        wait_for(self._is_ready, PATIENCE, self._last_words)
        wait_for(lambda: self._children("work"), PATIENCE, "a worker")

    def _pid_of(self, target: str) -> int:
        if target == "postgres":
            return int((self.folder / "var" / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        verb = {"worker": "work", "api": "serve"}[target]
        wait_for(lambda: self._children(verb), PATIENCE, f"a child that does {verb}")
        return self._children(verb)[0]

    def _children(self, verb: str) -> Sequence[int]:
        """Of `up`, by their command line (Linux)."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, IndexError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == self.api.pid and verb.encode() in words:
                    found.append(int(entry.name))
        return found
