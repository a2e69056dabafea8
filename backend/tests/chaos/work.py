"""A verb of `reachly` on a clock that the test can move: `python -m tests.chaos.work CLOCK_FILE [work | serve]`."""

from __future__ import annotations

import sys
from pathlib import Path

from reachly.kit import clock
from tests.chaos.clocks import OffsetClock

if __name__ == "__main__":
    clock.install(OffsetClock(Path(sys.argv[1])))
    from reachly.cli import app

    app(sys.argv[2:] or ["work"])
