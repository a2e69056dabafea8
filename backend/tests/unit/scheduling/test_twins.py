"""Counts drawn down one by one, days beside days off, faults with their codes: each rule beside its twin."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from reachly.kit.errors import Invalid
from reachly.kit.schedule import (
    every_day,
    known_zone,
    midnight_before,
    parse_schedule,
    read_schedule,
    schedule_as_json,
)
from reachly.services.scheduling.policy import (
    RECIPIENT_HOURS,
    BlockReason,
    Budget,
    Candidate,
    Mailbox,
    MailboxState,
    NoSlot,
    align,
    choose,
    default_schedule,
    effective_cap,
    next_slot,
    parse_workday,
    turn_size,
)

NOW = datetime(2027, 1, 4, 10, tzinfo=UTC)
BOX = Mailbox("ada@acme.example", workday=default_schedule("UTC"), jitter=0, min_gap=0)


def codes(**schedule: Any) -> list[tuple[str, str]]:
    faults = read_schedule({"timezone": "UTC", **schedule})[1]
    return [(fault.pointer, fault.code) for fault in faults]


def day(*windows: Any) -> dict[str, Any]:
    return {"windows": {"mon": list(windows)}}


@pytest.mark.parametrize(("schedule", "expected"), [
    ({"a/b~": 1}, [("/a~1b~0", "unknown_field")]), ({"timezone": "Mars/Base"}, [("/timezone", "timezone")]),
    ({"windows": []}, [("/windows", "type")]), ({"windows": {}}, [("/windows", "empty")]),
    ({"windows": {"tue": None}}, [("/windows", "empty")]),
    ({"windows": {"tue": None, "Monday": [["9:00", "10:00"]]}}, []),
    ({"windows": {"noday": []}}, [("/windows/noday", "weekday")]),
    ({"windows": {"mon": [["9:00", "10:00"]], " MONDAY ": []}}, [("/windows/ MONDAY ", "duplicate")]),
    ({"windows": {"mon": "9"}}, [("/windows/mon", "type")]),
    (day(*[["00:00", "00:01"]] * 25), [("/windows/mon", "too_many")]),
    (day(["9:00"]), [("/windows/mon/0", "type")]), (day({"start": "9:00", "end": "10:00"}), []),
    (day({"start": "9:00"}), [("/windows/mon/0", "type")]),
    (day(["9:00", "9:00"]), [("/windows/mon/0/1", "order")]), (day(["9:00", "9:01"]), []),
    (day(["24:00", "24:00"]), [("/windows/mon/0/0", "time")]), (day(["23:59", "24:00"]), []),
    (day(["9:00", "24:01"]), [("/windows/mon/0/1", "time")]), (day(["9:60", "10:00"]), [("/windows/mon/0/0", "time")]),
    (day([9, "10:00"]), [("/windows/mon/0/0", "time")]),
    (day(["9:00", "11:00"], ["10:00", "12:00"]), [("/windows/mon/1", "overlap")]),
    (day(["9:00", "11:00"], ["11:00", "12:00"]), []),
    ({"start_date": "2027-02-30"}, [("/start_date", "date")]), ({"end_date": "20270101"}, [("/end_date", "date")]),
    ({"start_date": "", "end_date": None}, []), ({"start_date": "2027-01-02", "end_date": "2027-01-02"}, []),
    ({"start_date": "2027-01-02", "end_date": "2027-01-01"}, [("/end_date", "order")]),
    ({"holidays": "DE"}, [("/holidays", "type")]), ({"holidays": ["XX"]}, [("/holidays/0", "country")]),
    ({"holidays": ["DE", "DE-BY", "recipient", "2027-01-06"]}, []), ({"holidays": [3]}, [("/holidays/0", "date")]),
    ({"holidays": ["2027-01-01"] * 1000}, []), ({"holidays": ["2027-01-01"] * 1001}, [("/holidays", "type")]),
])  # fmt: skip
def test_each_fault_of_a_schedule_has_its_place_and_code(
    schedule: Any, expected: list[tuple[str, str]]
) -> None:
    assert codes(**schedule) == expected


def test_faults_come_together_and_windows_that_touch_are_one() -> None:
    assert codes(timezone="x", windows=[]) == [("/timezone", "timezone"), ("/windows", "type")]
    assert [fault.code for fault in read_schedule("x")[1]] == ["type"]
    with pytest.raises(Invalid) as caught:
        parse_schedule({"timezone": "Mars/Base"})
    assert caught.value.code == "bad_schedule"
    merged = parse_schedule(day(["11:00", "12:00"], ["9:00", "11:00"], ["13:00", "24:00"]))
    assert merged.week[0] == ((540, 720), (780, 1440))
    whole = {
        "timezone": "Europe/Berlin", "windows": {"mon": [["09:05", "24:00"]]}, "start_date": "2027-01-01",
        "end_date": None, "holidays": ["2027-01-06", "DE", "recipient"],
    }  # fmt: skip
    assert schedule_as_json(parse_schedule(whole)) == whole
    assert parse_schedule({"holidays": ["DE", "DE"]}).skip_countries == ("DE",)


def test_a_schedule_may_come_read_already_and_its_days_as_dates() -> None:
    plan = default_schedule("UTC")
    assert read_schedule(plan) == (plan, [])
    assert parse_schedule({"start_date": date(2027, 1, 2)}).start_date == date(2027, 1, 2)
    assert every_day(((1, 2),), "sat sun") == ((), (), (), (), (), ((1, 2),), ((1, 2),))
    assert parse_workday(None, "Mars/Base").timezone == "UTC"
    assert [known_zone(name) for name in ("UTC", "", None, 5, "Mars/Base", "/etc/localtime", "U" * 65)] == [
        True, False, False, False, False, False, False,
    ]  # fmt: skip


def test_a_local_day_began_at_its_first_midnight() -> None:
    at = datetime(2027, 1, 4, 18, 29, 59, 999_999, tzinfo=UTC)
    assert midnight_before(at, "Asia/Kolkata") == datetime(2027, 1, 3, 18, 30, tzinfo=UTC)
    assert midnight_before(at + timedelta(microseconds=1), "Asia/Kolkata") == datetime(
        2027, 1, 4, 18, 30, tzinfo=UTC
    )
    twice = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # in Havana the clock says 0:30 a second time
    assert midnight_before(twice, "America/Havana").astimezone(UTC) == datetime(2026, 11, 1, 4, tzinfo=UTC)


def fridays(**more: Any) -> Any:
    return parse_schedule({"timezone": "UTC", "windows": {"fri": [["09:00", "17:00"]]}, **more})


def test_a_campaign_alone_without_a_window_says_whether_its_end_is_why() -> None:
    due = datetime(2026, 12, 19, tzinfo=UTC)
    closed = fridays(holidays=["DE"])  # Christmas and New Year's day are Fridays
    found = align(due, closed)
    assert isinstance(found, NoSlot)
    assert (found.reason, "no open window" in found.detail) == (BlockReason.NO_COMMON_SLOT, True)
    for last, reason in (
        ("2027-01-02", BlockReason.NO_COMMON_SLOT),
        ("2027-01-01", BlockReason.SCHEDULE_ENDED),
    ):
        ended = align(due, fridays(holidays=["DE"], end_date=last))
        assert isinstance(ended, NoSlot)
        assert ended.reason == reason
    apart = align(due, fridays(), "UTC", recipient_hours=((60, 120),))
    assert isinstance(apart, NoSlot)
    assert "recipient's hours (UTC)" in apart.detail
    away = align(due, fridays(), workday=parse_workday({"mon": [["09:00", "10:00"]]}, "UTC"))
    assert isinstance(away, NoSlot)
    assert "workday (UTC)" in away.detail


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    plan = replace(default_schedule("UTC"), skip_recipient_holidays=True)
    due = datetime(2027, 1, 6, 10, tzinfo=UTC)  # Epiphany in Bavaria
    after = datetime(2027, 1, 7, 9, tzinfo=UTC)
    assert align(due, plan, None, "DE-BY") == after
    assert align(due, plan, None, " de-by ") == after
    assert align(due, plan, None, "DE-BE") == due
    assert align(due, plan, None, None) == due
    assert align(due, plan, "UTC", "DE-BY", recipient_hours=RECIPIENT_HOURS) == after
    assert align(due, default_schedule("UTC"), "UTC", "DE-BY", recipient_hours=RECIPIENT_HOURS) == due


def crowd(many: int, **more: Any) -> list[Candidate[str]]:
    return [Candidate(f"{n}", f"{n}", "c", NOW - timedelta(minutes=10), True, **more) for n in range(many)]


def outcome(candidates: list[Candidate[str]], budget: Budget) -> tuple[int, set[BlockReason]]:
    chosen = choose(candidates, budget, NOW)
    return len(chosen.taken), {reason for _, reason in chosen.passed}


def test_each_count_is_drawn_down_by_what_is_taken() -> None:
    assert outcome(crowd(5), Budget(10, campaigns={"c": 2})) == (2, {BlockReason.CAMPAIGN_CAP})
    assert outcome(crowd(5), Budget(10, new_leads={"c": 2})) == (2, {BlockReason.NEW_LEAD_CAP})
    assert outcome(crowd(5), Budget(2)) == (2, {BlockReason.WAITING_TURN})
    known = crowd(5, companies=(("acme.example", 2), ("edit", 4)))
    assert outcome(known, Budget(10)) == (2, {BlockReason.COMPANY_CAP})
    assert outcome(known, Budget(10, companies={"acme.example": 1})) == (1, {BlockReason.COMPANY_CAP})
    assert outcome(known, Budget(10, companies={"edit": 3})) == (1, {BlockReason.COMPANY_CAP})
    assert outcome(crowd(5), Budget(10, companies={"acme.example": 9})) == (5, set())
    known = crowd(5, companies=(("acme.example", 9),))
    budget = Budget(10, campaigns={"c": 9}, new_leads={"c": 9}, companies={"acme.example": 1})
    choose(known, budget, NOW)
    assert (budget.mailbox, budget.campaigns, budget.new_leads) == (5, {"c": 4}, {"c": 4})
    assert budget.companies == {"acme.example": 6}


def test_an_absence_ends_with_its_last_day() -> None:
    open_all_day = replace(
        BOX, workday=parse_workday(None, "UTC"), absences=((date(2027, 1, 5), date(2027, 1, 6)),)
    )
    state = MailboxState(open_all_day)
    back = datetime(2027, 1, 7, tzinfo=UTC)
    for at, reason in (
        (datetime(2027, 1, 4, 23, 59, 59, tzinfo=UTC), None),
        (datetime(2027, 1, 5, tzinfo=UTC), BlockReason.MAILBOX_ABSENT),
        (back - timedelta(seconds=1), BlockReason.MAILBOX_ABSENT), (back, None),
    ):  # fmt: skip
        slot = next_slot(state, at)
        assert (slot.at, slot.reason) == (at if reason is None else back, reason)


@pytest.mark.parametrize(("box", "facts", "size"), [
    ({}, {}, 20), ({"daily_limit": 9}, {"sent_today": 2}, 7), ({"daily_limit": 5}, {"sent_today": 5}, 0),
    ({"min_gap": 1}, {}, 1), ({"jitter": 1}, {}, 1),
    ({"domain_cap": 6}, {"sent_today": 2, "domain_sent_today": 4}, 2), ({"domain_cap": 6}, {"sent_today": 5}, 1),
    ({"provider_limit": 8}, {"provider_sent": 5}, 3), ({"provider_limit": 5}, {"provider_sent": 9}, 0),
])  # fmt: skip
def test_a_turn_takes_what_the_smallest_cap_leaves(
    box: dict[str, Any], facts: dict[str, Any], size: int
) -> None:
    assert turn_size(MailboxState(replace(BOX, **box), **facts), NOW, 20) == size
    assert turn_size(MailboxState(replace(BOX, **box), **facts), NOW, 0) == 0


def test_the_smallest_cap_names_itself_and_the_first_of_equals_wins() -> None:
    def cap(campaign: int | None = None, **box: Any) -> tuple[int, BlockReason]:
        found = effective_cap(replace(BOX, **box), date(2027, 1, 4), campaign)
        return found.limit, found.code

    assert cap() == (40, BlockReason.MAILBOX_CAP)
    assert cap(provider_limit=39) == (39, BlockReason.PROVIDER_CAP)
    assert cap(health_cap=39) == (39, BlockReason.HEALTH_CAP)
    assert cap(domain_cap=39) == (39, BlockReason.DOMAIN_CAP)
    assert cap(39) == (39, BlockReason.CAMPAIGN_CAP)
    assert cap(40, domain_cap=40, provider_limit=40, health_cap=40) == (40, BlockReason.MAILBOX_CAP)
    assert next_slot(MailboxState(replace(BOX, health_cap=0)), NOW).at is None
    assert next_slot(MailboxState(replace(BOX, health_cap=1)), NOW).at == NOW
