"""Messages made to break a reader: nothing raises, and time and memory stay small."""

# ruff: noqa: E501 - tables of texts

from __future__ import annotations

import base64
import time
import tracemalloc
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reachly.services.inbox.policy import (
    classify,
    extract_reply,
    matching_keys,
    parse_inbound,
    parse_return_date,
    read_absence,
    read_intent,
)

HEAD = b"From: joe@bolt.example\nTo: ada@acme.example\nSubject: x\nMessage-ID: <t@bolt.example>\n"


def deep(levels: int) -> bytes:
    opening = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(levels)
    )
    return (
        HEAD
        + opening
        + b"Content-Type: text/plain\n\nHello\n"
        + b"".join(b"--b%d--\n" % n for n in reversed(range(levels)))
    )


def wide(parts: int) -> bytes:
    part = b"--x\nContent-Type: text/plain\n\nHello\n"
    return HEAD + b"Content-Type: multipart/mixed; boundary=x\n\n" + part * parts + b"--x--\n"


def nested_messages(levels: int) -> bytes:
    return HEAD + b"Content-Type: message/rfc822\n\nFrom: a@b.example\n" * levels + b"\nHello"


TORTURE: dict[str, bytes] = {
    "empty": b"",
    "one byte": b"\xff",
    "only newlines": b"\n" * 100_000,
    "no headers": b"just some text\n" * 1000,
    "1,000 deep": deep(1_000),
    "10,000 parts": wide(10_000),
    "rfc822 in rfc822": nested_messages(1_000),
    "50 MB header": b"Subject: " + b"a" * 50_000_000 + b"\n" + HEAD + b"\nHello",
    "a million headers": b"X: y\n" * 1_000_000 + b"\nHello",
    "folded for ever": HEAD + b"X-Long: a\n" + b" b\n" * 500_000 + b"\nHello",
    "base64 bomb": HEAD + b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" + base64.b64encode(b"stop " * 6_000_000),
    "broken base64": HEAD + b"Content-Transfer-Encoding: base64\n\n" + b"=" * 100_000 + b"abc",
    "quoted-printable of nothing": HEAD + b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=" * 1_000_000,
    "encoded words": HEAD.replace(b"Subject: x", b"Subject: " + b"=?utf-8?q?=E2=82=AC?= " * 300) + b"\nHello",
    "broken encoded words": HEAD.replace(b"Subject: x", b"Subject: =?x-no?q?a?= =?utf-8?b?!!!?= =?utf-8?z?a?=") + b"\nHello",
    "boundary of a prefix": HEAD + b"Content-Type: multipart/mixed; boundary=x\n\n--xy\nHello\n--x\n\nHi\n--x--",
    "empty boundary": HEAD + b"Content-Type: multipart/mixed; boundary=\n\n--\n\nHi\n----",
    "charset hex": HEAD + b"Content-Type: text/plain; charset=hex\n\nHello",
    "charset none": HEAD + b"Content-Type: text/plain; charset=\x00\xff\n\nHello",
    "utf-16 body": HEAD + b"Content-Type: text/plain; charset=utf-16\n\n" + "Hello".encode("utf-16"),
    "rfc 2231": HEAD + b"Content-Type: text/plain; charset*0*=utf-8''%E2; charset*1=x; name*=\xff''%zz\n\nHello",
    "nul": HEAD + b"\x00Subject: \x00\n\n\x00Hello\x00",
    "open styles": HEAD + b"Content-Type: text/html\n\n" + b"<style " * 60_000,
    "open tags": HEAD + b"Content-Type: text/html\n\n" + b"<a" * 200_000,
    "nested divs": HEAD + b"Content-Type: text/html\n\n" + b"<div class='x" * 30_000,
    "nbsp": HEAD + b"Content-Type: text/html\n\n" + b"&nbsp;" * 60_000 + b"x",
    "entities": HEAD + b"Content-Type: text/html\n\n" + b"&amp" * 90_000,
    "on on on": HEAD + b"\n" + b"On " * 100_000,
    "on lines": HEAD + b"\n" + b"On Monday x\n" * 20_000,
    "from lines": HEAD + b"\n" + b"From: a\n" * 20_000,
    "quotes": HEAD + b"\n" + b">" * 300_000,
    "signatures": HEAD + b"\nHi\n" + b"Best\n" * 50_000,
    "addresses": HEAD.replace(b"joe@", b"MAILER-DAEMON@").replace(b"x\n", b"failure notice\n") + b"\n" + b"a@b.example " * 30_000,
    "almost addresses": HEAD.replace(b"joe@", b"MAILER-DAEMON@").replace(b"x\n", b"failure notice\n") + b"\n" + b"a.b." * 30_000 + b"@",
    "at signs": HEAD.replace(b"joe@", b"MAILER-DAEMON@").replace(b"x\n", b"failure notice\n") + b"\n" + b"a@" * 60_000,
    "many recipients": HEAD + b"Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\n"
    + b"Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n\n" * 5_000 + b"--x--",
    "from of brackets": b"From: " + b"<" * 50_000 + b"\n\nHello",
    "from of commas": b"From: " + b"a@b.example, " * 5_000 + b"\n\nHello",
    "from of comments": b"From: " + b"(" * 5_000 + b"a" + b")" * 5_000 + b" a@b.example\n\nHello",
    "dates": b"Date: Mon, 99 Foo 99999 99:99:99 +9999\nFrom: a@b.example\n\nback on 99.99.9999 13/13/13 2027-99-99",
    "dates without end": HEAD + b"\n" + b"1.1. " * 50_000,
    "references": HEAD + b"References: " + b"<a@b.example> " * 100_000 + b"\n\nHello",
    "dots in report": HEAD + b"Content-Type: message/delivery-status\n\n" + b"Final-Recipient: ;" * 10_000,
}  # fmt: skip


