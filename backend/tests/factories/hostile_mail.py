"""Mails made to hold up a reader, each at most 5 MB: charsets, nesting, headers, markup, endings. Seeded, so one run is
like another."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial

LIMIT = 5_000_000
LEAF = 390_000
HEAD = b"From: %s\nTo: ada@acme.example\nSubject: x\nMessage-ID: <t@bolt.example>\n"
PERSON, MACHINE = b"joe@bolt.example", b"MAILER-DAEMON@bolt.example"
CHARSETS = (
    "punycode", "idna", "unicode_escape", "raw_unicode_escape", "utf-7", "iso-8859-8", "windows-874", "iso-2022-kr",
    "iso-2022-jp", "hz-gb-2312", "gb2312", "big5", "utf-16", "utf-32", "cp864", "rot13", "zlib", "no-such-thing",
)  # fmt: skip
WORDS: tuple[bytes, ...] = (
    b"On ", b"On Mon, Jo wrote:\n", b"a@b.example ", b"> ", b"<a", b"\n", b"From: a\nSent: b\n", b"&amp;", b"&nbsp;",
    b"<div class='x", b"<style ", b"<!--", b"Best\n", b"-----Original ", b"a.", b"1.1.2027 ", b" ", b"please remove ",
    b"?", b"Message-ID: <a@b.c>\n", b"5.1.1 ", b"550 5.1.1 <a@b.example>: user unknown\n", b"=?utf-8?q?a?= ", b"\xff",
)  # fmt: skip


def twelve(kind: str, body: bytes, sender: bytes = PERSON, headers: str = "") -> bytes:
    """A dozen parts of full size: about all that fits."""
    body = (body * (LEAF // len(body) + 1))[:LEAF]
    part = f"--x\nContent-Type: {kind}\n{headers}\n".encode() + body + b"\n"
    raw = HEAD % sender + b"Content-Type: multipart/mixed; boundary=x\n\n" + part * 12 + b"--x--\n"
    return raw[:LIMIT]


def few_hostile_mails() -> Iterator[tuple[str, bytes]]:
    """The shapes, what once took a minute, and every ninth of the others."""
    for place, (name, make) in enumerate(_full_parts(7)):
        if place % 9 == 0 or name.startswith("punycode, a"):
            yield name, make()
    yield from _shapes()


def hostile_mails(seed: int = 7) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each: a few hundred."""
    for name, make in _full_parts(seed):
        yield name, make()
    yield from _shapes()


def _full_parts(seed: int) -> Iterator[tuple[str, Callable[[], bytes]]]:
    noise = random.Random(seed).randbytes(LEAF)
    for charset in CHARSETS:
        for name, body in (("ff", b"\xff"), ("plus", b"+"), ("noise", noise), ("tilde", b"~{"), ("a", b"a")):
            for kind in ("plain", "html"):
                yield (
                    f"{charset}, {name}, {kind}",
                    partial(twelve, f"text/{kind}; charset={charset}", body),
                )
    for words in WORDS:
        for kind in ("plain", "html"):
            for sender in (PERSON, MACHINE):
                yield f"{words!r}, {kind}, {sender[:3]!r}", partial(twelve, f"text/{kind}", words, sender)


def _shapes() -> Iterator[tuple[str, bytes]]:
    for name, raw in _odd_shapes():
        yield name, raw[:LIMIT]


def _odd_shapes() -> Iterator[tuple[str, bytes]]:
    head = HEAD % PERSON
    mixed = head + b"Content-Type: multipart/mixed; boundary=x\n\n"
    nest = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(1000))
    yield "10,000 parts", mixed + b"--x\nContent-Type: text/plain\n\nHello\n" * 10_000 + b"--x--"
    yield "a million parts", mixed + b"--x\n\n" * 1_000_000
    yield "boundaries that are longer", mixed + b"--x\n\n" + b"--xy\n" * 1_000_000
    yield "20,000 headers", b"X-A: " + b"b" * 200 + b"\n" + b"X: y\n" * 20_000 + head + b"\nHello"
    yield "one header of 4 MB", b"Subject: " + b"=?utf-8?q?a?= " * 300_000 + b"\n" + head + b"\nHello"
    yield "500 long lists", (b"To: " + b"a@b.example, " * 600 + b"\n") * 500 + head + b"\nHello"
    yield "lists of comments", (b"Cc: " + b"(" * 4000 + b"a@b.example\n") * 600 + head + b"\nHello"
    yield "lists of words", (b"To: " + b"=?utf-7?q?+A?= " * 500 + b"\n") * 600 + head + b"\nHello"
    yield "words of punycode", b"Subject: =?punycode?q?" + b"a" * 300_000 + b"?=\n" + head + b"\nHello"
    yield "1,000 deep", head + nest + b"x" * 4_000_000
    yield "1,000 deep, all delimiters", head + nest + b"--b1\n" * 900_000
    yield "references", head + b"References: " + b"<a@b.example> " * 300_000 + b"\n\nHello"
    yield "only carriage returns", head + b"\n" + b"\r" * 4_900_000
    yield "equal signs", head + b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=" * 4_900_000
    yield "base64 noise", head + b"Content-Transfer-Encoding: base64\n\n" + b"=a" * 2_400_000
    group = b"Final-Recipient: rfc822; a@b.example\nAction: failed\n\n"
    report = b"--x\nContent-Type: message/delivery-status\n\n" + group * 7_000
    yield "reports", head + b"Content-Type: multipart/report; boundary=x\n\n" + report * 12 + b"--x--"
