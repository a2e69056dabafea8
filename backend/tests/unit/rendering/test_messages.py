"""Whole messages, judged by the standard library: the words arrive, and nothing else does."""

from __future__ import annotations

import email.policy
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reachly.kit.mime import clean_header
from reachly.services.rendering.errors import Unsendable
from reachly.services.rendering.policy import build_message, compile_template, follow_up_subject, render
from reachly.services.rendering.schemas import TemplateSource
from tests.factories.messages import (
    ENVELOPE,
    HEADERS,
    LEAD,
    UNSUBSCRIBE,
    assert_wire_form,
    parsed,
    part,
    rendered,
)

anything = st.text(max_size=120)


@given(subject=anything, name=anything, value=anything, to_name=anything)
@example(subject="Grüße, 你好 👋🏽" * 8, name="Søren", value="x" * 2000, to_name='"Ada", the 1st')
@example(subject="a\r\nBcc: x@example.com", name="b\nX: y", value=".\r\n.\n..\r.\r", to_name="=?utf-8?q?x?=")
@example(subject="x", name="a", value="x" * 74 + " \n= .\n " + "é" * 40 + "\t", to_name="b")
@settings(max_examples=200, deadline=None)
def test_subject_text_and_html_arrive_as_they_were_rendered(
    subject: str, name: str, value: str, to_name: str
) -> None:
    source = TemplateSource(
        'S: {{ subject | fallback: "none" }}',
        'Hello {{ value | fallback: "you" }},\n\nsee https://x.example/{{ value | fallback: "a" }}',
        track_clicks=True,
    )
    message = rendered(source, {"subject": subject, "value": value})
    raw = build_message(message, replace(ENVELOPE, from_name=name, to_name=to_name), None)
    assert_wire_form(raw)
    read = parsed(raw)
    assert read.keys() == HEADERS
    assert read["Subject"] == message.subject
    shown = message.text.replace("#unsubscribe", UNSUBSCRIBE)
    assert part(read, "plain") == shown
    assert message.html is not None
    assert part(read, "html") == message.html.replace("#unsubscribe", UNSUBSCRIBE)
    assert [one.addr_spec for one in read["To"].addresses] == ["ada@example.org"]
    assert [one.addr_spec for one in read["From"].addresses] == ["grace@example.com"]


def test_the_message_equals_what_the_standard_library_would_write() -> None:
    source = TemplateSource("Über {{ company }}", "<p>Hi {{ first_name }} 👋</p><p>Tschüß</p>")
    message = rendered(source)
    ours = parsed(build_message(message, replace(ENVELOPE, from_name="Grace Ö"), None))
    theirs = EmailMessage(policy=email.policy.SMTP)
    theirs["From"] = "Grace Ö <grace@example.com>"
    theirs["To"] = "Ada <ada@example.org>"
    theirs["Subject"] = message.subject
    theirs["Date"] = ENVELOPE.date
    theirs.set_content(message.text.replace("#unsubscribe", UNSUBSCRIBE))
    assert message.html is not None
    theirs.add_alternative(message.html.replace("#unsubscribe", UNSUBSCRIBE), subtype="html")
    reference = parsed(theirs.as_bytes())
    for name in ("From", "To", "Subject", "Date"):
        assert ours[name] == reference[name]
    assert [one.get_content_type() for one in ours.walk()] == [
        one.get_content_type() for one in reference.walk()
    ]
    assert part(ours, "plain") == part(reference, "plain")
    assert part(ours, "html") == part(reference, "html")


