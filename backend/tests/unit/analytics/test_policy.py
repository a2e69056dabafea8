"""Spans, sums, bounds and the estimate of the hours to come."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from reachly.kit.errors import Invalid
from reachly.kit.schedule import WHOLE_WEEK, SendSchedule, default_schedule
from reachly.services.analytics.policy import (
    Box,
    Due,
    add_up,
    choose_span,
    estimate_hours,
    fill_days,
    has_fallen,
    lower_bound,
    span_before,
)

TODAY = date(2026, 3, 10)
MORNING = datetime(2026, 3, 10, 8, tzinfo=UTC)  # a Tuesday
MIDNIGHT = datetime(2026, 3, 11, tzinfo=UTC)
ALWAYS = SendSchedule("UTC", WHOLE_WEEK)


def test_overview_is_the_last_fourteen_days_with_today() -> None:
    assert choose_span(None, None, TODAY) == (date(2026, 2, 25), TODAY)
    assert span_before(date(2026, 2, 25), TODAY) == (date(2026, 2, 11), date(2026, 2, 24))


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (date(2026, 3, 2), date(2026, 3, 1)),
        (date(2020, 1, 1), date(2026, 1, 1)),
        (None, date.min),
        (date.max, None),
    ],
)
def test_span_that_makes_no_sense_is_refused(since: date | None, until: date | None) -> None:
    with pytest.raises(Invalid):
        choose_span(since, until, TODAY)


def test_days_without_facts_are_zeros() -> None:
    days = fill_days({date(2026, 3, 2): {"sent": 5, "bounced": 1}}, date(2026, 3, 1), date(2026, 3, 3))
    assert [(day.day.day, day.sent, day.delivered) for day in days] == [(1, 0, 0), (2, 5, 4), (3, 0, 0)]


def test_sums_keep_their_denominator() -> None:
    totals = add_up([{"sent": 5, "bounced": 1, "replied": 1}, {"sent": 2}])
    assert (totals.sent, totals.delivered, totals.replied) == (7, 6, 1)


def test_refused_message_bounced_but_was_not_sent() -> None:
    totals = add_up([{"sent": 10, "bounced": 1}, {"bounced": 2, "refused": 2}])
    assert (totals.sent, totals.bounced, totals.refused) == (10, 3, 2)
    assert (totals.attempted, totals.delivered) == (12, 9)


@pytest.mark.parametrize(
    ("hits", "trials", "low"), [(1, 20, 0.0089), (2, 20, 0.0279), (5, 20, 0.1119), (0, 20, 0.0), (0, 0, 0.0)]
)
def test_lower_bound_is_wilsons(hits: int, trials: int, low: float) -> None:
    assert lower_bound(hits, trials) == pytest.approx(low, abs=0.0005)


@pytest.mark.parametrize(
    ("sent", "bounced", "fallen"),
    [(20, 2, False), (20, 5, True), (19, 19, False), (1_000, 55, False), (1_000, 80, True)],
)
def test_mailbox_falls_only_beyond_chance(sent: int, bounced: int, fallen: bool) -> None:
    assert has_fallen(sent, bounced) is fallen


def box(
    n: int, *, left: int = 100, gap: float = 600, schedule: SendSchedule = ALWAYS, start: datetime = MORNING
) -> Box:
    return Box(start, left, gap, [Due("c", MORNING, n)], ALWAYS, {"c": schedule})


def hours(begin: datetime = MORNING) -> list[datetime]:
    return [begin + timedelta(hours=n) for n in range(24) if begin + timedelta(hours=n) < MIDNIGHT]


def estimate(*boxes: Box) -> dict[int, int]:
    return estimate_hours(boxes, hours(), MIDNIGHT, ZoneInfo("UTC"))


def test_gap_spreads_what_is_due() -> None:
    assert estimate(box(14)) == {8: 6, 9: 6, 10: 2}


def test_cap_ends_the_day() -> None:
    assert sum(estimate(box(100, left=40)).values()) == 40
    assert estimate(box(100, left=0)) == {}


def test_window_holds_what_is_due_until_it_opens() -> None:
    assert estimate(box(14, schedule=default_schedule("UTC"))) == {9: 6, 10: 6, 11: 2}
    assert estimate(box(500, left=500, schedule=default_schedule("UTC"))) == dict.fromkeys(range(9, 17), 6)


def test_mailbox_without_a_gap_sends_all_at_once() -> None:
    assert estimate(box(50, gap=0)) == {8: 50}


def test_mailbox_waits_for_its_turn() -> None:
    assert estimate(box(3, start=MORNING + timedelta(hours=5))) == {13: 3}
