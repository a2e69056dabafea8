"""Reading the CSV files that people really have, and writing ones that no spreadsheet will run.

RFC 4180 is the wish: here encoding, delimiter and line ends are found out, damaged rows are reported and passed over,
and memory stays bounded whatever the file holds.
"""

from __future__ import annotations

import codecs
import csv
import unicodedata
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass

from reachly.kit.csv_dialect import HEAD, SEP_LINE, Dialect, Unreadable, sniff, split_lines

__all__ = [
    "BadRow", "Dialect", "Reader", "Row", "Unreadable", "guard_cell", "read_batches", "restore_cell", "sniff",
    "write_row",
]  # fmt: skip

LINE_LIMIT = 1_000_000  # characters (or bytes) of one line
RECORD_LIMIT = 1_000_000  # characters of one row with line breaks inside cells
RECORD_LINES = 200  # lines of one row
CELL_LIMIT = 100_000  # characters

_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-16", "utf-32")

# What a spreadsheet takes for a formula at the beginning of a cell; full-width and small forms are folded by some.
_SIGNS = frozenset("=+-@＝＋－＠﹦﹢﹣﹫−")
_BREAKS = frozenset("\t\r")  # taken for one by some, whatever follows
_BLANK_LETTERS = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
)  # seen as nothing, called letters or marks


@dataclass(frozen=True, slots=True)
class Row:
    """A row; `line` is the number of its first line in the file, from 1."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be taken apart: `code` for programs, `reason` for people, `text` its beginning."""

    line: int
    code: str
    reason: str
    text: str


class _Lines:
    """Bytes in, whole lines of text out. A line past LINE_LIMIT is cut off and marked by None."""

    def __init__(self, dialect: Dialect) -> None:
        self._wide = dialect.encoding in _WIDE
        self._encoding = dialect.encoding
        self._decoder = codecs.getincrementaldecoder(dialect.encoding)("replace")
        self._skip = dialect.bom
        self._rest = b""
        self._text = ""
        self._drop = False  # inside a line that is too long
        self._seen = False  # valid UTF-8 beyond ASCII

    def feed(self, data: bytes, *, last: bool = False) -> list[str | None]:
        if self._skip:
            cut = min(self._skip, len(data))
            self._skip -= cut
            data = data[cut:]
        text = self._decoder.decode(data, last) if self._wide else self._decode(data, last=last)
        text = self._text + text
        held = "\r" if text.endswith("\r") and not last else ""  # may be half of CRLF
        lines: list[str | None] = list(split_lines(text[: len(text) - len(held)]))
        self._text = (lines.pop() or "") + held
        if self._drop and lines:
            lines[0] = None
            self._drop = False
        if self._drop:
            self._text = held
        if len(self._text) > LINE_LIMIT:
            self._drop, self._text = True, ""
        if last and (self._text or self._drop):
            lines.append(None if self._drop else self._text)
        return [line if line is None or len(line) <= LINE_LIMIT else None for line in lines]

    def _decode(self, data: bytes, *, last: bool) -> str:
        """Whole lines as UTF-8 where they are valid, else line by line."""
        data = self._rest + data
        end = len(data) if last else max(data.rfind(b"\n"), data.rfind(b"\r", 0, -1)) + 1
        if not end and len(data) > LINE_LIMIT:
            end = len(data)
        data, self._rest = data[:end], data[end:]
        try:
            text = data.decode(self._encoding)
        except UnicodeDecodeError:
            return "".join(map(self._decode_line, data.splitlines(keepends=True)))
        self._seen = self._seen or not data.isascii()
        return text

    def _decode_line(self, line: bytes) -> str:
        """A plain file may have its first accent late: then it is Windows-1252. In one that has shown itself to be
        UTF-8 a wrong byte is damage; it stays recognizable as a lone surrogate, so that the row can be refused."""
        try:
            text = line.decode(self._encoding)
        except UnicodeDecodeError:
            if self._encoding != "utf-8":
                return line.decode(self._encoding, "replace")
            return line.decode("utf-8", "surrogateescape") if self._seen else line.decode("cp1252", "replace")
        self._seen = self._seen or not line.isascii()
        return text


