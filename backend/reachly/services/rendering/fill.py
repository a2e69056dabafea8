"""From a compiled tree and one lead's values to text. Values are hostile: they are never parsed, only escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache
from html import escape
from urllib.parse import quote

from reachly.kit.quoted import Part, Piece, make_piece, make_place
from reachly.services.rendering.errors import MessageTooLarge
from reachly.services.rendering.grammar import Field, If, Node, Slot, Spin
from reachly.services.rendering.markup import signature_html, signature_text
from reachly.services.rendering.spintax import choose

UNSUBSCRIBE_FIELD = "unsubscribe_url"
OPENING_FIELD = "opening_line"  # written by us where we can: without one nothing is missing
SIGNATURE_FIELD = "signature"
MAX_KEPT = 2_000  # characters of a value that is kept with its forms
MAX_FILLED = 2_000_000  # characters of one text, with the values in it
LONG = 200  # characters of a value; shorter ones cannot make a bomb, with as few tags as a template may have

_LINE_ENDS = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]|[\ud800-\udfff]")
WEB_ADDRESS = re.compile(r"https?://[^\s/?#\\@]+(?:[/?#][^\s\\]*)?", re.IGNORECASE)
_BARE_HOST = re.compile(r"[^\s/?#\\@:]+\.[^\s/?#\\@:.]+(?::\d{1,5})?(?:[/?#][^\s\\]*)?")
_MARKED = re.compile(r"[&<>\"'\n]")
_URL_SAFE = ":/?#[]@!$&'()*+,;=%~"


class Mode(Enum):
    """Where the words will stand, and so how a value is escaped."""

    TEXT = auto()
    HTML = auto()


@dataclass(frozen=True, slots=True)
class SlotProgram:
    """A value of an attribute. `kind`: link (an http(s) target that may be tracked), unsubscribe, url (another
    address: image, mailto) or words (alt, title, preheader). `static` is its text if it has no fields."""

    kind: str
    nodes: tuple[Node, ...]
    static: str | None


@dataclass(slots=True)
class Run:
    """One rendering: the values, the seed, and what has been found so far."""

    values: Mapping[str, str]
    seed: str
    slots: Sequence[SlotProgram]
    section: str = ""
    links: list[str] = field(default_factory=list)
    unresolved: list[str] = field(default_factory=list)
    in_text: dict[str | int, Part] = field(default_factory=dict)  # values by name, links by number of slot
    in_html: dict[str | int, Part] = field(default_factory=dict)
    is_long: bool = False  # whether a value is LONG
    _cleaned: dict[str, str] = field(default_factory=dict)
    _picked: dict[tuple[str, int], int] = field(default_factory=dict)

    def value(self, node: Field | If) -> str:
        """The cleaned value, empty if there is none."""
        known = self._cleaned.get(node.name)
        if known is None:
            known = self._cleaned[node.name] = look_up(self.values, node.name, node.key)
            self.is_long = self.is_long or len(known) > LONG
        return known

    def words(self, node: Field) -> str:
        """The value or the fallback. A field with neither is noted as unresolved."""
        raw = self.value(node)
        if not raw:
            if node.fallback is None:
                if node.key != OPENING_FIELD:
                    self.unresolved.append(node.name)
                return ""
            raw = node.fallback
        return raw

    def piece(self, node: Field, mode: Mode) -> Part:
        """What stands in place of `node`, escaped for `mode`."""
        value = self.value(node)
        words = self.words(node)
        shown = _keep_shown if len(words) <= MAX_KEPT else _shown
        in_text, in_html = shown(words, node.key == SIGNATURE_FIELD)
        if value:
            self.in_text[node.name], self.in_html[node.name] = in_text, in_html
        return in_html if mode is Mode.HTML else in_text

    def pick(self, node: Spin) -> tuple[Node, ...]:
        """The option that the seed takes, the same in every part of the message."""
        at = (self.section, node.group)
        picked = self._picked.get(at)
        if picked is None:
            picked = self._picked[at] = choose(self.seed, f"{self.section}{node.group}", len(node.options))
        return node.options[picked]

    def link(self, number: int, mode: Mode) -> Part:
        """The place of slot `number`, met for the first time: it is the next of `links`, in HTML and in text."""
        program = self.slots[number]
        target = program.static or fill_web_address(program.nodes, self)
        made = _keep_places if program.static else _make_places
        self.in_text[number], self.in_html[number] = in_text, in_html = made(target, len(self.links))
        self.links.append(target)
        return in_html if mode is Mode.HTML else in_text


def look_up(values: Mapping[str, str], name: str, key: str) -> str:
    """The value of a field by its name as written, else by its snake_case form; without control characters and
    outer spaces, every kind of line end as \\n."""
    value = values.get(name)
    if value is None:
        value = values.get(key)
    if not value:
        return ""
    if not value.isprintable():
        value = _CONTROLS.sub("", _LINE_ENDS.sub("\n", value))
    return value.strip()


def escape_lines(text: str) -> str:
    """Text as HTML, with its line breaks."""
    return escape(text).replace("\n", "<br>\n") if _MARKED.search(text) else text


def _shown(words: str, is_signature: bool) -> tuple[Piece, Piece]:
    """A value as text and as HTML."""
    plain = signature_text(words) if is_signature else words
    marked = signature_html(words) if is_signature else escape_lines(words)
    in_text = make_piece(plain)
    return in_text, in_text if marked == plain else make_piece(marked)


# Senders, first names and fallbacks come again and again.
_keep_shown = lru_cache(maxsize=512)(_shown)


def _make_places(target: str, index: int) -> tuple[Part, Part]:
    """A link in text and in HTML."""
    return make_place(target, index), make_place(escape(target), index)


_keep_places = lru_cache(maxsize=2_048)(_make_places)


def fill(nodes: Sequence[Node], run: Run, mode: Mode, parts: list[Part]) -> None:
    """Adds what `nodes` come to; a link becomes its place, whose number is its index in `run.links`."""
    add = parts.append
    known = run.in_html if mode is Mode.HTML else run.in_text
    for node in nodes:
        if isinstance(node, tuple):
            add(node)
        elif isinstance(node, Field):
            add(known.get(node.name) or run.piece(node, mode))
        elif isinstance(node, Slot):
            add(known.get(node.number) or _fill_slot(run.slots[node.number], node.number, run, mode))
        elif isinstance(node, Spin):
            fill(run.pick(node), run, mode, parts)
        elif isinstance(node, If):
            met = node.key == UNSUBSCRIBE_FIELD or run.value(node)
            fill(node.then if met else node.otherwise, run, mode, parts)


def fill_words(nodes: Sequence[Node], run: Run) -> str:
    """The text of a tree without links, as plain text."""
    parts: list[Part] = []
    fill(nodes, run, Mode.TEXT, parts)
    return show(parts, run)


def show(parts: Sequence[Part], run: Run) -> str:
    """The text of `parts`. With long values it is measured before it is joined, so that a bomb never exists in memory.
    Raises MessageTooLarge."""
    texts = [part[0] for part in parts]
    if run.is_long and sum(map(len, texts)) > MAX_FILLED:
        raise _too_large()
    text = "".join(texts)
    if len(text) > MAX_FILLED:
        raise _too_large()
    return text


def _too_large() -> MessageTooLarge:
    return MessageTooLarge("The values of this lead make the message too large.", code="message_too_large")


def _fill_slot(program: SlotProgram, number: int, run: Run, mode: Mode) -> Part:
    if program.kind == "link":
        return run.link(number, mode)
    if program.kind == "url":
        address = program.static or _fill_address(program.nodes, run)
        return make_piece(escape(address) if mode is Mode.HTML else address.removeprefix("mailto:"))
    words = program.static or fill_words(program.nodes, run)
    return make_piece(escape(words) if mode is Mode.HTML else words)


def fill_web_address(nodes: Sequence[Node], run: Run) -> str:
    """An http(s) address. A field at its start may be a whole address or a bare host name; elsewhere a value is one
    percent-encoded part. What is no web address in the end counts as unresolved."""
    address = _fill_address(nodes, run)
    if WEB_ADDRESS.fullmatch(address):
        return address
    if _BARE_HOST.fullmatch(address):
        return f"https://{address}"
    run.unresolved.extend(_names(nodes) or ["link"])
    return ""


def _fill_address(nodes: Sequence[Node], run: Run) -> str:
    out: list[str] = []
    _fill_address_into(nodes, run, out)
    return "".join(out)


def _fill_address_into(nodes: Sequence[Node], run: Run, out: list[str]) -> None:
    for node in nodes:
        if isinstance(node, str):
            out.append(node)
        elif isinstance(node, Field):
            value = run.words(node)
            start = "".join(out)
            safe = (
                _URL_SAFE if not start else "@+" if start[:7].lower().startswith(("mailto:", "tel:")) else ""
            )
            out.append(quote(value.replace("\n", ""), safe=safe))
        elif isinstance(node, Spin):
            _fill_address_into(run.pick(node), run, out)
        elif isinstance(node, If):
            _fill_address_into(node.then if run.value(node) else node.otherwise, run, out)


def _names(nodes: Sequence[Node]) -> list[str]:
    names: list[str] = []
    for node in nodes:
        if isinstance(node, Field):
            names.append(node.name)
        elif isinstance(node, If):
            names += [node.name, *_names(node.then), *_names(node.otherwise)]
        elif isinstance(node, Spin):
            names += [name for option in node.options for name in _names(option)]
    return names
