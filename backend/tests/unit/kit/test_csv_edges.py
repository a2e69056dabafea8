"""Reading and writing cells at their bounds, and every sign that begins a formula."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from reachly.kit.csv import (
    CELL_LIMIT,
    LINE_LIMIT,
    RECORD_LIMIT,
    RECORD_LINES,
    BadRow,
    Dialect,
    Reader,
    Row,
    guard_cell,
    read_batches,
    restore_cell,
    write_row,
)

NEVER, MIDDLE = "A quote is opened and never closed.", "A quote ends in the middle of a cell."


def read(*chunks: bytes, dialect: Dialect | None = None) -> list[Row | BadRow]:
    reader = Reader(dialect or Dialect())
    return [row for chunk in chunks for row in reader.feed(chunk)] + reader.close()


def of(rows: list[Row | BadRow]) -> list[object]:
    return [row.cells if isinstance(row, Row) else (row.line, row.code) for row in rows]


@pytest.mark.parametrize("split", [0, 10, LINE_LIMIT])
def test_a_line_has_a_million_characters_at_most(split: int) -> None:
    cells = b",".join([b"x" * 99_999] * 10)  # 999,999 characters
    for tail, whole in ((b"y", True), (b"yy", False)):
        line = cells + tail
        rows = read(line[:split], line[split:] + b"\nz\n")
        assert rows[0] == (
            Row(1, line.decode().split(","))
            if whole
            else BadRow(1, "too_long", "The line is longer than 1,000,000 characters.", "")
        )
        assert rows[1:] == [Row(2, ["z"])]
    assert (LINE_LIMIT, RECORD_LIMIT, RECORD_LINES, CELL_LIMIT) == (1_000_000, 1_000_000, 200, 100_000)


def test_a_line_that_never_ends_is_one_damaged_row() -> None:
    piece = b"x" * 600_000
    for chunks in ([piece] * 4, [*[piece] * 3, b"\r"], [*[piece] * 3, b"\r", b"\n"], [piece, piece, b"y\n"]):
        assert of(read(*chunks)) == [(1, "too_long")]
    assert of(read(*[piece] * 3, b"\r", b"\nz")) == [(1, "too_long"), ["z"]]
    assert of(read(b'"a\n', *[piece] * 2, b"\nz")) == [(1, "quote"), (2, "too_long"), ["z"]]
    assert of(read(b'"a\n"b,c\n', *[piece] * 2, b"\nz")) == [
        (1, "quote"),
        (2, "quote"),
        (3, "too_long"),
        ["z"],
    ]


def test_a_cell_has_a_hundred_thousand_characters_at_most() -> None:
    assert of(read(b"x" * CELL_LIMIT + b",a")) == [["x" * CELL_LIMIT, "a"]]
    (bad,) = read(b"a;" + b"x" * (CELL_LIMIT + 1), dialect=Dialect(delimiter=";"))
    assert bad == BadRow(1, "too_long", "A cell has more than 100,000 characters.", "a;" + "x" * 498)


def test_a_row_has_two_hundred_lines_and_a_million_characters_at_most() -> None:
    for lines, whole in ((200, True), (201, False)):
        rows = read(b'"' + b"\n" * (lines - 1) + b'",z\n')
        assert (rows == [Row(1, ["\n" * (lines - 1), "z"])]) is whole
    filler = b",".join([b"x" * 90_000] * 11)  # 990,010 characters
    for more, whole in ((9_983, True), (9_984, False)):
        rows = read(b'"a\nb",' + filler + b"," + b"y" * more)
        assert isinstance(rows[0], Row) is whole, len(rows)


@pytest.mark.parametrize(("data", "rows"), [
    (b'"a"  ,b', [["a", "b"]]), (b'"a"  ', [["a"]]), (b'"a" x,b', [(1, "quote")]), (b'a,"b"c', [(1, "quote")]),
    (b'"a""b",c', [['a"b', "c"]]), (b'"a""",c', [['a"', "c"]]), (b'"",""', [["", ""]]), (b'""""', [['"']]),
    (b'a,"b" ,"c"d', [(1, "quote")]), (b'"a" ,"b', [(1, "quote")]), (b',"" ,', [["", "", ""]]),
    (b'a "b",c', [['a "b"', "c"]]), (b'"a" , "b"', [["a", ' "b"']]), (b'"x" ,y,z', [["x", "y", "z"]]),
    (b'"a\nb" ,"c"', [["a\nb", "c"]]), (b'"a\nb" x\nc', [(1, "quote"), ['b" x'], ["c"]]),
    (b'"a\nb","c\nd"', [["a\nb", "c\nd"]]), (b'"a\n""b""\nc"', [['a\n"b"\nc']]), (b'"a\nb"', [["a\nb"]]),
    (b'x,"a\nb",', [["x", "a\nb", ""]]), (b'x,"a\nb",y\nz', [["x", "a\nb", "y"], ["z"]]),
    (b'"a" ,"b\nc"\nd', [["a", "b\nc"], ["d"]]), (b'"a\n"b" ,"c" d\ne', [(1, "quote"), (2, "quote"), ["e"]]),
    (b'"a\nb\n"c', [(1, "quote"), ["b"], (3, "quote")]), (b'"a\n"b\n"c', [(1, "quote"), (2, "quote"), (3, "quote")]),
    (b'"a\nb" , "c"\nd', [["a\nb", ' "c"'], ["d"]]), (b"", []), (b"\n\n", []), (b",", [["", ""]]),
    (b"sep=;\na,b", [["a", "b"]]), (b"a,b\nsep=;", [["a", "b"], ["sep=;"]]),
])  # fmt: skip
def test_quotes_where_they_belong_and_where_not(data: bytes, rows: list[object]) -> None:
    assert of(read(data)) == rows
    assert of(read(*[data[at : at + 1] for at in range(len(data))])) == rows


def test_what_is_damaged_says_why_and_how_it_began() -> None:
    assert read(b'"a"x' + b"y" * 600) == [BadRow(1, "quote", MIDDLE, '"a"x' + "y" * 496)]
    assert read(b'\n"a' + b"y" * 600) == [BadRow(2, "quote", NEVER, '"a' + "y" * 498)]
    assert [row.line for row in read(b'a\n\n"b\nc"\n\rd\r\ne')] == [1, 3, 6, 7]


def test_line_ends_may_be_cut() -> None:
    assert of(read(b"a\r", b"\nb\r", b"c\r")) == [["a"], ["b"], ["c"]]
    assert [row.line for row in read(b"a\r", b"\nb\r", b"c\r")] == [1, 2, 3]
    assert of(read(*[bytes([byte]) for byte in "é,b\n€\n".encode()])) == [["é", "b"], ["€"]]
    assert of(read(b"\xef", b"\xbb\xbfa,b", dialect=Dialect(bom=3))) == [["a", "b"]]
    # What is no UTF-8 is Windows-1252, until the file has shown itself to be UTF-8.
    assert of(read(b"a\xe9\nb\xc3\xa9\nc\xe9\n")) == [["aé"], ["bé"], ["c\udce9"]]
    assert of(read(b"b\xc3\xa9\n", b"c\xe9\n")) == [["bé"], ["c\udce9"]]
    assert of(read(b"b\n", b"c\xe9\n")) == [["b"], ["cé"]]
    assert of(read(b"c\xff\n", dialect=Dialect("ascii"))) == [["c\ufffd"]]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-16", "utf-32"])
def test_wide_characters_and_line_ends_may_be_cut(encoding: str) -> None:
    raw = "a\r\nb€\rc".encode(encoding)
    rows = [Row(1, ["a"]), Row(2, ["b€"]), Row(3, ["c"])]
    for size in (1, 2, 3, 4, 6, 8, 100):
        chunks = [raw[at : at + size] for at in range(0, len(raw), size)]
        assert read(*chunks, dialect=Dialect(encoding)) == rows
        assert read(b"?", b"!", *chunks, dialect=Dialect(encoding, bom=2)) == rows
    assert read("a\r".encode(encoding), dialect=Dialect(encoding)) == [Row(1, ["a"])]


FORMULAS = "=+-@＝＋－＠﹦﹢﹣﹫−\t\r"
UNSEEN = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00\ufe0f '\u200b\x00\n"


@pytest.mark.parametrize("sign", FORMULAS)
def test_each_sign_that_begins_a_formula_is_guarded_behind_whatever_is_not_seen(sign: str) -> None:
    for cell in (sign, f"{sign}1", *(f"{blank}{sign}1" for blank in UNSEEN)):
        assert guard_cell(cell) == f"'{cell}"
        assert restore_cell(f"'{cell}") == cell
    for cell in (f"a{sign}", f"1{sign}", f".{sign}1", f'"{sign}', f"\ufdff{sign}", f"\ufe10{sign}"):
        assert guard_cell(cell) == cell
        assert restore_cell(f"'{cell}") == f"'{cell}"
    assert of(read(b"'=1,'a,=1")) == [["=1", "'a", "=1"]]


def test_a_written_row_is_quoted_where_it_must_be() -> None:
    assert write_row(["=1", "-a,", " =1"]) == "'=1,\"'-a,\",' =1\r\n"


@pytest.mark.anyio
async def test_batches_are_of_the_size_asked_for() -> None:
    async def batches(*chunks: bytes, **how: object) -> list[tuple[Dialect, int]]:
        async def stream() -> AsyncIterator[bytes]:
            for chunk in chunks:
                yield chunk

        return [(dialect, len(rows)) async for dialect, rows in read_batches(stream(), **how)]  # type: ignore[arg-type]

    plain = Dialect()
    assert await batches(b"a,b\n" * 7, size=3) == [(plain, 3), (plain, 3), (plain, 1)]
    assert await batches(b"a,b\n" * 6, size=3) == [(plain, 3), (plain, 3)]
    assert await batches(b"a,b\n" * 1001) == [(plain, 1000), (plain, 1)]
    assert await batches(b"a;b|c\n", delimiter="|", encoding="cp1252") == [(Dialect("cp1252", "|"), 1)]
    # Behind the head, rows leave as soon as there are enough of them.
    head, more = b"a,b\n" * (16 * 1024), b"c,d\n" * 10
    assert [n for _, n in await batches(head, more, b"e", size=16_390)] == [16_390, 5]
    assert [n for _, n in await batches(head, more, b"e", size=16_394)] == [16_394, 1]
