"""A lead, an envelope, and reading a message back with the standard library."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage

from reachly.services.rendering.policy import compile_template, render
from reachly.services.rendering.schemas import MessageEnvelope, Rendered, TemplateSource, TrackedUrls

UNSUBSCRIBE = "https://reach.example/u/abc"
ENVELOPE = MessageEnvelope(
    message_id="<1.abc@mail.example.com>",
    from_name="Grace",
    from_email="grace@example.com",
    to_name="Ada",
    to_email="ada@example.org",
    date=datetime(2026, 1, 5, 9, 30, tzinfo=UTC),
    list_unsubscribe_url=UNSUBSCRIBE,
    list_unsubscribe_mailto="unsubscribe+abc@reach.example",
)
LEAD = {"first_name": "Ada", "company": "Lovelace & Sons", "postal_address": "1 Example Street\nLondon"}
HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "X-Correlation-ID",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "MIME-Version",
    "Content-Type",
]


def rendered(source: TemplateSource, values: dict[str, str] | None = None) -> Rendered:
    """The message of LEAD."""
    return render(compile_template(source), LEAD | (values or {}), seed="seed")


def urls(message: Rendered) -> TrackedUrls:
    """Tracked addresses for every link of a message."""
    clicks = tuple(f"https://t.example/c/{number}?x=1&y=2" for number in range(len(message.links)))
    return TrackedUrls("https://t.example/o/abc?x=1&y=2", clicks, UNSUBSCRIBE)


def parsed(raw: bytes) -> EmailMessage:
    """What a conforming reader sees; fails on any defect."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def part(message: EmailMessage, kind: str) -> str:
    """The `plain` or `html` words, with \\n."""
    body = message.get_body(preferencelist=(kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def assert_wire_form(raw: bytes) -> None:
    """CRLF only, no line past 998 octets, none that begins with a dot."""
    lines = raw.split(b"\r\n")
    assert lines[-1] == b""
    assert all(len(line) <= 998 and b"\n" not in line and b"\r" not in line for line in lines)
    assert not any(line.startswith(b".") for line in lines)
