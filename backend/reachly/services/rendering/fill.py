"""From a compiled tree and one lead's values to text. Values are hostile: they are never parsed, only escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from html import escape
from urllib.parse import quote

from reachly.services.rendering.errors import MessageTooLarge
from reachly.services.rendering.grammar import Field, If, Node, Slot, Spin
from reachly.services.rendering.markup import signature_html, signature_text
from reachly.services.rendering.schemas import UNSUBSCRIBE
from reachly.services.rendering.spintax import choose

UNSUBSCRIBE_FIELD = "unsubscribe_url"
SIGNATURE_FIELD = "signature"
MAX_FILLED = 2_000_000  # characters of values in one message

_LINE_ENDS = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]|[\ud800-\udfff]")
WEB_ADDRESS = re.compile(r"https?://[^\s/?#\\@]+(?:[/?#][^\s\\]*)?", re.IGNORECASE)
_BARE_HOST = re.compile(r"[^\s/?#\\@:]+\.[^\s/?#\\@:.]+(?::\d{1,5})?(?:[/?#][^\s\\]*)?")
_URL_SAFE = ":/?#[]@!$&'()*+,;=%~"


class Mode(Enum):
    """Where the text will stand, and so how a value is escaped."""

    TEXT = "text"
    HTML = "html"
    URL = "url"


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
    _link_of_slot: dict[int, int] = field(default_factory=dict)
    _picked: dict[tuple[str, int], int] = field(default_factory=dict)
    _cleaned: dict[str, str] = field(default_factory=dict)
    _escaped: dict[str, str] = field(default_factory=dict)

    def value(self, node: Field | If) -> str:
        """The cleaned value, empty if there is none."""
        known = self._cleaned.get(node.name)
        if known is None:
            known = self._cleaned[node.name] = look_up(self.values, node.name, node.key)
        return known

    def filled(self, node: Field, mode: Mode) -> str:
        """What stands in place of `node`, escaped for `mode`."""
        raw = self.value(node)
        if not raw:
            if node.fallback is None:
                self.unresolved.append(node.name)
                return ""
            raw = node.fallback
        if mode is Mode.HTML:
            known = self._escaped.get(raw)
            if known is None:
                is_signature = node.key == SIGNATURE_FIELD
                known = self._escaped[raw] = signature_html(raw) if is_signature else escape_lines(raw)
            return known
        if mode is Mode.TEXT and node.key == SIGNATURE_FIELD:
            return signature_text(raw)
        return raw

    def pick(self, node: Spin) -> tuple[Node, ...]:
        """The option that the seed takes, the same in every part of the message."""
        at = (self.section, node.group)
        picked = self._picked.get(at)
        if picked is None:
            picked = self._picked[at] = choose(self.seed, f"{self.section}{node.group}", len(node.options))
        return node.options[picked]

    def link(self, number: int) -> int:
        """The index in `links` of slot `number`, the same in HTML and text."""
        index = self._link_of_slot.get(number)
        if index is None:
            program = self.slots[number]
            target = program.static or fill_web_address(program.nodes, self)
            index = self._link_of_slot[number] = len(self.links)
            self.links.append(target)
        return index


@dataclass(slots=True)
class Parts:
    """The text of a message under way: `done` alternates text and places (a link's index, UNSUBSCRIBE)."""

    done: list[str | int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    size: int = 0

    def add_place(self, place: int) -> None:
        self.done += [self._joined(), place]

    def finish(self) -> list[str | int]:
        """All parts; the last is text."""
        return [*self.done, self._joined()]

    def _joined(self) -> str:
        self.size += sum(map(len, self.texts))  # before the join, so that a bomb never exists in memory
        if self.size > MAX_FILLED:
            raise MessageTooLarge(
                "The values of this lead make the message too large.", code="message_too_large"
            )
        text = "".join(self.texts)
        self.texts.clear()
        return text


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
    return escape(text).replace("\n", "<br>\n")


def fill(nodes: Sequence[Node], run: Run, mode: Mode, parts: Parts) -> None:
    """Adds the text of `nodes` to `parts`; a link becomes its index in `run.links`, the opt-out UNSUBSCRIBE."""
    add = parts.texts.append
    for node in nodes:
        kind = node.__class__
        if kind is str:
            add(node)  # type: ignore[arg-type]
        elif isinstance(node, Field):
            if node.key == UNSUBSCRIBE_FIELD:
                parts.add_place(UNSUBSCRIBE)
            else:
                add(run.filled(node, mode))
        elif isinstance(node, Spin):
            option = run.pick(node)
            if len(option) == 1 and isinstance(option[0], str):
                add(option[0])
            else:
                fill(option, run, mode, parts)
        elif isinstance(node, If):
            met = node.key == UNSUBSCRIBE_FIELD or run.value(node)
            fill(node.then if met else node.otherwise, run, mode, parts)
        elif isinstance(node, Slot):
            _fill_slot(node, run, mode, parts)


def fill_words(nodes: Sequence[Node], run: Run) -> str:
    """The text of a tree without links, as plain text."""
    parts = Parts()
    fill(nodes, run, Mode.TEXT, parts)
    return "".join(part for part in parts.finish() if isinstance(part, str))


def _fill_slot(node: Slot, run: Run, mode: Mode, parts: Parts) -> None:
    program = run.slots[node.number]
    if program.kind == "link":
        parts.add_place(run.link(node.number))
    elif program.kind == "unsubscribe":
        parts.add_place(UNSUBSCRIBE)
    elif program.kind == "url":
        address = program.static or _fill_address(program.nodes, run)
        parts.texts.append(escape(address) if mode is Mode.HTML else address.removeprefix("mailto:"))
    else:
        words = program.static or fill_words(program.nodes, run)
        parts.texts.append(escape(words) if mode is Mode.HTML else words)


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
    return "".join(out).strip()


def _fill_address_into(nodes: Sequence[Node], run: Run, out: list[str]) -> None:
    for node in nodes:
        if isinstance(node, str):
            out.append(node)
        elif isinstance(node, Field):
            value = run.filled(node, Mode.URL)
            start = "".join(out).lstrip()
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
