"""What a peer's answer means for the message and for the next try."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reachly.integrations.mailer.port import Outcome, Receipt, Stage
from reachly.services.sending.policy import (
    Pace,
    Retry,
    add_reference,
    connect_wait,
    intent_key,
    judge,
    make_message_id,
)

RETRY = Retry()


def receipt(outcome: Outcome, code: int | None = None, text: str = "", stage: Stage = "rcpt") -> Receipt:
    return Receipt(outcome, code, None, text, stage)


@pytest.mark.parametrize(("told", "kind", "status", "minutes"), [
    (receipt("accepted", 250, "2.0.0 OK", "final"), "sent", "sent", None),
    (receipt("unknown", None, "", "final"), "unknown", "unknown", None),
    (receipt("refused", 550, "5.1.1 No such user"), "bounced", "refused", None),
    (receipt("refused", 550, "No such user here"), "bounced", "refused", None),
    (receipt("refused", 552, "5.2.2 Mailbox full"), "soft", "refused", None),
    (receipt("refused", 554, "5.7.1 Blocked as spam", "final"), "refused", "refused", None),
    (receipt("refused", 552, "5.3.4 Message too big", "final"), "refused", "refused", None),
    (receipt("deferred", 451, "4.2.1 Try again later"), "retry", "deferred", 15),
    (receipt("deferred", 451, "4.3.0 Try again later"), "retry", "deferred", 15),
    (receipt("deferred", 450, "4.7.1 Greylisted"), "retry", "deferred", 5),
    (receipt("deferred", None, "The connection was lost.", "body"), "retry", "deferred", 15),
    (receipt("throttled", 451, "4.7.28 slow down"), "throttled", "deferred", 15),
    (receipt("auth_failed", 535, "5.7.8 no", "auth"), "auth", "deferred", None),
    (receipt("connect_failed", None, "refused", "connect"), "connect", "deferred", 1),
])  # fmt: skip
def test_each_answer_has_one_meaning(told: Receipt, kind: str, status: str, minutes: int | None) -> None:
    verdict = judge(told, 1, 0, RETRY)
    assert (verdict.kind, verdict.status) == (kind, status)
    assert verdict.wait == (None if minutes is None else timedelta(minutes=minutes))


def test_a_deferral_is_tried_three_times_and_then_given_up() -> None:
    given = receipt("deferred", 452, "4.2.2 Mailbox full")
    waits = [judge(given, attempt, 0, RETRY).wait for attempt in range(1, 5)]
    assert waits == [timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4), None]
    assert judge(given, 4, 0, RETRY).kind == "soft"


def test_greylisting_is_waited_for_shortly_only_once() -> None:
    given = receipt("deferred", 450, "4.7.1 Greylisted")
    assert judge(given, 2, 0, RETRY).wait == timedelta(hours=1)


@pytest.mark.parametrize("told", [
    receipt("deferred", None, "lost", "data"),
    receipt("deferred", None, "The server's answers do not fit what it was asked. It said: 552 5.3.4 big", "rcpt"),
    receipt("deferred", 421, "4.3.2 Service shutting down", "rcpt"),
    receipt("deferred", 421, "4.2.2 Mailbox full, closing", "final"),
    receipt("deferred", 452, "4.3.1 Insufficient system storage", "final"),
    receipt("deferred", 451, "Service not available", "rcpt"),
    receipt("deferred", 554, "5.3.2 System not accepting network messages", "rcpt"),
    receipt("deferred", 450, "4.7.1 Client host rejected", "rcpt"),
    receipt("deferred", 554, "5.1.1 No such user", "data"),
    receipt("deferred", 550, "5.1.1 No such user", "body"),
])  # fmt: skip
def test_what_is_not_said_of_the_person_never_ends_its_way_nor_uses_up_a_try(told: Receipt) -> None:
    verdict = judge(told, 99, 0, RETRY)
    assert (verdict.kind, verdict.status, verdict.counts) == ("retry", "deferred", False)
    assert verdict.wait == timedelta(minutes=15)


@pytest.mark.parametrize("code", [450, 550, 554, 503])
@pytest.mark.parametrize(
    "text", ["5.1.1 No such user", "5.7.1 You may not send", "no", "mailbox unavailable"]
)
def test_before_the_recipient_is_named_a_refusal_is_the_mailboxes(code: int, text: str) -> None:
    verdict = judge(receipt("deferred", code, text, "mail"), 99, 0, RETRY)
    assert (verdict.kind, verdict.status, verdict.counts) == ("sender", "deferred", False)


@pytest.mark.parametrize("stage", ["mail", "data", "body"])
def test_what_is_too_large_before_it_is_taken_is_set_apart(stage: Stage) -> None:
    verdict = judge(receipt("deferred", 552, "5.3.4 Message size exceeds fixed limit", stage), 1, 0, RETRY)
    assert (verdict.kind, verdict.status, verdict.reason) == ("refused", "quarantined", "too_large")


OUTCOMES: tuple[Outcome, ...] = (
    "accepted", "refused", "deferred", "unknown", "throttled", "auth_failed", "connect_failed",
)  # fmt: skip


@given(
    outcome=st.sampled_from(OUTCOMES),
    code=st.none() | st.integers(200, 599),
    text=st.text(max_size=40)
    | st.sampled_from(["5.1.1 No such user", "4.2.2 full", "4.3.2 down", "5.7.1 spam"]),
    stage=st.sampled_from(["connect", "auth", "mail", "data", "body"]),
    attempts=st.integers(1, 9),
)
def test_no_path_ends_a_person_but_by_an_answer_about_it(
    outcome: Outcome, code: int | None, text: str, stage: Stage, attempts: int
) -> None:
    verdict = judge(receipt(outcome, code, text, stage), attempts, 0, RETRY)
    assert verdict.status != "refused"
    assert verdict.kind not in ("bounced", "soft")
    assert verdict.kind != "refused" or verdict.status == "quarantined"
    assert (
        verdict.status in ("sent", "unknown", "quarantined") or not verdict.counts or verdict.kind != "retry"
    )


def waves(rate: float, many: int, pace: Pace | None = None) -> list[int]:
    pace, sizes = pace or Pace(), []
    for _ in range(many):
        sizes.append(pace.size)
        pace = pace.after(pace.size, pace.size / rate)
    return sizes


def test_a_wave_is_what_the_server_takes_in_about_a_second() -> None:
    assert waves(5000, 5) == [4, 16, 64, 256, 1024]
    assert waves(2, 4) == [4, 2, 2, 2]
    assert waves(0.1, 3) == [4, 1, 1]
    assert waves(30, 5) == [4, 16, 30, 30, 30]


def test_a_server_that_slows_down_gets_less_at_once_and_one_that_says_nothing_the_same() -> None:
    quick = Pace(100, 1 / 5000)
    assert waves(2, 4, quick) == [100, 3, 2, 2]
    assert waves(5000, 5, Pace(2, 0.5)) == [2, 3, 7, 15, 31]
    assert quick.after(0, 60.0) == quick


@given(
    taken=st.integers(0, 1000), seconds=st.floats(0, 1e6), size=st.integers(1, 1000), each=st.floats(0, 1e3)
)
def test_a_wave_never_grows_more_than_fourfold(taken: int, seconds: float, size: int, each: float) -> None:
    after = Pace(size, each).after(taken, seconds)
    assert after.size >= 1
    assert after.size <= max(4 * taken, size if not taken else 1)


def test_an_unreachable_server_is_asked_less_and_less() -> None:
    waits = [connect_wait(n) for n in range(12)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=1)
    assert waits[-1] == timedelta(hours=1)


def test_references_keep_the_first_id_of_a_long_thread() -> None:
    references = ""
    for number in range(100):
        references = add_reference(references, f"<{number}@example.com>")
    ids = references.split()
    assert len(ids) == 30
    assert (ids[0], ids[-1]) == ("<0@example.com>", "<99@example.com>")


def test_the_intent_names_enrollment_and_step() -> None:
    one, two = uuid.UUID(int=1), uuid.UUID(int=2)
    assert intent_key(one, two) != intent_key(two, one)
    assert make_message_id("mira@brightfjord.example", one).endswith("@brightfjord.example>")
