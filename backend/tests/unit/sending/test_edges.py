"""The whole verdict on each answer, waits and counts at their edges."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from reachly.integrations.mailer.port import Outcome, Receipt, Stage
from reachly.services.sending.policy import (
    ABOUT_THE_PERSON,
    FIRST_WAVE,
    MAILBOX_TROUBLE,
    NEVER_OFFERED,
    REPLANNED,
    SENT,
    Pace,
    Retry,
    Verdict,
    add_reference,
    connect_wait,
    intent_key,
    judge,
    make_message_id,
    throttle_wait,
)

RETRY = Retry()


def minutes(count: int | None) -> timedelta | None:
    return None if count is None else timedelta(minutes=count)


# outcome, code, text, stage, attempts, failures: kind, status, reason, minutes, counts
VERDICTS: list[tuple[Outcome, int | None, str, Stage, int, int, str, str, str | None, int | None, bool]] = [
    ("accepted", 250, "ok", "final", 1, 0, "sent", "sent", None, None, True),
    ("unknown", None, "", "final", 1, 0, "unknown", "unknown", "no_answer", None, True),
    ("throttled", 451, "slow", "rcpt", 1, 0, "throttled", "deferred", "throttled", 15, True),
    ("throttled", 451, "slow", "rcpt", 1, 3, "throttled", "deferred", "throttled", 60, True),
    ("auth_failed", 535, "no", "auth", 1, 0, "auth", "deferred", "mailbox_error", None, True),
    ("connect_failed", None, "no", "connect", 1, 2, "connect", "deferred", "mailbox_error", 5, True),
    # About one recipient.
    ("refused", 550, "5.1.1 no such user", "rcpt", 1, 0, "bounced", "refused", "bounced", None, True),
    ("refused", 552, "5.2.2 full", "rcpt", 1, 0, "soft", "refused", "soft_bounce", None, True),
    ("refused", 554, "5.7.1 spam", "final", 1, 0, "refused", "refused", "refused_policy", None, True),
    ("refused", 550, "5.3.4 big", "final", 1, 0, "refused", "refused", "refused_too_large", None, True),
    ("refused", 550, "5.4.5 slow", "rcpt", 1, 0, "refused", "refused", "refused_throttled", None, True),
    ("deferred", 452, "4.2.2 full", "rcpt", 1, 0, "retry", "deferred", "deferred", 15, True),
    ("deferred", 452, "4.2.2 full", "final", 3, 0, "retry", "deferred", "deferred", 240, True),
    ("deferred", 452, "4.2.2 full", "rcpt", 4, 0, "soft", "refused", "deferred_too_often", None, True),
    ("deferred", 450, "greylisted", "rcpt", 1, 0, "retry", "deferred", "deferred", 5, True),
    ("deferred", 450, "greylisted", "rcpt", 4, 0, "refused", "refused", "deferred_too_often", None, True),
    ("deferred", 550, "5.1.1 no such user", "rcpt", 1, 0, "bounced", "refused", "bounced", None, True),
    # About nobody.
    ("deferred", 421, "4.2.2 full", "rcpt", 1, 0, "retry", "deferred", "deferred", 15, False),
    ("deferred", None, "lost", "rcpt", 1, 0, "retry", "deferred", "deferred", 15, False),
    ("deferred", 450, "4.7.1 host", "rcpt", 1, 0, "retry", "deferred", "deferred", 15, False),
    ("refused", 550, "5.1.1 no such user", "data", 1, 0, "retry", "deferred", "deferred", 15, False),
    ("deferred", 552, "5.3.4 big", "data", 1, 0, "refused", "quarantined", "too_large", None, True),
    ("deferred", None, "552 5.3.4 big", "body", 1, 0, "retry", "deferred", "deferred", 15, False),
    ("deferred", None, "552 5.3.4 big", "mail", 1, 1, "sender", "deferred", "mailbox_error", 2, False),
    ("refused", 550, "5.7.1 no", "mail", 1, 2, "sender", "deferred", "mailbox_error", 5, False),
]


@pytest.mark.parametrize("row", VERDICTS)
def test_the_whole_verdict(
    row: tuple[Outcome, int | None, str, Stage, int, int, str, str, str | None, int | None, bool],
) -> None:
    outcome, code, text, stage, attempts, failures, kind, status, reason, wait, counts = row
    verdict = judge(Receipt(outcome, code, None, text, stage), attempts, failures, RETRY)
    told = (verdict.kind, verdict.status, verdict.reason, verdict.wait, verdict.counts)
    assert told == (kind, status, reason, minutes(wait), counts)
    assert verdict.is_failure == (kind in ("bounced", "soft", "refused"))


def test_waits_grow_with_the_failures_to_their_bounds() -> None:
    assert [throttle_wait(n) for n in (0, 1, 2, 6, 7, 8, 99)] == [
        minutes(n) for n in (15, 30, 45, 105, 120, 120, 120)
    ]
    waits = [connect_wait(n) for n in range(9)]
    assert waits == [minutes(n) for n in (1, 2, 5, 10, 20, 30, 60, 60, 60)]


def test_a_retry_is_after_minutes_of_its_own() -> None:
    verdict = judge(Receipt("deferred", None, None, "lost", "rcpt"), 1, 0, Retry((7, 8)))
    assert verdict.wait == minutes(7)
    assert Retry(()).first == minutes(15)
    assert Retry() == Retry((15, 60, 240), 5)
    grey = judge(Receipt("deferred", 450, None, "greylisted", "rcpt"), 1, 0, Retry((7,), 3))
    assert grey.wait == minutes(3)


def test_the_named_sets() -> None:
    assert sorted(MAILBOX_TROUBLE) == ["auth", "connect", "sender", "throttled"]
    assert sorted(ABOUT_THE_PERSON) == ["final", "rcpt"]
    assert sorted(REPLANNED) == ["campaign_not_active", "campaign_paused", "mailbox_paused", "step_off"]
    assert Verdict("sent", "sent", None, None, True) == SENT
    assert Verdict("connect", "deferred", "mailbox_error") == NEVER_OFFERED


def test_a_pace_is_a_mean_of_times() -> None:
    assert Pace() == Pace(FIRST_WAVE, 0.0) == Pace(4, 0)
    assert Pace().after(4, 2.0) == Pace(2, 0.5)
    assert Pace(4, 0.5).after(4, 1.0) == Pace(2, 0.375)
    assert Pace(4, 0.5).after(1, 0.5) == Pace(2, 0.5)
    assert Pace(4, 0.1).after(1, 0.1) == Pace(4, 0.1)
    assert Pace().after(1, 0.0) == Pace(4, 1e-6)
    assert Pace(4, 0.01).after(100, 1.0) == Pace(100, 0.01)
    assert Pace(4, 0.0).after(1, 5.0).size == 1
    assert Pace(4, 0.3).after(0, 9.0) == Pace(4, 0.3)
    assert Pace().after(49, 1.0).size == 49  # 1 / (1 / 49) is a little less than 49


def test_keys_and_ids() -> None:
    one, two = uuid.UUID(int=1), uuid.UUID(int=2)
    assert intent_key(one, two) == f"{one}:{two}"
    assert make_message_id("mira@x@brightfjord.example", one) == f"<{one}@brightfjord.example>"


def test_references_are_cut_in_the_middle_at_thirty() -> None:
    ids = [f"<{n}@a.example>" for n in range(40)]
    assert add_reference("", ids[0]) == ids[0]
    assert add_reference(" ".join(ids[:29]), ids[29]).split() == ids[:30]
    assert add_reference(" ".join(ids[:30]), ids[30]).split() == [ids[0], *ids[2:31]]
    assert add_reference(" ".join(ids[:4]), ids[4], keep=3).split() == [ids[0], ids[3], ids[4]]
