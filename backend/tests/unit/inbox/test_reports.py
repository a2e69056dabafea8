"""Delivery and feedback reports field by field, as mail systems write them."""

from __future__ import annotations

import pytest

from reachly.services.inbox.policy import parse_inbound
from reachly.services.inbox.policy.reports import (
    MAX_RECIPIENTS,
    SCANNED,
    DeliveryReport,
    FeedbackReport,
    ReportedRecipient,
    find_addresses,
    find_message_ids,
)

GROUP = "Final-Recipient: rfc822; joe@bolt.example\nAction: failed\nStatus: 5.1.1"


def read(status: str, kind: str = "message/delivery-status") -> DeliveryReport | None:
    text = (
        "From: MAILER-DAEMON@mx.example\nMIME-Version: 1.0\nContent-Type: multipart/report; boundary=b\n\n--b\n"
        f"Content-Type: {kind}\n\n{status}\n--b--\n"
    )
    return parse_inbound(text.encode()).report


def one(group: str) -> ReportedRecipient | None:
    report = read(f"Reporting-MTA: dns; mx.example\n\n{group}\n")
    assert report is not None
    assert report.standard
    return report.recipients[0] if report.recipients else None


def test_a_report_in_full() -> None:
    group = f"{GROUP} (bad)\nDiagnostic-Code: smtp; 550\n\tno\n such\n  user"
    for kind in ("message/delivery-status", "message/global-delivery-status"):
        assert read(
            f"Original-Envelope-Id: abc\nReporting-MTA: x\n \t \n{group}\n\n\n", kind
        ) == DeliveryReport(
            (
                ReportedRecipient(
                    "joe@bolt.example", "failed", "5.1.1", "smtp; 550 no such user", "joe@bolt.example"
                ),
            ),
            True,
            "abc",
        )
    assert read(GROUP, "text/plain") is None
    bare = read(GROUP)
    assert bare is not None
    assert (bare.envelope_id, len(bare.recipients), bare.failed) == ("", 1, True)
    assert DeliveryReport((), False).envelope_id == ""
    assert not DeliveryReport((), False).failed
    assert ReportedRecipient("a", "b", "c", "d").final_address == ""


@pytest.mark.parametrize(("group", "address", "final"), [
    ("Original-Recipient: rfc822;joe@bolt.example", "joe@bolt.example", ""),
    ("Original-Recipient: rfc822;unknown\nFinal-Recipient: rfc822;joe@bolt.example",
     "joe@bolt.example", "joe@bolt.example"),
    ("Final-Recipient: rfc822; <Joe@Bolt.example>", "joe@bolt.example", "joe@bolt.example"),
    ("Final-Recipient: joe@bolt.example", "joe@bolt.example", "joe@bolt.example"),
    ("Final-Recipient: rfc822; mailto:joe@bolt.example", "joe@bolt.example", "joe@bolt.example"),
    ("Original-Recipient: rfc822;joe+2Btag+3Dx@bolt.example", "joe+tag=x@bolt.example", ""),
    ("Original-Recipient: rfc822;joe+2btag@bolt.example", "joe+2btag@bolt.example", ""),
    ("Original-Recipient: rfc822;a;b@bolt.example", "b@bolt.example", ""),
    ("Final-Recipient: rfc822; " + "x" * 400 + "@b", "x" * 320, "x" * 320),
])  # fmt: skip
def test_an_address_in_its_field(group: str, address: str, final: str) -> None:
    found = one(group)
    assert found is not None
    assert (found.address, found.final_address, found.action) == (address, final, "failed")


@pytest.mark.parametrize(("fields", "action"), [
    ("Action: failed", "failed"), ("Action: delayed", "delayed"), ("Action: delivered", "delivered"),
    ("Action: relayed", "relayed"), ("Action: expanded", "expanded"), ("Action:  FAILED (5.1.1)", "failed"),
    ("Action: delayed;", "delayed"), ("Action: delayed.", "delayed"), ("Action: delayed,", "delayed"),
    ("Action: failed\nStatus: 2.0.0", "failed"), ("Action: failed\nStatus: 4.0.0", "failed"),
    ("Action: lost\nStatus: 4.0.0", "delayed"), ("Action: lost\nStatus: 2.0.0", "delivered"),
    ("Action: lost\nStatus: 5.2.4", "failed"), ("Status: 4.0.0", "delayed"), ("Status: 5.4.2", "failed"),
])  # fmt: skip
def test_an_action_is_one_of_five_and_else_told_by_the_status(fields: str, action: str) -> None:
    found = one(f"Final-Recipient: rfc822; joe@bolt.example\n{fields}")
    assert found is not None
    assert found.action == action