def _end_of_quoted(line: str, at: int) -> int:
    """The place of the quote that closes the cell; -1 if it is not on this line."""
    close = line.find('"', at)
    while close >= 0 and line.startswith('"', close + 1):
        close = line.find('"', close + 2)
    return close


class Reader:
    """Rows from chunks of bytes. `feed` and `close` return what became whole; every row is returned once."""

    def __init__(self, dialect: Dialect) -> None:
        self._delimiter = dialect.delimiter
        self._lines = _Lines(dialect)
        self._number = 0  # of the last line taken from the file
        self._open: list[tuple[int, str]] = []  # lines of a row with an open quote
        self._cells: list[str] = []  # whole cells of that row
        self._parts: list[str] = []  # its open cell
        self._size = 0

    def feed(self, data: bytes) -> list[Row | BadRow]:
        return list(self._take(self._lines.feed(data)))

    def close(self) -> list[Row | BadRow]:
        """What is left at the end of the file; a quote that was never closed is a damaged row."""
        rows = list(self._take(self._lines.feed(b"", last=True)))
        while self._open:
            rows += self._work(self._give_up(rows))
        return rows

    def _take(self, lines: Iterable[str | None]) -> Iterator[Row | BadRow]:
        for line in lines:
            self._number += 1
            if line is not None:
                yield from self._work(deque([(self._number, line)]))
                continue
            rows: list[Row | BadRow] = []
            while self._open:
                rows += self._work(self._give_up(rows))
            yield from rows
            yield BadRow(self._number, "too_long", f"The line is longer than {LINE_LIMIT:,} characters.", "")

    def _work(self, lines: deque[tuple[int, str]]) -> list[Row | BadRow]:
        """Takes lines until none is left; a row that turns out to be damaged gives its further lines back."""
        rows: list[Row | BadRow] = []
        while lines:
            number, line = lines.popleft()
            if self._open:
                again = self._continue(number, line, rows)
                lines.extendleft(reversed(again))
            elif line and not (number == 1 and SEP_LINE.match(line)):
                self._begin(number, line, rows)
        return rows

    def _begin(self, number: int, line: str, rows: list[Row | BadRow]) -> None:
        if '"' not in line:
            rows.append(self._row(number, line.split(self._delimiter)))
            return
        try:  # the C parser takes most rows; what it will not have may still be read, or is open
            rows.append(self._row(number, next(csv.reader((line,), delimiter=self._delimiter, strict=True))))
            return
        except (csv.Error, TypeError, ValueError):
            self._cells = []
        try:
            is_whole = self._scan(line, 0)
        except ValueError:
            rows.append(BadRow(number, "quote", "A quote ends in the middle of a cell.", line[:500]))
            return
        if is_whole:
            rows.append(self._row(number, self._cells))
        else:
            self._open, self._size = [(number, line)], len(line)

    def _continue(self, number: int, line: str, rows: list[Row | BadRow]) -> deque[tuple[int, str]]:
        """One more line of an open row. Returns the lines to be read again where it cannot be one."""
        self._open.append((number, line))
        self._size += len(line) + 1
        if len(self._open) > RECORD_LINES or self._size > RECORD_LIMIT:
            return self._give_up(rows)
        close = _end_of_quoted(line, 0)
        if close < 0:
            self._parts.append(line)
            return deque()
        self._parts.append(line[:close])
        self._cells.append("\n".join(self._parts).replace('""', '"'))
        try:
            at = self._after_quote(line, close)
            is_whole = at < 0 or self._scan(line, at)
        except ValueError:
            return self._give_up(rows)
        if is_whole:
            rows.append(self._row(self._open[0][0], self._cells))
            self._open = []
        return deque()

    def _scan(self, line: str, at: int) -> bool:
        """Cells from `at` on; False while the last one is open. Raises ValueError where a quote is misplaced."""
        while True:
            if not line.startswith('"', at):
                stop = line.find(self._delimiter, at)
                self._cells.append(line[at : stop if stop >= 0 else len(line)])
                if stop < 0:
                    return True
                at = stop + 1
                continue
            close = _end_of_quoted(line, at + 1)
            if close < 0:
                self._parts = [line[at + 1 :]]
                return False
            self._cells.append(line[at + 1 : close].replace('""', '"'))
            at = self._after_quote(line, close)
            if at < 0:
                return True

    def _after_quote(self, line: str, close: int) -> int:
        """Where the next cell begins; -1 at the end of the line."""
        at = close + 1
        while line.startswith(" ", at):
            at += 1
        if at == len(line):
            return -1
        if not line.startswith(self._delimiter, at):
            raise ValueError
        return at + 1

    def _give_up(self, rows: list[Row | BadRow]) -> deque[tuple[int, str]]:
        """The quote of the first open line leads nowhere: that line is damaged, the others are read again."""
        (number, line), *again = self._open
        self._open = []
        rows.append(BadRow(number, "quote", "A quote is opened and never closed.", line[:500]))
        return deque(again)

    def _row(self, line: int, cells: list[str]) -> Row | BadRow:
        if max(map(len, cells)) > CELL_LIMIT:
            reason = f"A cell has more than {CELL_LIMIT:,} characters."
            return BadRow(line, "too_long", reason, self._delimiter.join(cells)[:500])
        return Row(line, [restore_cell(cell) if cell[:1] == "'" else cell for cell in cells])