HOSTILE = [
    "x\r\nBcc: bob@example.com",
    "x\rBcc: bob@example.com",
    "x\nBcc: bob@example.com",
    "x\x85Bcc: bob@example.com",
    "x\u2028Bcc: bob@example.com",
    "x\x00\r\n\r\n<p>body</p>",
    "x%0d%0aBcc: bob@example.com",
    "=?utf-8?q?x=0D=0ABcc:_bob@example.com?=",
    "x\r\n.\r\nMAIL FROM:<bob@example.com>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_field_of_a_header_adds_a_header(text: str) -> None:
    source = TemplateSource("Hi {{ company }}", "Hello")
    message = rendered(source, {"company": text})
    envelope = replace(ENVELOPE, from_name=text, to_name=text, extra_headers=(("X-Campaign", text),))
    raw = build_message(message, envelope, None)
    read = parsed(raw)
    assert read.keys() == [*HEADERS[:-2], "X-Campaign", *HEADERS[-2:]]
    assert read["X-Campaign"] == clean_header(text)
    assert read["Subject"] == clean_header(f"Hi {text}")
    assert not any(line.lower().startswith(b"bcc:") for line in raw.splitlines())


@pytest.mark.parametrize("text", [*HOSTILE, "no address", "a@b, c@d", "a@b>", '"a b"@example.com'])
@pytest.mark.parametrize("where", ["from_email", "to_email", "reply_to", "message_id"])
def test_an_envelope_that_could_inject_is_refused(where: str, text: str) -> None:
    message = rendered(TemplateSource("Hi", "Hello"))
    part: dict[str, Any] = {where: text}
    with pytest.raises(Unsendable):
        build_message(message, replace(ENVELOPE, **part), None)


@pytest.mark.parametrize(
    "url",
    ["https://x.example/\r\nBcc: b", "https://x.example/>", "https://x.example/a b", "https://x.example/ä"],
)
def test_an_unsubscribe_address_that_could_inject_is_refused(url: str) -> None:
    with pytest.raises(Unsendable):
        build_message(
            rendered(TemplateSource("Hi", "Hello")), replace(ENVELOPE, list_unsubscribe_url=url), None
        )


@pytest.mark.parametrize("name", ["Bcc", "subject", "X Y", "X:Y", "X\r\nY", "", "Ä", "Content-Type"])
def test_extra_headers_cannot_replace_ours(name: str) -> None:
    with pytest.raises(Unsendable):
        build_message(
            rendered(TemplateSource("Hi", "Hello")), replace(ENVELOPE, extra_headers=((name, "x"),)), None
        )


def test_body_lines_that_end_a_message_elsewhere_arrive_as_words() -> None:
    body = "one\n.\ntwo\n..\n.three\n" + "." * 500 + "\n" + "x" * 2000
    message = rendered(TemplateSource("Hi", body, unsubscribe_form="none"), {})
    raw = build_message(message, ENVELOPE, None)
    assert_wire_form(raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    assert part(parsed(raw), "plain") == body + "\n"


def test_a_retry_gives_the_same_bytes() -> None:
    compiled = compile_template(TemplateSource("{a|b|c}", "{d|e|f} {{ first_name }}"))
    first, second = (build_message(render(compiled, LEAD, seed="s"), ENVELOPE, None) for _ in range(2))
    assert first == second


def test_a_follow_up_refers_to_its_thread() -> None:
    ids = tuple(f"<{n}@mail.example.com>" for n in range(12))
    envelope = replace(ENVELOPE, in_reply_to=ids[-1], references=ids, reply_to="answers@example.com")
    read = parsed(build_message(rendered(TemplateSource("", "Hello")), envelope, None))
    assert read["In-Reply-To"] == ids[-1]
    assert read["References"].split() == list(ids)
    assert read["Reply-To"] == "answers@example.com"


@pytest.mark.parametrize(
    ("original", "own", "expected"),
    [
        ("Quick idea", "", ("Re: Quick idea", True)),
        ("Quick idea", "  ", ("Re: Quick idea", True)),
        ("Re: Quick idea", "", ("Re: Quick idea", True)),
        ("RE: re: Quick idea", "", ("Re: Quick idea", True)),
        ("Quick idea", "Quick idea", ("Re: Quick idea", True)),
        ("Quick idea", "re: quick IDEA", ("Re: Quick idea", True)),
        ("Quick idea", "Another idea", ("Another idea", False)),
        ("Regarding you", "", ("Re: Regarding you", True)),
        ("a\r\nBcc: b", "", ("Re: a Bcc: b", True)),
    ],
)
def test_a_follow_up_subject_says_re_once(original: str, own: str, expected: tuple[str, bool]) -> None:
    assert follow_up_subject(original, own) == expected
