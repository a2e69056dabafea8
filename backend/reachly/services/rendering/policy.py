"""The room's door: one renderer for preview, test mail, full-list check and the real send. Pure.

compiled = compile_template(TemplateSource(subject, body, …))     once per template version
rendered = render(compiled, values, seed=…)                       per message: the words
message = build_message(rendered, envelope, urls)                 per message: the bytes
"""

from __future__ import annotations

from collections.abc import Mapping

from reachly.services.rendering.compile import CompiledTemplate, compile_template, find_unresolved
from reachly.services.rendering.fill import Run
from reachly.services.rendering.message import (
    bare_subject,
    build_message,
    follow_up_subject,
    render,
    with_subject,
)
from reachly.services.rendering.schemas import FieldUse
from reachly.services.rendering.spintax import count_forms as _count_forms
from reachly.services.rendering.spintax import pick_variant

__all__ = [
    "CompiledTemplate",
    "bare_subject",
    "build_message",
    "compile_template",
    "count_forms",
    "fields_used",
    "follow_up_subject",
    "pick_variant",
    "render",
    "unresolved_fields",
    "with_subject",
]


def fields_used(compiled: CompiledTemplate) -> frozenset[FieldUse]:
    """Every name that the template asks for, and whether it can do without."""
    return compiled.uses


def unresolved_fields(compiled: CompiledTemplate, values: Mapping[str, str]) -> list[str]:
    """Names that block this message: unknown or empty, without a fallback, in a branch that holds for these values and
    in any option of spintax. Empty means that `render` succeeds under every seed; `strict`, it asks this itself."""
    return find_unresolved(compiled, Run(values, "", compiled.slots))


def count_forms(compiled: CompiledTemplate) -> int:
    """How many different texts spintax can give to one lead: subject times body; at most 10^12."""
    slots = [program.nodes for program in compiled.slots]
    return _count_forms((*compiled.subject, *(compiled.html or compiled.text)), slots)