@pytest.mark.parametrize(("group", "is_one"), [
    ("Final-Recipient: rfc822; a@b.example", True), ("Original-Recipient: rfc822; a@b.example", True),
    ("Status: 5.0.0", True), ("Diagnostic-Code: smtp; 550 no", True), ("Action: failed", False),
    ("Status: 5.1.1\nAction: failed", True), ("X-Other: 1", False), ("Final-Recipient: ", False),
])  # fmt: skip
def test_a_group_is_a_recipient_if_it_says_something_of_one(group: str, is_one: bool) -> None:
    assert (one(group) is not None) is is_one


def test_the_values_of_fields_are_cut() -> None:
    found = one(f"Status:  {'5' * 50} (x)\nDiagnostic-Code: {'d' * 5000}\nDiagnostic-Code: second\n: nothing")
    assert found is not None
    assert (found.status, found.diagnostic) == ("5" * 40, "d" * 4000)
    spaced = one("Status : 5.0.0\nX: 1")
    assert spaced is not None
    assert spaced.status == "5.0.0"
    long = one(f"Final-Recipient: rfc822; a@b.example\nX: {'x' * 30_000}\nStatus: 5.0.0")
    assert long is not None
    assert long.status == ""
    folded = one(" begins with a blank\nStatus: 5.0.0")
    assert folded is not None
    assert folded.status == "5.0.0"


@pytest.mark.parametrize("count", [MAX_RECIPIENTS - 1, MAX_RECIPIENTS, MAX_RECIPIENTS + 1])
def test_a_hundred_recipients_are_read(count: int) -> None:
    groups = "\n\n".join(f"Final-Recipient: rfc822; u{n}@b.example\nAction: failed" for n in range(count))
    assert MAX_RECIPIENTS == 100
    for head in ("Reporting-MTA: x\n\n", ""):
        report = read(head + groups)
        assert report is not None
        assert [one.address for one in report.recipients] == [
            f"u{n}@b.example" for n in range(min(count, 100))
        ]


def test_addresses_in_a_text() -> None:
    text = "to=Joe@Bolt.example, `sue@bolt.example'. joe@bolt.example x@host y@a.b.example."
    assert find_addresses(text) == ["joe@bolt.example", "sue@bolt.example", "y@a.b.example"]
    for label in ("smtp", "rfc822", "to", "for", "user", "mailto", "address", "recipient"):
        assert find_addresses(f"{label}=joe@bolt.example") == ["joe@bolt.example"]
    assert find_addresses("Xto=joe@bolt.example a@b.XX") == ["xto=joe@bolt.example", "a@b.xx"]
    assert SCANNED == 60_000
    assert find_addresses("other=joe@bolt.example") == ["other=joe@bolt.example"]
    assert find_addresses(" " * (SCANNED - 9) + "a@b.examp") == ["a@b.examp"]
    assert find_addresses(" " * (SCANNED - 4) + "a@b.example") == []
    assert find_addresses(" " * SCANNED + "a@b.example") == []


def test_message_ids_in_a_text() -> None:
    assert find_message_ids("<a@b> <c d@e> <a@b> <f@g>") == ["<a@b>", "<f@g>"]
    assert len(find_message_ids("".join(f"<{n}@b>" for n in range(150)))) == 100


def complaint(fields: str) -> FeedbackReport | None:
    text = (
        "From: fbl@mx.example\nMIME-Version: 1.0\nContent-Type: multipart/report; boundary=b\n\n--b\n"
        f"Content-Type: message/feedback-report\n\n{fields}\n--b--\n"
    )
    return parse_inbound(text.encode()).feedback


def test_a_feedback_report() -> None:
    assert complaint("Feedback-Type:  Fraud \nUser-Agent: x") == FeedbackReport("fraud", ())
    assert complaint("Feedback-Type:\n fraud\nUser-Agent: x") == FeedbackReport("fraud", ())
    line = "\nOriginal-Rcpt-To: joe@bolt.example"
    room = 20_000 - len("Feedback-Type: abuse\nX: ") - len(line)
    assert complaint(f"Feedback-Type: abuse\nX: {'x' * room}{line}") == FeedbackReport(
        "abuse", ("joe@bolt.example",)
    )
    assert complaint("User-Agent: x") == FeedbackReport("abuse", ())
    assert complaint("Feedback-Type: \nUser-Agent: x") == FeedbackReport("abuse", ())
    both = "Feedback-Type: abuse\noriginal-rcpt-to: <joe@bolt.example>\nRemoval-Recipient :\tsue@bolt.example"
    assert complaint(both) == FeedbackReport("abuse", ("joe@bolt.example", "sue@bolt.example"))
    late = f"Feedback-Type: abuse\nX: {'x' * 20_000}\nOriginal-Rcpt-To: joe@bolt.example"
    assert complaint(late) == FeedbackReport("abuse", ())
    assert complaint("Feedback-Type: abuse\nX-Original-Rcpt-To: joe@bolt.example") == FeedbackReport(
        "abuse", ()
    )
    assert parse_inbound(b"From: a@b.example\n\nhello").feedback is None
