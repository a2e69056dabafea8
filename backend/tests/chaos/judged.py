"""What the tests of the independent judge share: how large they are, their clock, and the table that they print.

`make chaos` sets CHAOS_SIZE=gate; without it they are short. Each number can be set by its own name.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from judge.audit import Verdict
from tests.chaos.clocks import OffsetClock

PROPERTY = "judge"
SEED = int(os.environ.get("CHAOS_SEED", "7"))
_COLUMNS = (
    ("judged", "name"),
    ("people", "people"),
    ("kept", "kept"),
    ("faults", "faults"),
    ("answers lost", "lost_answers"),
    ("stops", "stops"),
    ("kills", "kills"),
    ("open then", "connections"),
    ("lost", "lost"),
    ("twice", "twice"),
    ("falsely sent", "falsely_sent"),
    ("falsely never left", "falsely_never_left"),
    ("refused", "refused"),
    ("innocent", "innocent"),
    ("begun", "begun"),
    ("unknown", "unknown"),
    ("of them arrived", "arrived"),
    ("s", "seconds"),
)


def size(name: str, short: int, gate: int) -> int:
    """The number of this name in the environment, else the gate's under `make chaos`, else the short form's."""
    given = os.environ.get(name)
    return int(given) if given else gate if os.environ.get("CHAOS_SIZE") == "gate" else short


def moved_by(folder: Path) -> tuple[tuple[str, ...], Callable[[float], None]]:
    """The product on a clock that can be moved: how it is started, and what moves the clock."""
    clock = OffsetClock(folder / "clock")
    return ("-m", "tests.chaos.work", str(folder / "clock")), clock.move


def tell_property(verdict: Verdict, **more: object) -> tuple[str, str]:
    """As it travels on a test's report, also between processes."""
    row = {
        key: len(value) if isinstance(value, list) else value
        for key, value in dataclasses.asdict(verdict).items()
    }
    row |= {"stops": sum(verdict.stops.values()), "broken": verdict.broken(), **more}
    return PROPERTY, json.dumps(row)


def tell(terminalreporter: Any) -> None:
    """Prints the table at the very end of a run, whichever process its tests ran in."""
    rows = [
        json.loads(str(value))
        for found in terminalreporter.stats.values()
        for report in found
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for name, value in report.user_properties
        if name == PROPERTY
    ]
    if rows:
        terminalreporter.write_sep("=", "the judge's books")
        terminalreporter.write_line(render(rows))


def render(rows: Sequence[dict[str, Any]]) -> str:
    heads = [head for head, _ in _COLUMNS]
    cells = [[str(row.get(key, 0)) for _, key in _COLUMNS] for row in rows]
    widths = [max(len(line[n]) for line in [heads, *cells]) for n in range(len(heads))]
    lines = [_line(each, widths) for each in [heads, ["-" * width for width in widths], *cells]]
    broken = [f"BROKEN in {row['name']}: {words}" for row in rows for words in row["broken"]]
    return "\n".join([*lines, *(broken or ["the books bear out every promise"])])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    rest = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return "  ".join([cells[0].ljust(widths[0]), *rest])
