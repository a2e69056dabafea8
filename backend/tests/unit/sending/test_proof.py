"""What a folder proves, and what it teaches."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reachly.integrations.reader.port import CopyKey, SentCopy
from reachly.services.sending import proof
from reachly.services.sending.proof import FILED_WITHIN, Control, Filing, Neighbours, Seen

T = datetime(2026, 10, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NOTHING = timedelta(0)


@dataclass
class Doubt:
    handed_at: datetime | None = T
    since: datetime = T
    reason: str | None = "no_answer"


def control(minutes: float) -> Control:
    return Control(uuid.uuid4(), f"<{minutes}@x.example>", T + minutes * MINUTE)


def around(each: int) -> Neighbours:
    return Neighbours(
        tuple(control(-n) for n in range(1, each + 1)), tuple(control(n) for n in range(1, each + 1))
    )


def shown(
    neighbours: Neighbours, *, key: CopyKey = "message_id", folder: str = "Sent"
) -> dict[str, SentCopy]:
    return {one.message_id: SentCopy(folder, 1, key, one.message_id, one.handed_at) for one in neighbours.all}


def prove(
    neighbours: Neighbours, found: dict[str, SentCopy], after: float, patience: timedelta = FILED_WITHIN
) -> bool:
    now = T + after * MINUTE
    return proof.prove_absence(Doubt(), neighbours, found, now, patience=patience, late=NOTHING) is not None


def test_ten_controls_prove_after_three_minutes_and_two_after_a_quarter_of_an_hour() -> None:
    for each, since in ((5, 3), (1, 15)):
        neighbours = around(each)
        assert not prove(neighbours, shown(neighbours), since), "the later control has not had its time"
        assert prove(neighbours, shown(neighbours), since + 1)


@given(st.integers(1, 5), st.data())
def test_one_control_that_is_not_where_the_others_are_disproves(each: int, data: st.DataObject) -> None:
    neighbours = around(each)
    found = shown(neighbours)
    name = data.draw(st.sampled_from(sorted(found)))
    other = SentCopy("Archive", 1, "message_id", name, T)
    by_token = SentCopy("Sent", 1, "token", name, T)
    for changed in (
        {**found, name: other},
        {**found, name: by_token},
        {k: v for k, v in found.items() if k != name},
    ):
        assert not prove(neighbours, changed, 10_000)


@pytest.mark.parametrize(
    "neighbours", [Neighbours(around(3).before), Neighbours((), around(3).after), Neighbours()]
)
def test_both_sides_must_speak(neighbours: Neighbours) -> None:
    assert not prove(neighbours, shown(neighbours), 10_000)


def test_unevenly_dated_copies_make_it_wait_four_times_as_long() -> None:
    neighbours = around(5)
    found = shown(neighbours)
    slow = neighbours.before[2]
    found[slow.message_id] = SentCopy("Sent", 1, "message_id", "", slow.handed_at + 10 * MINUTE)
    assert not prove(neighbours, found, 40)
    assert prove(neighbours, found, 41)
    found[slow.message_id] = SentCopy("Sent", 1, "message_id", "", slow.handed_at + timedelta(days=40))
    assert not prove(neighbours, found, 100_000), "a calendar like that is none"


def test_what_a_lost_worker_may_have_finished_later_needs_a_later_control() -> None:
    assert proof.later_from(Doubt(), MINUTE) == T
    assert proof.later_from(Doubt(reason="worker_lost"), MINUTE) == T + MINUTE


def seen(
    minutes: float, filed_after: float | None, *, sure: bool = True, id_: uuid.UUID | None = None
) -> Seen:
    at = T + minutes * MINUTE
    return Seen(id_ or uuid.uuid4(), at, None if filed_after is None else at + filed_after * MINUTE, sure)


def test_a_mailbox_is_what_its_newest_message_says_and_not_known_in_between() -> None:
    now = T + 60 * MINUTE
    files = proof.learn(Filing(), [seen(0, None), seen(1, 0)], now)
    assert (files.files, files.seen_at) == (True, now)
    doubted = proof.learn(files, [seen(0, 0), seen(50, None)], now)
    assert doubted.files is None
    assert proof.learn(doubted, [seen(50, None)], now).files is False
    assert proof.learn(Filing(), [seen(0, None)], now).files is False
    assert proof.learn(files, [seen(59, None)], now).files is True, "it has not had its time"
    assert proof.learn(files, [seen(0, None, sure=False)], now).files is True, "it may never have left"


def test_the_delay_is_learned_from_a_copy_that_was_missing_and_came() -> None:
    one = uuid.uuid4()
    missed = proof.learn(Filing(files=True), [seen(0, None, id_=one)], T + 5 * MINUTE)
    dated = proof.learn(missed, [seen(0, 40, id_=one)], T + 300 * MINUTE)
    assert dated.delay == 40 * MINUTE
    assert dated.patience() == 160 * MINUTE
    undated = proof.learn(missed, [seen(0, 0, id_=one)], T + 300 * MINUTE)
    assert undated.delay == 20 * MINUTE, "four times the age at which it was missed last"
    again = proof.learn(missed, [seen(7, 0, id_=one)], T + 300 * MINUTE)
    assert again.delay == NOTHING, "another attempt of the same message"


def test_a_mailbox_that_files_later_than_a_day_proves_nothing() -> None:
    assert Filing(delay=timedelta(hours=25)).patience() is None
    assert Filing(delay=timedelta(hours=20)).patience() == timedelta(days=1)


@given(
    st.dictionaries(
        st.sampled_from(["delay", "missing", "doubted", "looked_at", "cursor"]), st.text() | st.none()
    )
)
def test_what_cannot_be_read_counts_as_never_seen(kept: dict[str, str | None]) -> None:
    assert Filing.read(True, T, kept).files is True


def test_what_is_kept_comes_back() -> None:
    kept = proof.learn(Filing(), [seen(0, None), seen(1, 0), seen(0, None, sure=False)], T + 60 * MINUTE)
    assert Filing.read(kept.files, kept.seen_at, kept.as_json()) == kept
