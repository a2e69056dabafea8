"""Open time to the second: ranges, days of a zone, the fortnight, and the clock that skips and repeats."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from reachly.kit.schedule import WHOLE_WEEK, every_day
from reachly.services.scheduling.policy import (
    RECIPIENT_HOURS,
    BlockReason,
    Budget,
    Candidate,
    NoSlot,
    SenderWheel,
    align,
    assign_sender,
    choose,
    default_schedule,
    delay_until,
    parse_schedule,
)
from reachly.services.scheduling.policy.alignment import (
    after_working_days,
    explain_no_slot,
    is_working_day,
    recipient_layer,
)
from reachly.services.scheduling.policy.calendar import (
    Calendar,
    Layer,
    local_days,
    local_to_utc,
    midnight_after,
    to_seconds,
)
from reachly.services.scheduling.policy.choice import rank

DAY = 86_400
MONDAY = int(datetime(2027, 1, 4, tzinfo=UTC).timestamp())
NINE, FIVE = MONDAY + 9 * 3_600, MONDAY + 17 * 3_600
OFFICE = Layer("UTC", every_day(((540, 1020),)))


def at(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


@pytest.mark.parametrize(("when", "opens", "is_open"), [
    (NINE - 1, NINE, False), (NINE, NINE, True), (NINE + 1, NINE + 1, True), (FIVE - 1, FIVE - 1, True),
    (FIVE, NINE + DAY, False), (MONDAY - 1, NINE, False), (NINE + 5 * DAY, NINE + 7 * DAY, False),
])  # fmt: skip
def test_open_and_closed_to_the_second(when: int, opens: int, is_open: bool) -> None:
    calendar = Calendar((OFFICE,))
    assert (calendar.next(when), calendar.is_open(when)) == (opens, is_open)
    assert calendar.span(when) == (
        opens - (opens - 9 * 3_600) % DAY,
        opens - (opens - 9 * 3_600) % DAY + 8 * 3_600,
    )


def test_layers_meet_where_all_are_open() -> None:
    kolkata = Layer("Asia/Kolkata", every_day(((540, 1020),)))  # 3:30 to 11:30
    assert Calendar((OFFICE, kolkata)).span(MONDAY) == (NINE, MONDAY + 41_400)
    auckland = Layer("Pacific/Auckland", every_day(((540, 1020),)))  # 20:00 to 4:00: never meets
    assert Calendar((OFFICE, auckland)).span(MONDAY) is None
    assert Calendar((auckland,)).span(MONDAY) == (MONDAY, MONDAY + 4 * 3_600)
    whole = Calendar((Layer("UTC", WHOLE_WEEK),))
    assert whole.span(MONDAY) == (MONDAY, MONDAY + DAY)
    west = Calendar(
        (Layer("Pacific/Honolulu", every_day(((1_380, 1_440),))),)
    )  # 9:00 to 10:00 of the next day
    assert west.span(MONDAY) == (NINE + DAY, NINE + DAY + 3_600)
    two = Calendar(
        (Layer("UTC", every_day(((540, 600), (660, 720)))), Layer("UTC", every_day(((570, 690),))))
    )
    assert [two.span(MONDAY), two.span(NINE + 3_600)] == [
        (NINE + 1_800, NINE + 3_600),
        (NINE + 7_200, NINE + 9_000),
    ]
    touching = Calendar((Layer("UTC", every_day(((540, 600),))), Layer("UTC", every_day(((600, 660),)))))
    assert touching.span(MONDAY) is Calendar(touching.layers[::-1]).span(MONDAY) is None
    assert touching.is_open(MONDAY) is False
    end = int(datetime(9000, 1, 1, tzinfo=UTC).timestamp())
    assert [whole.next(end - DAY), whole.next(end)] == [end - DAY, None]


def test_first_and_last_days_and_days_off() -> None:
    day = date(2027, 1, 6)
    assert Calendar((replace(OFFICE, start_date=day),)).next(MONDAY) == NINE + 2 * DAY
    assert Calendar((replace(OFFICE, start_date=date(2028, 1, 3)),)).next(MONDAY) == at("2028-01-03T09:00")
    early = replace(OFFICE, timezone="Pacific/Auckland", start_date=date(2028, 1, 3))
    assert Calendar((early,)).next(MONDAY) == at("2028-01-03T09:00", "Pacific/Auckland")
    assert Calendar((early, replace(OFFICE, week=WHOLE_WEEK))).next(MONDAY) == at(
        "2028-01-03T09:00", "Pacific/Auckland"
    )
    last = Calendar((replace(OFFICE, end_date=day),))
    assert [last.next(FIVE + DAY), last.next(FIVE + 2 * DAY)] == [NINE + 2 * DAY, None]
    assert Calendar((replace(OFFICE, skip_dates=frozenset([date(2027, 1, 4)])),)).next(MONDAY) == NINE + DAY
    assert Calendar((replace(OFFICE, skip_countries=("DE-BY",)),)).next(NINE + 2 * DAY) == NINE + 3 * DAY
    assert Calendar((replace(OFFICE, skip_countries=("FR", "DE-BY")),)).next(NINE + 2 * DAY) == NINE + 3 * DAY
    assert Calendar((OFFICE,)).next(-5 * DAY) == 9 * 3_600  # nothing was before 1970


class Late(Layer):
    """Opens once, so many days after Monday, and names days off beside it that are no days of the calendar."""

    def ranges(self, day: date) -> list[tuple[int, int]]:
        opened = MONDAY + len(self.timezone) * DAY
        return [(opened, opened + 60)] if day == date.fromordinal(719_163 + opened // DAY) else []


@pytest.mark.parametrize("named", [0, 1, 5])
def test_a_fortnight_is_looked_through_and_named_days_do_not_count(named: int) -> None:
    off = frozenset(date(2020, 1, 1) + timedelta(days=n) for n in range(named))
    for days, found in ((14 + named, True), (15 + named, False)):
        layers = (
            Late("x" * days, WHOLE_WEEK, skip_dates=off),
            Layer("UTC", WHOLE_WEEK, skip_dates=frozenset(list(off)[:1])),
        )
        assert Calendar(layers).next(MONDAY + 5) == (MONDAY + days * DAY if found else None)


def test_local_days_of_odd_zones() -> None:
    utc, kolkata, apia = local_days("UTC"), local_days("Asia/Kolkata"), local_days("Pacific/Apia")
    today = date(2027, 1, 4).toordinal()
    for zone, start in ((utc, MONDAY), (kolkata, MONDAY - 19_800)):
        assert zone.start(today) == start
        assert [zone.ordinal(start + n) for n in (-1, 0, 1, DAY - 1, DAY)] == [
            today - 1,
            today,
            today,
            today,
            today + 1,
        ]
        assert [zone.end(start + n) for n in (-1, 0, DAY - 1)] == [start, start + DAY, start + DAY]
    far = local_days("Pacific/Kiritimati")  # 14 hours ahead
    assert far.ordinal(MONDAY + 10 * 3_600) == today + 1
    assert far.ordinal(MONDAY + 10 * 3_600 - 1) == today
    behind = local_days("Pacific/Niue")  # 11 hours behind
    assert [behind.ordinal(MONDAY + n) for n in (0, 39_599, 39_600)] == [today - 1, today - 1, today]
    # Samoa left 30 December 2011 out.
    thursday = date(2011, 12, 29).toordinal()
    late = at("2011-12-29T23:59:59", "Pacific/Apia")
    assert apia.ordinal(late) == thursday
    assert apia.ordinal(late + 1) == thursday + 2
    assert apia.end(late) == late + 1
    assert midnight_after("Asia/Kolkata", datetime(2027, 1, 4, tzinfo=UTC)) == datetime(
        2027, 1, 4, 18, 30, tzinfo=UTC
    )


def test_skipped_and_repeated_times() -> None:
    def wall(text: str) -> int:
        return local_to_utc(ZoneInfo("Europe/Berlin"), datetime.fromisoformat(text))

    assert wall("2027-03-28T02:00") == at("2027-03-28T01:00")
    assert wall("2027-03-28T02:59") == at("2027-03-28T01:00")
    assert wall("2027-03-28T01:59") == at("2027-03-28T00:59")
    assert wall("2027-03-28T03:00") == at("2027-03-28T01:00")
    assert wall("2027-10-31T02:30") == at("2027-10-31T00:30")

    def spans(start: int, end: int, day: str, zone: str = "Europe/Berlin") -> list[tuple[int, int]]:
        return Layer(zone, every_day(((start, end),), "sun")).ranges(date.fromisoformat(day))

    one, two = at("2027-10-31T00:00"), at("2027-10-31T01:00")  # 2:00 comes twice
    assert spans(120, 240, "2027-10-31") == [(one, two), (two, at("2027-10-31T03:00"))]
    assert spans(150, 160, "2027-10-31") == [(one + 1_800, one + 2_400)]
    assert spans(150, 240, "2027-10-31") == [(one + 1_800, two), (two + 1_800, two + 7_200)]
    assert spans(60, 240, "2027-10-31") == [(one - 3_600, two + 7_200)]
    assert spans(120, 180, "2027-03-28") == []
    assert spans(150, 240, "2027-03-28") == [(at("2027-03-28T01:00"), at("2027-03-28T02:00"))]
    assert spans(0, 1440, "2027-03-28") == [(at("2027-03-27T23:00"), at("2027-03-28T22:00"))]
    half = spans(90, 120, "2027-04-04", "Australia/Lord_Howe")  # 1:30 to 2:00 comes twice
    assert half == [
        (at("2027-04-03T14:30"), at("2027-04-03T15:00")),
        (at("2027-04-03T15:00"), at("2027-04-03T15:30")),
    ]
    assert spans(0, 60, "2027-10-30") == []


def test_seconds_are_rounded_up() -> None:
    noon = datetime(2027, 1, 4, 12, tzinfo=UTC)
    assert to_seconds(noon) == MONDAY + 43_200
    assert to_seconds(noon.replace(microsecond=1)) == MONDAY + 43_201


def test_recipients_hours_and_days() -> None:
    assert RECIPIENT_HOURS == ((540, 1020),)
    plan = replace(default_schedule("UTC"), skip_recipient_holidays=True)
    assert recipient_layer(plan, None, " xx ", RECIPIENT_HOURS) == Layer(
        "UTC", WHOLE_WEEK, skip_countries=("XX",)
    )
    assert recipient_layer(plan, "Asia/Tokyo", "Germany", None) == Layer(
        "UTC", WHOLE_WEEK, skip_countries=("DE",)
    )
    assert recipient_layer(plan, "Mars/Base", None, RECIPIENT_HOURS) is None
    assert recipient_layer(plan, "Asia/Tokyo", None, RECIPIENT_HOURS) == Layer(
        "Asia/Tokyo", every_day(RECIPIENT_HOURS)
    )
    assert recipient_layer(default_schedule("UTC"), None, "DE", None) is None
    found = explain_no_slot(MONDAY, default_schedule("UTC"), None, None, hours=None, workday=None)
    assert found.detail.startswith("The message's open hours and the mailbox's workday (?) never meet")
    nowhere = parse_schedule(
        {"timezone": "UTC", "windows": {"mon": [["09:00", "10:00"]]}, "end_date": "2027-01-05"}
    )
    gone = align(datetime(2027, 1, 5, tzinfo=UTC), nowhere)
    assert isinstance(gone, NoSlot)
    assert gone.detail == "The campaign ends on 2027-01-05, before its next window. Move the end date."
    inside = datetime(2027, 1, 4, 9, 0, 0, 5, tzinfo=UTC)
    assert align(inside, nowhere) == inside


def test_delays_in_days_and_in_working_days() -> None:
    friday = datetime(2027, 1, 8, 10, tzinfo=UTC)
    plan = default_schedule("UTC")
    assert delay_until(friday, 2, 3) == friday + timedelta(days=2, hours=3)
    assert delay_until(friday, 2, schedule=plan) == friday + timedelta(days=2)
    assert delay_until(friday, 2, working_days_only=True) == friday + timedelta(days=2)
    assert delay_until(friday, 2, 1, working_days_only=True, schedule=plan) == friday + timedelta(
        days=4, hours=1
    )
    assert delay_until(friday, 0, working_days_only=True, schedule=plan) == friday
    berlin = default_schedule("Europe/Berlin")
    before = datetime(2027, 3, 26, 10, tzinfo=UTC)  # 11 o'clock, and again after the change
    assert delay_until(before, 1, working_days_only=True, schedule=berlin) == datetime(
        2027, 3, 29, 9, tzinfo=UTC
    )
    never = replace(plan, week=((),) * 7)
    assert after_working_days(never, MONDAY, 1) == MONDAY + 10_000 * DAY
    off = replace(plan, skip_dates=frozenset([date(2027, 1, 5)]), skip_countries=("FR", "DE-BY"))
    assert [is_working_day(off, date(2027, 1, n).toordinal()) for n in range(4, 11)] == [
        True, False, False, True, True, False, False,
    ]  # fmt: skip


def test_who_goes_first_and_what_binds() -> None:
    now = datetime(2027, 1, 4, 10, tzinfo=UTC)

    def one(key: str, first: bool = True, **more: Any) -> Candidate[str]:
        return Candidate(key, key, "c", now, first, **more)

    assert rank(one("a", provider="x"), None) == (True, now, False, "a")
    assert [rank(one("a", provider="x"), of)[2] for of in ("x", "y")] == [False, True]
    crowd = [one("a"), one("b", first=False)]
    reasons = choose(crowd, Budget(9, new_leads={"c": 0}), now)
    assert [taken.item for taken in reasons.taken] == ["b"]
    assert [reason for _, reason in reasons.passed] == [BlockReason.NEW_LEAD_CAP]
    assert len(choose(crowd, Budget(9, campaigns={"x": 0}, new_leads={"x": 0}), now).taken) == 2
    budget = Budget(9, campaigns={"c": 1})
    assert len(choose(crowd, budget, now).taken) == 1
    assert choose([one("a", sender="x")], Budget(9), now, sender="y").passed[0][1] is BlockReason.NO_MAILBOX
    assert len(choose([one("a", sender="x")], Budget(9), now).taken) == 1
    assert len(choose([one("a")], Budget(9), now, sender="y").taken) == 1
    assert Candidate("i", "k", "c", now, True).open
    assert choose([one("a", False)], Budget(9, new_leads={"c": 0}), now).passed == []
    counted = Budget(9, companies={"x": 1})
    chosen = choose([one(key, companies=(("x", 3), ("y", 1))) for key in "abc"], counted, now)
    assert ([taken.item for taken in chosen.taken], counted.companies) == (["a"], {"x": 2, "y": 1})


def test_the_draw_of_a_mailbox_is_pinned() -> None:
    boxes = {"a": 1, "b": 2, "c": 0, "d": -1}
    drawn = [assign_sender(f"lead{n}", boxes, "seed") for n in range(12)]
    assert drawn == [SenderWheel(boxes, "seed").draw(f"lead{n}") for n in range(12)]
    assert "".join(map(str, drawn)) == "bbaabbbaabbb"
    providers = {"a": "x", "b": "y", "c": "z"}

    def of(provider: str | None, known: dict[str, str] | None = providers) -> set[str | None]:
        return {
            assign_sender(f"{n}", boxes, "s", providers=known, recipient_provider=provider) for n in range(40)
        }

    assert (of("x"), of("y"), of("z"), of("q"), of(None), of("x", None)) == (
        {"a"}, {"b"}, {"a", "b"}, {"a", "b"}, {"a", "b"}, {"a", "b"},
    )  # fmt: skip
