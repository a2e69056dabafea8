"""Messages that come back: answers, notes of machines, delivery and feedback reports. Bytes with CRLF."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from itertools import count

_numbers = count(1)
MAILBOX = "mira@brightfjord.example"
WIDE = SMTP.clone(max_line_length=900)


def letter(
    sender: str, text: str, *, subject: str = "Re: A question", answers: str | None = None, to: str = MAILBOX,
    message_id: str | None = None, **headers: str,
) -> bytes:  # fmt: skip
    """What a person (or, with headers, a machine) writes. Underscores in header names stand for hyphens."""
    message = EmailMessage(policy=WIDE)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = message_id or f"<in-{next(_numbers)}@example.com>"
    if answers:
        message["In-Reply-To"] = message["References"] = answers
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def away(sender: str, text: str, *, answers: str | None = None) -> bytes:
    return letter(
        sender, text, subject="Automatic reply: A question", answers=answers, Auto_Submitted="auto-replied"
    )


def report(
    recipient: str, original_id: str | None, *, status: str = "5.1.1", action: str = "failed",
    said: str = "550 5.1.1 <x>: Recipient address rejected: User unknown", message_id: str | None = None,
    original_to: str | None = None,
) -> bytes:  # fmt: skip
    """A delivery report (RFC 3464) with the headers of the original."""
    original = f"From: {MAILBOX}\nTo: {original_to or recipient}\nSubject: A question\n"
    original += f"Message-ID: {original_id}\n" if original_id else ""
    boundary = "=_report"
    return "\r\n".join(
        f"""Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.com>
To: {MAILBOX}
Subject: Undelivered Mail Returned to Sender
Message-ID: {message_id or f"<dsn-{next(_numbers)}@mx.example.com>"}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"

--{boundary}
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--{boundary}
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {said}

--{boundary}
Content-Type: text/rfc822-headers

{original}
--{boundary}--
""".split("\n")
    ).encode()


def complaint(
    original_id: str, *, kind: str = "abuse", original_to: str = "", message_id: str | None = None
) -> bytes:
    """A feedback report (RFC 5965); who complains is blacked out unless `original_to` is given."""
    boundary = "=_feedback"
    to = f"To: {original_to}\n" if original_to else ""
    return "\r\n".join(
        f"""From: Feedback <feedback@example.net>
To: {MAILBOX}
Subject: complaint about message
Message-ID: {message_id or f"<arf-{next(_numbers)}@example.net>"}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="{boundary}"

--{boundary}
Content-Type: text/plain

This is an email abuse report.

--{boundary}
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1

--{boundary}
Content-Type: text/rfc822-headers

From: {MAILBOX}
{to}Subject: A question
Message-ID: {original_id}

--{boundary}--
""".split("\n")
    ).encode()
