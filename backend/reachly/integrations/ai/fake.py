"""A writer in memory."""

from __future__ import annotations

from collections.abc import Sequence

from reachly.integrations.ai.port import Claim, Intent, KnownFact, OpeningLine, Tone


class FakeWriter:
    """States the first fact; `intents` are looked up by the exact text."""

    def __init__(self, intents: dict[str, Intent] | None = None) -> None:
        self.intents = dict(intents or {})

    async def opening_line(
        self,
        facts: Sequence[KnownFact],
        tone: Tone,
        seed: str,  # noqa: ARG002
        language: str = "en",
    ) -> OpeningLine:
        if language != "en":
            return OpeningLine("", (), is_fallback=True)
        good = next((fact for fact in facts if fact.confidence >= 0.5 and fact.value.isprintable()), None)
        if good is None:
            return OpeningLine(f"I have a short question ({tone}).", (), is_fallback=True)
        return OpeningLine(f"About {good.value} ({tone}).", (Claim(good.value, good.name),))

    async def classify_intent(self, text: str) -> Intent | None:
        return self.intents.get(text)
