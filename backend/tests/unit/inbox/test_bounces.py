"""Reports of dozens of mail systems in small: who failed, whether for good, and which message it was about."""

# ruff: noqa: E501 - tables of texts

from __future__ import annotations

import pytest

from reachly.services.inbox.policy import classify, matching_keys, parse_inbound
from reachly.services.suppression.policy import classify_report

OURS = "ada@acme.example"
ORIGINAL = "<f00d@acme.example>"


def report(
    status_part: str,
    *,
    original: str = f"Message-ID: {ORIGINAL}\nTo: joe@bolt.example",
    words: str = "It failed.",
) -> bytes:
    return f"""Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example>
To: {OURS}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <dsn1@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b/1"

--b/1
Content-Type: text/plain

{words}

--b/1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

{status_part}

--b/1
Content-Type: text/rfc822-headers

{original}

--b/1--
""".encode()


FAILED = "Final-Recipient: rfc822; Joe@Bolt.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown"


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_a_standard_report_names_recipient_reason_and_message(ending: bytes) -> None:
    inbound = parse_inbound(report(FAILED).replace(b"\n", ending))
    found = classify(inbound)
    assert found.kind == "bounce"
    assert found.report is not None
    one = found.report.recipients[0]
    assert (one.address, one.action, one.status) == ("joe@bolt.example", "failed", "5.1.1")
    assert classify_report(one.status, one.diagnostic, one.action).suppresses
    assert matching_keys(inbound)[0] == ORIGINAL


def test_delayed_is_not_a_bounce_and_the_failure_after_it_is() -> None:
    delayed = classify(parse_inbound(report(FAILED.replace("failed", "delayed").replace("5.1.1", "4.4.1"))))
    assert (delayed.kind, delayed.rule) == ("auto_reply", "report_delayed")
    assert classify(parse_inbound(report(FAILED))).kind == "bounce"


def test_delivered_and_relayed_are_not_bounces() -> None:
    for action in ("delivered", "relayed", "expanded"):
        assert classify(parse_inbound(report(FAILED.replace("failed", action)))).kind == "auto_reply"


def test_the_recipient_we_wrote_to_is_named_and_not_where_it_was_forwarded() -> None:
    group = "Original-Recipient: rfc822;joe@bolt.example\nFinal-Recipient: rfc822;joe@inner.bolt.example\nAction: failed\nStatus: 5.2.2"
    one = classify(parse_inbound(report(group))).report
    assert one is not None
    assert (one.recipients[0].address, one.recipients[0].final_address) == (
        "joe@bolt.example",
        "joe@inner.bolt.example",
    )


@pytest.mark.parametrize("status", ["5.1", "5.1.1.1", "9.9.9", "", "five", "5.1.1 (bad mailbox)", "x" * 5000])
def test_a_malformed_status_is_kept_and_read_by_the_words(status: str) -> None:
    found = classify(parse_inbound(report(FAILED.replace("Status: 5.1.1", f"Status: {status}"))))
    assert found.kind == "bounce"
    assert found.report is not None
    one = found.report.recipients[0]
    assert classify_report(one.status, one.diagnostic, one.action).suppresses


def test_a_report_without_an_action_is_read_by_its_status() -> None:
    assert (
        classify(parse_inbound(report("Final-Recipient: rfc822; a@b.example\nStatus: 4.4.1"))).kind
        == "auto_reply"
    )
    assert (
        classify(parse_inbound(report("Final-Recipient: rfc822; a@b.example\nStatus: 5.4.1"))).kind
        == "bounce"
    )


def test_where_the_report_gives_no_diagnosis_the_words_before_it_do() -> None:
    group = "Final-Recipient: rfc822; joe@bolt.example\nAction: failed\nStatus: 5.0.0"
    found = classify(parse_inbound(report(group, words="<joe@bolt.example>: No such user here")))
    assert found.report is not None
    one = found.report.recipients[0]
    assert classify_report(one.status, one.diagnostic, one.action).suppresses


def words(sender: str, subject: str, body: str, extra: str = "") -> bytes:
    return f"From: {sender}\nTo: {OURS}\nSubject: {subject}\n{extra}Message-ID: <w@mx.example>\n\n{body}\n".encode()