async def read_batches(
    chunks: AsyncIterator[bytes],
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    size: int = 1000,
) -> AsyncIterator[tuple[Dialect, list[Row | BadRow]]]:
    """The rows of a file in batches of about `size`, the header row first, each with the dialect that was found.

    Raises Unreadable before the first batch where the file is no CSV.
    """
    head = b""
    async for chunk in chunks:
        head += chunk
        if len(head) >= HEAD:
            break
    dialect = sniff(head[:HEAD], encoding=encoding, delimiter=delimiter)
    reader = Reader(dialect)
    rows = reader.feed(head)
    async for chunk in chunks:
        for start in range(0, len(chunk), 1 << 20):
            rows += reader.feed(chunk[start : start + (1 << 20)])
            while len(rows) >= size:
                yield dialect, rows[:size]
                rows = rows[size:]
    rows += reader.close()
    for start in range(0, len(rows), size):
        yield dialect, rows[start : start + size]


def guard_cell(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; `restore_cell` gives the original back."""
    return f"'{cell}" if _may_run(cell) else cell


def restore_cell(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and _may_run(cell[1:]) else cell


def _may_run(cell: str) -> bool:
    """Whether its first character is one that begins a formula, once spaces, controls, what cannot be seen, and our own
    quotes are passed over."""
    for character in cell:
        if character in _SIGNS or character in _BREAKS:
            return True
        unseen = character == "'" or character in _BLANK_LETTERS or unicodedata.category(character)[0] in "ZC"
        if not unseen and not "\ufe00" <= character <= "\ufe0f":
            return False
    return False


def write_row(cells: Sequence[object], delimiter: str = ",") -> str:
    """One row with CRLF (RFC 4180), every cell guarded against formulas. None is an empty cell."""
    written = []
    for value in cells:
        cell = "" if value is None else guard_cell(str(value))
        if '"' in cell or delimiter in cell or "\n" in cell or "\r" in cell or cell != cell.strip():
            cell = '"' + cell.replace('"', '""') + '"'
        written.append(cell)
    return delimiter.join(written) + "\r\n"
