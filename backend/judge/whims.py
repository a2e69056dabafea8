"""What a server does wrong, drawn from a seed: by the mailbox's own count before it knows whom a message is for, by
person and visit from then on. A person meets at most `PATIENCE` faults, so that nobody is put off for ever."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

AT_THE_DOOR = ("connect-421", "connect-drop", "connect-garbage", "ehlo-421", "auth-later", "auth-drop")
BEFORE_THE_PERSON = (
    "mail-later",
    "mail-refused",
    "mail-421",
    "mail-drop",
    "mail-garbage",
    "mail-mixed",
)
WITH_THE_PERSON = (
    "rcpt-later",
    "rcpt-refused",
    "rcpt-421",
    "rcpt-drop",
    "rcpt-close-after",
    "rcpt-garbage",
    "rcpt-mixed",
    "data-later",
    "data-refused",
    "data-421",
    "data-drop",
    "data-wrong-code",
    "data-garbage",
    "data-mixed",
    "dot-later",
    "dot-refused",
    "dot-421",
    "dot-drop-before",
    "dot-drop-after",
    "dot-twice",
    "dot-mixed-kept",
    "dot-mixed-not-kept",
    "dot-late",
    "dot-silent-kept",
    "dot-silent-not-kept",
    "dot-garbage-kept",
    "dot-garbage-not-kept",
    "tar-pit",
)
LOST_ANSWERS = ("dot-drop-after", "dot-late", "dot-silent-kept")
"""Kept, and the 250 never reaches who sent it in time."""
PATIENCE = 2


@dataclass
class Whims:
    """`share` of the messages meets a fault of `kinds`, a sixth as many meet one at MAIL, and a third as many
    connections one at the door. `slow` seconds pass before each final answer; `late` is past the client's patience.
    """

    seed: int = 0
    share: float = 0.0
    kinds: tuple[str, ...] = AT_THE_DOOR + BEFORE_THE_PERSON + WITH_THE_PERSON
    slow: float = 0.0
    late: float = 6.0
    _visits: Counter[str] = field(default_factory=Counter)
    _faults: Counter[str] = field(default_factory=Counter)

    def at_the_door(self, connection: int) -> str:
        """The fault of a connection of which nothing is known; empty: none."""
        return self._draw(f"door/{connection}", self.share / 3, AT_THE_DOOR)

    def before(self, mailbox: str) -> str:
        """The fault of a transaction of which only the sender is known; empty: none."""
        self._visits[mailbox] += 1
        return self._draw(f"{mailbox}/{self._visits[mailbox]}", self.share / 6, BEFORE_THE_PERSON)

    def about(self, recipient: str) -> str:
        """The fault that this person meets this time; empty: none."""
        self._visits[recipient] += 1
        if self._faults[recipient] >= PATIENCE:
            return ""
        fault = self._draw(f"{recipient}/{self._visits[recipient]}", self.share, WITH_THE_PERSON)
        self._faults[recipient] += bool(fault)
        return fault

    def _draw(self, what: str, share: float, of: tuple[str, ...]) -> str:
        draw = random.Random(f"{self.seed}/{what}")  # noqa: S311 - dice, no secret
        kinds = [kind for kind in of if kind in self.kinds]
        return draw.choice(kinds) if kinds and draw.random() < share else ""
