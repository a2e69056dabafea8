"""Opening lines without a model: a phrasing is chosen by the facts there are, the tone and the seed.

A line states nothing that no fact bears out, and nothing about what we did ("I saw your talk"), because we did not.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from reachly.integrations.ai.port import Claim, Intent, KnownFact, OpeningLine, Tone
from reachly.integrations.ai.vendors.phrases import PHRASEBOOKS

MIN_CONFIDENCE = 0.5
MAX_VALUE = 60

_SLOT = re.compile(r"\{(\w+)\}")
# What stands in a lead's field and is no name of anything: markup, merge tags, spintax, links, bad characters.
_UNFIT = re.compile(
    r"[{}<>|\[\]\\`$%@\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]|://|www\.", re.IGNORECASE
)
_EMPTY = frozenset(
    {"n/a", "na", "none", "null", "unknown", "-", "--", "?", "tbd", "test", "self", "freelance"}
)


class BuiltinWriter:
    """A Writer made of phrasings; it leaves intents to the rules of the inbox."""

    async def opening_line(
        self, facts: Sequence[KnownFact], tone: Tone, seed: str, language: str = "en"
    ) -> OpeningLine:
        phrasebook = PHRASEBOOKS.get(language)
        if phrasebook is None:
            return OpeningLine("", (), is_fallback=True)
        usable = _usable(facts)
        for needed, phrasings in phrasebook.lines.items():
            if all(name in usable for name in needed):
                pattern = _choose(phrasings[tone], seed, tone, needed)
                text = _SLOT.sub(lambda slot: usable[slot[1]], pattern)
                return OpeningLine(text, tuple(Claim(usable[name], name) for name in needed))
        return OpeningLine(_choose(phrasebook.fallbacks[tone], seed, tone, ()), (), is_fallback=True)

    async def classify_intent(self, text: str) -> Intent | None:  # noqa: ARG002 - the port's signature
        return None


def _usable(facts: Sequence[KnownFact]) -> dict[str, str]:
    """The most trusted fit value for each name."""
    best: dict[str, KnownFact] = {}
    for fact in facts:
        if fact.confidence >= MIN_CONFIDENCE and _is_fit(fact.value):
            known = best.get(fact.name)
            if known is None or fact.confidence > known.confidence:
                best[fact.name] = fact
    return {name: " ".join(fact.value.split()) for name, fact in best.items()}


def _is_fit(value: str) -> bool:
    text = value.strip()
    named = any(sign.isalpha() for sign in text)
    return named and len(text) <= MAX_VALUE and not _UNFIT.search(text) and text.lower() not in _EMPTY


def _choose(phrasings: tuple[str, ...], seed: str, tone: str, needed: tuple[str, ...]) -> str:
    """By a hash, so that the choice is the same in every process and version of Python."""
    digest = hashlib.sha256("\0".join((seed, tone, *needed)).encode()).digest()
    return phrasings[int.from_bytes(digest[:8]) % len(phrasings)]
