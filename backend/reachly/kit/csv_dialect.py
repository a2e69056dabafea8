"""Which encoding and which delimiter a file of cells is written in, and whether it is one at all."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from reachly.kit.charsets import find_codec

HEAD = 64 * 1024  # bytes that are looked at to find encoding and delimiter
DELIMITERS = (",", ";", "\t", "|")

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MAGIC = (
    (
        b"PK\x03\x04",
        "spreadsheet",
        "This is an Excel workbook or a ZIP archive. Save it as CSV and import that.",
    ),
    (b"PK\x05\x06", "spreadsheet", "This is an empty ZIP archive. Save your list as CSV and import that."),
    (b"\xd0\xcf\x11\xe0", "spreadsheet", "This is an old Excel workbook. Save it as CSV and import that."),
    (b"\x1f\x8b", "compressed", "This file is compressed. Unpack it and import the CSV file inside."),
    (b"%PDF", "binary", "This is a PDF. Export the list as CSV and import that."),
    (b"\x89PNG", "binary", "This is a picture. Export the list as CSV and import that."),
    (b"\xff\xd8\xff", "binary", "This is a picture. Export the list as CSV and import that."),
    (b"{\\rtf", "binary", "This is a text document. Save the list as CSV and import that."),
)
_QUOTED = re.compile(r'"[^"]*"')
SEP_LINE = re.compile(r'"?sep=([,;\t|])"?\s*\Z', re.IGNORECASE)


class Unreadable(ValueError):
    """The file as a whole is no CSV; `detail` says what to do."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written. `encoding` is a Python codec name; `bom` is how many bytes to leave out in front."""

    encoding: str = "utf-8"
    delimiter: str = ","
    bom: int = 0


def sniff(head: bytes, *, encoding: str | None = None, delimiter: str | None = None) -> Dialect:
    """Encoding and delimiter from the first bytes of a file (`HEAD` are enough). Given ones are believed.

    A file without a byte-order mark is UTF-8 as long as it is valid, else Windows-1252. Raises Unreadable for an
    empty or binary file and for an encoding that does not exist.
    """
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise Unreadable("empty", "The file is empty.")
    for magic, code, detail in _MAGIC:
        if head.startswith(magic):
            raise Unreadable(code, detail)
    bom, found = next(((len(mark), name) for mark, name in _BOMS if head.startswith(mark)), (0, ""))
    if encoding is not None:
        given = _known_encoding(encoding)
        found = found if given in ("utf-16", "utf-32", "utf-8-sig") and bom else given
    name = found or _guess_encoding(head)
    text = head[bom:].decode(name, "replace")
    return Dialect(name, delimiter or _guess_delimiter(text), bom)


def _known_encoding(name: str) -> str:
    """The codec of this name. Raises Unreadable for a name that is none of the list."""
    found = find_codec(name)
    if found is None:
        raise Unreadable("encoding", f"The encoding {name[:40]} is not known. Try utf-8 or cp1252.")
    return found


def _guess_encoding(head: bytes) -> str:
    if head.count(0) > len(head) // 100 + 1:
        even, odd = head[0::2].count(0), head[1::2].count(0)
        if odd > len(head) * 0.2 and odd > 10 * even:
            return "utf-16-le"
        if even > len(head) * 0.2 and even > 10 * odd:
            return "utf-16-be"
        raise Unreadable("binary", "This is not a text file. Export the list as CSV and import that.")
    control = sum(head.count(byte) for byte in b"\x01\x02\x03\x04\x05\x06\x0e\x0f\x10\x11\x12\x13\x14")
    if control > len(head) // 100 + 2:
        raise Unreadable("binary", "This is not a text file. Export the list as CSV and import that.")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # a character cut at the end is no fault
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _guess_delimiter(text: str) -> str:
    """The one that cuts the first rows into the same number of cells, most of them."""
    lines = [line for line in split_lines(text)[:40] if line.strip()]
    if lines and (named := SEP_LINE.match(lines[0])):
        return named[1]
    if len(lines) > 2:
        lines.pop()  # may be cut
    best, score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        widths = [_width(line, delimiter) for line in lines]
        if widths and widths[0] > 1:
            same = sum(width == widths[0] for width in widths) / len(widths)
            score, best = max((score, best), ((same, widths[0]), delimiter), key=lambda pair: pair[0])
    return best


def split_lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _width(line: str, delimiter: str) -> int:
    """How many cells the line has; delimiters inside quotes do not count."""
    bare = _QUOTED.sub("", line) if '"' in line else line
    return bare.count(delimiter) + 1
