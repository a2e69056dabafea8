"""A count of the day and across an edit, second by second around each of its edges."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from reachly.kit.carried import DAY_SECONDS, Carried, as_json, counted_as, edited, read_carried
from reachly.services.scheduling.policy import Count

EDIT = int(datetime(2027, 1, 4, 23, 59, 59, tzinfo=UTC).timestamp())
END = EDIT + DAY_SECONDS
FIRST, SECOND = EDIT - 100, EDIT - 50
CARRIED = Carried(EDIT, 7, ((FIRST, 4), (SECOND, 2)))


def test_what_left_before_counts_until_it_is_a_day_old_to_the_second() -> None:
    one, two = FIRST + DAY_SECONDS, SECOND + DAY_SECONDS
    assert [CARRIED.still(at) for at in (EDIT, one - 1, one, two - 1, two)] == [6, 6, 2, 2, 0]
    late = Carried(EDIT, 0, ((EDIT + 5, 3),))  # a minute ends after the edit
    assert [late.still(at) for at in (END - 1, END)] == [3, 0]
    assert (CARRIED.until, DAY_SECONDS) == (END, 86_400)


def test_a_limit_across_an_edit_is_full_and_has_room() -> None:
    assert [CARRIED.full(EDIT, limit, 1) for limit in (6, 7, 8)] == [True, True, False]
    assert [CARRIED.full(at, 1, 9) for at in (END - 1, END)] == [True, False]
    one, two = FIRST + DAY_SECONDS, SECOND + DAY_SECONDS
    assert [CARRIED.frees(EDIT, 6, since) for since in (0, 3, 4, 5, 6)] == [one, one, two, two, END]
    assert CARRIED.frees(EDIT, 7, 0) == EDIT
    assert CARRIED.frees(one, 2, 0) == two
    assert CARRIED.frees(END, 0, 9) == END
    late = Carried(EDIT, 0, ((EDIT + 5, 3),))
    assert late.frees(EDIT, 3, 0) == END


def test_counters_and_json() -> None:
    assert CARRIED.key("mailbox", "ada x") == ("mailbox_edit", f"ada x {EDIT}.7", date(2027, 1, 4))
    assert counted_as("mailbox_edit", f"ada x {EDIT}.7") == ("mailbox", "ada x")
    assert counted_as("mailbox", "ada x") == ("mailbox", "ada x")
    assert as_json(CARRIED, domain=((1, 2),), mailbox=()) == {
        "since": EDIT, "edit": 7, "domain": [[1, 2]], "mailbox": [],
    }  # fmt: skip
    assert read_carried('{"since": 5, "edit": 6, "of": [[1, 2], [3, 4]]}', "of") == Carried(
        5, 6, ((1, 2), (3, 4))
    )
    assert read_carried('{"since": 5, "edit": 6, "of": [[1, 2]]}', "x") == Carried(5, 6) == Carried(5, 6, ())
    assert Carried(5) == Carried(5, 0, ())


def test_an_edit_begins_with_the_next_whole_second_under_a_name_of_its_own() -> None:
    at = datetime(2027, 1, 4, 12, 0, 0, 1, tzinfo=UTC)
    made = [edited(at) for _ in range(64)]
    assert {one.since for one in made} == {int(at.timestamp()) + 1}
    assert edited(at.replace(microsecond=0)).since == int(at.timestamp())
    names = {one.edit for one in made}
    assert len(names) == 64
    assert all(0 <= name < 1 << 31 for name in names)
    assert max(names) > 1 << 30
    assert {one.before for one in made} == {()}


@pytest.mark.parametrize(("count", "at", "left"), [
    (Count(5), EDIT, 5), (Count(5, 2), EDIT, 3), (Count(5, 6), EDIT, 0), (Count(None, 2, CARRIED), EDIT, None),
    (Count(9, 1, CARRIED, 2), EDIT, 1), (Count(9, 8, CARRIED, 0), EDIT, 1), (Count(9, 1, CARRIED, 2), END - 1, 7),
    (Count(9, 1, CARRIED, 9), END - 1, 0), (Count(9, 1, CARRIED, 9), END, 8), (Count(7, 0, CARRIED, 3), EDIT, 0),
])  # fmt: skip
def test_what_is_left(count: Count, at: int, left: int | None) -> None:
    assert count.left(at) == left
    assert count.full(at) is (left == 0)


def test_one_more_counts_on_the_day_and_across() -> None:
    count = Count(9, 1, CARRIED, 2)
    count.add()
    assert (count.used, count.across) == (2, 3)
    assert Count(9) == Count(9, 0, None, 0)


def test_full_by_the_edit_alone() -> None:
    assert [Count(6, 0, CARRIED).carries(at) for at in (EDIT, FIRST + DAY_SECONDS)] == [True, False]
    assert not Count(6, 6).carries(EDIT)
    assert not Count(7, 7, CARRIED).carries(EDIT)
    assert Count(7, 7, CARRIED).full(EDIT)
    assert not Count(None, 7, CARRIED).carries(EDIT)


def test_until_when_the_edit_holds_longer_than_the_day() -> None:
    frees = FIRST + DAY_SECONDS
    assert Count(6, 5, CARRIED).carried_until(EDIT, END) == END  # the day has room
    assert Count(6, 6, CARRIED).carried_until(EDIT, frees - 1) == END
    assert Count(6, 6, CARRIED).carried_until(EDIT, frees) is None  # the day holds as long
    assert Count(6, 6, CARRIED, 3).carried_until(EDIT, frees - 1) == END
    assert Count(6, 6, CARRIED, 4).carried_until(EDIT, frees) == END
    assert Count(7, 7, CARRIED).carried_until(EDIT, EDIT) is None
    assert Count(7, 5, CARRIED).carried_until(EDIT, END) is None
    assert Count(6, 6).carried_until(EDIT, EDIT) is None
    assert Count(None, 6, CARRIED).carried_until(EDIT, EDIT) is None


def test_the_first_second_with_room() -> None:
    frees = FIRST + DAY_SECONDS
    assert Count(None, 9, CARRIED).frees(EDIT, END) == EDIT
    assert Count(9, 8).frees(EDIT, END) == EDIT
    assert [Count(9, 9).frees(EDIT, end) for end in (EDIT - 5, EDIT + 5)] == [EDIT, EDIT + 5]
    assert Count(6, 5, CARRIED).frees(EDIT, EDIT + 5) == frees
    assert Count(6, 6, CARRIED).frees(EDIT, frees + 5) == frees + 5
    assert Count(6, 6, CARRIED, 4).frees(EDIT, frees + 5) == SECOND + DAY_SECONDS
    assert Count(6, 6, CARRIED, 2).frees(EDIT, EDIT + 5) == frees
