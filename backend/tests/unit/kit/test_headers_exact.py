"""Pieces of a header at the last column and one further, and the lengths that are let through."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from reachly.kit import mime


def lengths(value: str) -> list[int]:
    return [len(line) for line in value.split("\r\n ")]


def test_encoded_words_end_at_their_last_column() -> None:
    quoted = "=?" + "x" * 49  # 55 columns when encoded: what is left of 76 beside 9 and the frame
    assert mime.encode_text(quoted, 9) == "=?utf-8?q?=3D=3F" + "x" * 49 + "?="
    assert lengths(mime.encode_text(quoted + "x", 9)) == [67, 13]
    assert lengths(mime.encode_text("=?" + "x" * 49 + "y" * 63, 9)) == [67, 75]
    assert lengths(mime.encode_text("=?" + "x" * 49 + "y" * 63 + "zz", 9)) == [67, 75, 14]
    assert lengths(mime.encode_text("=?" + "x" * 47 + "=" + "y" * 62, 9)) == [65, 75, 14]
    base64 = "你" * 13  # 39 octets, 52 columns
    assert lengths(mime.encode_text(base64, 9)) == [64]
    assert lengths(mime.encode_text(base64 + "你" * 15, 9)) == [64, 72]
    assert lengths(mime.encode_text(base64 + "你" * 16, 9)) == [64, 72, 16]
    assert lengths(mime.encode_text("é" * 23, 0)) == [76]
    assert mime.encode_text("x" * 61 + "==", 9).startswith("=?utf-8?q?")


def test_whichever_encoding_is_shorter() -> None:
    assert mime.encode_text("é" + "x" * 12, 9).startswith("=?utf-8?q?=C3=A9x")
    assert mime.encode_text("ééx", 9).startswith("=?utf-8?b?")
    assert mime.encode_text("é aaaaaaaaaaaa_?*-/!+", 9) == "=?utf-8?q?=C3=A9_aaaaaaaaaaaa=5F=3F*-/!+?="
    assert mime.encode_text("=?~", 9) == "=?utf-8?b?PT9+?="


def test_later_lines_have_77_columns_behind_their_blank() -> None:
    first = "x" * 60 + " "
    assert mime.encode_text(first + "a" * 38 + " " + "b" * 38, 9) == "\r\n ".join(
        ["x" * 60, "a" * 38 + " " + "b" * 38]
    )
    assert lengths(mime.encode_text(first + "a" * 38 + " " + "b" * 39, 9)) == [60, 38, 39]
    ids = ["<a@b>", f"<{'c' * 68}@b>"]
    assert lengths(mime.fold_message_ids(ids, 0)) == [5 + 1 + 72]
    assert lengths(mime.fold_message_ids(ids, 1)) == [5, 72]
    assert mime.fold_message_ids([], 1) == ""


def test_a_mailbox_is_folded_by_its_last_line() -> None:
    name = "é" * 40
    value = mime.format_mailbox(name, "a@example.com", 6)
    last = len(value.split("\r\n ")[-1])
    room = 77 - last + len("a@example.com")
    email = "a" * (room - len("@example.com") - 1) + "@example.com"
    assert len(mime.format_mailbox(name, email[: 64 + len("@example.com")], 6).split("\r\n ")[-1]) <= 77
    assert mime.format_mailbox("A.B", "a@example.com", 6) == '"A.B" <a@example.com>'
    assert mime.format_mailbox("A ~`|{}^", "a@example.com", 6) == "A ~`|{}^ <a@example.com>"
    for left, right in ((64, 253), (1, 1)):
        assert mime.format_mailbox("", f"{'l' * left}@{'d' * right}", 6)
    for bad in (f"{'l' * 65}@d", f"l@{'d' * 254}", "l@", "@d", "l@d_d"):
        with pytest.raises(ValueError, match="bare"):
            mime.format_mailbox("", bad, 6)


def test_ids_names_and_addresses_have_their_lengths() -> None:
    assert [mime.is_message_id(f"<{'l' * n}@{'r' * m}>") for n, m in ((1, 1), (400, 255), (401, 1), (1, 256))] == [
        True, True, False, False,
    ]  # fmt: skip
    assert [mime.is_message_id(text) for text in ("<@r>", "<l@>", "<l@r> ", "l@r", "<l<@r>", "<l@r@s>")] == [
        False, False, False, False, False, True,
    ]  # fmt: skip
    assert [mime.is_header_name(text) for text in ("X", "X" * 76, "X" * 77, "x-1", "1x", "-x", "", "x_", "x\n")] == [
        True, True, False, True, False, False, False, False, False,
    ]  # fmt: skip
    assert mime.angle_uri("x" * 1_800) == f"<{'x' * 1_800}>"
    for bad in ("", "x" * 1_801, "x<", "x\n"):
        with pytest.raises(ValueError, match="cannot stand"):
            mime.angle_uri(bad)


@pytest.mark.parametrize(("text", "clean"), [
    ("a  b", "a b"), (" a b ", "a b"), ("a\t\r\n b", "a b"), ("a\x7f\x85\u2028\u2029b", "a b"), ("\x00", ""),
    ("a\ud800b", "a\ufffdb"), ("é  é ", "é é"), ("a\u00a0 b", "a\u00a0 b"), ("\u3000a\u3000", "a"),
    ("a" + "\n" * 9, "a"),
])  # fmt: skip
def test_a_header_is_one_clean_line(text: str, clean: str) -> None:
    assert mime.clean_header(text) == clean


def test_offsets_of_a_minute_have_their_sign() -> None:
    at = datetime(2027, 3, 7, 1, 2, 3, tzinfo=timezone(timedelta(minutes=-1)))
    assert mime.format_date(at) == "Sun, 07 Mar 2027 01:02:03 -0001"
    assert mime.format_date(at.replace(tzinfo=timezone(timedelta(minutes=1)))).endswith(" +0001")
    seconds = timezone(timedelta(seconds=-29))
    assert mime.format_date(at.replace(tzinfo=seconds)).endswith(" +0000")
    days = [mime.format_date(at + timedelta(days=n))[:3] for n in range(7)]
    assert days == ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    months = [mime.format_date(at.replace(month=n))[8:11] for n in range(1, 13)]
    assert months == ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
