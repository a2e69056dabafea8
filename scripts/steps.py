"""Running one step of the build: quiet when it goes well, its last words when it does not.

Plain Python 3.8, nothing installed: the set-up itself stands on this.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, Iterable, List, Optional

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".state"
BIN = ROOT / ".venv" / "bin"
FRONTEND = ROOT / "frontend"
BACKEND = ROOT / "backend"


class Stop(Exception):
    """One or two lines that say what is missing and what to do."""


class Step:
    """A command that runs in the background and writes to `.state/<name>.log`."""

    def __init__(
        self, title: str, command: List[str], *, cwd: Path = ROOT, env: Optional[Dict[str, str]] = None
    ) -> None:
        STATE.mkdir(exist_ok=True)
        self.title = title
        self.log = STATE / (title.lower().replace(" ", "-").replace("/", "-") + ".log")
        self._began = time.monotonic()
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=str(cwd),
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait(self, hint: str = "") -> None:
        """Raises Stop with the end of the log when the command failed."""
        code = self._process.wait()
        seconds = time.monotonic() - self._began
        if code:
            lines = self.log.read_text(errors="replace").rstrip().splitlines()[-25:]
            said = "\n".join("    " + line for line in lines)
            raise Stop(f"{self.title} failed (exit {code}):\n{said}\n{hint}".rstrip())
        say(f"{self.title} ({seconds:.1f} s)")


def say(text: str) -> None:
    print(f"  · {text}", flush=True)


def run(
    title: str, command: List[str], *, cwd: Path = ROOT, env: Optional[Dict[str, str]] = None, hint: str = ""
) -> None:
    Step(title, command, cwd=cwd, env=env).wait(hint)


def digest(paths: Iterable[Path], *more: str) -> str:
    """A hash over the contents of files and, recursively, folders; names count, times do not."""
    total = hashlib.sha256("\0".join(more).encode())
    for path in paths:
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            if file.exists() and "__pycache__" not in file.parts:
                total.update(str(file.relative_to(ROOT)).encode() + b"\0")
                total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def is_done(name: str, value: str) -> bool:
    stamp = STATE / name
    return stamp.exists() and stamp.read_text() == value


def mark_done(name: str, value: str) -> None:
    STATE.mkdir(exist_ok=True)
    (STATE / name).write_text(value)


def forget(name: str) -> None:
    stamp = STATE / name
    if stamp.exists():
        stamp.unlink()


def fail(error: Stop) -> int:
    print(f"\n{error}\n", file=sys.stderr)
    return 1
