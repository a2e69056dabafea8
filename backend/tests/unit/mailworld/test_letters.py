"""What the world writes, read by the standard library as the oracle."""

from __future__ import annotations

import email
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest

from mailworld import Rates
from mailworld.content import read
from mailworld.letters import return_day, write_answer, write_auto_reply, write_report
from mailworld.persona import Person, Plan, meet
from mailworld.phrases import ANSWERS, AUTO_SUBJECTS, AWAY, LANGUAGES, LEFT, WROTE, write_date
from tests.factories.mail import Letter

AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SENT = Letter(
    "amy@acme.test", subject="Re: Größe und Maß", message_id="<3@reachly.test>",
    references=("<1@reachly.test>", "<2@reachly.test>"),
).build().as_bytes(policy=SMTP)  # fmt: skip


def person(language: str = "en") -> Person:
    return replace(meet(7, Rates.quiet(), "amy@acme.test"), language=language)


def plan(what: str, detail: str) -> Plan:
    return Plan(AT, "amy@acme.test", 3, what, detail)  # type: ignore[arg-type]


def parse(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    assert b"\n" not in raw.replace(b"\r\n", b"")
    return message


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("meaning", ["keen", "question", "declines", "stop"])
def test_an_answer_belongs_to_the_thread_and_quotes(language: str, meaning: str) -> None:
    message = parse(write_answer(7, person(language), plan("answer", meaning), read(SENT), meaning=meaning))
    assert message["In-Reply-To"] == "<3@reachly.test>"
    assert message["References"] == "<1@reachly.test> <2@reachly.test> <3@reachly.test>"
    assert message["To"] == "anna@reachly.test"
    assert message["From"].addresses[0].addr_spec == "amy@acme.test"
    assert message["Subject"].endswith("Größe und Maß")
    assert message["Auto-Submitted"] is None
    body = message.get_body(("plain",))
    assert body is not None
    assert "> Hello," in body.get_content()
    assert message["Date"].datetime == AT


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_auto_reply_says_so_and_names_the_day(language: str) -> None:
    away = plan("auto_reply", "away")
    message = parse(write_auto_reply(7, person(language), away, read(SENT)))
    assert message["Auto-Submitted"].startswith("auto-")
    assert message["X-Auto-Response-Suppress"] or message["Precedence"]
    back = return_day(7, person(language), away)
    assert AT < back < AT + timedelta(days=14)
    assert str(back.day) in message.get_content()


def test_who_left_names_a_successor() -> None:
    message = parse(write_auto_reply(7, person(), plan("auto_reply", "left"), read(SENT)))
    assert "@acme.test" in message.get_content()
    assert message["Auto-Submitted"]


@pytest.mark.parametrize("recipient", [f"n{number}@acme.test" for number in range(4)])
@pytest.mark.parametrize(("what", "action"), [("bounce", "failed"), ("delay", "delayed")])
def test_a_delivery_report_follows_rfc_3464(recipient: str, what: str, action: str) -> None:
    detail = "5.1.1 550 5.1.1 User unknown" if what == "bounce" else "4.4.1"
    report = parse(
        write_report(
            7,
            replace(plan(what, detail), recipient=recipient),
            read(SENT),
            hostname="mx.mailworld.test",
            arrived=AT,
        )
    )
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "delivery-status"
    assert report["Return-Path"] == "<>"
    _, status, original = report.iter_parts()
    assert status.get_content_type() == "message/delivery-status"
    _, one = status.get_payload()
    assert one["Action"] == action
    assert one["Final-Recipient"] == f"rfc822; {recipient}"
    assert one["Status"] == detail.partition(" ")[0]
    assert "<3@reachly.test>" in original.as_string()


def test_every_language_says_everything() -> None:
    for texts in (AUTO_SUBJECTS, AWAY, LEFT, WROTE):
        assert set(texts) == set(LANGUAGES)
    for language in LANGUAGES:
        assert set(ANSWERS[language]) == {"keen", "question", "declines", "stop"}
        for style in (0.0, 0.3, 0.55, 0.9):
            assert "5" in write_date(language, AT, style)


def test_what_a_reader_sees() -> None:
    seen = read(SENT)
    assert seen.subject == "Re: Größe und Maß"
    assert (seen.sender, seen.sender_name) == ("anna@reachly.test", "Anna Berg")
    assert seen.pixel == "http://127.0.0.1:9/o/amy@acme.test"
    assert seen.links == ("http://127.0.0.1:9/c/amy@acme.test",)
    assert seen.all_links == ("http://127.0.0.1:9/c/amy@acme.test", "http://127.0.0.1:9/u/amy@acme.test")
    assert seen.one_click == "http://127.0.0.1:9/u/amy@acme.test"


@pytest.mark.parametrize(
    "raw",
    [b"", b"\xff\xfe\x00", b"Subject: x\r\n", b"Content-Type: text/html; charset=nonsense\r\n\r\n<a href=x>"],
)
def test_any_bytes_can_be_read(raw: bytes) -> None:
    assert read(raw).links == ()


def test_a_name_with_a_comma_stays_one_name() -> None:
    raw = SENT.replace(b"To: amy@acme.test", b"To: =?utf-8?q?M=C3=BCller=2C_Amy?= <amy@acme.test>")
    assert read(raw).recipient_name == "Müller, Amy"


def test_one_click_needs_both_headers() -> None:
    assert read(SENT.replace(b"List-Unsubscribe-Post: ", b"X-Other: ")).one_click == ""
