"""Windows on the wall clock: clock changes, odd zones, recipient hours, holidays, no common slot."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reachly.kit.schedule import SendSchedule
from reachly.services.scheduling.policy import (
    RECIPIENT_HOURS,
    BlockReason,
    NoSlot,
    align,
    delay_until,
    parse_schedule,
    parse_workday,
)
from reachly.services.scheduling.policy.calendar import local_days

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def plan(
    zone: str = "UTC", windows: list[list[str]] | None = None, days: str = "mon tue wed thu fri", **more: Any
) -> SendSchedule:
    return parse_schedule(
        {"timezone": zone, "windows": dict.fromkeys(days.split(), windows or [["09:00", "17:00"]]), **more}
    )


def local(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


DAILY = " ".join(WEEK)


@pytest.mark.parametrize(
    ("due", "expected", "zone"),
    [
        ("2027-01-04T08:59:59", "2027-01-04T09:00:00", "Europe/Berlin"),  # opens
        ("2027-01-04T09:00:00", "2027-01-04T09:00:00", "Europe/Berlin"),
        ("2027-01-04T16:59:59", "2027-01-04T16:59:59", "Europe/Berlin"),
        ("2027-01-04T17:00:00", "2027-01-05T09:00:00", "Europe/Berlin"),  # the end is not inside
        ("2027-01-08T17:00:00", "2027-01-11T09:00:00", "Europe/Berlin"),  # over the weekend
        ("2027-01-04T06:00:00", "2027-01-04T09:00:00", "Asia/Kolkata"),  # +05:30
        ("2027-01-04T06:00:00", "2027-01-04T09:00:00", "Asia/Kathmandu"),  # +05:45
        ("2027-01-04T06:00:00", "2027-01-04T09:00:00", "Australia/Lord_Howe"),  # half-hour saving
        ("2028-02-28T18:00:00", "2028-02-29T09:00:00", "America/New_York"),  # leap day
    ],
)
def test_the_first_instant_inside_the_window(due: str, expected: str, zone: str) -> None:
    assert align(local(zone, due), plan(zone)) == local(zone, expected)


def test_a_window_keeps_its_wall_clock_over_both_changes() -> None:
    schedule = plan("Europe/Berlin", days=DAILY)
    assert align(datetime(2027, 3, 27, 20, tzinfo=UTC), schedule) == datetime(2027, 3, 28, 7, tzinfo=UTC)
    assert align(datetime(2027, 3, 26, 20, tzinfo=UTC), schedule) == datetime(2027, 3, 27, 8, tzinfo=UTC)
    assert align(datetime(2027, 10, 31, 0, tzinfo=UTC), schedule) == datetime(2027, 10, 31, 8, tzinfo=UTC)


def test_a_skipped_opening_moves_forward_to_the_first_time_that_exists() -> None:
    schedule = plan("Europe/Berlin", [["02:30", "04:00"]], DAILY)
    found = align(datetime(2027, 3, 28, 0, tzinfo=UTC), schedule)
    assert found == datetime(2027, 3, 28, 1, tzinfo=UTC)  # 03:00 summer time
    assert align(datetime(2027, 3, 28, 2, tzinfo=UTC), schedule) == local(
        "Europe/Berlin", "2027-03-29T02:30:00"
    )


def test_a_repeated_opening_uses_the_first() -> None:
    schedule = plan("America/New_York", [["01:15", "01:45"]], DAILY)
    assert align(datetime(2027, 11, 7, 4, tzinfo=UTC), schedule) == datetime(2027, 11, 7, 5, 15, tzinfo=UTC)
    # The second 01:15 of that night is past the window: it is not sent twice.
    assert align(datetime(2027, 11, 7, 5, 45, tzinfo=UTC), schedule) == datetime(
        2027, 11, 8, 6, 15, tzinfo=UTC
    )


def test_midnight_that_does_not_exist_still_begins_the_day() -> None:
    schedule = plan("America/Santiago", [["00:00", "24:00"]], DAILY)
    assert align(datetime(2027, 9, 5, 4, tzinfo=UTC), schedule) == datetime(2027, 9, 5, 4, tzinfo=UTC)
    days = local_days("America/Santiago")
    start = days.start(date(2027, 9, 5).toordinal())
    assert start == int(datetime(2027, 9, 5, 4, tzinfo=UTC).timestamp())
    assert days.ordinal(start - 1) == date(2027, 9, 4).toordinal()


def test_recipient_hours_hold_where_the_zone_is_known() -> None:
    schedule = plan("Europe/Berlin")
    due = local("Europe/Berlin", "2027-01-04T09:00:00")
    kept = align(due, schedule, "America/New_York", recipient_hours=RECIPIENT_HOURS)
    assert kept == local("America/New_York", "2027-01-04T09:00:00")
    assert align(due, schedule, "America/New_York") == due  # switched off
    assert align(due, schedule, None, recipient_hours=RECIPIENT_HOURS) == due
    assert align(due, schedule, "Not/AZone", recipient_hours=RECIPIENT_HOURS) == due


def test_friday_here_is_not_saturday_there() -> None:
    schedule = plan("America/Los_Angeles", [["15:00", "18:00"]])
    found = align(
        local("America/Los_Angeles", "2027-01-08T12:00:00"),
        schedule,
        "Australia/Sydney",
        recipient_hours=RECIPIENT_HOURS,
    )
    assert isinstance(found, datetime)
    assert found.astimezone(ZoneInfo("Australia/Sydney")).weekday() < 5


def test_holidays_of_the_recipients_country_are_kept() -> None:
    schedule = plan("Europe/Berlin", holidays=True)
    unity_day = local("Europe/Berlin", "2028-10-03T10:00:00")  # a Tuesday
    assert align(unity_day, schedule, None, "DE") == local("Europe/Berlin", "2028-10-04T09:00:00")
    assert align(unity_day, schedule, None, "de") == local("Europe/Berlin", "2028-10-04T09:00:00")
    assert align(unity_day, schedule, None, "Germany") == local("Europe/Berlin", "2028-10-04T09:00:00")
    assert align(unity_day, schedule, None, "FR") == unity_day
    assert align(unity_day, schedule, None, "Atlantis") == unity_day
    assert align(unity_day, plan("Europe/Berlin"), None, "DE") == unity_day


def test_own_days_off_and_countries_are_kept_for_everyone() -> None:
    schedule = plan("UTC", holidays=["2027-01-05", "US"])
    assert align(datetime(2027, 1, 5, 10, tzinfo=UTC), schedule) == datetime(2027, 1, 6, 9, tzinfo=UTC)
    assert align(datetime(2027, 7, 5, 10, tzinfo=UTC), schedule) == datetime(
        2027, 7, 6, 9, tzinfo=UTC
    )  # observed


def test_a_long_company_holiday_is_waited_for() -> None:
    days_off = [(date(2027, 12, 20) + timedelta(days=n)).isoformat() for n in range(21)]
    found = align(datetime(2027, 12, 18, tzinfo=UTC), plan(holidays=days_off))
    assert found == datetime(2028, 1, 10, 9, tzinfo=UTC)


def test_before_the_first_day_it_waits_and_after_the_last_it_says_so() -> None:
    schedule = plan(start_date="2027-06-01", end_date="2027-06-02")
    assert align(datetime(2027, 1, 1, tzinfo=UTC), schedule) == datetime(2027, 6, 1, 9, tzinfo=UTC)
    ended = align(datetime(2027, 6, 2, 17, tzinfo=UTC), schedule)
    assert isinstance(ended, NoSlot)
    assert ended.reason is BlockReason.SCHEDULE_ENDED


def test_no_common_slot_is_said_at_once_and_says_between_whom() -> None:
    schedule = plan("America/New_York")
    recipient = align(
        datetime(2027, 1, 1, tzinfo=UTC), schedule, "Asia/Tokyo", recipient_hours=RECIPIENT_HOURS
    )
    assert isinstance(recipient, NoSlot)
    assert recipient.reason is BlockReason.NO_COMMON_SLOT
    assert "Asia/Tokyo" in recipient.detail
    nights = parse_workday({"sun": [["00:00", "04:00"]]}, "UTC")
    mailbox = align(datetime(2027, 1, 1, tzinfo=UTC), schedule, workday=nights)
    assert isinstance(mailbox, NoSlot)
    assert "workday" in mailbox.detail


def test_a_delay_counts_full_days_of_24_hours() -> None:
    friday = datetime(2027, 1, 8, 10, 30, tzinfo=UTC)
    assert delay_until(friday, 3) == datetime(2027, 1, 11, 10, 30, tzinfo=UTC)
    assert delay_until(friday, 1, 5) == datetime(2027, 1, 9, 15, 30, tzinfo=UTC)


def test_working_days_step_over_days_without_a_window() -> None:
    friday = datetime(2027, 1, 8, 10, 30, tzinfo=UTC)
    schedule = plan("UTC", holidays=["2027-01-11"])
    counted = delay_until(friday, 3, 1, working_days_only=True, schedule=schedule)
    assert counted == datetime(2027, 1, 14, 11, 30, tzinfo=UTC)  # Tue, Wed, Thu
    berlin = delay_until(
        local("Europe/Berlin", "2027-03-26T10:00:00"),
        1,
        working_days_only=True,
        schedule=plan("Europe/Berlin"),
    )
    assert berlin == local("Europe/Berlin", "2027-03-29T10:00:00")


ZONES = st.sampled_from(
    [
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "America/Santiago",
        "Africa/Cairo",
        "UTC",
        "Pacific/Apia",
        "America/Havana",
    ]
)
edges = st.lists(st.integers(0, 96), min_size=2, max_size=4, unique=True).map(sorted)


@settings(max_examples=300, deadline=None)
@given(
    ZONES,
    edges,
    st.integers(
        int(datetime(2027, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2029, 1, 1, tzinfo=UTC).timestamp())
    ),
    st.sets(st.sampled_from(WEEK), min_size=1),
)
def test_an_aligned_instant_lies_in_the_window_and_nothing_earlier_does(
    zone: str, quarters: list[int], second: int, days: set[str]
) -> None:
    pairs = list(zip(quarters[::2], quarters[1::2], strict=False))
    windows = [[f"{a // 4:02d}:{a % 4 * 15:02d}", f"{b // 4:02d}:{b % 4 * 15:02d}"] for a, b in pairs]
    schedule = plan(zone, windows, " ".join(days))
    due = datetime.fromtimestamp(second, UTC)
    found = align(due, schedule)

    def inside(at: datetime) -> bool:
        wall = at.astimezone(ZoneInfo(zone))
        minute = wall.hour * 60 + wall.minute
        return WEEK[wall.weekday()] in days and any(a * 15 <= minute < b * 15 for a, b in pairs)

    assert isinstance(found, datetime)
    assert found >= due
    assert inside(found)
    # Every quarter of an hour between due and the answer is closed, but for the second round of a repeated hour.
    probe = due
    while probe < found:
        folded = probe.astimezone(ZoneInfo(zone)).fold == 1
        assert folded or not inside(probe)
        probe += timedelta(minutes=15)
