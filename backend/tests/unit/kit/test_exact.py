"""Exact widths and bytes of what the kit writes, and its bounds at n - 1, n and n + 1."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from reachly.kit.address import (
    company_domain,
    domain_of,
    inbox_key,
    is_free_mail,
    parse_address,
    registrable_domain,
)
from reachly.kit.csv import LINE_LIMIT, Dialect, Reader, Row, write_row
from reachly.kit.mime import encode_quoted_printable, encode_text, format_date, format_mailbox


def domain(octets: int) -> str:
    """A name of so many octets that ends in `.com`."""
    labels, left = [], octets - len(".com")
    while left > 0:
        take = min(63, left if left <= 63 else left - 2)
        labels.append("d" * take)
        left -= take + 1
    return ".".join([*labels, "com"])


@pytest.mark.parametrize(("local", "octets", "fits"), [
    (64, 189, True), (64, 190, False), (64, 205, False), (65, 20, False), (1, 252, True), (1, 253, False),
    (63, 190, True),
])  # fmt: skip
def test_an_address_has_254_octets_and_64_before_the_at(local: int, octets: int, fits: bool) -> None:
    text = f"{'x' * local}@{domain(octets)}"
    assert len(text) == local + 1 + octets
    if fits:
        assert parse_address(text).wire == text
    else:
        with pytest.raises(ValueError, match="long"):
            parse_address(text)


def test_octets_count_and_not_signs() -> None:
    assert parse_address("é" * 32 + "@example.com").local == "é" * 32
    with pytest.raises(ValueError, match="64"):
        parse_address("é" * 33 + "@example.com")
    with pytest.raises(ValueError, match="too long"):
        parse_address(" " * 1006 + "a@example.com")
    assert parse_address(" " * 1003 + "a@example.com").key == "a@example.com"


@pytest.mark.parametrize(("text", "reason"), [
    ("a\x00@example.com", "control characters"), ("a\n@example.com", "line breaks"), ("a\u202e@example.com", "control"),
    ('"a b"@example.com', "Quoted"), ("<a@example.com>", "without a name"), ("(a)@example.com", "without a name"),
    ("a@[192.0.2.1]", "bare IP"), ("a,b@example.com", "“,”"), ("a;b@example.com", "“;”"), ("a:b@example.com", "“:”"),
    ("a@@example.com", "exactly one @"), ("example.com", "exactly one @"), ("", "no e-mail address"),
    (" \u200b ", "no e-mail address"), ("a\ud800@example.com", "broken characters"), ("a@example", "full domain"),
    ("a@example.1", "full domain|address"), ("a@example.c", "full domain|address"),
    ("é b@x.com", r"^The address contains invalid characters before the '@' sign\.$"),
    (".é@x.com", r"^Cannot start with a period\.$"),
    ("a@ex\xadample.com", r"^The address contains invalid characters: SOFT HYPHEN\.$"),
    ("a@é.com-", r"^A hyphen \('-'\) cannot appear at the end of the domain\.$"),
])  # fmt: skip
def test_each_refusal_says_why(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_address(text)


@pytest.mark.parametrize(("text", "key"), [
    ("MAILTO:Ada@Example.com?subject=x", "ada@example.com"), ("mailto:ada%40example.com", "ada@example.com"),
    ("ada @ example.com", "ada@example.com"), ("ada＠example.com", "ada@example.com"),
    ("\ufeffada@example.com\u00a0", "ada@example.com"),
    ("ada@xn--mller-kva.example", "ada@xn--mller-kva.example"), ("a--b@example.com", "a--b@example.com"),
])  # fmt: skip
def test_what_is_plainly_meant_is_mended(text: str, key: str) -> None:
    assert parse_address(text).key == key
    assert parse_address(text).email_as_typed == text


@pytest.mark.parametrize(
    "top", ["test", "invalid", "local", "localhost", "arpa", "onion", "example", "internal", "com"]
)
def test_a_reserved_domain_is_a_matter_of_delivery_and_not_of_form(top: str) -> None:
    assert parse_address(f"é@bücher.{top}").domain == f"xn--bcher-kva.{top}"
    assert parse_address(f"a@b.{top}").domain == f"b.{top}"


SECOND_LEVELS = "ac co com edu gob go gov gouv ltd me mil ne net nom or org plc sch"
FREE_MAIL = """163.com 126.com aol.com fastmail.com free.fr gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net
    googlemail.com hey.com hotmail.co.uk hotmail.com icloud.com laposte.net libero.it live.com mac.com mail.com
    mail.ru me.com msn.com naver.com orange.fr outlook.com pm.me posteo.de proton.me protonmail.com qq.com
    rediffmail.com rocketmail.com sfr.fr t-online.de tutanota.com virgilio.it wanadoo.fr web.de yahoo.com
    yandex.ru ymail.com zoho.com"""


def test_companies_and_free_mail() -> None:
    for second in SECOND_LEVELS.split():
        assert registrable_domain(f"a.b.{second}.uk") == f"b.{second}.uk"
    for free in FREE_MAIL.split():
        assert is_free_mail(free.upper())
        assert company_domain(f"a@{free}") is company_domain(f"a@mail.{free}") is None
    assert company_domain("a@mail.example.com") == "example.com"
    assert company_domain("a") is None
    assert not is_free_mail("example.com")


def test_keys_and_domains() -> None:
    assert inbox_key("a.d.a+x@gmail.com") == inbox_key("ada@googlemail.com") == "ada@gmail.com"
    assert inbox_key("a.d.a+x@example.com") == "a.d.a@example.com"
    assert inbox_key("+x@example.com") == "+x@example.com"
    assert [domain_of(text) for text in ("a@b@ Example.COM ", "none", "a@")] == ["example.com", "", ""]
    assert registrable_domain("Mail.Example.co.uk.") == "example.co.uk"
    assert [registrable_domain(one) for one in ("co.uk", "a.b.example.com", "x.co.com", "a.xx.uk", "com")] == [
        "co.uk", "example.com", "co.com", "xx.uk", "com",
    ]  # fmt: skip


def test_a_mailbox_in_a_header() -> None:
    assert format_mailbox("", "a@example.com", 6) == "a@example.com"
    assert format_mailbox("Ada L", "a@example.com", 6) == "Ada L <a@example.com>"
    assert format_mailbox('A. "B" \\', "a@example.com", 6) == '"A. \\"B\\" \\\\" <a@example.com>'
    assert format_mailbox("é", "a@example.com", 6) == "=?utf-8?b?w6k=?= <a@example.com>"
    room = 78 - 6 - 3 - len("a@example.com")
    assert format_mailbox("x" * room, "a@example.com", 6) == "x" * room + " <a@example.com>"
    assert format_mailbox("x" * (room + 1), "a@example.com", 6) == "x" * (room + 1) + "\r\n <a@example.com>"
    assert format_mailbox("x" * 60, "a@example.com", 6).startswith("x" * 60)
    assert format_mailbox("x" * 61, "a@example.com", 6).startswith("=?utf-8?q?xx")


@pytest.mark.parametrize("text", [
    "a " * 30 + "x" * 1500 + " b", "é" * 100, "你好" * 60, "é" + "x" * 300, "👋🏽" * 40, "=?utf-8?q?x?=" + " y" * 90,
])  # fmt: skip
def test_an_encoded_text_is_at_most_76_columns_and_uses_them(text: str) -> None:
    lines = encode_text(text, 9).split("\r\n ")
    assert 9 + len(lines[0]) <= 76
    assert all(line.startswith("=?utf-8?") and line.endswith("?=") and len(line) <= 75 for line in lines)
    assert all(len(line) > 60 for line in lines[1:-1])


def test_plain_text_folds_at_78_between_words() -> None:
    assert encode_text("x" * 60 + " " + "y" * 8, 9) == "x" * 60 + " " + "y" * 8
    assert encode_text("x" * 60 + " " + "y" * 9, 9) == "x" * 60 + "\r\n " + "y" * 9
    assert encode_text("x" * 60, 9) == "x" * 60
    assert encode_text("x" * 61, 9).startswith("=?utf-8?q?x")
    words = " ".join(["x" * 25] * 6)
    assert encode_text(words, 0) == "\r\n ".join([" ".join(["x" * 25] * 3)] * 2)


@pytest.mark.parametrize("count", range(70, 80))
@pytest.mark.parametrize("end", [" ", "\t", " \nnext", "\t\nnext", ".", "\n.next", "é"])
def test_a_line_of_a_body_is_at_most_76_octets(count: int, end: str) -> None:
    encoded = encode_quoted_printable("x" * count + end)
    assert max(map(len, encoded.split(b"\r\n"))) <= 76
    assert b"\n" not in encoded.replace(b"\r\n", b"")
    assert b"\n." not in encoded


def test_dots_that_begin_a_line_are_shielded() -> None:
    assert encode_quoted_printable(".a\n..b\rc\r\n.") == b"=2Ea\r\n=2E.b\r\nc\r\n=2E"
    assert encode_quoted_printable("." * 74) == b"=2E" + b"." * 73
    assert encode_quoted_printable("." * 75) == b"=2E=\r\n=2E" + b"." * 73


def test_a_date_has_its_zone() -> None:
    day = datetime(2027, 1, 4, 9, 8, 7, tzinfo=UTC)
    assert format_date(day) == "Mon, 04 Jan 2027 09:08:07 +0000"
    west = day.astimezone(timezone(timedelta(hours=-3, minutes=-30)))
    assert format_date(west) == "Mon, 04 Jan 2027 05:38:07 -0330"
    east = datetime(2027, 12, 5, 1, 2, 3, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    assert format_date(east) == "Sun, 05 Dec 2027 01:02:03 +0545"


def test_a_row_is_quoted_where_a_reader_would_lose_something() -> None:
    cells = ["a", " a", "a ", "a b", 'a"b', "a,b", "a\nb", "a\rb", None, 5, ""]
    assert write_row(cells) == 'a," a","a ",a b,"a""b","a,b","a\nb","a\rb",,5,\r\n'
    assert write_row(["a,b", "a;b"], ";") == 'a,b;"a;b"\r\n'


@pytest.mark.parametrize("cut", [1, 2])
def test_a_block_that_ends_inside_a_character_is_whole_in_the_next(cut: int) -> None:
    """Blocks of a megabyte are fed, and a line may be nearly as long."""
    first = b"x" * (LINE_LIMIT - 10) + b"\n" + b"y" * 20 + "€".encode()[:cut]
    assert len(first) > LINE_LIMIT
    reader = Reader(Dialect())
    rows = [*reader.feed(first), *reader.feed("€".encode()[cut:] + b",b\n"), *reader.close()]
    assert rows[1] == Row(2, ["y" * 20 + "€", "b"])
