"""What can be said of a step's words without a database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_uppercase

from reachly.services.rendering import (
    TemplateError,
    TemplateSource,
    compile_template,
    count_forms,
    fields_used,
    pick_variant,
)


@dataclass(frozen=True, slots=True)
class Findings:
    """`problems` keep the step from being sent; `forms` is how many texts its spintax can make."""

    fields: list[str]
    problems: list[str]
    forms: int


def inspect(subject: str, body: str, *, is_first: bool) -> Findings:
    """Reads a step's words with the renderer that sends them."""
    problems: list[str] = []
    if is_first and not subject.strip():
        problems.append("Subject: the first step needs one.")
    if not body.strip():
        problems.append("Body: it is empty.")
    fields, faults, forms = _read(subject, body)
    return Findings(list(fields), [*problems, *faults], forms)


@lru_cache(maxsize=1024)
def _read(subject: str, body: str) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    """Fields, faults and forms of one version of the words: every list and page of campaigns asks for them again."""
    try:
        compiled = compile_template(TemplateSource(subject=subject, body=body))
    except TemplateError as error:
        faults = (
            f"{f.where.capitalize()}, line {f.line}, column {f.column}: {f.message}" for f in error.faults
        )
        return (), tuple(faults), 1
    return tuple(sorted({use.name for use in fields_used(compiled)})), (), count_forms(compiled)


def draw_label(seed: str, variants: Sequence[tuple[str, int]]) -> str:
    """Which text of a step somebody gets: A is the step's own, with the weight 1; the others are (label, weight). The
    draw is by person and step, so check, preview, retry and the send get the same."""
    weighed = [(label, weight) for label, weight in variants if weight > 0]
    if not weighed:
        return "A"
    drawn = pick_variant(seed, [1, *(weight for _, weight in weighed)])
    return "A" if drawn == 0 else weighed[drawn - 1][0]


def next_label(used: Collection[str]) -> str | None:
    """The next free letter after A, or None."""
    return next((letter for letter in ascii_uppercase[1:] if letter not in used), None)
