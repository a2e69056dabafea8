"""Which codec a name of a charset means, and text out of bytes whatever they are.

Names come from strangers (mails, files), so only those of the list below are known: the web's table of encodings
(https://encoding.spec.whatwg.org/), by which browsers read, and a few that real mail programs and spreadsheets write.
None of these codecs computes: `punycode`, `idna`, `unicode_escape` and their like are not in the list, and a decode
costs time in proportion to its bytes.
"""

from __future__ import annotations

import codecs
import re

import webencodings

# What the web's table lacks, or answers with one replacement character for security reasons that text in a mail does
# not have: nothing here is ever run.
_FURTHER = {
    "ansi_x3.110-1983": "cp1252", "cp-1252": "cp1252", "cp1254-turkish": "cp1254", "latin": "cp1252",
    "iso-latin-1": "cp1252", "iso-8859-1-windows-3.1-latin-1": "cp1252", "west": "cp1252", "8bit": "cp1252",
    "iso-8859-8-e": "iso8859_8", "iso-8859-15-euro": "iso8859_15",
    "cp437": "cp437", "ibm437": "cp437", "cp737": "cp737", "cp775": "cp775", "cp850": "cp850", "ibm850": "cp850",
    "cp852": "cp852", "ibm852": "cp852", "cp855": "cp855", "cp857": "cp857", "cp858": "cp858", "cp862": "cp862",
    "cp864": "cp864", "cp865": "cp865", "cp874": "cp874",
    "mac-roman": "mac_roman", "macroman": "mac_roman", "x-mac-roman": "mac_roman",
    "mac-centraleurope": "mac_latin2", "x-mac-ce": "mac_latin2", "mac-latin2": "mac_latin2", "mac-greek": "mac_greek",
    "mac-turkish": "mac_turkish", "mac-cyrillic": "mac_cyrillic",
    "cp932": "cp932", "ms932": "cp932", "cp936": "gb18030", "ms936": "gb18030", "windows-936": "gb18030",
    "x-gb": "gb18030", "gb2312-80": "gb18030", "cp949": "cp949", "ms949": "cp949", "cp950": "big5hkscs",
    "ms950": "big5hkscs", "big5-eten": "big5hkscs",
    "iso-2022-jp-1": "iso2022_jp_1", "iso-2022-jp-2": "iso2022_jp_2", "iso-2022-jp-3": "iso2022_jp_3",
    "iso-2022-jp-ms": "iso2022_jp_ext", "cp50220": "iso2022_jp_ext", "cp50221": "iso2022_jp_ext",
    "iso-2022-kr": "iso2022_kr", "csiso2022kr": "iso2022_kr", "hz-gb-2312": "hz", "hz": "hz", "johab": "johab",
    "utf-7": "utf_7", "utf7": "utf_7", "unicode-1-1-utf-7": "utf_7", "x-unicode-2-0-utf-7": "utf_7",
    "utf8mb4": "utf_8", "utf-8mb4": "utf_8", "utf8-bom": "utf_8", "utf-8-sig": "utf_8_sig", "cp65001": "utf_8",
    "utf-32": "utf_32", "utf32": "utf_32", "utf-32le": "utf_32_le", "utf-32be": "utf_32_be", "utf-32-le": "utf_32_le",
    "utf-32-be": "utf_32_be", "utf-16": "utf_16", "utf16": "utf_16", "utf-16-le": "utf_16_le",
    "utf-16-be": "utf_16_be", "ucs-2": "utf_16", "ucs-2le": "utf_16_le", "ucs-2be": "utf_16_be",
}  # fmt: skip
# By the table's own names: what browsers mean by them, as this library's codecs are called.
_WEB = {"gbk": "gb18030", "iso-2022-jp": "iso2022_jp_ext", "macintosh": "mac_roman"}
_NONE = frozenset({"replacement", "x-user-defined"})
_ASCII = frozenset({"ascii", "us-ascii", "ansi_x3.4-1968", "iso-ir-6", "ansi_x3.4-1986", "iso646-us", "us"})
_BOMS = (
    (codecs.BOM_UTF8, "utf_8"),
    (codecs.BOM_UTF16_LE, "utf_16_le"),
    (codecs.BOM_UTF16_BE, "utf_16_be"),
)
_LABEL = re.compile(r"[a-z0-9][a-z0-9._:+-]{0,59}")


def find_codec(name: str) -> str | None:
    """The codec that this name of a charset means, as Python calls it; None for one that is not in the list."""
    label = name.strip(" \t\r\n'\"").lower()
    for each in (label, label.replace("_", "-"), label.removeprefix("x-"), label.removeprefix("charset=")):
        if not _LABEL.fullmatch(each.replace("_", "-")):
            continue
        if each in _FURTHER:
            return codecs.lookup(_FURTHER[each]).name
        found = webencodings.lookup(each)
        if found is not None and found.name not in _NONE:
            return codecs.lookup(_WEB.get(found.name) or found.codec_info.name).name
    return None


def decode(data: bytes, charset: str = "utf-8") -> str:
    """Text out of any bytes, never raising and in linear time. What the charset does not hold is replaced character by
    character, so that one wrong byte never costs the whole text; a charset that is not known, or is plainly not the
    one, gives way to UTF-8 and then to Windows-1252."""
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, "replace")
    named = None if charset.strip().lower() in _ASCII else find_codec(charset)
    if named is None or named == "utf-8":
        return _unnamed(data)
    try:
        return data.decode(named)
    except UnicodeError:
        pass
    try:
        return data.decode("utf-8")  # mislabelled more often than damaged
    except UnicodeError:
        return data.decode(named, "replace")


def _unnamed(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeError:
        text = data.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    right = len(text) - len(text.encode("ascii", "ignore")) - wrong
    return text if right >= wrong else data.decode("cp1252", "replace")
