"""The judge's verdicts, each from a few lines of books written by hand: that he bites, and that he is just."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from judge.audit import Stop, Verdict, judge
from judge.books import Event
from judge.campaign import Campaign

ANN, BEN = "ann@acme.example", "ben@acme.example"
CAMPAIGN = Campaign("id", "Spring", (ANN, BEN), 1)
BOX = "mira@court.example"


class Story:
    """Writes events one second after the other."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._times = itertools.count(100)

    def note(self, kind: str, person: str = "", connection: int = 1, **facts: Any) -> Story:
        at = float(next(self._times))
        self.events.append(Event(at, at, kind, connection, BOX, person, facts))
        return self

    def message(
        self, person: str, answer: str = "250 2.0.0 Kept", *, kept: bool = True, connection: int = 1
    ) -> Story:
        """A whole transaction; no `answer`: the connection ends instead."""
        facts = {"message_id": f"<{person}>", "subject": "Spring step 1"}
        self.note("mail", "", connection, arrived=0.0).note("rcpt", person, connection, arrived=0.0)
        self.note("body", person, connection, **facts)
        if kept:
            self.note("accepted", person, connection, **facts)
        if answer:
            return self.note("reply", person, connection, about="dot", text=answer, fault="")
        return self.note("close", person, connection, by_peer=False)


def row(person: str, status: str = "sent", reason: str | None = None) -> dict[str, Any]:
    """The product's claim."""
    return {
        "to_email": person,
        "step": 1,
        "status": status,
        "reason": reason,
        "reply_code": None,
        "message_id": f"<{person}>",
        "settled_by": None,
    }


def verdict(story: Story, *rows: dict[str, Any], stops: tuple[Stop, ...] = ()) -> Verdict:
    return judge("spring", story.events, CAMPAIGN, rows, [], stops=stops)


def test_a_campaign_that_went_well_breaks_nothing() -> None:
    found = verdict(Story().message(ANN).message(BEN), row(ANN), row(BEN))
    assert found.broken() == []
    assert (found.kept, found.lost_answers, found.unknown) == (2, 0, 0)


def test_who_has_no_row_or_never_got_what_still_waits_is_lost() -> None:
    found = verdict(Story(), row(ANN, "deferred", "timeout"))
    assert [words.partition(" ")[0] for words in found.lost] == [ANN, BEN]


def test_a_second_copy_is_seen_whatever_its_id() -> None:
    story = Story().message(ANN, "").message(ANN, connection=2).message(BEN, connection=2)
    found = verdict(story, row(ANN), row(BEN))
    assert len(found.twice) == 1
    assert len(found.falsely_never_left) == 1, "it was kept, and yet it was offered again"
    assert found.lost_answers == 1


def test_sent_without_a_copy_in_the_books_is_a_false_claim() -> None:
    assert verdict(Story().message(ANN), row(ANN), row(BEN)).falsely_sent == [
        f"{BEN} step 1 (settled by None)"
    ]


def test_an_open_claim_that_a_kept_message_never_left_counts_before_it_is_sent_again() -> None:
    found = verdict(Story().message(ANN, "").message(BEN), row(ANN, "deferred", "never_left"), row(BEN))
    assert len(found.falsely_never_left) == 1


def test_the_unknown_are_counted_and_break_nothing() -> None:
    found = verdict(
        Story().message(ANN, "").message(BEN, "", kept=False), row(ANN, "unknown"), row(BEN, "unknown")
    )
    assert found.broken() == []
    assert (found.unknown, found.arrived) == (2, 1)


@pytest.mark.parametrize(
    ("answer", "kept", "just"),
    [
        ("554 5.7.1 Not wanted", False, True),
        ("451 4.3.0 Not now", False, False),
        ("250-2.0.0 Kept / 550 5.0.0 or not", True, False),
        ("", False, False),
    ],
)
def test_a_person_is_refused_only_by_words_about_that_person(answer: str, kept: bool, just: bool) -> None:
    found = verdict(
        Story().message(ANN, answer, kept=kept).message(BEN), row(ANN, "refused", "refused_policy"), row(BEN)
    )
    assert (found.innocent == []) is just


def test_words_about_a_neighbour_excuse_nothing() -> None:
    story = Story().message(ANN, "554 5.7.1 Not wanted", kept=False).message(BEN, "", kept=False)
    found = verdict(story, row(ANN, "refused"), row(BEN, "refused", "deferred_too_often"))
    assert [words.partition(" ")[0] for words in found.innocent] == [BEN]


@pytest.mark.parametrize(
    ("answered", "lifted", "begun"), [(99.0, 200.0, 1), (103.5, 200.0, 0), (99.0, 99.5, 0)]
)
def test_begun_is_what_was_read_between_the_answer_and_its_end(
    answered: float, lifted: float, begun: int
) -> None:
    stop = Stop("pause", answered - 1, answered, frozenset({ANN}), lifted=lifted)
    found = verdict(Story().message(ANN).message(BEN), row(ANN), row(BEN), stops=(stop,))
    assert len(found.begun) == begun
    assert found.stops == {"pause": 1}


def test_a_stop_of_a_mailbox_holds_for_whoever_is_written_to_through_it() -> None:
    stop = Stop("switch-off", 98.0, 99.0, mailboxes=frozenset({BOX}))
    found = verdict(Story().message(ANN).message(BEN), row(ANN), row(BEN), stops=(stop,))
    assert found.begun[0].startswith("switch-off: 2 ")


def test_whom_the_judge_has_stopped_may_be_taken_back_and_not_refused() -> None:
    events = Story().message(BEN).events
    for status, just in (("cancelled", True), ("refused", False)):
        found = judge("spring", events, CAMPAIGN, [row(ANN, status, "stopped"), row(BEN)], [], excused={ANN})
        assert (found.innocent == []) is just
