"""CSV as people have it, and CSV that is safe to open."""

from __future__ import annotations

import csv as stdlib
import io
import time
import tracemalloc
from collections.abc import AsyncIterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reachly.kit.csv import (
    LINE_LIMIT,
    BadRow,
    Dialect,
    Reader,
    Row,
    Unreadable,
    guard_cell,
    read_batches,
    restore_cell,
    sniff,
    write_row,
)


def read(data: bytes, *, piece: int = 7, encoding: str | None = None) -> list[Row | BadRow]:
    reader = Reader(sniff(data, encoding=encoding))
    rows = [row for n in range(0, len(data), piece) for row in reader.feed(data[n : n + piece])]
    return rows + reader.close()


def cells(data: bytes, *, piece: int = 7, encoding: str | None = None) -> list[list[str]]:
    return [row.cells for row in read(data, piece=piece, encoding=encoding) if isinstance(row, Row)]


TEXT = "email;name\r\nada@example.com;Jörg Ünal\r\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (TEXT.encode("cp1252"), "cp1252"),
        (TEXT.encode("utf-16"), "utf-16-le"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("utf-32"), "utf-32-le"),
    ],
)
@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_every_encoding_reads_the_same(data: bytes, encoding: str, piece: int) -> None:
    assert sniff(data).encoding == encoding
    assert cells(data, piece=piece) == [["email", "name"], ["ada@example.com", "Jörg Ünal"]]


def test_a_named_encoding_is_believed_and_an_unknown_one_refused() -> None:
    assert cells("name,x\nJürgen,1\n".encode("cp850"), encoding="cp850")[1] == ["Jürgen", "1"]
    assert cells(b"\xfe\xff" + TEXT.encode("utf-16-be"), encoding="utf-16")[1][1] == "Jörg Ünal"
    for name in ("klingon", "hex", "zlib", "idna", "rot13", "\x00"):
        with pytest.raises(Unreadable):
            sniff(b"a,b\n", encoding=name)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    rows = [["email", "note"], ["a@example.com", "one, two; three"], ["b@example.com", "x|y"]]
    out = io.StringIO()
    stdlib.writer(out, delimiter=delimiter).writerows(rows)
    assert sniff(out.getvalue().encode()).delimiter == delimiter
    assert cells(out.getvalue().encode()) == rows


def test_a_single_column_is_a_table_too() -> None:
    assert cells(b"email\na@example.com\nb@example.com") == [["email"], ["a@example.com"], ["b@example.com"]]


def test_excels_hint_names_the_delimiter_and_is_no_row() -> None:
    assert read(b"sep=;\r\na;b,c\r\n1;2\r\n") == [Row(2, ["a", "b,c"]), Row(3, ["1", "2"])]


@pytest.mark.parametrize("piece", [1, 2, 5, 1000])
def test_mixed_line_ends_and_a_last_row_without_one(piece: int) -> None:
    assert [row.line for row in read(b"a,b\r\n1,2\r3,4\n\n5,6", piece=piece)] == [1, 2, 3, 5]


def test_line_breaks_and_quotes_inside_a_cell() -> None:
    data = b'a,b\r\n"x\r\n\r\ny","say ""hi"""\r\n"p","q\n""r"""\n1,2\r\n'
    assert read(data) == [
        Row(1, ["a", "b"]),
        Row(2, ["x\n\ny", 'say "hi"']),
        Row(5, ["p", 'q\n"r"']),
        Row(7, ["1", "2"]),
    ]


def test_a_quote_that_begins_no_cell_is_an_ordinary_sign() -> None:
    assert cells(b'size,x\n5" pipe,1\n') == [["size", "x"], ['5" pipe', "1"]]


def test_a_stray_quote_costs_its_own_line_and_no_other() -> None:
    rows = [b"email,name"] + [b"p%d@example.com,Bo" % n for n in range(5_000)]
    rows[100] = b'p99@example.com,"Bo'
    rows[3_000] = b'p2999@example.com,"Bo" Li'
    records = read(b"\n".join(rows), piece=5_000)
    damaged = [record for record in records if isinstance(record, BadRow)]
    assert [(record.line, record.code) for record in damaged] == [(101, "quote"), (3_001, "quote")]
    assert damaged[0].text == 'p99@example.com,"Bo'
    assert [record.line for record in records] == list(range(1, 5_002))


