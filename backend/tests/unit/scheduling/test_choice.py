"""Who goes first, what the counts allow, and which mailbox writes to whom."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reachly.services.scheduling.policy import BlockReason, Budget, Candidate, assign_sender, choose

NOW = datetime(2027, 1, 4, 10, tzinfo=UTC)


def candidate(
    key: str, *, first: bool = True, minutes: int = 10, campaign: str = "c", **more: Any
) -> Candidate[str]:
    return Candidate(key, key, campaign, NOW - timedelta(minutes=minutes), first, **more)


def taken(candidates: list[Candidate[str]], budget: Budget, **more: Any) -> list[str]:
    return [one.item for one in choose(candidates, budget, NOW, **more).taken]


def test_follow_ups_go_before_first_mails_then_by_due_time_then_by_key() -> None:
    crowd = [
        candidate("b", minutes=90),
        candidate("a", minutes=90),
        candidate("old", minutes=500),
        candidate("follow", first=False, minutes=1),
    ]
    assert taken(crowd, Budget(10)) == ["follow", "old", "a", "b"]
    assert taken(crowd, Budget(1)) == ["follow"]


def test_new_leads_have_a_cap_of_their_own() -> None:
    crowd = [candidate("a"), candidate("b"), candidate("f", first=False)]
    chosen = choose(crowd, Budget(10, new_leads={"c": 1}), NOW)
    assert [one.item for one in chosen.taken] == ["f", "a"]
    assert [(one.item, code) for one, code in chosen.passed] == [("b", BlockReason.NEW_LEAD_CAP)]


def test_one_campaign_at_its_cap_does_not_hold_another() -> None:
    crowd = [candidate("a", campaign="full"), candidate("b", campaign="other")]
    assert taken(crowd, Budget(10, campaigns={"full": 0, "other": 5})) == ["b"]


def test_a_company_gets_no_more_than_its_number_a_day() -> None:
    crowd = [candidate(key, companies=(("acme.example", 2),)) for key in "abc"] + [candidate("d")]
    assert taken(crowd, Budget(10)) == ["a", "b", "d"]
    assert taken(crowd, Budget(10, companies={"acme.example": 1})) == ["a", "d"]


def test_each_campaign_keeps_to_its_own_number_of_a_company_that_they_share() -> None:
    one = [candidate(key, campaign="x", companies=(("acme.example", 1),)) for key in "ab"]
    other = [candidate(key, campaign="y", companies=(("acme.example", 3),)) for key in "cdef"]
    assert taken([*one, *other], Budget(10)) == ["a", "c", "d"]
    edited = [candidate(key, campaign="x", companies=(("acme.example", 9), ("edit", 2))) for key in "gh"]
    assert taken([*edited, *other], Budget(10, companies={"edit": 2})) == ["c", "d", "e"]


def test_the_recipients_provider_is_a_preference_among_equals_only() -> None:
    crowd = [
        candidate("a", provider="outlook"),
        candidate("b", provider="gmail"),
        candidate("c", provider="outlook", minutes=99),
    ]
    assert taken(crowd, Budget(10), provider="gmail") == ["c", "b", "a"]


def test_a_lead_fixed_to_another_mailbox_is_left_alone() -> None:
    crowd = [
        candidate("a", sender="bob@acme.example"),
        candidate("b", sender="ada@acme.example"),
        candidate("c"),
    ]
    assert taken(crowd, Budget(10), sender="ada@acme.example") == ["b", "c"]


def test_what_is_closed_or_not_due_is_passed_over_with_its_reason() -> None:
    crowd = [
        candidate("closed", open=False),
        candidate("later", minutes=-5),
        candidate("go"),
        candidate("next"),
    ]
    chosen = choose(crowd, Budget(1), NOW)
    assert [one.item for one in chosen.taken] == ["go"]
    assert {one.item: code for one, code in chosen.passed} == {
        "closed": BlockReason.OUTSIDE_WINDOW,
        "later": BlockReason.WAITING_DELAY,
        "next": BlockReason.WAITING_TURN,
    }


@given(
    st.lists(
        st.tuples(
            st.text("ab", min_size=1, max_size=3),
            st.booleans(),
            st.integers(-20, 60),
            st.sampled_from(["x", "y"]),
            st.sampled_from([None, "co1", "co2"]),
        ),
        max_size=25,
    ),
    st.integers(0, 12),
    st.integers(0, 5),
    st.integers(0, 5),
    st.integers(0, 3),
)
def test_no_count_is_overdrawn_and_everyone_gets_exactly_one_answer(
    crowd: list[tuple[str, bool, int, str, str | None]], mailbox: int, campaign: int, new: int, company: int
) -> None:
    people = [
        candidate(
            f"{key}{index}",
            first=first,
            minutes=minutes,
            campaign=which,
            companies=((firm, company),) if firm else (),
        )
        for index, (key, first, minutes, which, firm) in enumerate(crowd)
    ]
    chosen = choose(people, Budget(mailbox, campaigns={"x": campaign}, new_leads={"x": new}), NOW)
    went = chosen.taken
    assert len(went) <= mailbox
    assert sum(one.campaign == "x" for one in went) <= campaign
    assert sum(one.campaign == "x" and one.first for one in went) <= new
    assert all(count <= company for firm, count in Counter(one.companies for one in went).items() if firm)
    assert all(one.due <= NOW for one in went)
    assert sorted([*(one.item for one in went), *(one.item for one, _ in chosen.passed)]) == sorted(
        one.item for one in people
    )


def test_a_lead_keeps_its_mailbox_and_weights_are_kept_on_the_whole() -> None:
    boxes = {"a@acme.example": 1, "b@acme.example": 3, "off@acme.example": 0}
    draws = Counter(assign_sender(f"lead{n}@x.example", boxes, "seed") for n in range(4000))
    assert set(draws) == {"a@acme.example", "b@acme.example"}
    assert 0.22 < draws["a@acme.example"] / 4000 < 0.28
    again = assign_sender("lead7@x.example", dict(reversed(boxes.items())), "seed")
    assert again == assign_sender("lead7@x.example", boxes, "seed")
    assert len({assign_sender("lead7@x.example", boxes, str(seed)) for seed in range(20)}) == 2


def test_no_mailbox_with_weight_means_no_sender() -> None:
    assert assign_sender("x@y.example", {}, "s") is None
    assert assign_sender("x@y.example", {"a@acme.example": 0}, "s") is None


def test_the_recipients_provider_decides_the_mailbox_where_there_is_one() -> None:
    boxes = {"g@acme.example": 1, "o@acme.example": 9}
    providers = {"g@acme.example": "gmail", "o@acme.example": "outlook"}
    for n in range(20):
        assert (
            assign_sender(f"l{n}", boxes, "s", providers=providers, recipient_provider="gmail")
            == "g@acme.example"
        )
    assert assign_sender("l", boxes, "s", providers=providers, recipient_provider="yahoo") in boxes
