"""Interleaved rounds: every side has its turn in every round, so that a busy moment hits all of them alike."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

OUT = Path(__file__).parent / "out"


@dataclass
class Row:
    """One comparison. `ours` and `theirs` are medians in `unit`; `ratio` is the median over the ratios of the rounds,
    taken between neighbours. `better`: whether more or less is better. Without a gate it is there to be read beside
    another row. `note` says what could not be compared."""

    name: str
    unit: str
    better: str
    gate: float | None = None
    aim: float | None = None
    ours: float | None = None
    theirs: float | None = None
    ratio: float | None = None
    rounds: list[dict[str, float]] = field(default_factory=list)
    note: str = ""

    def take(self, ours: float, theirs: float | None = None) -> None:
        """One round. Without another side the ratio is the figure itself."""
        taken = {"ours": ours, "ratio": ours if theirs is None else ours / theirs}
        self.rounds.append(taken if theirs is None else {**taken, "theirs": theirs})
        self.ours = statistics.median(one["ours"] for one in self.rounds)
        self.ratio = statistics.median(one["ratio"] for one in self.rounds)
        if theirs is not None:
            self.theirs = statistics.median(one["theirs"] for one in self.rounds)

    @property
    def verdict(self) -> str:
        if self.ratio is None:
            return "not compared"
        if self.gate is None or self.aim is None:
            return ""
        good = (lambda bar: self.ratio >= bar) if self.better == "more" else (lambda bar: self.ratio <= bar)
        return "aim" if good(self.aim) else "gate" if good(self.gate) else "MISSED"

    @property
    def spread(self) -> str:
        ratios = sorted(one["ratio"] for one in self.rounds)
        return f"{ratios[0]:.2f}-{ratios[-1]:.2f}" if ratios else ""


def interleave(rounds: int, sides: Sequence[Callable[[], object]]) -> None:
    """Runs the sides one after the other, `rounds` times, the first one last in every second round."""
    for number in range(rounds):
        for side in sides if number % 2 == 0 else reversed(sides):
            side()


def table(rows: Sequence[Row]) -> str:
    lines = [
        f"{'':24} {'ours':>11} {'theirs':>11} {'unit':10} {'ratio':>7} {'spread':>13} {'gate':>6} {'aim':>6}  verdict"
    ]
    for row in rows:
        shown = [f"{value:11,.1f}" if value is not None else f"{'':>11}" for value in (row.ours, row.theirs)]
        ratio = f"{row.ratio:7.2f}" if row.ratio is not None else f"{'':>7}"
        sign = "" if row.better == "more" else "<"
        gate, aim = ("" if bar is None else f"{sign}{bar}" for bar in (row.gate, row.aim))
        line = (
            f"{row.name:24} {shown[0]} {shown[1]} {row.unit:10} {ratio} {row.spread:>13} {gate:>6} {aim:>6}  "
        )
        lines.append((line + row.verdict).rstrip())
        if row.note:
            lines.append(f"{'':24} {row.note}")
    return "\n".join(lines)


def write(rows: Sequence[Row], path: Path = OUT / "latest.json") -> Path:
    """`[{name, ours, theirs, ratio, rounds, …}]`; rows that were not measured this time stay as they were."""
    path.parent.mkdir(exist_ok=True)
    kept = json.loads(path.read_text()) if path.exists() else []
    measured = {row.name: asdict(row) for row in rows}
    merged = {row["name"]: row for row in kept} | measured
    path.write_text(json.dumps(list(merged.values()), indent=1) + "\n")
    return path
