"""Names of charsets as mail programs and browsers use them, and text out of whatever bytes come."""

from __future__ import annotations

import codecs

import pytest
import webencodings
from hypothesis import given
from hypothesis import strategies as st

from reachly.kit import charsets
from reachly.kit.charsets import decode, find_codec

COMPUTING = {"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"}


@pytest.mark.parametrize(
    ("charset", "data", "text"),
    [
        ("utf-8", "Grüße €".encode(), "Grüße €"),
        ("UTF8", "Grüße".encode(), "Grüße"),
        ('"utf-8"', "Grüße".encode(), "Grüße"),
        ("utf_8", "Grüße".encode(), "Grüße"),
        ("iso-8859-1", "Grüße “€”".encode("cp1252"), "Grüße “€”"),  # browsers read it as windows-1252
        ("us-ascii", "Grüße".encode(), "Grüße"),
        ("us-ascii", "Grüße".encode("cp1252"), "Grüße"),
        ("utf-8", "Grüße, schöne".encode("cp1252"), "Grüße, schöne"),
        ("windows-1250", "Łukasz".encode("cp1250"), "Łukasz"),
        ("iso-8859-2", "Łukasz".encode("iso-8859-2"), "Łukasz"),
        ("koi8-r", "Привет".encode("koi8-r"), "Привет"),
        ("macintosh", "René".encode("mac_roman"), "René"),
        ("x-mac-roman", "René".encode("mac_roman"), "René"),
        ("cp-850", "René".encode("cp1252"), "René"),  # unknown: told by its bytes
        ("cp850", "René".encode("cp850"), "René"),
        ("gb2312", "請不要再聯繫，退訂".encode("gbk"), "請不要再聯繫，退訂"),
        ("gb2312", "退订".encode(), "退订"),  # mislabelled
        ("big5", "請退訂".encode("big5"), "請退訂"),
        ("shift_jis", "①配信停止".encode("cp932"), "①配信停止"),
        ("iso-2022-jp", "配信停止".encode("iso2022_jp"), "配信停止"),
        ("ks_c_5601-1987", "안녕".encode("cp949"), "안녕"),
        ("iso-2022-kr", "안녕".encode("iso2022_kr"), "안녕"),
        ("utf-16", "Hello".encode("utf-16"), "Hello"),
        ("utf-16", codecs.BOM_UTF16_BE + "Hello".encode("utf-16-be"), "Hello"),
        ("utf-7", b"Gr+APwA3w-e", "Grüße"),
        ("ansi_x3.110-1983", "René".encode("cp1252"), "René"),
        ("no-such-thing", "Grüße".encode(), "Grüße"),
        ("", b"plain", "plain"),
        ("punycode", b"mnchen-3ya", "mnchen-3ya"),
        ("unicode_escape", rb"a\u0041", r"a\u0041"),
        ("rot13", b"stop", "stop"),
        ("hex", b"6869", "6869"),
    ],
)
def test_text_is_read_as_its_writer_meant_it(charset: str, data: bytes, text: str) -> None:
    assert decode(data, charset) == text


@pytest.mark.parametrize(
    "charset", ["gb2312", "utf-8", "big5", "euc-kr", "shift_jis", "euc-jp", "iso-8859-7"]
)
def test_one_wrong_byte_costs_one_character_and_not_the_text(charset: str) -> None:
    codec = find_codec(charset)
    assert codec is not None
    words = {"gb2312": "退订 请", "utf-8": "Grüße, wir möchten nicht", "big5": "退訂 請", "euc-kr": "안녕 하세요",
             "shift_jis": "配信 停止", "euc-jp": "配信 停止", "iso-8859-7": "Γεια σας"}[charset]  # fmt: skip
    damaged = words.encode(codec) + b"\xff " + words.encode(codec)
    found = decode(damaged, charset)
    assert found.startswith(words)
    assert found.endswith(words[-1])
    assert len(found) <= 2 * len(words) + 3


def test_no_codec_of_the_list_computes() -> None:
    names = {*webencodings.LABELS, *charsets._FURTHER}
    found = {codec for name in names if (codec := find_codec(name))}
    assert len(found) > 40
    assert not found & COMPUTING
    assert all(codecs.lookup(codec)._is_text_encoding for codec in found)
    for name in COMPUTING | {
        "hex",
        "rot13",
        "base64",
        "zlib",
        "bz2",
        "uu",
        "unicode_escape",
        "utf-8\x00",
        "a" * 200,
    }:
        assert find_codec(name) is None, name


@given(st.text(max_size=80) | st.sampled_from(sorted(webencodings.LABELS)), st.binary(max_size=300))
def test_any_bytes_under_any_name_become_a_text(charset: str, data: bytes) -> None:
    text = decode(data, charset)
    assert len(text) <= len(data)
    text.encode("utf-8", "surrogatepass")
