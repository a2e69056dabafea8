"""Why a template or a message cannot be used, with what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reachly.kit.errors import FieldError, Invalid, TooLarge


@dataclass(frozen=True, slots=True)
class TemplateFault:
    """One fault. `where` is subject, preheader or body; `position` counts characters from 0 in that text, `line` and
    `column` from 1; `message` says what to write instead."""

    where: str
    position: int
    line: int
    column: int
    message: str


def fault_at(where: str, source: str, position: int, message: str) -> TemplateFault:
    """A fault at `position` of `source`."""
    line = source.count("\n", 0, position) + 1
    column = position - (source.rfind("\n", 0, position) + 1) + 1
    return TemplateFault(where, position, line, column, message)


class TemplateError(Invalid):
    """The template does not follow the grammar. `faults` has them all, in order."""

    def __init__(self, faults: Sequence[TemplateFault]) -> None:
        self.faults = list(faults)
        fields = [
            FieldError(
                f"/{fault.where}", f"Line {fault.line}, column {fault.column}: {fault.message}", "template"
            )
            for fault in faults
        ]
        first = (
            f"{faults[0].where.capitalize()}, line {faults[0].line}: {faults[0].message}" if faults else ""
        )
        super().__init__(f"This template cannot be used. {first}", code="bad_template", errors=fields)


class UnresolvedField(Invalid):
    """A field has no value and no fallback, or no usable one: the message is not sent with a hole. `fields` names
    them."""

    def __init__(self, fields: Sequence[str]) -> None:
        self.fields = list(fields)
        names = ", ".join(fields)
        super().__init__(
            f"No usable value for: {names}. Fill it in for this lead or give the merge tag a fallback.",
            code="unresolved_field",
            errors=[
                FieldError(f"/{name}", "There is no value and no fallback.", "unresolved") for name in fields
            ],
        )


class MessageTooLarge(TooLarge):
    """The filled-in text is past the size that a mail may have."""


class Unsendable(Invalid):
    """The envelope has a part that cannot stand in a message; retrying cannot help."""
