"""What the chaos did and what came of it, as one table."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mailworld.faults import ACTS, STEPS, read_ledger
from tests.chaos.verdict import Report

PROPERTY = "chaos"
_COLUMNS = (
    ("campaign", "name"), ("kills", "kill"), ("stops", "stop"), ("db", "restart_database"), ("jumps", "jump"),
    ("pauses", "pause"), ("recipients", "recipients"), ("messages", "messages"), ("lost", "lost"),
    ("duplicates", "duplicates"), ("unknown", "unknown"), ("with a worker", "lost_with_worker"),
    ("in flight", "in_flight"), ("settled", "settled"), ("named", "named"), ("refused", "refused"), ("s", "seconds"),
)  # fmt: skip
_NOTES = """
kills: kill -9 of a worker; stops: SIGSTOP past the lease, then SIGCONT; db: PostgreSQL killed and started again
unknown: with a worker that was lost, or by a word that the peer broke after the final dot; in flight: on the wire at
the blows; settled: of the unknown whose mailbox has a Sent folder; named: in mailboxes without one, for a person
"""


def row_of(report: Report) -> dict[str, Any]:
    """One line of the table, ready for JSON."""
    row = {
        name: getattr(report, name)
        for name in Report.__slots__
        if name not in ("early", "wrong", "unexplained")
    }
    row |= {"lost": len(report.lost), "duplicates": len(report.duplicates), "seconds": round(report.seconds)}
    return row | row.pop("blows") | {"broken": report.broken()}


def render(rows: Sequence[dict[str, Any]]) -> str:
    """The table, its last line the sums, and what the columns mean."""
    total: dict[str, Any] = {"name": "all"}
    for _, key in _COLUMNS[1:]:
        total[key] = sum(row.get(key, 0) for row in rows)
    total["settleable"] = sum(row["settleable"] for row in rows)
    cells = [[_cell(row, key) for _, key in _COLUMNS] for row in (*rows, total)]
    heads = [head for head, _ in _COLUMNS]
    widths = [max(len(line[n]) for line in [heads, *cells]) for n in range(len(heads))]
    lines = [_line(heads, widths), _line(["-" * width for width in widths], widths)]
    lines += [_line(line, widths) for line in cells[:-1]]
    lines += [lines[1], _line(cells[-1], widths)]
    broken = [f"BROKEN in {row['name']}: {words}" for row in rows for words in row["broken"]]
    return "\n".join([*lines, _NOTES.strip(), *(broken or ["every promise was kept"])])


def _cell(row: dict[str, Any], key: str) -> str:
    if key == "settled":
        return f"{row['settled']}/{row['settleable']}"
    return str(row.get(key, 0))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = (
        cell.ljust(widths[0]) if n == 0 else cell.rjust(widths[n]) for n, cell in enumerate(cells)
    )
    return "  ".join([first, *rest])


def render_faults(log: Path) -> str:
    """What the peer broke, by step and kind."""
    counts = Counter((fault.step, fault.act) for fault in read_ledger(log).faults)
    acts = [act for act in ACTS if any(counts[step, act] for step in STEPS)]
    heads = ["the peer broke", *acts]
    steps = [step for step in STEPS if step != "starttls"]  # the peer of the storm speaks in the clear
    cells = [[step, *(str(counts[step, act]) for act in acts)] for step in steps]
    widths = [max(len(line[n]) for line in [heads, *cells]) for n in range(len(heads))]
    return "\n".join(_line(line, widths) for line in [heads, *cells])


def to_property(reports: Sequence[Report], words: str = "") -> tuple[str, str]:
    """As it travels on a test's report, also between processes."""
    return PROPERTY, json.dumps({"rows": [row_of(report) for report in reports], "words": words})


def tell(terminalreporter: Any) -> None:
    """Prints the table at the very end of a run, whichever process its tests ran in."""
    reports = [
        each
        for found in terminalreporter.stats.values()
        for each in found
        if isinstance(each, pytest.TestReport)
    ]
    told = [
        json.loads(str(value))
        for report in sorted(reports, key=lambda each: each.start)
        if report.when == "call"
        for name, value in report.user_properties
        if name == PROPERTY
    ]
    if not told:
        return
    terminalreporter.write_sep("=", "chaos")
    terminalreporter.write_line(render([row for each in told for row in each["rows"]]))
    for words in filter(None, (each["words"] for each in told)):
        terminalreporter.write_line(f"\n{words}")
