"""The schedule's JSON: what is accepted, and every fault named with its place."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reachly.kit.errors import Invalid
from reachly.services.scheduling.policy import (
    default_schedule,
    parse_schedule,
    parse_workday,
    read_schedule,
    schedule_as_json,
)

NINE_TO_FIVE = [["09:00", "17:00"]]


def schedule(**changes: Any) -> dict[str, Any]:
    return {"timezone": "Europe/Berlin", "windows": {"mon": NINE_TO_FIVE}, **changes}


def test_nothing_given_is_office_hours_on_weekdays() -> None:
    assert parse_schedule(None, default_zone="Asia/Kolkata") == default_schedule("Asia/Kolkata")
    assert [len(day) for day in default_schedule().week] == [1, 1, 1, 1, 1, 0, 0]


def test_several_windows_and_midnight_as_an_end() -> None:
    parsed = parse_schedule(
        schedule(windows={"mon": [["20:00", "24:00"], ["08:00", "12:00"]], "sunday": NINE_TO_FIVE})
    )
    assert parsed.week[0] == ((480, 720), (1200, 1440))
    assert parsed.week[6] == ((540, 1020),)


def test_touching_windows_become_one() -> None:
    parsed = parse_schedule(schedule(windows={"tue": [["09:00", "12:00"], ["12:00", "15:00"]]}))
    assert parsed.week[1] == ((540, 900),)


def test_holidays_may_be_dates_countries_and_the_recipients_own() -> None:
    parsed = parse_schedule(schedule(holidays=["2028-02-29", "DE", "DE-BY", "recipient"]))
    assert parsed.skip_dates == {date(2028, 2, 29)}
    assert parsed.skip_countries == ("DE", "DE-BY")
    assert parsed.skip_recipient_holidays
    assert parse_schedule(schedule(holidays=True)).skip_recipient_holidays
    assert parse_schedule(schedule(), recipient_holidays=True).skip_recipient_holidays


@pytest.mark.parametrize(
    ("raw", "pointers"),
    [
        ([], [""]),
        (schedule(timezone="Mars/Olympus"), ["/timezone"]),
        (schedule(timezone="../etc/passwd"), ["/timezone"]),
        (schedule(timezone="/etc/localtime"), ["/timezone"]),
        (schedule(timezone=7), ["/timezone"]),
        (schedule(windows={}), ["/windows"]),
        (schedule(windows={"mon": []}), ["/windows"]),
        (schedule(windows="always"), ["/windows"]),
        (schedule(windows={"mond": NINE_TO_FIVE}), ["/windows/mond"]),
        (schedule(windows={"mon": NINE_TO_FIVE, "monday": NINE_TO_FIVE}), ["/windows/monday"]),
        (schedule(windows={"mon": [["17:00", "09:00"]]}), ["/windows/mon/0/1"]),
        (schedule(windows={"mon": [["24:00", "24:00"]]}), ["/windows/mon/0/0"]),
        (schedule(windows={"mon": [["9", "25:00"]]}), ["/windows/mon/0/0", "/windows/mon/0/1"]),
        (schedule(windows={"mon": [["09:00", "24:01"]]}), ["/windows/mon/0/1"]),
        (schedule(windows={"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}), ["/windows/mon/1"]),
        (schedule(windows={"mon": ["09:00-17:00"]}), ["/windows/mon/0"]),
        (schedule(windows={"mon": [["09:00"]]}), ["/windows/mon/0"]),
        (schedule(start_date="2027-02-29"), ["/start_date"]),
        (schedule(start_date="01.02.2027", end_date=5), ["/start_date", "/end_date"]),
        (schedule(start_date="2027-03-01", end_date="2027-02-28"), ["/end_date"]),
        (schedule(holidays=["XX", "Christmas", 4]), ["/holidays/0", "/holidays/1", "/holidays/2"]),
        (schedule(holidays="DE"), ["/holidays"]),
        (schedule(speed=9), ["/speed"]),
        (
            {"timezone": "X", "windows": {"mon": [["a", "b"]]}, "end_date": "soon"},
            ["/timezone", "/windows/mon/0/0", "/windows/mon/0/1", "/end_date"],
        ),
    ],
)
def test_every_fault_is_named_with_its_place(raw: object, pointers: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        parse_schedule(raw)
    assert [error.pointer for error in refused.value.errors] == pointers
    assert refused.value.code == "bad_schedule"


def test_a_mailbox_without_a_workday_sends_at_any_hour() -> None:
    assert all(day == ((0, 1440),) for day in parse_workday(None, "Asia/Kathmandu").week)
    assert parse_workday({"sat": [("10:00", "11:00")]}, "UTC").week[5] == ((600, 660),)


windows = st.lists(st.integers(0, 1440), min_size=2, max_size=6, unique=True).map(
    lambda edges: [
        [f"{a // 60:02d}:{a % 60:02d}", f"{b // 60:02d}:{b % 60:02d}"]
        for a, b in zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False)
    ]
)


@given(st.dictionaries(st.sampled_from(["mon", "wed", "sun"]), windows, min_size=1))
def test_what_is_written_is_read_again(week: dict[str, object]) -> None:
    parsed = parse_schedule(schedule(windows=week, holidays=["2027-12-24", "FR", "recipient"]))
    assert parse_schedule(schedule_as_json(parsed)) == parsed


json_like = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(["timezone", "windows", "start_date", "end_date", "holidays"], json_like)
    )
)
def test_no_json_breaks_the_reader(raw: dict[str, object]) -> None:
    parsed, faults = read_schedule(raw)
    assert (parsed is None) == bool(faults)
