"""What the peer has said of each message of a batch, and how much of it is certain.

Replies have no numbers: that one belongs to a command is only known from counting. A 354 is said to nothing but DATA,
so with each one the count was right up to it; what was told since the last one stays open until the next. A peer that
answers once too often or too rarely is found out by then, and nobody is given up for an answer to somebody else.
"""

from __future__ import annotations

from reachly.integrations.mailer.port import Receipt, Watch
from reachly.integrations.mailer.replies import read_doubt


class Answers:
    """Of one batch over one session. `receipts`: None where nothing is known."""

    def __init__(self, many: int, watch: Watch) -> None:
        self.receipts: list[Receipt | None] = [None] * many
        self._watch = watch
        self._open: list[tuple[int, Receipt]] = []

    def note(self, number: int, receipt: Receipt) -> None:
        """Certain. What was never offered is told at the end, by whoever knows that it is not tried again."""
        self.receipts[number] = receipt
        if receipt.outcome != "connect_failed":
            self._watch.answered(number, receipt)

    def take(self, number: int, receipt: Receipt) -> None:
        """Certain as soon as it is known whose answer it was."""
        self._open.append((number, receipt))

    @property
    def are_certain(self) -> bool:
        """Whether nothing is left that a proof could change."""
        return all(receipt.outcome == "accepted" for _, receipt in self._open)

    def prove(self) -> None:
        """Every answer until now belonged to its command."""
        for number, receipt in self._open:
            self.note(number, receipt)
        self._open.clear()

    def doubt(self, *, missing: bool = False, believe: bool = False) -> None:
        """They may not have. `missing`: one answer is. `believe`: what was said of a whole message holds, because the
        peer ended the session with it, as it may."""
        for number, receipt in self._open:
            holds = believe and receipt.stage == "final"
            self.note(number, receipt if holds else read_doubt(receipt, missing=missing))
        self._open.clear()
