"""The closed grammar of templates: merge tags, conditions and spintax. No expressions, no attributes, no calls.

    {{ first_name | fallback: "there" }}      {% if company %}…{% else %}…{% endif %}      {Hi|Hello|}

A `{{` is a merge tag when a `}}` follows with no brace between, so `{{Hi|Hello} there|Hey}` is nested spintax. A group
without `|` stays as typed. `\\{`, `\\|` and `\\}` are plain characters. Work and memory are linear in the source.
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from reachly.kit.quoted import Part
from reachly.services.rendering.errors import TemplateError, TemplateFault, fault_at

MAX_SOURCE = 200_000  # characters
MAX_DEPTH = 20  # groups inside groups
MAX_TOKENS = 5_000
MAX_FAULTS = 20

TokenKind = Literal["text", "field", "if", "else", "endif", "open", "bar", "close", "slot"]


@dataclass(slots=True)
class Token:
    """A piece of the source. `value` is the text, the name or (slot) the number as text; `number` is its place among
    all tokens, stable for the same source; `position` counts characters in the source."""

    kind: TokenKind
    value: str
    position: int
    number: int = 0
    fallback: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """Replaced by the value of `name`."""

    name: str
    key: str  # `name` in snake_case, the second spelling that is looked up
    fallback: str | None


@dataclass(frozen=True, slots=True)
class If:
    """`then` if `name` has a value, else `otherwise`."""

    name: str
    key: str
    then: tuple[Node, ...]
    otherwise: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Spin:
    """One of `options`, picked by the seed and `group`."""

    group: int
    options: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """A link or an attribute, kept apart because other rules of escaping hold there."""

    number: int


Node: TypeAlias = "str | Part | Field | If | Spin | Slot"
"""Words are str as they are read; in what is compiled they are pieces, and the opt-out is its place."""

_SCAN = re.compile(r"\\[{}|]|\{\{([^{}]*)\}\}|\{%([^{}%]*)%\}|\{%|[{}|]")
_NAME = r"[^\W\d](?:[\w -]*\w)?"
_STRING = r"\"([^\"]*)\"|'([^']*)'|“([^”]*)”|„([^“”]*)[“”]"
_MERGE = re.compile(rf"({_NAME})\s*(?:\|\s*fallback\s*:\s*(?:{_STRING}))?")
_ONLY_NAME = re.compile(_NAME)
_IF = re.compile(rf"if\s+({_NAME})")
_LOGIC = re.compile(r"^not | and | or ", re.IGNORECASE)
_BLANK_REST = re.compile(r"[ \t]*(?:\r?\n|\Z)")
_DEEPER: dict[TokenKind, int] = {"open": 1, "if": 1, "close": -1, "endif": -1}
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_WORD = re.compile(r"[\W_]+")


def field_key(name: str) -> str:
    """`first_name` for `firstName`, `First Name` or `first-name`: the second spelling a name is looked up by."""
    return _NOT_WORD.sub("_", _HUMPS.sub("_", name)).strip("_").lower()


def tokenize(source: str, where: str, *, is_html: bool = False) -> list[Token]:
    """The tokens of `source`. Raises TemplateError with all faults that can be seen without nesting."""
    if len(source) > MAX_SOURCE:
        raise TemplateError([fault_at(where, source, 0, f"Keep it under {MAX_SOURCE:,} characters.")])
    tokens: list[Token] = []
    faults: list[TemplateFault] = []
    last = depth = 0
    for match in _SCAN.finditer(source):
        start, end = match.span()
        token = _read(match, is_html)
        if isinstance(token, str):
            faults.append(fault_at(where, source, start, token))
            if len(faults) >= MAX_FAULTS:
                break
            continue
        text = source[last:start]
        if token.kind in ("if", "else", "endif") and not is_html:
            text, end = _without_own_line(source, text, start, end)
        if text:
            tokens.append(Token("text", text, last))
        tokens.append(token)
        last = end
        depth = max(depth + _DEEPER.get(token.kind, 0), 0)
        message = _past_a_limit(depth, len(tokens))
        if message:  # said here, so that a hostile source is not read to its end
            faults.append(fault_at(where, source, start, message))
            break
    if faults:
        raise TemplateError(faults)
    if last < len(source):
        tokens.append(Token("text", source[last:], last))
    for number, token in enumerate(tokens):
        token.number = number
    return tokens


def _past_a_limit(depth: int, tokens: int) -> str | None:
    if depth > MAX_DEPTH:
        return f"Groups can be nested {MAX_DEPTH} deep at most."
    return f"Use fewer than {MAX_TOKENS:,} tags and groups." if tokens > MAX_TOKENS else None


def _without_own_line(source: str, text: str, start: int, end: int) -> tuple[str, int]:
    """A condition alone on its line takes the line with it, so that no blank line stays behind."""
    indent = len(text) - len(text.rstrip(" \t"))
    at_start = start - indent == 0 or source[start - indent - 1] == "\n"
    rest = _BLANK_REST.match(source, end) if at_start else None
    return (text[: len(text) - indent], rest.end()) if rest else (text, end)


def _read(match: re.Match[str], is_html: bool) -> Token | str:
    """The token of one match, or the message of the fault."""
    found, start = match[0], match.start()
    if found[0] == "\\":
        return Token("text", found[1], start)
    if match[1] is not None:
        return _read_merge(_plain(match[1], is_html), start)
    if match[2] is not None:
        return _read_tag(_plain(match[2], is_html), start)
    if found == "{%":
        return "This {% is not closed. Write {% if name %}, {% else %} or {% endif %}."
    kinds: dict[str, TokenKind] = {"{": "open", "|": "bar", "}": "close"}
    return Token(kinds[found], found, start)


def _plain(inside: str, is_html: bool) -> str:
    return (html.unescape(inside) if is_html else inside).replace("\u00a0", " ").strip()


def _read_merge(inside: str, start: int) -> Token | str:
    match = _MERGE.fullmatch(inside)
    if match is not None:
        fallback = next((text for text in match.groups()[1:] if text is not None), None)
        return Token("field", match[1], start, fallback=fallback)
    if "<" in inside:
        return "There is formatting inside this merge tag. Put the formatting around it, not inside."
    name, bar, rest = inside.partition("|")
    if bar and _ONLY_NAME.fullmatch(name.strip()):
        if rest.strip().lower().startswith(("fallback", "default")) or rest.strip()[:1] in "\"'“":
            return f'Write {{{{ {name.strip()} | fallback: "there" }}}}, with the text in quotes.'
        return "Merge tags know only one filter, fallback. To vary words, use single braces: {Hi|Hello}."
    return 'This is not a merge tag. Write {{ first_name }} or {{ first_name | fallback: "there" }}.'


def _read_tag(inside: str, start: int) -> Token | str:
    match = _IF.fullmatch(inside)
    if match is not None and not _LOGIC.search(match[1]):
        return Token("if", match[1], start)
    if inside in ("else", "endif"):
        return Token("else" if inside == "else" else "endif", "", start)
    return "Only {% if name %}, {% else %} and {% endif %} are known, with one name and no comparisons."


@dataclass(slots=True)
class _Frame:
    kind: Literal["root", "if", "spin"]
    opened: Token | None
    branches: list[list[Node]] = field(default_factory=lambda: [[]])


def parse(tokens: Sequence[Token], source: str, where: str) -> tuple[Node, ...]:
    """The tree of `tokens`. Braces and bars that mean nothing (a group without `|`, a bar outside) become text tokens
    in place. Raises TemplateError at the first fault of nesting."""
    stack = [_Frame("root", None)]
    for token in tokens:
        message = _step(stack, token)
        if message:
            raise TemplateError([fault_at(where, source, token.position, message)])
    if len(stack) > 1:
        opened = stack[-1].opened
        assert opened is not None
        message = (
            f"This {{% if {opened.value} %}} has no {{% endif %}}."
            if stack[-1].kind == "if"
            else "This { is never closed. Close it with }, or write \\{ for a plain brace."
        )
        raise TemplateError([fault_at(where, source, opened.position, message)])
    return _joined(stack[0].branches[0])


def _step(stack: list[_Frame], token: Token) -> str | None:
    frame = stack[-1]
    here = frame.branches[-1]
    match token.kind:
        case "text":
            here.append(token.value)
        case "field":
            here.append(Field(token.value, field_key(token.value), token.fallback))
        case "slot":
            here.append(Slot(int(token.value)))
        case "open":
            stack.append(_Frame("spin", token))
        case "if":
            stack.append(_Frame("if", token))
        case "bar" if frame.kind == "spin":
            frame.branches.append([])
        case "bar":
            token.kind = "text"
            here.append("|")
        case "close":
            return _close_group(stack, token)
        case "else" | "endif":
            return _turn_condition(stack, token)
    return None


def _joined(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """The same nodes with neighbouring texts as one."""
    joined: list[Node] = []
    for is_text, group in itertools.groupby(nodes, key=lambda node: isinstance(node, str)):
        if is_text:
            joined.append("".join(node for node in group if isinstance(node, str)))
        else:
            joined.extend(group)
    return tuple(joined)


def _close_group(stack: list[_Frame], token: Token) -> str | None:
    frame = stack[-1]
    if frame.kind == "if":
        return "This } closes a group that was opened outside the {% if %}. Put {% endif %} before it."
    if frame.kind == "root":
        return "This } closes nothing. Write \\} for a plain brace."
    stack.pop()
    parent = stack[-1].branches[-1]
    assert frame.opened is not None
    if len(frame.branches) > 1:
        parent.append(Spin(frame.opened.number, tuple(_joined(option) for option in frame.branches)))
        return None
    only = frame.branches[0]
    name = "".join(node for node in only if isinstance(node, str)).strip()
    if all(isinstance(node, str) for node in only) and _ONLY_NAME.fullmatch(name):
        return f"Write {{{{ {name} }}}} with two braces for a merge tag, or \\{{{name}\\}} for plain braces."
    frame.opened.kind = token.kind = "text"
    parent += ["{", *only, "}"]
    return None


def _turn_condition(stack: list[_Frame], token: Token) -> str | None:
    frame = stack[-1]
    if frame.kind == "spin":
        return "Close the { group before this tag: a condition and a group cannot overlap."
    if frame.kind == "root":
        return f"This {{% {token.kind} %}} has no {{% if name %}} before it."
    if token.kind == "else":
        if len(frame.branches) > 1:
            return "This condition already has an {% else %}."
        frame.branches.append([])
        return None
    stack.pop()
    assert frame.opened is not None
    otherwise = _joined(frame.branches[1]) if len(frame.branches) > 1 else ()
    name = frame.opened.value
    stack[-1].branches[-1].append(If(name, field_key(name), _joined(frame.branches[0]), otherwise))
    return None
