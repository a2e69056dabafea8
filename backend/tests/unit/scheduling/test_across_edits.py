"""A cap counts across an edit of zone, cap or window: no edit begins a new day early."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reachly.kit.carried import DAY_SECONDS, Carried, as_json, counted_as, edited, read_carried
from reachly.kit.schedule import WHOLE_WEEK, SendSchedule, every_day, midnight_before
from reachly.services.scheduling.policy import (
    BlockReason,
    CampaignPlan,
    Count,
    LeadPlan,
    Mailbox,
    MailboxState,
    Ramp,
    Slot,
    Standing,
    Step,
    World,
    default_schedule,
    explain,
    explain_mailbox,
    next_slot,
    simulate,
    turn_size,
)
from reachly.services.scheduling.policy.calendar import local_days

NOON = datetime(2027, 1, 4, 12, tzinfo=UTC)
AT = int(NOON.timestamp())
HOUR = 3_600
MORNING = Carried(AT, 1, ((AT - 3 * HOUR, 4), (AT - HOUR, 2)))
ANY_HOUR = SendSchedule("UTC", WHOLE_WEEK)
BOX = Mailbox("ada@acme.example", workday=ANY_HOUR, daily_limit=6, min_gap=0, jitter=0)


@pytest.mark.parametrize(
    ("hours", "still"), [(0, 6), (20.9, 6), (21, 2), (22.9, 2), (23, 0), (24, 0), (240, 0)]
)
def test_what_left_before_the_edit_counts_until_it_is_a_day_old(hours: float, still: int) -> None:
    assert MORNING.still(AT + int(hours * HOUR)) == still


@pytest.mark.parametrize(
    ("limit", "since", "hours"),
    [
        (7, 0, 0),  # room at once
        (6, 0, 21),  # when the four are a day old
        (3, 0, 21),
        (2, 0, 23),
        (2, 1, 23),
        (3, 2, 23),
        (2, 2, 24),  # what leaves after the edit is never a day old while it counts
        (1, 5, 24),
    ],
)
def test_a_cap_has_room_again_when_enough_is_a_day_old(limit: int, since: int, hours: int) -> None:
    at = MORNING.frees(AT, limit, since)
    assert at == AT + hours * HOUR
    assert not MORNING.full(at, limit, since)
    assert hours == 0 or MORNING.full(at - 1, limit, since)


def test_an_edit_is_kept_as_json_and_counters_know_their_cap() -> None:
    text = json.dumps(as_json(MORNING, mailbox=MORNING.before))
    assert read_carried(text, "mailbox") == MORNING
    assert read_carried(text, "domain") == replace(MORNING, before=())
    scope, key, day = MORNING.key("company", "acme.example")
    assert (scope, day) == ("company_edit", date(2027, 1, 4))
    assert counted_as(scope, key) == ("company", "acme.example")
    assert counted_as("mailbox", "ada lovelace@acme.example") == ("mailbox", "ada lovelace@acme.example")
    assert edited(NOON).key("mailbox", "x") != edited(NOON).key("mailbox", "x"), "two edits in one second"


@pytest.mark.parametrize(
    ("used", "across", "left", "hours"),
    [(0, 0, 0, 21), (6, 0, 0, 21), (0, 2, 0, 21), (0, 4, 0, 23), (0, 6, 0, 24)],
)
def test_a_count_is_the_smaller_of_the_day_and_the_edit(
    used: int, across: int, left: int, hours: int
) -> None:
    count = Count(6, used, MORNING, across)
    assert count.left(AT) == left
    assert count.full(AT)
    assert count.frees(AT, AT + 12 * HOUR) == AT + hours * HOUR


def test_a_count_without_a_cap_is_never_full() -> None:
    count = Count(None, 9, MORNING, 9)
    assert (count.left(AT), count.full(AT), count.carries(AT), count.frees(AT, AT + 1)) == (
        None,
        False,
        False,
        AT,
    )


def test_a_mailbox_waits_for_the_edit_though_its_day_is_new() -> None:
    state = MailboxState(BOX, sent_today=0, carried=MORNING)
    slot = next_slot(state, NOON)
    until = NOON + timedelta(hours=24)
    assert slot == Slot(NOON + timedelta(hours=21), BlockReason.MAILBOX_CAP, until)
    assert turn_size(state, NOON, 100) == 0
    assert turn_size(state, NOON + timedelta(hours=22), 100) == 4
    told = explain_mailbox(state, "active", None, NOON)
    assert told is not None
    assert told.detail == (
        "The mailbox's daily limit is reached. Its settings were changed, so it counts the last 24 hours until"
        " 2027-01-05 12:00 UTC."
    )
    assert told.change == "Older messages leave the 24 hours, or the limit is raised."
    assert next_slot(replace(state, sent_today=6), NOON) == slot, "the day says no as well, but not as long"
    gone = Carried(AT, 1, ((AT - 23 * HOUR, 2),))
    shorter = MailboxState(replace(BOX, daily_limit=2), sent_today=2, carried=gone)
    assert next_slot(shorter, NOON) == Slot(NOON + timedelta(hours=12), BlockReason.MAILBOX_CAP)


def test_the_domain_is_asked_likewise() -> None:
    box = replace(BOX, daily_limit=50, domain_cap=6)
    state = MailboxState(box, domain_carried=MORNING)
    assert next_slot(state, NOON) == Slot(
        NOON + timedelta(hours=21), BlockReason.DOMAIN_CAP, NOON + timedelta(hours=24)
    )
    assert turn_size(replace(state, domain_across=1), NOON + timedelta(hours=22), 100) == 3


def test_a_ramp_goes_on_across_an_edit_and_is_none_itself() -> None:
    """At midnight the ramp allows one more: the cap in force counts, over the same 24 hours."""
    ramp = Ramp(date(2027, 1, 4), start=6, step=1)
    state = MailboxState(replace(BOX, daily_limit=40, ramp=ramp), carried=MORNING)
    assert next_slot(state, NOON).at == datetime(2027, 1, 5, tzinfo=UTC)
    assert next_slot(state, NOON).reason == BlockReason.RAMP


def test_a_campaign_tells_that_its_cap_counts_across_the_edit() -> None:
    until = NOON + timedelta(hours=24)
    standing = Standing(
        due=NOON, schedule=ANY_HOUR,
        mailbox=MailboxState(BOX), campaign_left=0,
        carried={BlockReason.CAMPAIGN_CAP: (NOON + timedelta(hours=21), until)},
    )  # fmt: skip
    told = explain(standing, NOON)
    assert told is not None
    assert (told.code, told.until) == (BlockReason.CAMPAIGN_CAP, NOON + timedelta(hours=21))
    assert "2027-01-05 12:00 UTC" in told.detail


# What a service does with the policy, in a few lines: a ledger, counters of local days, and what an edit carries.


@dataclass
class Books:
    zone: str
    limit: int
    sent: list[int] = field(default_factory=list)
    days: Counter[date] = field(default_factory=Counter)
    carried: Carried | None = None
    across: int = 0
    edits: list[int] = field(default_factory=list)

    def day(self, at: int, zone: str | None = None) -> date:
        return datetime.fromtimestamp(at, ZoneInfo(zone or self.zone)).date()

    def edit(self, at: int, zone: str, limit: int) -> None:
        self.zone, self.limit = zone, limit
        midnight = int(midnight_before(datetime.fromtimestamp(at, UTC), zone).timestamp())
        lately = [one for one in self.sent if one > min(at - DAY_SECONDS, midnight)]
        minutes = Counter(-(-one // 60) * 60 for one in lately)
        self.carried, self.across = Carried(at, len(self.edits), tuple(sorted(minutes.items()))), 0
        today = self.day(at)
        self.days[today] = max(self.days[today], sum(one >= midnight for one in lately))
        self.edits.append(at)

    def send(self, at: int) -> None:
        self.sent.append(at)
        self.days[self.day(at)] += 1
        self.across += 1
        today = sum(self.day(one) == self.day(at) for one in self.sent)
        assert today <= self.limit, "no local day holds more than the cap"
        if any(at - DAY_SECONDS < edit <= at for edit in self.edits):
            lately = sum(one > at - DAY_SECONDS for one in self.sent)
            assert lately <= self.limit, "no 24 hours that contain an edit hold more than the cap"


ZONES = (
    "UTC",
    "Europe/Helsinki",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "America/New_York",
    "Asia/Kolkata",
)
EDIT = st.tuples(
    st.integers(0, 40 * HOUR),
    st.sampled_from(ZONES),
    st.integers(1, 6),
    st.sampled_from([None, "09:00", "20:00"]),
)
# Ordinary days, and both changes of the clocks.
STARTS = st.sampled_from([datetime(2026, 12, 1, 5, tzinfo=UTC), datetime(2026, 10, 24, 5, tzinfo=UTC),
                          datetime(2026, 3, 7, 20, tzinfo=UTC), datetime(2026, 3, 28, 9, tzinfo=UTC)])  # fmt: skip
SOME = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def workday(zone: str, opens: str | None) -> SendSchedule:
    if opens is None:
        return SendSchedule(zone, WHOLE_WEEK)
    begins = int(opens[:2]) * 60
    return SendSchedule(zone, every_day(((begins, begins + 180),), "mon tue wed thu fri sat sun"))


@SOME
@given(start=STARTS, edits=st.lists(EDIT, min_size=1, max_size=6), gap=st.sampled_from([0, 0, 1200]))
def test_no_edit_lets_a_mailbox_send_more_than_its_cap(
    start: datetime, edits: list[tuple[int, str, int, str | None]], gap: int
) -> None:
    """Something is always due, and whatever the policy lets go goes."""
    now = int(start.timestamp())
    books, hours = Books("UTC", 4), workday("UTC", None)

    def run(until: int) -> None:
        at = now
        while at < until:
            box = Mailbox("ada@acme.example", hours, daily_limit=books.limit, min_gap=gap, jitter=0)
            last = datetime.fromtimestamp(books.sent[-1], UTC) if books.sent else None
            state = MailboxState(
                box, sent_today=books.days[books.day(at)], last_sent_at=last, carried=books.carried,
                across=books.across,
            )  # fmt: skip
            instant = datetime.fromtimestamp(at, UTC)
            slot, size = next_slot(state, instant), turn_size(state, instant, 3)
            assert slot.at is not None
            assert (size > 0) == (slot.reason is None)
            if size == 0:
                assert slot.at > instant, "the clock moves"
                at = int(slot.at.timestamp())
                continue
            for _ in range(size):
                books.send(at)

    for wait, zone, limit, opens in edits:
        run(now + wait)
        now += wait
        books.edit(now, zone, limit)
        hours = workday(zone, opens)
    run(now + 3 * DAY_SECONDS)
    assert books.sent


@SOME
@given(start=STARTS, edits=st.lists(EDIT, min_size=1, max_size=6))
def test_no_edit_lets_a_campaign_send_more_than_its_cap(
    start: datetime, edits: list[tuple[int, str, int, str | None]]
) -> None:
    now, books = int(start.timestamp()), Books("UTC", 4)

    def run(until: int) -> None:
        at = now
        while at < until:
            count = Count(books.limit, books.days[books.day(at)], books.carried, books.across)
            midnight = local_days(books.zone).end(at)
            free = count.frees(at, midnight)
            assert (free == at) == (not count.full(at)) == bool(count.left(at))
            if free == at:
                books.send(at)
            at = free if free > at else at + 700

    for wait, zone, limit, _ in edits:
        run(now + wait)
        now += wait
        books.edit(now, zone, limit)
    run(now + 2 * DAY_SECONDS)
    assert books.sent


@SOME
@given(
    zone=st.sampled_from(ZONES), limit=st.integers(1, 5), hours=st.lists(st.integers(1, 24 * 60), max_size=6),
    ago=st.integers(0, 23), own=st.booleans(),
)  # fmt: skip
def test_a_plan_keeps_to_a_cap_across_an_edit(
    zone: str, limit: int, hours: list[int], ago: int, own: bool
) -> None:
    """A simulation that begins `ago` hours after an edit; `hours`: minutes before it at which something had left."""
    edit = AT - ago * HOUR
    sent = sorted(edit - 60 * minutes for minutes in hours)
    carried = Carried(edit, 0, tuple((one, 1) for one in sent))
    plan = CampaignPlan(
        "c", "seed", SendSchedule(zone, WHOLE_WEEK), (Step(),), {BOX.address: 1},
        daily_cap=None if own else limit, carried=None if own else carried,
    )  # fmt: skip
    box = replace(BOX, workday=SendSchedule(zone, WHOLE_WEEK), daily_limit=limit if own else 100)
    world = World(
        NOON, [plan], [MailboxState(box, carried=carried if own else None)],
        [LeadPlan(f"p{n}@x{n}.example", "c") for n in range(4 * limit + 2)],
    )  # fmt: skip
    plans = [int(one.planned_at.timestamp()) for one in simulate(world).planned]
    assert len(plans) == 4 * limit + 2
    every = sent + plans
    for at in plans:
        if at < carried.until:
            assert sum(at - DAY_SECONDS < one <= at for one in every) <= limit
    by_day = Counter(datetime.fromtimestamp(at, ZoneInfo(zone)).date() for at in plans)
    assert max(by_day.values()) <= limit


def test_a_plan_keeps_to_a_cap_per_company_across_an_edit() -> None:
    plan = CampaignPlan(
        "c",
        "seed",
        default_schedule("UTC"),
        (Step(),),
        {BOX.address: 1},
        company_cap=2,
        carried=Carried(AT, 0),
    )
    leads = [LeadPlan(f"p{n}@globex.example", "c", company="globex.example") for n in range(3)]
    world = World(NOON, [plan], [MailboxState(BOX)], leads, company_across={("c", "globex.example"): 1})
    planned = [one.planned_at for one in simulate(world).planned]
    tomorrow = NOON + timedelta(hours=24)
    assert planned == [NOON, tomorrow, tomorrow]


def made(**changes: Any) -> MailboxState:
    return MailboxState(replace(BOX, **changes), carried=MORNING)


def test_an_edit_costs_an_idle_mailbox_nothing() -> None:
    assert next_slot(made(daily_limit=7), NOON) == Slot(NOON)
    assert turn_size(made(daily_limit=9), NOON, 100) == 3
