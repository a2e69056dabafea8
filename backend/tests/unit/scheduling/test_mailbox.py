"""When a mailbox may send next, and which cap is the smallest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from reachly.services.scheduling.policy import (
    BlockReason,
    Mailbox,
    MailboxState,
    Ramp,
    Slot,
    default_schedule,
    draw_jitter,
    effective_cap,
    next_slot,
    parse_workday,
    turn_size,
)

MONDAY = datetime(2027, 1, 4, 10, tzinfo=UTC)
BOX = Mailbox("ada@acme.example", workday=default_schedule("UTC"), jitter=0)


def state(box: Mailbox = BOX, **facts: Any) -> MailboxState:
    return MailboxState(box, **facts)


def test_an_idle_mailbox_may_send_now() -> None:
    assert next_slot(state(), MONDAY) == Slot(MONDAY)


def test_the_gap_runs_from_the_last_message() -> None:
    slot = next_slot(state(sent_today=1, last_sent_at=MONDAY - timedelta(seconds=599)), MONDAY)
    assert slot == Slot(MONDAY + timedelta(seconds=1), BlockReason.MAILBOX_GAP)


def test_jitter_is_drawn_once_and_stays() -> None:
    box = replace(BOX, jitter=300)
    facts: dict[str, Any] = {"sent_today": 3, "last_sent_at": MONDAY, "last_sent_n": 3}
    first = next_slot(state(box, **facts), MONDAY)
    later = next_slot(state(box, **facts), MONDAY + timedelta(minutes=5))
    assert first.at == later.at
    assert first.at is not None
    assert 600 <= (first.at - MONDAY).total_seconds() <= 900


def test_jitter_differs_by_mailbox_and_place_in_the_day_but_never_by_spelling() -> None:
    draws = {draw_jitter("ada@acme.example", 740000, n, 300) for n in range(40)}
    assert len(draws) > 25
    assert all(0 <= draw <= 300 for draw in draws)
    assert draw_jitter("Ada@Acme.example", 740000, 1, 300) == draw_jitter("ada@acme.example", 740000, 1, 300)
    assert draw_jitter("ada@acme.example", 740000, 1, 0) == 0


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2027-01-04T16:00:00", "2027-01-05T09:00:00"),
        ("2027-01-08T09:30:00", "2027-01-11T09:00:00"),  # Friday
        ("2027-03-26T16:00:00", "2027-03-29T09:00:00"),  # over the change to summer time
    ],
)
def test_a_reached_cap_waits_for_the_next_workday(now: str, opens: str) -> None:
    zone = ZoneInfo("Europe/Berlin")
    at = datetime.fromisoformat(now).replace(tzinfo=zone)
    box = replace(BOX, workday=default_schedule("Europe/Berlin"))
    slot = next_slot(state(box, sent_today=40), at)
    assert slot == Slot(datetime.fromisoformat(opens).replace(tzinfo=zone), BlockReason.MAILBOX_CAP)


def test_a_mailbox_that_never_closes_starts_again_at_midnight() -> None:
    box = replace(BOX, workday=parse_workday(None, "Asia/Kolkata"))
    slot = next_slot(state(box, sent_today=40), MONDAY)
    assert slot.at == datetime(2027, 1, 4, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "limit", "code"),
    [
        ({}, 40, BlockReason.MAILBOX_CAP),
        ({"ramp": Ramp(date(2027, 1, 1), 10, 3)}, 19, BlockReason.RAMP),
        ({"ramp": Ramp(date(2027, 1, 1), 10, 3, target=19)}, 40, BlockReason.MAILBOX_CAP),
        ({"ramp": Ramp(date(2028, 1, 1), 10, 3)}, 10, BlockReason.RAMP),
        ({"health_cap": 5}, 5, BlockReason.HEALTH_CAP),
        ({"provider_limit": 30}, 30, BlockReason.PROVIDER_CAP),
        ({"domain_cap": 7, "health_cap": 8}, 7, BlockReason.DOMAIN_CAP),
    ],
)
def test_the_smallest_cap_wins(changes: dict[str, Any], limit: int, code: BlockReason) -> None:
    cap = effective_cap(replace(BOX, **changes), date(2027, 1, 4))
    assert (cap.limit, cap.code) == (limit, code)


def test_a_campaign_cap_can_be_the_smallest() -> None:
    assert effective_cap(BOX, date(2027, 1, 4), campaign_cap=3).code is BlockReason.CAMPAIGN_CAP


def test_the_ramp_opens_more_each_day() -> None:
    box = replace(BOX, ramp=Ramp(date(2027, 1, 4), 2, 1))
    assert next_slot(state(box, sent_today=2), MONDAY).reason is BlockReason.RAMP
    assert next_slot(state(box, sent_today=2), MONDAY + timedelta(days=1)).reason is None


def test_the_domain_counts_what_its_other_mailboxes_sent() -> None:
    box = replace(BOX, domain_cap=100)
    slot = next_slot(state(box, domain_sent_today=100), MONDAY)
    assert slot == Slot(datetime(2027, 1, 5, 9, tzinfo=UTC), BlockReason.DOMAIN_CAP)


def test_a_full_provider_day_ends_when_the_oldest_message_leaves_it() -> None:
    until = MONDAY + timedelta(hours=2)
    assert next_slot(state(provider_full_until=until), MONDAY) == Slot(until, BlockReason.PROVIDER_CAP)


def test_throttling_is_waited_out_inside_the_workday() -> None:
    slot = next_slot(state(not_before=MONDAY + timedelta(hours=9)), MONDAY)
    assert slot == Slot(datetime(2027, 1, 5, 9, tzinfo=UTC), BlockReason.THROTTLED)


def test_a_planned_absence_is_stepped_over() -> None:
    box = replace(BOX, absences=((date(2027, 1, 4), date(2027, 2, 5)),))
    assert next_slot(state(box), MONDAY) == Slot(
        datetime(2027, 2, 8, 9, tzinfo=UTC), BlockReason.MAILBOX_ABSENT
    )


@pytest.mark.parametrize(
    "changes", [{"daily_limit": 0}, {"health_cap": 0}, {"domain_cap": 0}, {"provider_limit": 0}]
)
def test_a_cap_of_nothing_has_no_slot(changes: dict[str, Any]) -> None:
    slot = next_slot(state(replace(BOX, **changes)), MONDAY)
    assert slot.at is None
    assert slot.reason is not None


def test_a_turn_is_one_message_where_a_gap_applies_and_a_batch_where_none_does() -> None:
    relay = replace(BOX, min_gap=0, daily_limit=500)
    assert turn_size(state(), MONDAY, 200) == 1
    assert turn_size(state(relay), MONDAY, 200) == 200
    assert turn_size(state(relay, sent_today=450), MONDAY, 200) == 50
    assert turn_size(state(replace(relay, domain_cap=460), sent_today=450), MONDAY, 200) == 10
    assert turn_size(state(relay, sent_today=500), MONDAY, 200) == 0
