"""Templates to messages. Pure; the functions are those of `policy`."""

from __future__ import annotations

from reachly.services.rendering.errors import (
    MessageTooLarge,
    TemplateError,
    TemplateFault,
    UnresolvedField,
    Unsendable,
)
from reachly.services.rendering.opt_out_words import plain_words
from reachly.services.rendering.policy import (
    CompiledTemplate,
    build_message,
    compile_template,
    count_forms,
    fields_used,
    follow_up_subject,
    pick_variant,
    render,
    unresolved_fields,
    with_subject,
)
from reachly.services.rendering.schemas import (
    FieldUse,
    MessageEnvelope,
    Rendered,
    TemplateSource,
    TrackedUrls,
    UnsubscribeForm,
)

__all__ = [
    "CompiledTemplate",
    "FieldUse",
    "MessageEnvelope",
    "MessageTooLarge",
    "Rendered",
    "TemplateError",
    "TemplateFault",
    "TemplateSource",
    "TrackedUrls",
    "UnresolvedField",
    "Unsendable",
    "UnsubscribeForm",
    "build_message",
    "compile_template",
    "count_forms",
    "fields_used",
    "follow_up_subject",
    "pick_variant",
    "plain_words",
    "render",
    "unresolved_fields",
    "with_subject",
]