def test_two_stray_quotes_do_not_swallow_what_is_between() -> None:
    records = read(b'e,n\na@x.test,"Bo\nb@x.test,Li\nc@x.test,"Zed"\nd@x.test,Mo\n')
    assert [record.line for record in records if isinstance(record, BadRow)] == [2]
    whole = [record.cells[0] for record in records if isinstance(record, Row)]
    assert whole == ["e", "b@x.test", "c@x.test", "d@x.test"]


def test_a_quote_open_at_the_end_damages_its_line_alone() -> None:
    records = read(b'a,b\n"x,1\ny,2\nz,3')
    assert [(type(record).__name__, record.line) for record in records] == [
        ("Row", 1), ("BadRow", 2), ("Row", 3), ("Row", 4),
    ]  # fmt: skip


def test_a_late_accent_in_a_plain_file_is_windows_1252() -> None:
    data = b"email,name\n" + b"a@example.com,Ann\n" * 5 + b"j@example.com,J\xf6rg \x80\n"
    reader = Reader(sniff(data[:60]))
    assert (reader.feed(data) + reader.close())[-1] == Row(7, ["j@example.com", "Jörg €"])


def test_a_damaged_byte_in_a_utf8_file_marks_its_row_alone() -> None:
    data = "email,name\nj@example.com,Jörg\nk@example.com,Zoë ".encode() + b"\xff\nl@example.com,\xc3\x85sa\n"
    reader = Reader(Dialect())
    found = [row.cells for row in reader.feed(data) if isinstance(row, Row)]
    assert found[1] == ["j@example.com", "Jörg"]
    assert found[3] == ["l@example.com", "Åsa"]
    assert "\udcff" in found[2][1]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"PK\x03\x04" + b"x" * 100, "spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "spreadsheet"),
        (b"\x1f\x8b\x08abc", "compressed"),
        (b"%PDF-1.7 abc", "binary"),
        (bytes(range(256)) * 20, "binary"),
        (
            b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00\x00\x01\x00\x08\x06\x00\x00\x00",
            "binary",
        ),
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
    ],
)
def test_what_is_no_csv_is_refused_with_what_to_do(data: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        sniff(data)
    assert refused.value.code == code
    assert str(refused.value)


def test_a_nul_in_a_cell_is_no_reason_to_refuse_the_file() -> None:
    data = b"email,name\n" + b"a@example.com,Ann\n" * 20 + b"b@example.com,\x00\n"
    assert cells(data)[-1] == ["b@example.com", "\x00"]


@pytest.mark.parametrize("quote", [b"", b'"'])
def test_a_cell_of_a_hundred_megabytes_is_named_and_passed_over(quote: bytes) -> None:
    reader = Reader(sniff(b"email,note\n"))
    tracemalloc.start()
    rows = reader.feed(b"email,note\na@example.com," + quote)
    for _ in range(100):
        rows += reader.feed(b"x" * 1_000_000)
    rows += reader.feed(quote + b"\nb@example.com,fine\n") + reader.close()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(type(row).__name__, row.line) for row in rows] == [("Row", 1), ("BadRow", 2), ("Row", 3)]
    assert peak < 20 * LINE_LIMIT


def test_a_cell_of_ten_million_short_lines_is_given_up_early() -> None:
    reader = Reader(Dialect())
    rows = reader.feed(b'email,note\nx,"open\n')
    for _ in range(50):
        rows += reader.feed(b"y,z\n" * 1000)
    assert len(rows) == 1 + 1 + 50_000


def test_five_thousand_columns_are_read() -> None:
    assert len(cells(",".join(f"c{n}" for n in range(5_000)).encode() + b"\n")[0]) == 5_000


@pytest.mark.parametrize("line", [b'a@example.com,"Bo\n', b'"a""\n', b'a,"""b\n', b'"a\n""\n'])
def test_a_hundred_thousand_stray_quotes_take_no_quadratic_time(line: bytes) -> None:
    started = time.process_time()
    rows = read(b"email,name\n" + line * 20_000, piece=100_000)
    assert len(rows) > 20_000 // 2
    assert time.process_time() - started < 5


