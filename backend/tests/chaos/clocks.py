"""Product time that a test can move while several processes live by it: the wall clock and an offset in a file."""

from __future__ import annotations

import mmap
import struct
from datetime import datetime, timedelta
from pathlib import Path

from reachly.kit.clock import RealClock, machine_now

_SIZE = 8


class OffsetClock(RealClock):
    """`path` holds a double: how many seconds product time is ahead of the wall clock (or behind it)."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        if not path.exists():
            path.write_bytes(struct.pack("d", 0.0))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _SIZE)

    @property
    def offset(self) -> float:
        return float(struct.unpack_from("d", self._memory)[0])

    def now(self) -> datetime:
        return machine_now() + timedelta(seconds=self.offset)

    def move(self, seconds: float) -> None:
        """Time jumps, for everybody at once."""
        struct.pack_into("d", self._memory, 0, self.offset + seconds)
