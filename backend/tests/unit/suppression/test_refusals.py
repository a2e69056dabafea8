"""Refusals as servers write them: whose fault, whether to try again, and that nobody is suppressed for nothing."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reachly.services.suppression.policy import (
    Verdict,
    classify_bounce,
    classify_reply_code,
    classify_report,
    find_enhanced,
    next_retry,
    should_suppress,
)

# stage, code, enhanced, text: kind, who pays, whether to try again, and the rule that decided
REPLIES = [
    # Nobody is there.
    ("rcpt", 550, "5.1.1", "The email account that you tried to reach does not exist.",
     "hard_address person never address_status"),
    ("rcpt", 550, "5.2.1", "The email account that you tried to reach is inactive.",
     "hard_address person never address_status"),
    ("rcpt", 550, "5.1.10", "RESOLVER.ADR.RecipientNotFound; not found",
     "hard_address person never address_status"),
    ("rcpt", 550, "5.4.1", "Recipient address rejected: Access denied. AS(201806281)",
     "hard_address person never words"),
    ("rcpt", 550, "5.5.0", "Requested action not taken: mailbox unavailable",
     "hard_address person never words"),
    ("rcpt", 554, None, "dd This user doesn't have a yahoo.example account (x@yahoo.example)",
     "hard_address person never words"),
    ("rcpt", 550, None, "No Such User Here", "hard_address person never words"),
    ("rcpt", 550, None, "<x@acme.example>: User unknown in virtual mailbox table",
     "hard_address person never words"),
    ("rcpt", 550, None, "Unrouteable address", "hard_address person never words"),
    ("rcpt", 553, None, "sorry, no mailbox here by that name (#5.1.1 - chkuser)",
     "hard_address person never address_status"),
    ("rcpt", 550, "5.1.0", "Address rejected.", "hard_address person never address_subject"),
    ("rcpt", 550, None, "unknown user", "hard_address person never words"),
    ("rcpt", 550, None, "Benutzer unbekannt", "hard_address person never words"),
    ("rcpt", 550, None, "Utilisateur inconnu", "hard_address person never words"),
    ("rcpt", 550, None, "El usuario no existe: usuario desconocido", "hard_address person never words"),
    ("rcpt", 550, None, "Rejected",
     "hard_address person never refused_recipient"),  # a bare refusal of a recipient
    ("rcpt", 556, "5.1.10", "Recipient domain has a null MX", "hard_address person never address_status"),
    # Good address, no room or no patience.
    ("rcpt", 452, "4.2.2", "The email account that you tried to reach is over quota.",
     "soft person again full"),
    ("rcpt", 552, "5.2.2", "Mailbox full", "soft person never soft_status"),
    ("rcpt", 554, None, "mailbox is full: retry later", "soft person never full"),
    ("rcpt", 550, None, "Das Postfach ist voll", "soft person never full"),
    ("rcpt", 450, "4.2.1", "The user you are trying to contact is receiving mail at a rate that prevents",
     "soft person again full"),
    ("rcpt", 451, None, "Temporary local problem - please try later", "soft person again temporary"),
    ("body", 451, "4.3.0", "Temporary lookup failure", "soft person again temporary"),
    # Only whether we come back.
    ("rcpt", 450, "4.2.0", "<x@acme.example>: Greylisted, see http://postgrey.example",
     "greylisted nobody again greylist_words"),
    ("rcpt", 451, "4.7.1", "Please try again in 300 seconds", "greylisted nobody again greylist_words"),
    ("rcpt", 451, None, "Graylisting in effect, come back later", "greylisted nobody again greylist_words"),
    # Too quick.
    ("mail", 421, "4.7.28", "Our system has detected an unusual rate of unsolicited mail",
     "throttled mailbox again throttled"),
    ("rcpt", 452, "4.5.3", "Too many recipients", "throttled mailbox again throttled"),
    ("body", 550, "5.4.5", "Daily user sending limit exceeded", "throttled mailbox again throttled"),
    ("rcpt", 451, None, "Rate limit exceeded for this sender", "throttled mailbox again throttled"),
    # The sender or the content was judged.
    ("body", 550, "5.7.1", "This message was blocked because its content is a security issue.",
     "policy mailbox never policy_status"),
    ("rcpt", 550, "5.7.1", "Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.example",
     "policy mailbox never policy_status"),
    ("rcpt", 554, "5.7.1", "<x@acme.example>: Relay access denied", "policy mailbox never policy_status"),
    ("rcpt", 550, "5.1.1", "Mail from 192.0.2.1 rejected: listed at Spamhaus blocklist",
     "policy mailbox never words_over_status"),
    ("body", 550, "5.7.26", "This mail has been blocked because the sender is unauthenticated. DMARC",
     "policy mailbox never policy_status"),
    ("body", 550, "5.7.515", "Access denied, sending domain acme.example does not meet the required level",
     "policy mailbox never policy_status"),
    ("body", 554, None, "Message rejected as spam", "policy mailbox never policy_words"),
    ("connect", 554, None, "No SMTP service here: poor reputation", "policy mailbox never before_recipient"),
    ("mail", 550, None, "Sender address rejected: not logged in", "policy mailbox never before_recipient"),
    ("rcpt", 550, None, "blocked by policy", "policy mailbox never policy_words"),
    ("body", 550, "5.6.0", "Message contains bare line feeds", "policy content never policy_status"),
    # Too large.
    ("mail", 552, "5.3.4", "Message size exceeds fixed limit", "too_large content never size"),
    ("body", 552, None, "Message too large", "too_large content never size_words"),
    ("body", 552, "5.2.3", "Your message exceeded size limits", "too_large content never size_status"),
    # The sign-in.
    ("auth", 535, "5.7.8", "Username and Password not accepted", "auth_failed mailbox never sign_in"),
    ("mail", 530, "5.7.0", "Authentication Required", "auth_failed mailbox never sign_in"),
    ("mail", 530, "5.7.57", "Client not authenticated to send mail", "auth_failed mailbox never sign_in"),
    ("auth", 454, "4.7.0", "Temporary authentication failure", "auth_failed mailbox again sign_in"),
    # Malformed or missing statuses.
    ("rcpt", 550, "5.1", "user unknown", "hard_address person never words"),
    ("rcpt", 550, "5.1.1.1", "no such user", "hard_address person never words"),
    ("rcpt", 550, "9.9.9", "mailbox full", "soft person never full"),
    ("body", 554, None, "Transaction failed", "policy content never after_recipient"),
    ("rcpt", 554, None, "?", "unknown nobody never nothing_said"),
]  # fmt: skip


def whole(verdict: Verdict) -> str:
    return f"{verdict.kind} {verdict.blame} {'again' if verdict.temporary else 'never'} {verdict.rule}"


@pytest.mark.parametrize(("stage", "code", "enhanced", "text", "expected"), REPLIES)
def test_a_reply_is_read_as_what_it_means(
    stage: str, code: int, enhanced: str | None, text: str, expected: str
) -> None:
    verdict = classify_reply_code(code, enhanced, text, stage)
    assert whole(verdict) == expected
    assert verdict.suppresses == expected.startswith("hard_address")


# status, diagnostic, hard?
REPORTS = [
    ("5.1.1", "smtp; 550 5.1.1 <x@acme.example>: Recipient address rejected: User unknown", True),
    ("5.0.0", "smtp; 550 user unknown", True),
    ("5.0.0", "smtp; 554 Message refused as spam", False),
    ("5.0.0", "X-Postfix; unknown user: \"x\"", True),
    ("5.0.0", "host mx.spam-filter.example[192.0.2.1] said: 550 No such user (in reply to RCPT TO command)", True),
    ("5.0.0", "host mx.unknown-user.example[192.0.2.1] said: 554 Denied by policy (in reply to end of DATA)", False),
    ("5.0.0", "", False),
    ("5.4.4", "X-Postfix; Host or domain name not found. Name service error for name=gone.example type=A", True),
    ("5.4.7", "smtp; Delivery expired (message too old)", False),
    ("4.4.7", "message expired", False),
    ("4.4.1", "connect to mx.acme.example: Connection timed out", False),
    ("5.2.2", "smtp; 552 5.2.2 Over quota", False),
    ("5.7.1", "smtp; 550 5.7.1 blocked", False),
    ("", "smtp; 550 5.1.1 user unknown", True),
    ("5.1", "550 mailbox not found", True),
    ("5.3.0", "554 5.3.0 unknown mailer error 1", False),
]  # fmt: skip


@pytest.mark.parametrize(("status", "diagnostic", "hard"), REPORTS)
def test_a_late_report_blames_the_person_only_where_nobody_is_there(
    status: str, diagnostic: str, hard: bool
) -> None:
    assert classify_report(status, diagnostic).suppresses is hard


def test_delayed_is_not_a_bounce() -> None:
    verdict = classify_report("5.1.1", "user unknown", action=" Delayed ")
    assert whole(verdict) == "soft nobody again not_failed"
    assert classify_report("5.1.1", "user unknown", action=" Failed ").suppresses
    assert whole(classify_report("4.4.1", "timed out", action="delayed")) == "soft person again temporary"
    assert not should_suppress(verdict, soft_bounces=99)
    assert classify_report("4.4.1", "timed out", action="delayed").temporary


def test_the_three_parties_that_sending_asks_for() -> None:
    assert classify_bounce(550, "5.1.1", "unknown") == "hard"
    assert classify_bounce(552, "5.2.2", "full") == "soft"
    assert classify_bounce(550, "5.7.1", "spam") == "policy"
    assert classify_bounce(None, None, "") == "policy"


def test_the_waits_between_tries() -> None:
    soft = classify_reply_code(451, None, "local problem", "rcpt")
    grey = classify_reply_code(450, None, "Greylisted", "rcpt")
    hard = classify_reply_code(550, "5.1.1", "unknown", "rcpt")
    assert [next_retry(n, soft) for n in (1, 2, 3, 4)] == [
        timedelta(minutes=15),
        timedelta(hours=1),
        timedelta(hours=4),
        None,
    ]
    assert [next_retry(n, grey) for n in (1, 2)] == [timedelta(minutes=5), timedelta(hours=1)]
    assert next_retry(1, hard) is None


def test_soft_bounces_suppress_only_in_numbers_and_only_the_persons_own() -> None:
    full = classify_reply_code(452, "4.2.2", "over quota", "rcpt")
    slow = classify_reply_code(421, "4.7.28", "rate", "rcpt")
    assert [should_suppress(full, n, limit=3) for n in (1, 2, 3)] == [False, False, True]
    assert not should_suppress(slow, 50)


@pytest.mark.parametrize(
    ("field", "text", "found"),
    [
        ("5.1.1", "", "5.1.1"),
        ("05.01.1", "", None),
        (None, "550-5.1.1 no\n550 5.1.1 user", "5.1.1"),
        (None, "host 10.5.1.1 said 550 5.7.1 no", "5.7.1"),
        ("5.1", "550 5.2.1 disabled", "5.2.1"),
        (None, "5.1.1.1", None),
        ("9.9.9", "", None),
        (" 5.1.1 (bad)", "", "5.1.1"),
    ],
)
def test_enhanced_codes_well_formed_or_none(field: str | None, text: str, found: str | None) -> None:
    assert find_enhanced(field, text) == found


@given(
    st.integers(-1, 999) | st.none(),
    st.none() | st.text(max_size=12),
    st.text(max_size=300),
    st.sampled_from(["connect", "helo", "auth", "mail", "rcpt", "data", "body", "?"]),
)
def test_no_reply_breaks_the_reader(code: int | None, enhanced: str | None, text: str, stage: str) -> None:
    verdict = classify_reply_code(code, enhanced, text, stage)
    assert isinstance(verdict, Verdict)
    assert next_retry(99, verdict) is None


@pytest.mark.parametrize(
    "text",
    [
        "user " * 20_000,
        "mailbox" + " " * 100_000,
        "x@" * 50_000,
        "said: " * 20_000,
        "a." * 50_000,
        "<" * 100_000,
    ],
)
def test_a_reply_of_100_kilobytes_costs_little(text: str) -> None:
    started = time.thread_time()
    classify_reply_code(550, None, text, "rcpt")
    assert time.thread_time() - started < 5
