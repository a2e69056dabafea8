"""Headers and bodies, judged by the standard library's parser."""

from __future__ import annotations

import email
import email.policy
import quopri
from datetime import UTC, datetime, timedelta, timezone
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import format_datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reachly.kit import mime

HOSTILE = [
    "Hi\r\nBcc: bob@example.com",
    "Hi\rBcc: bob@example.com",
    "Hi\nBcc: bob@example.com",
    "Hi\x85Bcc: bob@example.com",
    "Hi\u2028Bcc: bob@example.com",
    "Hi\u2029\r\n\r\nbody",
    "Hi\x00\x0b\x0cthere",
    "Hi%0d%0aBcc: bob@example.com",
    "=?utf-8?q?Hi=0D=0ABcc:_bob@example.com?=",
    "=?utf-8?b?SGkNCkJjYzogYm9i?=",
    "\r\n",
    "\ud800 broken",
]


def parsed(headers: str) -> EmailMessage:
    raw = (headers + "\r\n\r\n").encode()
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def lines_fit(value: str, used: int) -> bool:
    first, *rest = value.split("\r\n")
    return used + len(first) <= 78 and all(line.startswith(" ") and len(line) <= 78 for line in rest)


@given(st.text(max_size=300))
@example("Grüße aus Köln, " * 12)
@example("短い件名" * 40)
@example("👋🏽" * 30)
@example("a" * 2000)
@example("word " * 60)
@settings(deadline=None)
def test_a_subject_reads_back_as_the_cleaned_text(text: str) -> None:
    value = mime.encode_text(text, len("Subject: "))
    message = parsed(f"Subject: {value}")
    assert message.keys() == ["Subject"]
    assert message["Subject"] == mime.clean_header(text)
    assert lines_fit(value, len("Subject: "))
    assert value.isascii()


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_adds_a_header(text: str) -> None:
    subject = mime.encode_text(text, len("Subject: "))
    mailbox = mime.format_mailbox(text, "ada@example.com", len("To: "))
    message = parsed(f"Subject: {subject}\r\nTo: {mailbox}")
    assert message.keys() == ["Subject", "To"]
    assert message["Subject"] == mime.clean_header(text)
    assert [one.addr_spec for one in message["To"].addresses] == ["ada@example.com"]


@given(st.text(max_size=120))
@example("Dr. Ada, Countess of Lovelace")
@example('Ada "the first" \\ Lovelace')
@example("Søren Kierkegaard")
@example("ada@evil.example")
@example("x" * 120)
@settings(deadline=None)
def test_a_display_name_reads_back_with_its_one_address(name: str) -> None:
    value = mime.format_mailbox(name, "ada@example.com", len("From: "))
    message = parsed(f"From: {value}")
    (address,) = message["From"].addresses
    assert address.addr_spec == "ada@example.com"
    # Older parsers keep the space between two encoded words of a phrase (RFC 2047 6.2 drops it); the header
    # decoder does not.
    words = (
        str(make_header(decode_header(value.rpartition("<")[0])))
        if "?=\r\n" in value
        else address.display_name
    )
    assert words.split() == mime.clean_header(name).split()
    assert lines_fit(value, len("From: "))


@pytest.mark.parametrize(
    "bad", ["", "ada", "a@b>\r\nX: y", "a b@example.com", "a@b, c@d", "<a@b>", '"a"@b', "a@b\u2028"]
)
def test_a_mailbox_must_be_one_bare_address(bad: str) -> None:
    with pytest.raises(ValueError, match="bare"):
        mime.format_mailbox("Ada", bad, 4)


def test_references_are_folded_and_what_is_no_id_is_left_out() -> None:
    ids = [f"<{n:040d}@mail.example.com>" for n in range(20)]
    value = mime.fold_message_ids([*ids, "no id", "<a@b>\r\nX: y", "<a b@c>", "<<a@b>>"], len("References: "))
    message = parsed(f"References: {value}")
    assert message.keys() == ["References"]
    assert message["References"].split() == ids
    assert lines_fit(value, len("References: "))


@given(st.text())
@example("line\n.\nnext\n..\n.hidden")
@example("\r\n.\r\n")
@example("a\r.\rb")
@example("." * 500)
@example(("." + "x" * 80 + "\n") * 3)
@example("x" * 2000)
@example("trailing \t\nspace ")
@example("x" * 74 + " \n" + "x" * 75 + "\t\n" + "." * 74 + " \nend")
@example("=3D = == =\n")
@example("emoji 👩🏽‍💻 ß 漢字 \x00 \u2028 \x85")
@settings(max_examples=300, deadline=None)
def test_a_body_survives_with_crlf_short_lines_and_no_leading_dot(text: str) -> None:
    encoded = mime.encode_quoted_printable(text)
    lines = encoded.split(b"\r\n")
    assert all(len(line) <= 76 and not line.startswith(b".") for line in lines)
    assert b"\n" not in encoded.replace(b"\r\n", b"")
    assert b"\r" not in encoded.replace(b"\r\n", b"")
    assert encoded.isascii()
    wanted = text.replace("\r\n", "\n").replace("\r", "\n")
    assert quopri.decodestring(encoded).replace(b"\r\n", b"\n") == wanted.encode()


@given(st.datetimes(), st.integers(-840, 840))
def test_dates_are_those_of_the_standard_library(naive: datetime, minutes: int) -> None:
    when = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert mime.format_date(when) == format_datetime(when)


def test_a_naive_date_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        mime.format_date(datetime(2026, 1, 5))  # noqa: DTZ001
    assert mime.format_date(datetime(2026, 1, 5, 9, 30, tzinfo=UTC)) == "Mon, 05 Jan 2026 09:30:00 +0000"


@pytest.mark.parametrize(
    "bad", ["https://x.test/a b", "https://x.test/\r\nX: y", "https://x.test/>", "https://x.test/ä", ""]
)
def test_a_uri_with_room_for_an_injection_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="header"):
        mime.angle_uri(bad)
