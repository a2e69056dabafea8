"""The hostile server on a clock that the test can move: `python -m tests.chaos.far CLOCK_FILE [its own words]`."""

from __future__ import annotations

import sys
from pathlib import Path

from mailworld import hostile
from reachly.kit import clock
from tests.chaos.clocks import OffsetClock

if __name__ == "__main__":
    clock.install(OffsetClock(Path(sys.argv[1])))
    hostile.main(sys.argv[2:])