def test_a_hundred_thousand_rows_take_seconds() -> None:
    row = b'a@example.com,Ada,Love,"Acme, Ltd","say ""x"""\n'
    data = b"email,first_name,last_name,company,note\n" + row * 100_000
    started = time.process_time()
    assert len(read(data, piece=1_000_000)) == 100_001
    assert time.process_time() - started < 8


@pytest.mark.anyio
@pytest.mark.parametrize("piece", [10, 1_000, 3_000_000])
async def test_batches_hold_every_row_once_and_characters_are_never_cut(piece: int) -> None:
    data = b"email,name\n" + "".join(f"p{n}@example.com,Ünal{n}\n" for n in range(60_000)).encode()
    data = data if piece > 10 else data[:5_000]

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(data), piece):
            yield data[start : start + piece]

    batches = [rows async for _, rows in read_batches(chunks(), size=1_000)]
    rows = [row for batch in batches for row in batch]
    assert all(len(batch) <= 1_000 for batch in batches)
    assert [row.line for row in rows] == list(range(1, len(data.splitlines()) + 1))
    assert all(isinstance(row, Row) and row.cells[1] == f"Ünal{row.line - 2}" for row in rows[1:-1])


@pytest.mark.anyio
async def test_nothing_is_refused_before_it_is_yielded() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"PK"
        yield b"\x03\x04"

    with pytest.raises(Unreadable):
        [batch async for batch in read_batches(chunks())]


DANGEROUS = [
    "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠x", "'=1", "''=1", "\x00=1",
    " =1", "\n=1", "\n\n +1", "\xa0=1", "\u200b=1", "\ufeff@x", "\u3000＝1", "\u2060\u200e-1", "\u00ad=1", "−1", "﹦1",
    "' =1", "\u3164=1", "\u2028=1", "\x1f=1", "\x85=1",
]  # fmt: skip


@pytest.mark.parametrize("value", DANGEROUS)
def test_a_formula_is_disarmed_and_comes_back_as_it_was(value: str) -> None:
    assert guard_cell(value).startswith("'")
    assert restore_cell(guard_cell(value)) == value


@pytest.mark.parametrize("value", ["", "'", "'tis", "Ann", "O'Hara", " 1", "5-4", "a=b", "\u200bAnn"])
def test_other_cells_stay_as_they_are(value: str) -> None:
    assert guard_cell(value) == value == restore_cell(value)


@settings(max_examples=300, deadline=None)
@given(
    st.text(st.characters(categories=["Zs", "Zl", "Zp", "Cc", "Cf"]), max_size=6),
    st.sampled_from("=+-@＝＋－＠"),
    st.text(max_size=10),
)
def test_whatever_invisible_stands_in_front_a_formula_is_disarmed(blank: str, sign: str, rest: str) -> None:
    """Every kind of space, control and format character that Unicode has."""
    assume("\x00" not in blank)  # the library's reader refuses it
    for cell in (blank + sign + rest, f"'{blank}{sign}{rest}"):
        written = next(stdlib.reader(io.StringIO(write_row([cell, "x"]), newline="")))[0]
        assert written.startswith("'")
        assert restore_cell(written) == cell


def test_a_row_is_written_so_that_others_can_read_it() -> None:
    assert write_row(["a,b", 'say "x"', None, 5, "two\nlines"]) == '"a,b","say ""x""",,5,"two\nlines"\r\n'


plain = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(plain, min_size=2, max_size=5), min_size=1), st.integers(1, 40))
def test_what_is_written_reads_back_with_formulas_restored(rows: list[list[str]], piece: int) -> None:
    data = "".join(write_row(["h1", *row]) for row in rows).encode()
    reader = Reader(Dialect())
    found = [
        row for n in range(0, len(data), piece) for row in reader.feed(data[n : n + piece])
    ] + reader.close()
    assert [row.cells[1:] for row in found if isinstance(row, Row)] == rows


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2_000) | st.text("\",;\n\ra= '", max_size=200).map(str.encode), st.integers(1, 50))
def test_no_bytes_break_the_reader_and_pieces_do_not_matter(data: bytes, piece: int) -> None:
    try:
        dialect = sniff(data)
    except Unreadable:
        return
    whole, pieces = Reader(dialect), Reader(dialect)
    at_once = whole.feed(data) + whole.close()
    bit_by_bit = [row for n in range(0, len(data), piece) for row in pieces.feed(data[n : n + piece])]
    assert at_once == bit_by_bit + pieces.close()
