"""The edges of a refusal: each status and code of the tables, each rule before the next, each stage beside its twin."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reachly.services.suppression.policy import (
    Verdict,
    blame_of,
    classify_bounce,
    classify_reply_code,
    classify_report,
    end_by,
    find_code,
    find_enhanced,
    next_retry,
    should_suppress,
    words_of,
)
from reachly.services.suppression.policy.words import READ

STATUSES = {
    "hard_address": "5.1.1 5.1.2 5.1.3 5.1.4 5.1.6 5.1.10 5.2.1 5.4.4 5.4.310",
    "soft": "5.2.2 5.3.1 5.3.0 5.3.2 5.4.7 5.4.6 5.4.0",
    "too_large": "5.3.4 5.2.3",
    "auth_failed": "5.7.8 5.7.9 5.7.14 5.7.57 5.7.139",
    "throttled": "4.7.28 4.7.32 4.7.500 4.4.5 5.4.5 4.5.3 5.7.232 5.7.233",
}


@pytest.mark.parametrize(
    ("kind", "status"), [(kind, one) for kind, all_ in STATUSES.items() for one in all_.split()]
)
def test_a_status_alone_says_it(kind: str, status: str) -> None:
    """Said as a bounce, where no code in session could say it instead."""
    verdict = classify_reply_code(None, status, "no", in_session=False)
    assert verdict.kind == kind
    assert kind != "hard_address" or verdict.rule == "address_status"


@pytest.mark.parametrize("code", [530, 534, 535, 538])
def test_a_code_of_the_sign_in_is_the_mailboxes_but_after_the_message(code: int) -> None:
    assert classify_reply_code(code, None, "no").kind == "auth_failed"
    assert classify_reply_code(code, None, "no", "body").kind == "policy"
    assert {classify_reply_code(other, None, "no").kind for other in (529, 531, 533, 536, 537, 539)} == {
        "unknown"
    }


# stage, code, enhanced, text: kind, who pays, whether to try again, and the rule that decided
EDGES = [
    ("rcpt", 552, "5.2.1", "Mailbox full, over quota", "soft person never full"),
    ("rcpt", 450, "4.7.1", "no", "soft mailbox again temporary_policy"),
    ("rcpt", 451, "4.7.0", "no", "soft mailbox again temporary_policy"),
    ("rcpt", 550, "5.7.57", "no", "auth_failed mailbox never sign_in"),
    ("rcpt", 550, "5.1.1", "Rejected: not permitted", "hard_address person never address_status"),
    ("rcpt", 550, "5.1.1", "no such user, mailbox full", "hard_address person never address_status"),
    ("rcpt", 550, "5.1.1", "unknown user. Spamhaus", "hard_address person never address_status"),
    ("rcpt", 550, "5.2.2", "no such user", "hard_address person never words"),
    ("rcpt", 550, "5.2.3", "mailbox full", "soft person never full"),
    ("rcpt", 554, "5.6.0", "no", "policy content never policy_status"),
    ("rcpt", 554, "5.7.1", "no", "policy mailbox never policy_status"),
    ("rcpt", 551, None, "no", "hard_address person never refused_recipient"),
    ("rcpt", 553, None, "no", "hard_address person never refused_recipient"),
    ("rcpt", 552, None, "no", "unknown nobody never nothing_said"),
    ("rcpt", 550, "5.5.9", "no", "unknown nobody never nothing_said"),
    ("data", 550, None, "no", "policy content never after_recipient"),
    ("body", 550, None, "no", "policy content never after_recipient"),
    ("data", 554, "5.5.0", "no", "policy content never after_recipient"),
    ("rcpt", 550, None, "relay denied, mailbox full", "policy mailbox never policy_words"),
    ("rcpt", 550, None, "mailbox full, no such user", "soft person never full"),
    ("rcpt", 550, None, "no such user, message too large", "soft person never full"),
    ("rcpt", 550, None, "too large, too fast", "too_large content never size_words"),
    ("rcpt", 550, None, "too fast, policy", "throttled mailbox again throttled"),
    ("rcpt", 550, None, "policy", "policy mailbox never policy_words"),
    ("rcpt", 550, None, "timed out", "hard_address person never refused_recipient"),
    ("rcpt", 550, "5.1.0", "no", "hard_address person never address_subject"),
    ("rcpt", 550, "5.1.9", "policy", "policy mailbox never policy_words"),
    ("body", 535, None, "no", "policy content never after_recipient"),
    ("mail", 535, None, "no", "auth_failed mailbox never sign_in"),
    ("data", 530, None, "no", "auth_failed mailbox never sign_in"),
    ("auth", 454, None, "no", "auth_failed mailbox again sign_in"),
    ("auth", 500, None, "no", "auth_failed mailbox never sign_in"),
    ("auth", None, None, "no", "auth_failed mailbox never sign_in"),
    ("auth", 499, None, "no", "auth_failed mailbox again sign_in"),
    ("helo", 550, None, "must authenticate", "auth_failed mailbox never sign_in"),
    ("mail", 550, None, "must authenticate", "auth_failed mailbox never sign_in"),
    ("rcpt", 550, "5.5.9", "must authenticate", "unknown nobody never nothing_said"),
    ("connect", 550, None, "must authenticate", "policy mailbox never before_recipient"),
    ("mail", 450, None, "no", "soft mailbox again temporary"),
    ("connect", 421, None, "no", "soft mailbox again temporary"),
    ("helo", 550, None, "no", "policy mailbox never before_recipient"),
    ("mail", 550, None, "no", "policy mailbox never before_recipient"),
    ("mail", 550, "5.7.233", "no", "throttled mailbox again throttled"),
    ("mail", 550, None, "too fast", "throttled mailbox again throttled"),
    ("mail", 552, None, "message too large", "too_large content never size"),
    ("mail", 452, "4.3.4", "no", "too_large content never size"),
    ("mail", 550, None, "user unknown", "hard_address person never words"),
    ("helo", 550, None, "user unknown", "hard_address person never words"),
    ("connect", 550, None, "user unknown", "hard_address person never words"),
    ("rcpt", 450, None, "greylisted, mailbox full", "greylisted nobody again greylist_words"),
    ("rcpt", 450, "4.2.2", "too fast", "soft person again full"),
    ("rcpt", 450, None, "mailbox full, too fast", "soft person again full"),
    ("rcpt", 450, "4.7.28", "no", "throttled mailbox again throttled"),
    ("rcpt", 450, "4.5.3", "no", "throttled mailbox again throttled"),
    ("rcpt", 450, "4.3.2", "no", "soft person again temporary"),
    ("rcpt", None, None, "450 no", "soft person again temporary"),
    ("rcpt", None, None, "550 no", "hard_address person never refused_recipient"),
    ("rcpt", 399, None, "550 no", "hard_address person never refused_recipient"),
    ("rcpt", 399, None, "450 no", "soft person again temporary"),
    ("rcpt", 400, None, "550 no", "soft person again temporary"),
    ("rcpt", 599, None, "450 no", "unknown nobody never nothing_said"),
    ("rcpt", 600, None, "450 no", "soft person again temporary"),
    ("rcpt", 250, None, "no", "unknown nobody never nothing_said"),
    ("rcpt", 500, None, "no", "unknown nobody never nothing_said"),
    ("rcpt", 499, None, "no", "soft person again temporary"),
    ("rcpt", 450, "5.5.9", "no", "unknown nobody never nothing_said"),
    ("rcpt", 550, "4.3.0", "no", "soft person again temporary"),
    ("mail", 550, "4.3.0", "no", "soft mailbox again temporary"),
]  # fmt: skip


def whole(verdict: Verdict) -> str:
    return f"{verdict.kind} {verdict.blame} {'again' if verdict.temporary else 'never'} {verdict.rule}"


@pytest.mark.parametrize(("stage", "code", "enhanced", "text", "expected"), EDGES)
def test_the_whole_verdict(
    stage: str, code: int | None, enhanced: str | None, text: str, expected: str
) -> None:
    assert whole(classify_reply_code(code, enhanced, text, stage)) == expected


def test_in_session_at_the_recipient_is_what_is_meant_without_a_word() -> None:
    assert whole(classify_reply_code(550, None, "no")) == "hard_address person never refused_recipient"
    assert classify_bounce(550, None, "no") == "hard"


@pytest.mark.parametrize(("status", "text", "expected"), [
    ("5.0.0", "timed out", "soft person never never_reached"),
    ("5.0.0", "no", "unknown nobody never nothing_said"),
    ("5.1.0", "timed out", "soft person never never_reached"),
    (None, "550 no", "unknown nobody never nothing_said"),
    (None, "smtp; 451 local problem", "soft person again temporary"),
    (None, "no", "unknown nobody never nothing_said"),
])  # fmt: skip
def test_a_late_report_has_its_own_whole_verdict(status: str | None, text: str, expected: str) -> None:
    assert whole(classify_report(status, text)) == expected


def test_before_the_recipient_a_bounce_may_still_be_about_anything() -> None:
    later = classify_reply_code(None, "5.0.0", "no", "connect", in_session=False)
    assert whole(later) == "unknown nobody never nothing_said"


@pytest.mark.parametrize(("kind", "blame"), [
    ("hard_address", "hard"), ("soft", "soft"), ("greylisted", "soft"), ("throttled", "soft"), ("policy", "policy"),
    ("auth_failed", "policy"), ("too_large", "policy"), ("unknown", "policy"),
])  # fmt: skip
def test_each_kind_has_one_of_three_blames(kind: str, blame: str) -> None:
    assert blame_of(Verdict(kind, "nobody", False, "")) == blame  # type: ignore[arg-type]


def test_codes_are_read_to_a_bound_and_not_out_of_other_numbers() -> None:
    assert [find_code(text) for text in ("550", "451 x", "550-5", "550#1", "550:", "5501", "1.550 x", "350 x")] == [
        550, 451, 550, 550, 550, None, None, None,
    ]  # fmt: skip
    assert find_code("1550 x") is None
    assert find_code("x" * (READ - 3) + "550") == 550
    assert find_code("x" * (READ - 2) + "550") is None
    assert find_enhanced(None, " " * (READ - 5) + "5.1.1") == "5.1.1"
    assert find_enhanced(None, " " * (READ - 4) + "5.1.1") is None
    assert find_enhanced("5.001.010") == "5.1.10"


def test_who_is_put_on_the_list() -> None:
    full, hard = Verdict("soft", "person", True, ""), Verdict("hard_address", "person", False, "")
    assert [should_suppress(full, n) for n in (2, 3, 4)] == [False, True, True]
    assert should_suppress(hard) is True
    assert should_suppress(full) is False
    assert should_suppress(full, limit=1) is False
    assert should_suppress(full, limit=0) is True
    assert not should_suppress(Verdict("soft", "mailbox", True, ""), 9)
    assert not should_suppress(Verdict("unknown", "person", True, ""), 9)


def test_tries_are_counted_from_one_and_only_the_first_is_short_for_a_grey_list() -> None:
    grey, gone = Verdict("greylisted", "nobody", True, ""), Verdict("greylisted", "nobody", False, "")
    waits = [timedelta(minutes=n) for n in (1, 2, 3)]
    short = timedelta(seconds=1)
    given = [next_retry(n, grey, waits, short) for n in (0, 1, 2, 3, 4)]
    assert given == [waits[0], short, waits[1], waits[2], None]
    assert next_retry(1, gone, waits, short) is None


def test_a_suppression_ends_a_sequence_by_its_reason() -> None:
    reasons = ("unsubscribed", "asked", "complained", "bounced", "manual", "erased", "?")
    assert [end_by(reason) for reason in reasons] == ["unsubscribed"] * 3 + ["bounced"] + ["stopped"] * 3
    assert words_of("?") == "On the do-not-contact list"