EXIM = """This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its recipients. This is a permanent error.
The following address(es) failed:

  joe@bolt.example
    host mx.bolt.example [192.0.2.1]
    SMTP error from remote mail server after RCPT TO:<joe@bolt.example>:
    550 5.1.1 <joe@bolt.example>: Recipient address rejected: User unknown

------ This is a copy of the message, including all the headers. ------

Return-path: <ada@acme.example>
Message-ID: <f00d@acme.example>
From: Ada <ada@acme.example>
To: other@third.example
Subject: stop unsubscribe out of office

Hello"""
QMAIL = """Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<joe@bolt.example>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <ada@acme.example>
Message-ID: <f00d@acme.example>
To: joe@bolt.example
"""
EXCHANGE = """Your message

  To:      sales@third.example
  Subject: A question
  Sent:    Mon, 4 Jan 2027 10:00:00 +0000

did not reach the following recipient(s):

joe@bolt.example on Mon, 4 Jan 2027 10:00:05 +0000
    The recipient name is not recognized
"""
GERMAN = "Ihre Nachricht konnte nicht zugestellt werden.\n\nEmpfänger: joe@bolt.example\nGrund: 550 Benutzer unbekannt"
FRENCH = "Votre message n'a pas pu être remis.\n\n<joe@bolt.example>\n550 5.1.1 utilisateur inconnu"


@pytest.mark.parametrize(
    ("sender", "subject", "body", "extra"),
    [
        ("Mailer-Daemon@mx.example", "Mail delivery failed: returning message to sender", EXIM, ""),
        ("Mailer-Daemon@mx.example", "Mail delivery failed", EXIM, "X-Failed-Recipients: joe@bolt.example\n"),
        ("MAILER-DAEMON@mx.example", "failure notice", QMAIL, "Return-Path: <>\n"),
        ("MAILER-DAEMON@mx.example", "", QMAIL, ""),
        ("System Administrator <postmaster@bolt.example>", "Undeliverable: A question", EXCHANGE, ""),
        ("postmaster@bolt.example", "Unzustellbar: Frage", GERMAN, ""),
        ("postmaster@bolt.example", "Non remis : question", FRENCH, ""),
        ("Mail.Delivery.System@gateway.example", "Delivery status notification", QMAIL, ""),
        ("gateway@filter.example", "Mail could not be delivered", QMAIL, ""),
    ],
)
def test_a_bounce_in_plain_words_names_who_failed(sender: str, subject: str, body: str, extra: str) -> None:
    found = classify(parse_inbound(words(sender, subject, body, extra)))
    assert found.kind == "bounce"
    assert found.report is not None
    assert [one.address for one in found.report.recipients] == ["joe@bolt.example"]
    one = found.report.recipients[0]
    assert classify_report(one.status, one.diagnostic, one.action).suppresses


def test_the_pasted_original_gives_the_message_id() -> None:
    assert matching_keys(parse_inbound(words("MAILER-DAEMON@mx.example", "failure notice", QMAIL))) == [
        ORIGINAL
    ]
    assert matching_keys(parse_inbound(words("Mailer-Daemon@mx.example", "Mail delivery failed", EXIM))) == [
        ORIGINAL
    ]


def test_a_warning_in_plain_words_is_no_bounce() -> None:
    body = "THIS IS A WARNING MESSAGE ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.\nDelivery to joe@bolt.example has been delayed."
    found = classify(
        parse_inbound(words("MAILER-DAEMON@mx.example", "Warning: message delayed 24 hours", body))
    )
    assert (found.kind, found.rule) == ("auto_reply", "report_delayed")


def test_a_person_who_writes_about_a_bounce_is_not_one() -> None:
    body = "Hi, your mail to joe@bolt.example could not be delivered, he left. Try sue@bolt.example.\n"
    threaded = words(
        "Sue <sue@bolt.example>", "Re: Undeliverable: A question", body, "In-Reply-To: <f00d@acme.example>\n"
    )
    assert classify(parse_inbound(threaded)).kind == "reply"
    forwarded = words("Sue <sue@bolt.example>", "Fwd: Undeliverable: A question", body)
    assert classify(parse_inbound(forwarded)).kind != "bounce"


ARF = f"""From: <fbl@provider.example>
To: abuse@acme.example
Subject: complaint
Content-Type: multipart/report; report-type=feedback-report; boundary=x

--x
Content-Type: text/plain

This is an abuse report.
--x
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Provider/1.0
Version: 1
Original-Rcpt-To: <joe@bolt.example>
--x
Content-Type: message/rfc822

From: {OURS}
Message-ID: {ORIGINAL}
To: undisclosed

Hello
--x--
"""


def test_a_feedback_report_is_a_complaint_about_the_message_inside() -> None:
    inbound = parse_inbound(ARF.encode())
    assert classify(inbound).kind == "complaint"
    assert inbound.feedback is not None
    assert (inbound.feedback.kind, inbound.feedback.recipients) == ("abuse", ("joe@bolt.example",))
    assert matching_keys(inbound)[0] == ORIGINAL


def test_not_spam_is_no_complaint() -> None:
    assert (
        classify(parse_inbound(ARF.replace("Feedback-Type: abuse", "Feedback-Type: not-spam").encode())).kind
        == "auto_reply"
    )
