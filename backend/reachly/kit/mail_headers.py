"""Headers of a mail as people read them: encoded words (RFC 2047), and mailboxes taken apart before they are decoded.

An encoded word is opaque until then: what it holds (a comma, an address, a bracket) is part of a name and never of the
structure, or a stranger could put somebody else's address in front of their own.
"""

from __future__ import annotations

import binascii
import quopri
import re
from dataclasses import dataclass
from email.utils import getaddresses

from reachly.kit import charsets

MAX_VALUE = 8_000  # characters of one header that are looked at
MAX_MAILBOXES = 200

_WORD = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?]{0,2000})\?=")
_BETWEEN = re.compile(r"(?<=\?=)[ \t]+(?==\?)")  # spaces between two words do not count (RFC 2047 6.2)
_CONTROL = re.compile(r"[\x00-\x20\x7f]+")
_MARK = re.compile("\ufdd0([0-9]{1,4})\ufdd1")  # two characters that no text holds
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\\\"@]{1,128}@[^\s<>()\[\],;:\\\"@]{1,255}")


@dataclass(frozen=True, slots=True)
class HeaderMailbox:
    """One mailbox of a From, To or Reply-To: the name decoded, the address in lower case."""

    name: str
    address: str


def decode_words(value: str) -> str:
    """A header with its encoded words decoded, on one line; what is no such word stays, and a damaged one costs only
    its damaged characters."""
    if "=?" not in value:
        return value
    found = _BETWEEN.sub("", value[:MAX_VALUE])
    pieces: list[str] = []
    at, open_words = 0, _Words()
    for word in _WORD.finditer(found):
        if word.start() > at:
            pieces += [open_words.close(), found[at : word.start()]]
        pieces.append(open_words.add(word[1].lower(), _bytes(word[2], word[3])))
        at = word.end()
    pieces += [open_words.close(), found[at:]]
    return _CONTROL.sub(" ", "".join(pieces)).strip()


class _Words:
    """Neighbours of one charset are put together before they are decoded: programs cut in the middle of a character."""

    def __init__(self) -> None:
        self._charset, self._data = "", b""

    def add(self, charset: str, data: bytes) -> str:
        """The text of the words before, where this one does not continue them."""
        done = "" if charset == self._charset else self.close()
        self._charset, self._data = charset, self._data + data
        return done

    def close(self) -> str:
        text = charsets.decode(self._data, self._charset) if self._data else ""
        self._charset, self._data = "", b""
        return text


def _bytes(form: str, text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if form in "qQ":
        return quopri.decodestring(raw.replace(b"_", b" "), header=False) if raw else b""
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    try:
        return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))
    except binascii.Error:
        return binascii.a2b_base64(kept[: len(kept) // 4 * 4])


def read_mailboxes(value: str) -> list[HeaderMailbox]:
    """The mailboxes of a header as it stands in the message, in order; never raises."""
    words: list[str] = []

    def set_aside(word: re.Match[str]) -> str:
        words.append(word[0])
        return f"\ufdd0{len(words) - 1}\ufdd1"

    bare = re.sub("[\ufdd0\ufdd1]", "", value[:MAX_VALUE])
    bare = _CONTROL.sub(" ", _WORD.sub(set_aside, bare))

    def name_of(text: str) -> str:
        return decode_words(_MARK.sub(lambda mark: words[int(mark[1])], text)).strip()[:200]

    found = [
        HeaderMailbox(name_of(name), address.strip().lower()[:320])
        for name, address in _take_apart(bare)
        if "@" in address.strip("@") and "\ufdd0" not in address
    ]
    if not found:  # no mailbox by the book: what looks like an address is taken for one
        plain = _MARK.sub(" ", bare)
        found = [HeaderMailbox("", address.lower()[:320]) for address in _ADDRESS.findall(plain)]
    return list(dict.fromkeys(found))[:MAX_MAILBOXES]


def _take_apart(value: str) -> list[tuple[str, str]]:
    try:
        return getaddresses([value])
    except (ValueError, IndexError, TypeError, RecursionError):  # nested comments
        return []


def read_sender(value: str) -> HeaderMailbox:
    """Who wrote, by a From: the last mailbox, so that an address in front of it stays an ornament of the name."""
    found = read_mailboxes(value)
    return found[-1] if found else HeaderMailbox("", "")
