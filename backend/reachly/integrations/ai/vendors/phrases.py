"""The phrasings of the built-in writer, by language, by the facts a line needs (the richest first), and by tone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from reachly.integrations.ai.port import Tone

Lines: TypeAlias = "dict[tuple[str, ...], dict[Tone, tuple[str, ...]]]"


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """`fallbacks` need no fact."""

    lines: Lines
    fallbacks: dict[Tone, tuple[str, ...]]


_ENGLISH: Lines = {
    ("position", "company"): {
        "friendly": (
            "As {position} at {company}, you are probably the right person to ask about this.",
            "I am writing to you directly because you are {position} at {company}.",
            "A short question for you as {position} at {company}.",
        ),
        "formal": (
            "I am contacting you in your role as {position} at {company}.",
            "As {position} at {company}, you may be the right person for the following question.",
            "I would value your view as {position} at {company}.",
        ),
        "direct": (
            "You are {position} at {company}, so I will come straight to the point.",
            "One question for the {position} at {company}.",
            "This is for you as {position} at {company}, and it is short.",
        ),
    },
    ("department", "company"): {
        "friendly": (
            "If I am right, {department} at {company} is your field, so I am asking you first.",
            "A short question about {department} at {company}.",
        ),
        "formal": (
            "I am contacting you with a question about {department} at {company}.",
            "My question concerns {department} at {company}.",
        ),
        "direct": (
            "One question about {department} at {company}.",
            "This is about {department} at {company}, and it is short.",
        ),
    },
    ("company",): {
        "friendly": (
            "I hope things are going well at {company}.",
            "Greetings to you and everybody at {company}.",
            "I have a short question about {company}.",
        ),
        "formal": (
            "I am writing to you with a question about {company}.",
            "My question concerns {company}.",
        ),
        "direct": (
            "One question about {company}.",
            "This is about {company}, and it is short.",
        ),
    },
    ("position",): {
        "friendly": (
            "A short question for you as {position}.",
            "As {position}, you are probably the right person to ask.",
        ),
        "formal": (
            "I am contacting you in your role as {position}.",
            "I would value your view as {position}.",
        ),
        "direct": ("One question for you as {position}.", "You are {position}, so I will come straight to the point."),
    },
}  # fmt: skip
_ENGLISH_FALLBACKS: dict[Tone, tuple[str, ...]] = {
    "friendly": ("I have a short question for you.", "I hope your week is going well."),
    "formal": ("Please allow me a short question.", "Thank you for taking a moment to read this."),
    "direct": ("One short question.", "I will keep this short."),
}

_GERMAN: Lines = {
    ("position", "company"): {
        "friendly": (
            "Als {position} bei {company} sind Sie vermutlich genau richtig für meine Frage.",
            "Ich schreibe Ihnen direkt, weil Sie {position} bei {company} sind.",
            "Eine kurze Frage an Sie als {position} bei {company}.",
        ),
        "formal": (
            "Ich wende mich an Sie in Ihrer Funktion als {position} bei {company}.",
            "Ihre Einschätzung als {position} bei {company} würde mir sehr helfen.",
        ),
        "direct": (
            "Sie sind {position} bei {company}, deshalb komme ich gleich zur Sache.",
            "Eine Frage an Sie als {position} bei {company}.",
        ),
    },
    ("company",): {
        "friendly": (
            "Ich hoffe, bei {company} läuft alles gut.",
            "Viele Grüße an Sie und alle bei {company}.",
            "Ich habe eine kurze Frage zu {company}.",
        ),
        "formal": ("Ich schreibe Ihnen mit einer Frage zu {company}.", "Meine Frage betrifft {company}."),
        "direct": ("Eine Frage zu {company}.", "Es geht um {company}, und es ist kurz."),
    },
    ("position",): {
        "friendly": ("Eine kurze Frage an Sie als {position}.",),
        "formal": ("Ich wende mich an Sie in Ihrer Funktion als {position}.",),
        "direct": ("Eine Frage an Sie als {position}.",),
    },
}  # fmt: skip
_GERMAN_FALLBACKS: dict[Tone, tuple[str, ...]] = {
    "friendly": ("Ich habe eine kurze Frage an Sie.", "Ich hoffe, Sie haben eine gute Woche."),
    "formal": ("Erlauben Sie mir bitte eine kurze Frage.",),
    "direct": ("Eine kurze Frage.", "Ich fasse mich kurz."),
}  # fmt: skip
PHRASEBOOKS = {
    "en": Phrasebook(_ENGLISH, _ENGLISH_FALLBACKS),
    "de": Phrasebook(_GERMAN, _GERMAN_FALLBACKS),
}
