"""Out of office, edge by edge: every form of a date, every word for a day, and what lies just beside it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from reachly.services.inbox.policy import has_left, hold_until, parse_return_date
from reachly.services.inbox.policy.absences import CAP_DAYS, SCANNED

MONDAY = date(2027, 1, 4)

MONTHS = (
    "january jan januar jänner jaenner janvier janv enero ene",
    "february feb februar février fevrier févr fevr febrero",
    "march mar märz maerz mär mars marzo", "april apr avril avr abril abr", "may mai mayo",
    "june jun juni juin junio", "july jul juli juillet juil julio", "august aug août aout agosto ago",
    "september sep sept septembre septiembre setiembre", "october oct oktober okt octobre octubre",
    "november nov novembre noviembre", "december dec dezember dez décembre decembre déc diciembre dic",
)  # fmt: skip
WEEKDAYS = (
    "monday montag lundi lunes", "tuesday dienstag mardi martes", "wednesday mittwoch mercredi miércoles miercoles",
    "thursday donnerstag jeudi jueves", "friday freitag vendredi viernes",
    "saturday samstag sonnabend samedi sábado sabado", "sunday sonntag dimanche domingo",
)  # fmt: skip


@pytest.mark.parametrize(
    ("number", "name"), [(n, name) for n, names in enumerate(MONTHS, 1) for name in names.split()]
)
def test_every_name_of_a_month(number: int, name: str) -> None:
    start = date(2027, number, 1)
    assert parse_return_date(f"back on 9 {name} 2027", start) == date(2027, number, 9)
    assert parse_return_date(f"back on {name.upper()} 9th", start) == date(2027, number, 9)


@pytest.mark.parametrize(
    ("number", "name"), [(n, name) for n, names in enumerate(WEEKDAYS) for name in names.split()]
)
def test_every_name_of_a_weekday_is_the_next_one(number: int, name: str) -> None:
    assert parse_return_date(f"back on {name}", MONDAY) == MONDAY + timedelta(days=number or 7)
    assert parse_return_date(f"until {name}", MONDAY) == MONDAY + timedelta(days=(number or 7) + 1)


@pytest.mark.parametrize(("text", "returns"), [
    # The latest last day away counts, and the first day back.
    ("08.01. bis 15.01., Vertretung bis 20.01.", date(2027, 1, 21)),
    ("bis 20.01., Vertretung bis 15.01.", date(2027, 1, 21)),
    ("back on 2027-01-11, or back on 2027-01-08", date(2027, 1, 11)),
    ("away 2027-01-20, until 2027-01-08", date(2027, 1, 9)),
    ("until 2027-01-20, back on 2027-01-08", date(2027, 1, 8)),
    # A date alone is the last day away; a weekday or tomorrow alone is none.
    ("I am away 2027-01-08", date(2027, 1, 9)),
    ("I am away 8.1. and 6.1.", date(2027, 1, 9)),
    ("I am away. Monday is my day.", None),
    ("I am away tomorrow", None),
    ("Tomorrow and Friday I am away.", None),
    ("Nächste Woche bin ich da", date(2027, 1, 11)),
    # A hyphen inside a date or a word is no "until"; between two days it is.
    ("away 2027-01-08 and 2027-01-06", date(2027, 1, 9)),
    ("away 08-01-2027 and 6.1.", date(2027, 1, 9)),
    ("Out-of-office 8.1. and 6.1.", date(2027, 1, 9)),
    ("away 20.1., e-mail read 6.1.", date(2027, 1, 21)),
    ("away 2027-01-06 - 2027-01-08. Fair 2027-01-20", date(2027, 1, 9)),
    ("away 2027-01-06–2027-01-08", date(2027, 1, 9)),
    ("away 6-8 January. Fair 20 February", date(2027, 1, 9)),
    ("away 6 Jan-8 Jan. Fair 20 February", date(2027, 1, 9)),
    ("away 6.1.-8.1. Fair 20.1.", date(2027, 1, 9)),
    ("away Monday-Friday", date(2027, 1, 9)),
    # How years are written and left out.
    ("back on 8 de enero de 2028", None),
    ("back on 8 de marzo de 2027", date(2027, 3, 8)),
    ("vuelvo el 8 marzo del 2027", date(2027, 3, 8)),
    ("zurück am 8.3.27", date(2027, 3, 8)),
    ("zurück am 8. 3. 2027", date(2027, 3, 8)),
    ("zurück am 8.3.2028", None),
    ("back on 8/3/27", date(2027, 3, 8)),
    ("back on March 8, 2028", None),
    ("back on 8 March 2028", None),
    ("back on 5/12/2026", None),
    # Two readings: the earlier one that lies ahead.
    ("back on 03/04/2027", date(2027, 3, 4)),
    ("back on 05/01/2027", date(2027, 1, 5)),
    ("back on 25/01/2027", date(2027, 1, 25)),
    ("back on 13/13/2027", None),
    ("back on 04/01/2027", date(2027, 1, 4)),
    # Today, and as far as is believed.
    ("back on 2027-01-04", date(2027, 1, 4)),
    ("back on 2027-01-03", None),
    ("back on 2027-07-03", date(2027, 7, 3)),
    ("back on 2027-07-04", None),
    # How far a word reaches.
    ("back " + "-" * 59 + "2027-01-08", date(2027, 1, 8)),
    ("back" + " " * 61 + "2027-01-08", date(2027, 1, 9)),
    ("back" + " " * 60 + "2027-01-08", date(2027, 1, 8)),
    ("back. On 2027-01-08", date(2027, 1, 9)),
    ("back and " + "a" * 200 + " 8.1. and 7.1.", date(2027, 1, 9)),
    ("x" * (SCANNED - 10) + "2027-01-08", None),
    ("-" * (SCANNED - 10) + "2027-01-08", date(2027, 1, 9)),
    ("-" * (SCANNED - 9) + "2027-01-08", None),
])  # fmt: skip
def test_the_day_of_return(text: str, returns: date | None) -> None:
    assert parse_return_date(text, MONDAY) == returns


def test_two_digits_of_a_year_are_of_this_century() -> None:
    assert parse_return_date("zurück am 8.3.99", date(2099, 2, 1)) == date(2099, 3, 8)
    assert parse_return_date("zurück am 8.3.00", date(2000, 2, 1)) == date(2000, 3, 8)


@pytest.mark.parametrize(("received", "text", "returns"), [
    (date(2027, 3, 1), "back on 30 January", None),  # a year ahead, and 30 days ago is past
    (date(2026, 12, 20), "back on 7 January", date(2027, 1, 7)),
    (date(2026, 12, 20), "back on 20 November", None),  # 30 days ago: this year's
    (date(2026, 9, 1), "back on 15 February", date(2027, 2, 15)),
    (date(2028, 9, 10), "back on 29 February", None),  # the next year has none
    (date(2027, 1, 6), "back next week", date(2027, 1, 11)),
    (date(2027, 1, 10), "back next week", date(2027, 1, 11)),
    (date(2027, 1, 6), "back tomorrow", date(2027, 1, 7)),
    (date(2027, 1, 6), "back on Wednesday", date(2027, 1, 13)),
])  # fmt: skip
def test_a_day_without_a_year_is_the_next_one(received: date, text: str, returns: date | None) -> None:
    assert parse_return_date(text, received) == returns


def test_a_hold_ends_after_the_weekend_and_never_later_than_the_cap() -> None:
    def hold(returns: date | None, default: int = 7, cap: int = 90) -> date:
        return hold_until(MONDAY, returns, default, cap)

    assert [hold(date(2027, 1, day)) for day in (13, 14, 15, 16, 17)] == [
        date(2027, 1, day) for day in (14, 15, 18, 18, 18)
    ]
    assert hold(MONDAY) == date(2027, 1, 5)
    assert hold(MONDAY - timedelta(days=1)) == hold(None) == date(2027, 1, 11)
    assert hold(None, 100) == hold(date(2027, 6, 1)) == MONDAY + timedelta(days=90)
    assert hold_until(MONDAY, None, 100) == MONDAY + timedelta(days=90)
    assert hold(None, 10, 10) == date(2027, 1, 14)
    assert CAP_DAYS == 180


def test_who_has_left_says_it_early() -> None:
    words = "no longer with"
    assert has_left("x" * (SCANNED - len(words)) + words) is True
    assert has_left("x" * (SCANNED - len(words) + 1) + words) is False
