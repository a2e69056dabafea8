"""Chance and persons are pure functions of the seed: the same world whatever the order of events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mailworld import Rates
from mailworld.chance import choose_weighted, draw, waiting
from mailworld.people import invent
from mailworld.persona import APPLE_RELAY, meet, react

AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
PEOPLE = [lead.email for lead in invent(7, 3_000)]


def everything(seed: int, rates: Rates, people: list[str]) -> list[object]:
    return [
        plan
        for who in people
        for step in (1, 2, 3)
        for plan in react(seed, rates, meet(seed, rates, who), step, AT)
    ]


def test_the_same_seed_gives_the_same_world_in_any_order() -> None:
    forwards = everything(7, Rates(), PEOPLE[:300])
    backwards = everything(7, Rates(), PEOPLE[:300][::-1])
    assert sorted(map(repr, forwards)) == sorted(map(repr, backwards))
    assert forwards != everything(8, Rates(), PEOPLE[:300])


def test_draws_are_spread_evenly() -> None:
    draws = [draw(7, number) for number in range(10_000)]
    assert all(0 <= value < 1 for value in draws)
    assert abs(sum(draws) / len(draws) - 0.5) < 0.02
    picked = [choose_weighted({"a": 3, "b": 1}, 7, number) for number in range(10_000)]
    assert 0.72 < picked.count("a") / len(picked) < 0.78
    assert max(waiting(60, 300, 7, number) for number in range(1_000)) == 300


@pytest.mark.parametrize(
    ("rate", "question"),
    [
        ("bounce", lambda person: person.fate in ("refuses", "bounces")),
        ("greylist", lambda person: person.fate == "greylists"),
        ("answer", lambda person: person.answer_step > 0),
        ("unsubscribe", lambda person: person.unsubscribe_step > 0),
        ("away", lambda person: person.away_step > 0),
        ("apple_relay", lambda person: person.image_proxy == APPLE_RELAY),
    ],
)
def test_rates_are_shares_of_people(rate: str, question: object) -> None:
    rates = Rates()
    share = sum(map(question, (meet(7, rates, who) for who in PEOPLE))) / len(PEOPLE)  # type: ignore[arg-type]
    assert share == pytest.approx(getattr(rates, rate), rel=0.35)


def test_a_gateway_scans_for_a_whole_company() -> None:
    persons = [meet(7, Rates(), who) for who in PEOPLE]
    by_domain: dict[str, set[bool]] = {}
    for person in persons:
        by_domain.setdefault(person.address.partition("@")[2], set()).add(person.scanned)
    assert all(len(answers) == 1 for answers in by_domain.values())


def test_nobody_reacts_in_a_quiet_world() -> None:
    assert everything(7, Rates.quiet(), PEOPLE) == []


def test_who_bounces_does_nothing_else() -> None:
    rates = Rates(bounce=1, bounce_in_session=0, open=1, answer=1, scanned=1)
    for who in PEOPLE[:100]:
        (plan,) = react(7, rates, meet(7, rates, who), 1, AT)
        assert plan.what == "bounce"
        assert plan.detail[:5] in ("5.1.1", "5.2.2", "5.7.1")


def test_scans_come_within_seconds_and_people_take_minutes() -> None:
    rates = Rates(open=1, click=1, scanned=1, answer=0, bounce=0, away=0, apple_relay=0)
    for who in PEOPLE[:100]:
        plans = react(7, rates, meet(7, rates, who), 1, AT)
        scans = [plan for plan in plans if plan.what == "scan"]
        assert [plan.detail for plan in scans] == ["pixel", "links"]
        assert scans[-1].at - AT < timedelta(seconds=60)
        (opened,) = [plan for plan in plans if plan.what == "open"]
        (clicked,) = [plan for plan in plans if plan.what == "click"]
        assert AT + timedelta(minutes=3) <= opened.at < clicked.at < AT + timedelta(days=5)
        assert 6 <= opened.at.hour <= 22


def test_who_is_away_only_has_the_machine_answer() -> None:
    rates = Rates(away=1, open=1, answer=1, bounce=0, apple_relay=0, scanned=0, delayed=0)
    for who in PEOPLE[:100]:
        person = meet(7, rates, who)
        assert [plan.what for plan in react(7, rates, person, person.away_step, AT)] == ["auto_reply"]
