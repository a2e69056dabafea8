"""What the product asks of whoever writes for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Tone = Literal["friendly", "formal", "direct"]
IntentLabel = Literal[
    "interested", "not_interested", "later", "wrong_person", "unsubscribe", "question", "other"
]


class KnownFact(Protocol):
    """Whatever has these four: the enricher's facts as they are, or rows of `lead_facts`."""

    @property
    def name(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def confidence(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Claim:
    """A piece of the text that states something, and the name of the fact that bears it out."""

    text: str
    fact: str


@dataclass(frozen=True, slots=True)
class OpeningLine:
    """One sentence in plain text, without line breaks; every statement about the person is among its claims."""

    text: str
    claims: tuple[Claim, ...] = ()
    is_fallback: bool = False


@dataclass(frozen=True, slots=True)
class Intent:
    label: IntentLabel
    confidence: float


class Writer(Protocol):
    async def opening_line(
        self, facts: Sequence[KnownFact], tone: Tone, seed: str, language: str = "en"
    ) -> OpeningLine:
        """The same facts, tone, seed and language give the same line. Without a fact that is good enough: a fallback
        line. In a language that the writer does not write: an empty one, never one in another language."""

    async def classify_intent(self, text: str) -> Intent | None:
        """What the writer of a reply wants; None: cannot tell, the rules decide."""
