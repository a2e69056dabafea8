"""From tokens to two texts with placeholders, one HTML and one plain, that share their links.

A placeholder is a short word that no source contains; it survives every HTML step, in text, in attributes and, as a
comment, between table rows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from reachly.services.rendering.errors import TemplateError, TemplateFault, fault_at
from reachly.services.rendering.fill import UNSUBSCRIBE_FIELD, WEB_ADDRESS, SlotProgram
from reachly.services.rendering.grammar import Node, Token, field_key, parse
from reachly.services.rendering.markup import derive_text, inline_and_clean

_TAG_OR_WORD = re.compile(r"<(/?)([a-z][a-z0-9]*)|\0(\d+)\0", re.IGNORECASE)
_OPEN_TABLE = frozenset(("table", "thead", "tbody", "tfoot", "tr", "colgroup"))
_CLOSED_IN_TABLE = frozenset(("caption", "colgroup", "thead", "tbody", "tfoot", "tr", "td", "th"))
_URL = r"https?://[^\s\0<>\"“”]+"
_LINKABLE = re.compile(rf"{_URL}|\0([^\0]*)\0([^\0]*)\0", re.IGNORECASE)
_URL_TAIL = ".,;:!?)]}'’»"
_BLANK_LINES = re.compile(r"[ \t]*\n(?:[ \t]*\n)+")
_SPACES = re.compile(r"\s+")
_ADDRESSES = {"href", "src"}
_SCHEMES = ("mailto:", "tel:", "http://", "https://")
_ALONE = "{{ unsubscribe_url }} must be the whole address of a link, or stand in the text."


@dataclass(slots=True)
class Layout:
    """The state of laying out one body."""

    source: str
    tokens: Sequence[Token]
    word: str  # what every placeholder begins with
    slots: list[SlotProgram] = field(default_factory=list)
    faults: list[TemplateFault] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    originals: dict[str, str] = field(
        default_factory=dict
    )  # placeholder of a slot -> the address it stands for

    def placeholder(self, kind: str, number: int) -> str:
        return f"{self.word}{kind}{number}e"

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(rf"(?:<!--)?{self.word}([ts])(\d+)e(?:-->)?")

    def split(self, text: str) -> list[Token]:
        """The tokens of a text with placeholders."""
        tokens: list[Token] = []
        last = 0
        for match in self.pattern.finditer(text):
            if match.start() > last:
                tokens.append(Token("text", text[last : match.start()], 0))
            number = int(match[2])
            if match[1] == "t":
                tokens.append(self.tokens[number])
                self.seen.add(number)
            else:
                tokens.append(Token("slot", str(number), 0))
            last = match.end()
        if last < len(text):
            tokens.append(Token("text", text[last:], 0))
        return tokens

    def parse(self, text: str) -> tuple[Node, ...]:
        """The tree of a text with placeholders. Raises TemplateError if markup cuts a group in two."""
        try:
            return parse(self.split(text), self.source, "body")
        except TemplateError as error:
            position = error.faults[0].position
            message = "HTML cuts this group in two. Keep its beginning and end in the same place."
            raise TemplateError([fault_at("body", self.source, position, message)]) from None

    def fault(self, position: int, message: str) -> None:
        self.faults.append(fault_at("body", self.source, position, message))

    def add_slot(self, kind: str, text: str) -> str:
        """A slot for `text` (plain, with placeholders); returns its placeholder."""
        nodes = self.parse(text)
        static = "".join(node for node in nodes if isinstance(node, str))
        is_static = all(isinstance(node, str) for node in nodes)
        self.slots.append(SlotProgram(kind, nodes, static if is_static else None))
        placeholder = self.placeholder("s", len(self.slots) - 1)
        self.originals[placeholder] = text
        return placeholder


def new_layout(source: str, tokens: Sequence[Token]) -> Layout:
    """A layout whose placeholders cannot be mistaken for text of the source."""
    lowered, number = source.lower(), 0
    while f"rq{number}x" in lowered:
        number += 1
    return Layout(source, tokens, f"rq{number}x")


def lay_out_html(layout: Layout, css: str) -> tuple[str, str]:
    """(HTML, text) of an HTML body, both with placeholders. Faults are collected in the layout."""
    protected = _protect_html(layout)
    try:
        body = LexborHTMLParser(inline_and_clean(protected, css)).body
    except ValueError:
        layout.fault(0, "The <style> block cannot be read. Correct it or remove it.")
        return "", ""
    if body is None:
        return "", ""
    _notice_lost_links(LexborHTMLParser(protected).body, body, layout)
    for node in list(body.traverse(include_text=True)):
        if node.is_comment_node:
            if layout.pattern.fullmatch(f"<!--{node.comment_content}-->") is None:
                node.decompose()
        elif node.is_element_node:
            _lay_out_attributes(node, layout)
    html = body.inner_html or ""
    order = [token.number for token in layout.split(html) if token.kind not in ("text", "slot")]
    text = derive_text(body, lambda href: layout.originals.get(href, href))
    lost = [token for token in layout.tokens if token.kind != "text" and token.number not in layout.seen]
    if lost or order != sorted(order):
        at = lost[0].position if lost else layout.tokens[order[0]].position
        layout.fault(
            at, "This stands where a mail cannot show it. Move it into the text or into a table cell."
        )
    return html, text


def _notice_lost_links(before: LexborNode | None, after: LexborNode, layout: Layout) -> None:
    """A link that cleaning has emptied would be dead words in the mail, so its author hears of it."""
    kept = {anchor.attributes.get("href") for anchor in after.css("a[href]")}
    for anchor in before.css("a[href]") if before is not None else []:
        href = anchor.attributes.get("href") or ""
        if href and href not in kept:
            position = max(layout.source.find(href), 0)
            layout.fault(position, f"“{href[:80]}” is not a whole web address. Begin it with https://.")


def _protect_html(layout: Layout) -> str:
    """The source with placeholders; as comments where only table rows and cells may stand."""
    marked = "".join(t.value if t.kind == "text" else f"\0{t.number}\0" for t in layout.tokens)
    in_rows = False

    def replace(match: re.Match[str]) -> str:
        nonlocal in_rows
        if match[2] is not None:
            tag = match[2].lower()
            in_rows = tag in (_CLOSED_IN_TABLE if match[1] else _OPEN_TABLE)
            return match[0]
        token = layout.tokens[int(match[3])]
        word = layout.placeholder("t", token.number)
        if not in_rows or _inside_tag(marked, match.start()):
            return word
        if token.kind == "field":
            layout.fault(token.position, "A merge tag cannot stand between table rows. Move it into a cell.")
        return f"<!--{word}-->"

    return _TAG_OR_WORD.sub(replace, marked)


def _inside_tag(text: str, position: int) -> bool:
    return text.rfind("<", 0, position) > text.rfind(">", 0, position)


def _lay_out_attributes(node: LexborNode, layout: Layout) -> None:
    for name, value in node.attributes.items():
        if value is None:
            continue
        if name in _ADDRESSES:
            _lay_out_address(node, name, value.strip(), layout)
        elif layout.word in value:
            tokens = [token for token in layout.split(value) if token.kind != "text"]
            if name == "style":
                layout.fault(tokens[0].position, "Merge tags and groups cannot stand in a style attribute.")
            elif any(is_opt_out(token) for token in tokens):
                layout.fault(tokens[0].position, _ALONE)
            node.attrs[name] = layout.add_slot("words", value)


def _lay_out_address(node: LexborNode, name: str, value: str, layout: Layout) -> None:
    value = _SPACES.sub("%20", value)
    found = layout.split(value)
    is_link, is_filled, lowered = node.tag == "a", layout.word in value, value.lower()
    opt_outs = [token for token in found if is_opt_out(token)]
    if opt_outs:
        if len(found) > 1 or not is_link:
            layout.fault(opt_outs[0].position, _ALONE)
        node.attrs[name] = layout.add_slot("unsubscribe", value)
    elif is_link and lowered.startswith(("http://", "https://", layout.word)):
        node.attrs[name] = layout.add_slot("link", value)
        static = layout.slots[-1].static
        if static is not None and WEB_ADDRESS.fullmatch(static) is None:
            layout.fault(max(layout.source.find(value), 0), f"“{value}” is not a whole web address.")
    elif is_filled:
        node.attrs[name] = layout.add_slot("url", value)
    elif value and not value.startswith("#") and not lowered.startswith(_SCHEMES):
        position = max(layout.source.find(value), 0)
        layout.fault(position, f"“{value}” needs the whole address, beginning with https://.")


def lay_out_plain(layout: Layout) -> tuple[str, str]:
    """(HTML, text) of a plain-text body, both with placeholders: paragraphs at blank lines, addresses as links."""
    text: list[str] = []
    html: list[str] = []
    run: list[Token] = []
    for token in [*layout.tokens, Token("bar", "", len(layout.source), len(layout.tokens))]:
        if token.kind in ("text", "field"):
            run.append(token)
            continue
        _lay_out_run(layout, run, html, text)
        run = []
        if token.number < len(layout.tokens):
            word = layout.placeholder("t", token.number)
            html.append(word)
            text.append(word)
    body = "".join(html).strip()
    paragraphs = _BLANK_LINES.sub("</p>\0<p>", body).replace("\n", "<br>\n").replace("\0", "\n")
    return f"<p>{paragraphs}</p>\n" if body else "", "".join(text).strip()


def _lay_out_run(layout: Layout, run: Sequence[Token], html: list[str], text: list[str]) -> None:
    """Words and merge tags without a group or condition between them."""
    joined = "".join(_plain_piece(layout, token) for token in run)
    last = 0
    for match in _LINKABLE.finditer(joined):
        if match[1] is not None:
            _add_plain(joined[last : match.start()], html, text)
            html.append(f'<a href="{match[1]}">{match[2]}</a>')
            text.append(match[2])
            last = match.end()
            continue
        address = match[0].rstrip(_URL_TAIL)
        if layout.word not in address and WEB_ADDRESS.fullmatch(address) is None:
            continue
        _add_plain(joined[last : match.start()], html, text)
        link = layout.add_slot("link", address)
        html.append(f'<a href="{link}">{escape(address)}</a>')
        text.append(link)
        last = match.start() + len(address)
    _add_plain(joined[last:], html, text)


def _plain_piece(layout: Layout, token: Token) -> str:
    if token.kind == "text":
        return token.value
    word = layout.placeholder("t", token.number)
    return f"\0{layout.add_slot('unsubscribe', word)}\0{word}\0" if is_opt_out(token) else word


def _add_plain(words: str, html: list[str], text: list[str]) -> None:
    html.append(escape(words, quote=False))
    text.append(words)


def is_opt_out(token: Token) -> bool:
    """True for {{ unsubscribe_url }}."""
    return token.kind == "field" and field_key(token.value) == UNSUBSCRIBE_FIELD
