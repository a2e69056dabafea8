"""Quoted-printable (RFC 2045 6.7) in pieces: what stands in every message is encoded once, and a message only joined.

A piece is encoded as if it began at the start of a line. Where two pieces meet, a soft line break goes between them
unless the line has room; so the text that arrives is always the texts of the pieces, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from reachly.kit.mime import encode_quoted_printable

_ROOM = 75  # octets of a line beside the `=` of a soft break
_LOOK = 1_000  # in the place of `first`: this beginning depends on what stands before it
_SOFT = b"=\r\n"
_DELICATE = bytes(byte for byte in range(256) if not 0x20 <= byte <= 0x7E or byte == ord("="))

# Plain tuples: a message makes a dozen, and a tuple with names costs six times as much.
Piece: TypeAlias = tuple[str, bytes, int, int]
"""A text and its encoded form: (text, data, first, last). A dot at the start and a space or tab at the end of `data`
are as they were: what they need depends on the neighbours. `first` is how many octets the first line needs beside the
`=` of a soft break; `last` is the length of the last line, -1 if the first is the only one."""

Part: TypeAlias = tuple[str, bytes | None, int, int]
"""A Piece, or a place that is filled when parts are joined (see `make_place`); `text` is what it shows till then."""


def make_piece(text: str) -> Piece:
    """Encodes `text`. Bare CR and bare LF count as line ends; a CRLF must not be cut in two by two pieces."""
    is_plain = text.isascii() and text.isprintable() and "=" not in text
    return _make_plain(text) if is_plain else _make_any(text)


def _make_plain(text: str) -> Piece:
    """Of printable ASCII without `=`, which is its own encoding but for the ends of lines."""
    size = len(text)
    if 0 < size <= 2 * _ROOM and text[0] != ".":
        if size <= _ROOM:
            return text, text.encode(), size, -1
        if text[_ROOM] != ".":  # nearly every web address
            return text, f"{text[:_ROOM]}=\r\n{text[_ROOM:]}".encode(), _ROOM, size - _ROOM
    return _make_any(text)


def _make_any(text: str) -> Piece:
    # The x keeps the end from being taken for the end of a line, which would encode a space there.
    data = encode_quoted_printable(text + "x")[:-1].removesuffix(_SOFT)
    if text.startswith("."):
        data = b"." + data.removeprefix(b"=2E")
    end = data.find(b"\r\n")
    first, last = (len(data), -1) if end < 0 else (end - 1, len(data) - data.rindex(b"\n") - 1)
    return text, data, _LOOK if data[:1] in (b"", b"\r", b".") else first, last


def make_pieces(texts: Sequence[str]) -> list[Piece]:
    """`make_piece` of each, looked at together: the web addresses of a message are plain, nearly always."""
    together = "".join(texts)
    is_plain = together.isascii() and len(together.encode().translate(None, _DELICATE)) == len(together)
    make = _make_plain if is_plain else make_piece
    return [make(text) for text in texts]


def make_place(shown: str, number: int) -> Part:
    """What stands for number `number` of the `places` of `join_pieces`; a negative one counts from their end."""
    return shown, None, number, -1


def join_pieces(parts: Iterable[Part], places: Sequence[Piece] = ()) -> bytes:
    """The body: CRLF, no line past 76 octets, none that begins with a dot or ends with a space or tab."""
    out: list[bytes] = []
    add, room = out.append, _ROOM
    column = 0
    for part in parts:
        _, data, first, last = part
        if data is None:
            _, data, first, last = places[first]
        column += first
        if column > room:
            if first == _LOOK:
                column = _join_with_care(out, column - first, data, last)
                continue
            add(_SOFT)
            column = first
        add(data)
        if last >= 0:
            column = last
    _encode_last_space(out, column)
    return b"".join(out)


def _join_with_care(out: list[bytes], column: int, data: bytes, last: int) -> int:
    """Adds what is empty or begins with a line break or a dot. Returns the new column."""
    if not data:
        return column
    if data.startswith(b"\r"):
        _encode_last_space(out, column)
        out.append(data)
        return last
    end = data.find(b"\r\n")
    if column + (len(data) if end < 0 else end - 1) > _ROOM:
        out.append(_SOFT)
        column = 0
    if column == 0:
        data = b"=2E" + data[1:]  # as `encode_quoted_printable` wrote it, so there is room
    out.append(data)
    return column + len(data) if last < 0 else last


def _encode_last_space(out: list[bytes], column: int) -> None:
    """A line ends here: white space before it would be lost on the way."""
    before = out[-1] if out else b""
    if before.endswith((b" ", b"\t")):
        code = b"=20" if before.endswith(b" ") else b"=09"
        out[-1] = before[:-1] + (code if column < _ROOM else _SOFT + code)
