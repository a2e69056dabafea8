"""What a peer's answer means for the message and for the next try."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from reachly.integrations.mailer.port import Outcome, Receipt, Stage
from reachly.services.sending.policy import (
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


@pytest.mark.parametrize(("given", "kind", "status", "minutes"), [
    (receipt("accepted", 250, "2.0.0 OK", "final"), "sent", "sent", None),
    (receipt("unknown", None, "", "final"), "unknown", "unknown", None),
    (receipt("refused", 550, "5.1.1 No such user"), "bounced", "refused", None),
    (receipt("refused", 550, "No such user here"), "bounced", "refused", None),
    (receipt("refused", 552, "5.2.2 Mailbox full"), "soft", "refused", None),
    (receipt("refused", 554, "5.7.1 Blocked as spam", "final"), "refused", "refused", None),
    (receipt("refused", 552, "5.3.4 Message too big", "final"), "refused", "refused", None),
    (receipt("deferred", 451, "4.3.0 Try again later"), "retry", "deferred", 15),
    (receipt("deferred", 450, "4.7.1 Greylisted"), "retry", "deferred", 5),
    (receipt("deferred", None, "The connection was lost.", "body"), "retry", "deferred", 15),
    (receipt("throttled", 451, "4.7.28 slow down"), "throttled", "deferred", 15),
    (receipt("auth_failed", 535, "5.7.8 no", "auth"), "auth", "deferred", None),
    (receipt("connect_failed", None, "refused", "connect"), "connect", "deferred", 1),
])  # fmt: skip
def test_each_answer_has_one_meaning(given: Receipt, kind: str, status: str, minutes: int | None) -> None:
    verdict = judge(given, 1, 0, RETRY)
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


def test_a_lost_connection_is_nobodys_bounce() -> None:
    assert judge(receipt("deferred", None, "lost", "data"), 4, 0, RETRY).kind == "refused"


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