@pytest.mark.parametrize("name", TORTURE)
def test_nothing_raises_and_it_is_over_quickly(name: str) -> None:
    raw = TORTURE[name]
    tracemalloc.start()
    started = time.process_time()
    inbound = parse_inbound(raw)
    found = classify(inbound)
    matching_keys(inbound)
    read_absence(inbound, date(2027, 1, 4))
    took = time.process_time() - started
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.kind in ("reply", "auto_reply", "bounce", "complaint", "unsubscribe", "unknown")
    assert took < 5  # with memory tracing, which makes everything several times slower
    assert peak < 100_000_000
    assert len(inbound.text) <= 200_000


def test_the_words_are_found_where_the_structure_allows_it() -> None:
    assert parse_inbound(deep(15)).text.strip() == "Hello"
    assert parse_inbound(wide(3)).text.split() == ["Hello"] * 3
    assert "Hello" in parse_inbound(TORTURE["utf-16 body"]).text
    assert parse_inbound(TORTURE["encoded words"]).subject.startswith("€")
    assert parse_inbound(TORTURE["boundary of a prefix"]).text.strip().endswith("Hi")


def test_a_message_without_an_id_gets_the_same_one_twice() -> None:
    raw = b"From: a@b.example\nSubject: x\n\nHello"
    assert parse_inbound(raw).message_id == parse_inbound(raw.replace(b"\n", b"\r\n")).message_id
    assert parse_inbound(raw).message_id != parse_inbound(raw + b"!").message_id


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=600)
    | st.lists(
        st.sampled_from([
            b"Content-Type: multipart/report; boundary=x\n", b"Content-Type: message/delivery-status\n", b"--x\n", b"--x--\n", b"\n",
            b"Final-Recipient: rfc822; a@b.example\n", b"Action: failed\n", b"Status: 5.1\n", b"Content-Transfer-Encoding: base64\n",
            b"Subject: =?utf-8?b?\xff?=\n", b"From: \"a\n", b"stop\n", b"> \n", b"Content-Type: message/feedback-report\n", b"\r", b"\x00", b"aGk=\n",
        ]), max_size=30,
    ).map(b"".join)
)  # fmt: skip
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    inbound = parse_inbound(raw)
    found = classify(inbound, {"a@b.example"})
    matching_keys(inbound)
    assert "\x00" not in inbound.text + inbound.subject + inbound.from_name + found.reply
    for text in (
        inbound.text,
        inbound.subject,
        inbound.from_name,
        inbound.from_email,
        inbound.message_id,
        *inbound.headers.values(),
    ):
        text.encode()  # storable: no lone surrogates


@pytest.mark.parametrize(
    "text", ["On " * 20_000, "no " * 20_000, "not " * 20_000, "Best " * 10_000, "1.1." * 10_000, "a" * 60_000]
)
def test_hostile_texts_cost_little(text: str) -> None:
    started = time.process_time()
    read_intent(extract_reply(text))
    parse_return_date(text, date(2027, 1, 4))
    assert time.process_time() - started < 2
