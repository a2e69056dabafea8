"""What a hostile server does, and when: drawn from a seed, or told one by one."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from mailworld.chance import choose, draw
from mailworld.record import drop_torn_line

Step = Literal[
    "connect",
    "banner",
    "ehlo",
    "starttls",
    "auth",
    "mail",
    "rcpt",
    "data",
    "body",
    "dot",
    "stored",
    "reset",
    "quit",
]
"""`body`: in the middle of it. `dot`: the final dot was read, nothing is kept. `stored`: it is kept, unanswered."""
Act = Literal["drop", "stall", "garble", "later"]
"""Cut the connection, say nothing any more, say what is no reply, say "not now"."""

STEPS: tuple[Step, ...] = get_args(Step)
ACTS: tuple[Act, ...] = get_args(Act)
AFTER_THE_DOT: frozenset[str] = frozenset({"dot", "stored"})


@dataclass(slots=True)
class Faults:
    """`rates`: the share of visits to a step at which something happens, for steps that are named. `acts`: what. A step
    can also be told its next acts with `tell`. The n-th visit to a step meets the same in every run of a seed.
    `resting`: nothing is drawn meanwhile."""

    seed: int = 0
    rates: Mapping[str, float] = field(default_factory=dict)
    acts: Sequence[Act] = ("drop", "stall", "garble")
    resting: bool = False
    _visits: dict[str, int] = field(default_factory=dict)
    _told: dict[str, deque[Act | None]] = field(default_factory=dict)

    def tell(self, step: Step, *acts: Act | None) -> None:
        """What happens at the next visits to a step; None: nothing."""
        self._told.setdefault(step, deque()).extend(acts)

    def at(self, step: Step) -> Act | None:
        """What happens now."""
        told = self._told.get(step)
        if told:
            return told.popleft()
        rate = self.rates.get(step, 0.0)
        if not rate or self.resting:
            return None
        n = self._visits[step] = self._visits.get(step, 0) + 1
        if draw(self.seed, "fault", step, n) >= rate:
            return None
        told_late = step not in ("body", "stored")
        return choose([act for act in self.acts if told_late or act != "later"], self.seed, step, n)


@dataclass(frozen=True, slots=True)
class Stored:
    """One message that the server kept for one recipient."""

    message_id: str
    recipient: str
    mail_from: str
    connection: int
    at: float  # seconds since the epoch, machine time


@dataclass(frozen=True, slots=True)
class Fault:
    step: str
    act: str
    connection: int
    recipient: str
    at: float


class Ledger:
    """What the server kept and did, one JSON line each, written with one system call before it is answered: a kill
    of anybody at any moment leaves a whole line or none."""

    def __init__(self, path: Path | None = None) -> None:
        self.stored: list[Stored] = []
        self.faults: list[Fault] = []
        self._fd: int | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            drop_torn_line(path)
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def store(self, stored: Stored) -> None:
        self.stored.append(stored)
        self._write({"kind": "stored", **_fields(stored)})

    def note(self, fault: Fault) -> None:
        self.faults.append(fault)
        self._write({"kind": "fault", **_fields(fault)})

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def copies(self) -> dict[tuple[str, str], int]:
        """How often each (recipient, Message-ID) was kept."""
        counts: dict[tuple[str, str], int] = {}
        for one in self.stored:
            key = (one.recipient, one.message_id)
            counts[key] = counts.get(key, 0) + 1
        return counts

    def _write(self, line: dict[str, object]) -> None:
        if self._fd is not None:
            os.write(self._fd, json.dumps(line).encode() + b"\n")


def read_ledger(path: Path) -> Ledger:
    """The log of a server that may still run; a last line under way is left out."""
    ledger = Ledger()
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    for line in text[: text.rfind("\n") + 1].splitlines():
        values = json.loads(line)
        if values.pop("kind") == "stored":
            ledger.stored.append(Stored(**values))
        else:
            ledger.faults.append(Fault(**values))
    return ledger


def _fields(one: Stored | Fault) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__slots__}


def parse_rates(words: Iterable[str]) -> dict[str, float]:
    """`dot=0.02` and so on; `all=0.01` names every step. Raises ValueError."""
    rates: dict[str, float] = {}
    for word in words:
        step, _, rate = word.partition("=")
        names: Sequence[str] = STEPS if step == "all" else [step]
        if set(names) - set(STEPS):
            raise ValueError(f"{step} is no step of a dialogue; there are {', '.join(STEPS)}.")
        rates |= {name: float(rate) for name in names}
    return rates
