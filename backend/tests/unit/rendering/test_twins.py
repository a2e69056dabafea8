"""Templates and messages rule by rule: exact words of both parts, each reserved header, each fault in its place."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from reachly.kit.language import NAMES
from reachly.services.rendering import opt_out_words
from reachly.services.rendering.compile import MAX_SUBJECT
from reachly.services.rendering.errors import MessageTooLarge, TemplateError, UnresolvedField, Unsendable
from reachly.services.rendering.fill import MAX_FILLED
from reachly.services.rendering.message import bare_subject, follow_up_subject
from reachly.services.rendering.policy import build_message, compile_template, render
from reachly.services.rendering.schemas import FieldUse, TemplateSource, TrackedUrls
from tests.factories.messages import ENVELOPE, LEAD, UNSUBSCRIBE, rendered, urls

OURS = (
    "bcc cc content-transfer-encoding content-type date from in-reply-to list-unsubscribe list-unsubscribe-post "
    "message-id mime-version references reply-to return-path sender subject to x-correlation-id"
)


def source(body: str, subject: str = "S", **more: object) -> TemplateSource:
    return TemplateSource(subject, body, **{"unsubscribe_form": "none", **more})  # type: ignore[arg-type]


def text(body: str, values: dict[str, str] | None = None, **more: object) -> str:
    return rendered(source(body, **more), values).text


def html(body: str, values: dict[str, str] | None = None, **more: object) -> str:
    found = rendered(source(body, **more), values).html
    assert found is not None
    return found


@pytest.mark.parametrize("name", OURS.split())
def test_every_header_of_ours_is_reserved_in_any_case(name: str) -> None:
    for spelling in (name, name.title(), name.upper()):
        with pytest.raises(Unsendable) as caught:
            build_message(rendered(source("Hi")), replace(ENVELOPE, extra_headers=((spelling, "x"),)), None)
        assert caught.value.code == "bad_envelope"
    assert b"\r\nX-Other: v\r\n" in build_message(
        rendered(source("Hi")), replace(ENVELOPE, extra_headers=(("X-Other", "v"),)), None
    )


def head(**envelope: object) -> list[str]:
    message = rendered(source("Hi", unsubscribe_form="link"))
    raw = build_message(message, replace(ENVELOPE, **envelope), None)  # type: ignore[arg-type]
    return raw.partition(b"\r\n\r\n")[0].decode().split("\r\n")


def test_the_header_block_line_by_line() -> None:
    lines = head(
        reply_to="answers@example.com", in_reply_to="<a@example.org>",
        references=("<a@example.org>", "<b@example.org>"),
        extra_headers=(("X-Team", "blue"),),
    )  # fmt: skip
    token = next(line for line in lines if line.startswith("X-Correlation-ID"))
    assert lines[:8] == [
        "From: Grace <grace@example.com>",
        "To: Ada <ada@example.org>",
        "Subject: S",
        "Date: Mon, 05 Jan 2026 09:30:00 +0000",
        "Message-ID: <1.abc@mail.example.com>",
        token,
        "Reply-To: answers@example.com",
        "In-Reply-To: <a@example.org>",
    ]
    whole = "\r\n".join(lines)
    assert "References: <a@example.org>" in whole
    assert f"List-Unsubscribe: <{UNSUBSCRIBE}>,\r\n <mailto:unsubscribe+abc@reach.example>\r\n" in whole
    assert (
        "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nX-Team: blue\r\nMIME-Version: 1.0\r\n"
        in whole
    )


def test_what_is_missing_or_malformed_is_left_out() -> None:
    plain = "\r\n".join(head(in_reply_to="broken", references=("broken",)))
    assert "In-Reply-To" not in plain
    assert "References" not in plain
    assert "Reply-To" not in plain
    only = "\r\n".join(head(list_unsubscribe_mailto="mailto:u@reach.example"))
    assert f"List-Unsubscribe: <{UNSUBSCRIBE}>,\r\n <mailto:u@reach.example>" in only
    without = "\r\n".join(head(list_unsubscribe_mailto=None))
    assert f"List-Unsubscribe: <{UNSUBSCRIBE}>\r\nList-Unsubscribe-Post" in without


def test_an_address_in_an_attribute_is_escaped() -> None:
    message = rendered(
        TemplateSource(
            "S", '<p><a href="https://x.example/a">see</a></p>', track_clicks=True, track_opens=True
        )
    )
    for sign, written in (("&", "&amp;"), ('"', "&quot;"), ("'", "&#x27;"), ("<", "&lt;"), (">", "&gt;")):
        clicks = tuple(f"https://t.example/{sign}" for _ in message.links)
        raw = build_message(message, ENVELOPE, TrackedUrls(None, clicks, UNSUBSCRIBE)).replace(b"=\r\n", b"")
        assert f'href=3D"https://t.example/{written}"'.encode() in raw
        assert f"https://t.example/{sign}".encode() in raw
    pixel = build_message(message, ENVELOPE, urls(message)).replace(b"=\r\n", b"")
    assert b'<img src=3D"https://t.example/o/abc?x=3D1&amp;y=3D2"' in pixel


def test_a_link_with_an_ampersand_is_escaped_in_html_alone_wherever_it_is_met_first() -> None:
    for body in ("https://x.example/?a=1&b=2", '<a href="https://x.example/?a=1&amp;b=2">x</a>'):
        assert "https://x.example/?a=1&amp;b=2" in html(body)
        assert "https://x.example/?a=1&b=2" in text(body)
        assert "https://x.example/?a=1&b=2" in text(body, text_only=True) or body.startswith("<")


@pytest.mark.parametrize(
    "end", ["\r\n", "\r", "\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]
)
def test_every_line_end_of_a_value_is_one_break(end: str) -> None:
    assert text("{{ a }}!", {"a": f" one{end}two "}) == "one\ntwo!\n"
    assert "one<br>\ntwo!" in html("{{ a }}!", {"a": f"one{end}two"})


def test_control_characters_of_a_value_are_left_out() -> None:
    assert text("{{ a }}!", {"a": "x\x00\x08\x0e\x1f\x7f\x9fy\ud800z"}) == "xyz!\n"
    assert text("{{ a }}!", {"a": "x\ty"}) == "x\ty!\n"
    assert text("{{ Job Title }}!", {"job_title": "b"}) == "b!\n"
    assert text("{{ Job Title }}!", {"job_title": "b", "Job Title": "a"}) == "a!\n"
    assert text('{{ a | fallback: "f" }}!', {"a": " \n "}) == "f!\n"


@pytest.mark.parametrize(("href", "values", "link"), [
    ("{{ site }}", {"site": "https://x.example/a?b=c&d#e"}, "https://x.example/a?b=c&d#e"),
    ("{{ site }}", {"site": "HTTP://x.example"}, "HTTP://x.example"),
    ("{{ site }}", {"site": "x.example"}, "https://x.example"),
    ("{{ site }}", {"site": "x.example:8080/a"}, "https://x.example:8080/a"),
    ("{{ site }}", {"site": " x.example/a\nb "}, "https://x.example/ab"),
    ("https://x.example/{{ a }}", {"a": "b c/d?e@f"}, "https://x.example/b%20c%2Fd%3Fe%40f"),
    ("https://x.example/{a|a}", {}, "https://x.example/a"),
    ("https://x.example/{% if a %}yes{% else %}no{% endif %}", {"a": "1"}, "https://x.example/yes"),
    ("https://x.example/{% if a %}yes{% else %}no{% endif %}", {}, "https://x.example/no"),
])  # fmt: skip
def test_what_stands_in_a_link(href: str, values: dict[str, str], link: str) -> None:
    message = rendered(source(f'<a href="{href}">x</a>', track_clicks=True), values)
    assert message.links == (link,)


@pytest.mark.parametrize(
    "site", ["x", "ftp://x.example", "javascript:x", "x.example:123456", "a@x.example", "https://"]
)
def test_what_is_no_web_address_names_its_field(site: str) -> None:
    with pytest.raises(UnresolvedField) as caught:
        rendered(source('<a href="{{ site }}">x</a>'), {"site": site})
    assert "site" in str(caught.value.__dict__) + str(caught.value)


def test_a_mailto_keeps_its_signs_and_shows_without_its_scheme() -> None:
    body = '<a href="mailto:{{ mail }}">write</a>'
    assert 'href="mailto:a+b@x.example"' in html(body, {"mail": "a+b@x.example"})
    assert "a+b@x.example" in text(body, {"mail": "a+b@x.example"})
    assert "mailto:" not in text(body, {"mail": "a+b@x.example"})


def test_a_subject_of_blanks_is_no_subject() -> None:
    assert rendered(source("Hi", subject=" \t ")).subject == ""
    assert rendered(source("Hi", subject=" A\r\nB ")).subject == "A B"
    with pytest.raises(UnresolvedField):
        rendered(source("Hi", subject='{{ a | fallback: " " }}'))


@pytest.mark.parametrize("where", ["subject", "preheader"])
def test_a_line_has_two_thousand_characters_at_most_and_no_opt_out(where: str) -> None:
    assert MAX_SUBJECT == 2_000
    assert compile_template(replace(source("Hi"), **{where: "x" * MAX_SUBJECT}))
    assert compile_template(replace(source("Hi"), **{where: " " * 9 + "x" * MAX_SUBJECT + " " * 9}))
    for bad in ("x" * (MAX_SUBJECT + 1), "{{ unsubscribe_url }}", "{{ a"):
        with pytest.raises(TemplateError) as caught:
            compile_template(replace(source("Hi"), **{where: bad}))
        assert [fault.where for fault in caught.value.faults] == [where]


def test_faults_of_every_part_come_together() -> None:
    with pytest.raises(TemplateError) as caught:
        compile_template(TemplateSource("{{ a", "{{ b", preheader="{{ c"))
    assert [fault.where for fault in caught.value.faults] == ["subject", "preheader", "body"]
    for body in ("", " \n ", "<p> </p>"):
        with pytest.raises(TemplateError):
            compile_template(source(body))
    assert compile_template(source('<p><img src="https://x.example/a.png" alt=""></p>'))


def test_the_opening_line_takes_its_paragraph_with_it() -> None:
    body = "{{ opening_line }}\n\nHello\n"
    assert text(body) == "Hello\n"
    assert text(body, {"opening_line": "I saw you."}) == "I saw you.\n\nHello\n"
    assert text("Hi {{ opening_line }}!") == "Hi !\n"


def footer(body: str, **more: object) -> str:
    return rendered(TemplateSource("S", body, **more)).text  # type: ignore[arg-type]


def test_the_footer_in_words() -> None:
    address = "1 Example Street\nLondon\n"
    assert footer("Hi").startswith("Hi\n\nUnsubscribe: ")
    assert footer("Hi").endswith(f"\n{address}")
    assert footer("Hi", opt_out_text="No more").startswith("Hi\n\nNo more: ")
    stop = "If you would rather not hear from me again, reply with “stop”."
    assert footer("Hi", unsubscribe_form="reply") == f"Hi\n\n{stop}\n{address}"
    assert footer("Hi", unsubscribe_form="reply", opt_out_text="Say no") == f"Hi\n\nSay no\n{address}"
    assert footer("Hi {{ postal_address }}", unsubscribe_form="reply").count("London") == 1
    assert (
        footer("Hi {% if company %}{{ postal_address }}{% endif %}", unsubscribe_form="reply").count("London")
        == 2
    )
    assert footer("Hi", unsubscribe_form="none") == "Hi\n"


@pytest.mark.parametrize(
    ("body", "label", "reply"),
    [
        ("Guten Tag, haben Sie und Ihre Leute Zeit?", "Abmelden", "antworten Sie mit „stop“"),
        ("Haben Sie meine Zeilen gesehen?", "Abmelden", "antworten Sie mit „stop“"),
        (
            "Hi {{ first_name }},\n\nhave you seen this? https://und.example",
            "Unsubscribe",
            "reply with “stop”",
        ),
        ("Bonjour, avez-vous vu notre message ?", "Se désinscrire", "répondez « stop »"),
        ("{{ opening_line }}", "Unsubscribe", "reply with “stop”"),
        ("<p>Ik heb het niet gezien</p>", "Afmelden", "‘stop’"),
    ],
)
def test_the_line_for_opting_out_is_in_the_language_of_the_text(body: str, label: str, reply: str) -> None:
    assert f"{label}: " in footer(body)
    assert reply in footer(body, unsubscribe_form="reply")


def test_every_language_that_is_told_has_its_words_for_opting_out() -> None:
    assert set(opt_out_words._LABELS) == set(opt_out_words._REPLIES) == set(NAMES)
    assert all(re.search(r"\bstop\b", words) for words in opt_out_words._REPLIES.values())


def test_uses_say_where_a_field_stands_and_whether_it_may_be_empty() -> None:
    compiled = compile_template(TemplateSource(
        "{{ a }}", "{{ b | fallback: \"x\" }} {% if c %}{{ d }}{% else %}{{ e }}{% endif %} {x|{{ f }}}",
        preheader="{{ g }}",
        unsubscribe_form="reply",
    ))  # fmt: skip
    assert compiled.uses == {
        FieldUse("a", False, "subject"), FieldUse("g", False, "preheader"), FieldUse("b", True, "body"),
        FieldUse("c", True, "body"), FieldUse("d", False, "body"), FieldUse("e", False, "body"),
        FieldUse("f", False, "body"), FieldUse("postal_address", False, "footer"),
    }  # fmt: skip


def test_strict_rendering_names_what_any_option_would_need() -> None:
    def missing(body: str, **values: str) -> list[str]:
        try:
            render(compile_template(source(body)), values, seed="s", strict=True)
        except UnresolvedField as error:
            return sorted(
                name for name in ("a", "b", "c") if f"'{name}'" in repr(error.__dict__) + repr(error.args)
            )
        return []

    assert missing("x {{{ a }}|{{ b }}}") == ["a", "b"]
    assert missing("x {% if c %}{{ a }}{% else %}{{ b }}{% endif %}") == ["b"]
    assert missing("x {% if c %}{{ a }}{% else %}{{ b }}{% endif %}", c="1") == ["a"]
    assert missing("x {{ opening_line }}") == []
    assert missing('x {{ a | fallback: "y" }}') == []


@pytest.mark.parametrize(("subject", "bare"), [
    ("Re: A", "A"), ("re : RE:A", "A"), ("Really: A", "Really: A"), ("A Re: B", "A Re: B"), ("", ""),
])  # fmt: skip
def test_a_bare_subject(subject: str, bare: str) -> None:
    assert bare_subject(subject) == bare
    assert follow_up_subject(subject, "") == (f"Re: {bare}".rstrip(), True)
    assert follow_up_subject(subject, f"RE: {bare.upper()}" if bare else "") == (f"Re: {bare}".rstrip(), True)
    assert follow_up_subject(subject, "Other") == ("Other", False)


def test_a_message_has_two_million_characters_at_most() -> None:
    room = MAX_FILLED - len("!\n")
    assert len(text("{{ a }}!", {"a": "x" * room}, text_only=True)) == MAX_FILLED
    with pytest.raises(MessageTooLarge) as caught:
        text("{{ a }}!", {"a": "x" * (room + 1)}, text_only=True)
    assert caught.value.code == "message_too_large"


def test_clicks_are_as_many_as_links_and_the_opt_out_is_there() -> None:
    message = rendered(TemplateSource("S", "https://x.example/a", track_clicks=True))
    with pytest.raises(Unsendable) as caught:
        build_message(message, ENVELOPE, TrackedUrls(None, ("a", "b", "c"), UNSUBSCRIBE))
    assert caught.value.code == "bad_click_urls"
    with pytest.raises(Unsendable) as caught:
        build_message(message, replace(ENVELOPE, list_unsubscribe_url=None), None)
    assert caught.value.code == "no_unsubscribe"
    assert LEAD["first_name"] == "Ada"
