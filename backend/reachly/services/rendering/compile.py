"""A template version, read once: every message after that only fills slots."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import groupby, zip_longest
from typing import TypeAlias

from reachly.kit.mime import clean_header
from reachly.kit.quoted import make_piece
from reachly.services.rendering.errors import TemplateError, TemplateFault, fault_at
from reachly.services.rendering.fill import (
    OPENING_FIELD,
    UNSUBSCRIBE_FIELD,
    Run,
    SlotProgram,
    fill_web_address,
)
from reachly.services.rendering.grammar import Field, If, Node, Slot, Spin, Token, parse, tokenize
from reachly.services.rendering.layout import is_opt_out, lay_out_html, lay_out_plain, new_layout
from reachly.services.rendering.markup import looks_like_html, take_styles
from reachly.services.rendering.opt_out_words import label_for, reply_for
from reachly.services.rendering.schemas import UNSUBSCRIBE, FieldUse, TemplateSource

MAX_SUBJECT = 2_000  # characters
POSTAL_FIELD = "postal_address"

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]|[\ud800-\udfff]")
_HEAD = (
    '<!DOCTYPE html>\n<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"></head><body>\n'
)
_PREHEADER = '<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">'
_FOOTER = '<div style="margin-top:24px;font-size:12px;line-height:18px;color:#6b7280">'
_LINE_ALONE = re.compile(r"^[ \t]*\{\{[ \t]*opening_line[ \t]*\}\}[ \t]*\n(?:[ \t]*\n)+", re.MULTILINE)
_LINE_IF_ANY = "{% if opening_line %}{{ opening_line }}\n\n{% endif %}"


@dataclass(frozen=True, slots=True)
class Needs:
    """What a lead must have: `names` always, `links` as web addresses, and by condition one of two more."""

    names: tuple[Field, ...]
    links: tuple[SlotProgram, ...]
    conditions: tuple[tuple[If, Needs, Needs], ...]


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """A template ready to be filled. Immutable, so it can be kept and shared as long as its version is current."""

    source: TemplateSource
    subject: tuple[Node, ...]
    html: tuple[Node, ...] | None
    text: tuple[Node, ...]
    slots: tuple[SlotProgram, ...]
    needs: Needs
    uses: frozenset[FieldUse]
    tidies_text: bool  # the text was derived from HTML, so blank lines left by conditions are folded


def compile_template(source: TemplateSource) -> CompiledTemplate:
    """Reads and checks a template. Raises TemplateError with every fault of subject, preheader and body."""
    faults: list[TemplateFault] = []
    subject = _read_line("subject", source.subject, faults)
    preheader = _read_line("preheader", source.preheader, faults)
    body: tuple[tuple[Node, ...], tuple[Node, ...], list[SlotProgram], bool] | None = None
    try:
        body = _read_with_optional_line(_tidied(source.body))
    except TemplateError as error:
        faults += error.faults
    if faults or body is None:
        raise TemplateError(faults)
    html, text, slots, is_html = body
    uses = _uses(subject, slots, "subject") | _uses(preheader, slots, "preheader")
    uses |= _uses(html, slots, "body") | _uses(text, slots, "body")
    html_footer, text_footer = _footer(source, html, slots)
    uses |= _uses(html_footer, slots, "footer")
    document: tuple[Node, ...] | None = None
    if not source.text_only:
        document = (_HEAD, *_hidden(preheader, slots), *html, *html_footer)
    text = (*text, *text_footer, "\n")
    words = document if document is not None else text
    return CompiledTemplate(
        source=source,
        subject=_settled(subject, slots),
        html=None if document is None else _settled(document, slots),
        text=_settled(text, slots),
        slots=tuple(_settled_slot(program, slots) for program in slots),
        needs=_needs((*subject, *words), slots),
        uses=frozenset(uses),
        tidies_text=is_html,
    )


def find_unresolved(compiled: CompiledTemplate, run: Run) -> list[str]:
    """Names without a value and without a fallback, each once, over all options of spintax."""
    missing: dict[str, None] = {}
    pending = [compiled.needs]
    while pending:
        needs = pending.pop()
        for field in needs.names:
            if not run.value(field) and field.key != OPENING_FIELD:
                missing[field.name] = None
        for program in needs.links:
            alone = Run(run.values, "", compiled.slots)
            fill_web_address(program.nodes, alone)
            missing.update(dict.fromkeys(alone.unresolved))
        for condition, then, otherwise in needs.conditions:
            pending.append(then if run.value(condition) else otherwise)
    return list(missing)


def _tidied(text: str) -> str:
    return _CONTROLS.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))


def _read_line(where: str, text: str, faults: list[TemplateFault]) -> tuple[Node, ...]:
    """A subject or preheader."""
    text = _tidied(text).strip()
    if len(text) > MAX_SUBJECT:
        faults.append(fault_at(where, text, MAX_SUBJECT, f"Keep it under {MAX_SUBJECT:,} characters."))
        return ()
    try:
        tokens = tokenize(text, where)
        nodes = parse(tokens, text, where)
    except TemplateError as error:
        faults += error.faults
        return ()
    for token in tokens:
        if is_opt_out(token):
            faults.append(fault_at(where, text, token.position, "{{ unsubscribe_url }} belongs in the body."))
    return nodes


def _read_with_optional_line(
    source: str,
) -> tuple[tuple[Node, ...], tuple[Node, ...], list[SlotProgram], bool]:
    """A paragraph that is nothing but the opening line is not there where there is none. Raises TemplateError with the
    places of the text as it was written."""
    if not looks_like_html(source):
        optional = _LINE_ALONE.sub(_LINE_IF_ANY, source)
        if optional != source:
            try:
                return _read_body(optional)
            except TemplateError:
                pass  # told from what was written
    return _read_body(source)


def _read_body(source: str) -> tuple[tuple[Node, ...], tuple[Node, ...], list[SlotProgram], bool]:
    """HTML nodes, text nodes, slots, and whether the source is HTML."""
    is_html = looks_like_html(source)
    source, css = take_styles(source) if is_html else (source, "")
    tokens: list[Token] = tokenize(source, "body", is_html=is_html)
    parse(tokens, source, "body")
    layout = new_layout(source, tokens)
    html, text = lay_out_html(layout, css) if is_html else lay_out_plain(layout)
    if not layout.faults and not text.strip() and "<img" not in html:
        layout.fault(0, "Write a message: there are no words in it.")
    if layout.faults:
        raise TemplateError(layout.faults)
    return layout.parse(html), layout.parse(text), layout.slots, is_html


def _settled(nodes: Sequence[Node], slots: Sequence[SlotProgram]) -> tuple[Node, ...]:
    """A tree ready to be filled: words are encoded, once for all messages, and the opt-out is its place."""
    out: list[Node] = []
    for are_words, group in groupby(nodes, lambda node: isinstance(node, str)):
        if are_words:
            out.append(make_piece("".join(node for node in group if isinstance(node, str))))
        else:
            out += [_settled_node(node, slots) for node in group]
    return tuple(out)


def _settled_node(node: Node, slots: Sequence[SlotProgram]) -> Node:
    if isinstance(node, Spin):
        return replace(node, options=tuple(_settled(option, slots) for option in node.options))
    if isinstance(node, If):
        return replace(node, then=_settled(node.then, slots), otherwise=_settled(node.otherwise, slots))
    is_slot = isinstance(node, Slot) and slots[node.number].kind == "unsubscribe"
    is_field = isinstance(node, Field) and node.key == UNSUBSCRIBE_FIELD
    return UNSUBSCRIBE if is_slot or is_field else node


def _settled_slot(program: SlotProgram, slots: Sequence[SlotProgram]) -> SlotProgram:
    """Addresses stay as they are: they are made before they are encoded."""
    return replace(program, nodes=_settled(program.nodes, slots)) if program.kind == "words" else program


def _hidden(preheader: tuple[Node, ...], slots: list[SlotProgram]) -> tuple[Node, ...]:
    if not preheader:
        return ()
    slots.append(SlotProgram("words", preheader, None))
    return (_PREHEADER, Slot(len(slots) - 1), "</div>\n")


def _footer(
    source: TemplateSource, html: tuple[Node, ...], slots: list[SlotProgram]
) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """The opt-out line and the postal address, as HTML and as text, where the body does not always show them."""
    if source.unsubscribe_form == "none":
        return (), ()
    lines: list[tuple[tuple[Node, ...], tuple[Node, ...]]] = []
    own_words = clean_header(source.opt_out_text)
    opt_out = Field(UNSUBSCRIBE_FIELD, UNSUBSCRIBE_FIELD, None)
    if source.unsubscribe_form == "reply":
        words = own_words or reply_for(source.body)
        lines.append(((escape(words, quote=False),), (words,)))
    elif not _always_shows(html, slots, UNSUBSCRIBE_FIELD):
        words = own_words or label_for(source.body)
        slots.append(SlotProgram("unsubscribe", (opt_out,), None))
        link = (
            '<a href="',
            Slot(len(slots) - 1),
            f'" style="color:#6b7280">{escape(words, quote=False)}</a>',
        )
        lines.append((link, (f"{words}: ", opt_out)))
    if not _always_shows(html, slots, POSTAL_FIELD):
        postal = Field(POSTAL_FIELD, POSTAL_FIELD, None)
        lines.append(((postal,), (postal,)))
    if not lines:
        return (), ()
    in_html: list[Node] = [_FOOTER]
    in_text: list[Node] = []
    for number, (as_html, as_text) in enumerate(lines):
        in_html += ["<br>\n" if number else "", *as_html]
        in_text += ["\n" if number else "\n\n", *as_text]
    return (*in_html, "</div>\n"), tuple(in_text)


def _always_shows(nodes: Sequence[Node], slots: Sequence[SlotProgram], key: str) -> bool:
    """True if the field stands outside every condition and group."""
    return any(
        node.key == key
        if isinstance(node, Field)
        else isinstance(node, Slot) and slots[node.number].kind == "unsubscribe" and key == UNSUBSCRIBE_FIELD
        for node in nodes
    )


def _uses(nodes: Sequence[Node], slots: Sequence[SlotProgram], where: str) -> set[FieldUse]:
    found: set[FieldUse] = set()
    for node in nodes:
        if isinstance(node, Field):
            found.add(FieldUse(node.name, node.fallback is not None, where))
        elif isinstance(node, If):
            found.add(FieldUse(node.name, True, where))
            found |= _uses((*node.then, *node.otherwise), slots, where)
        elif isinstance(node, Spin):
            found |= {use for option in node.options for use in _uses(option, slots, where)}
        elif isinstance(node, Slot):
            found |= _uses(slots[node.number].nodes, slots, where)
    return found


_Forms: TypeAlias = "list[tuple[Node, ...]]"


def _each_option(nodes: Sequence[Node]) -> _Forms:
    """`nodes` without spintax, as often as it takes for each option to stand in one of them."""
    forms: _Forms = [()]
    for node in nodes:
        ways: _Forms = [(node,)]
        if isinstance(node, Spin):
            ways = [form for option in node.options for form in _each_option(option)]
        elif isinstance(node, If):
            branches = _paired(_each_option(node.then), _each_option(node.otherwise))
            ways = [(replace(node, then=then, otherwise=otherwise),) for then, otherwise in branches]
        forms = [(*before, *way) for before, way in _paired(forms, ways)]
    return forms


def _paired(one: _Forms, two: _Forms) -> list[tuple[tuple[Node, ...], tuple[Node, ...]]]:
    """Both to their ends, with the last of the shorter one again and again."""
    return list(zip_longest(one, two, fillvalue=min(one, two, key=len)[-1]))


def _needs(nodes: Sequence[Node], slots: Sequence[SlotProgram]) -> Needs:
    names: dict[str, Field] = {}
    links: list[SlotProgram] = []
    conditions: list[tuple[If, Needs, Needs]] = []

    def collect(nodes: Sequence[Node]) -> None:
        for node in nodes:
            if isinstance(node, Field):
                if node.fallback is None and node.key != UNSUBSCRIBE_FIELD:
                    names[node.name] = node
            elif isinstance(node, Spin):
                for option in node.options:
                    collect(option)
            elif isinstance(node, If):
                if node.key == UNSUBSCRIBE_FIELD:
                    collect(node.then)
                else:
                    conditions.append((node, _needs(node.then, slots), _needs(node.otherwise, slots)))
            elif isinstance(node, Slot):
                program = slots[node.number]
                if program.kind == "link" and program.static is None:
                    links.extend(replace(program, nodes=form) for form in _each_option(program.nodes))
                collect(program.nodes)

    collect(nodes)
    return Needs(tuple(names.values()), tuple(links), tuple(conditions))
