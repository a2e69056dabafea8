"""Random worlds, judged by an oracle that knows only wall clocks and counting."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reachly.services.scheduling.policy import (
    RECIPIENT_HOURS,
    BlockReason,
    CampaignPlan,
    LeadPlan,
    Mailbox,
    MailboxState,
    Planned,
    Ramp,
    SendSchedule,
    Simulation,
    Step,
    World,
    default_schedule,
    delay_until,
    draw_jitter,
    is_public_holiday,
    parse_schedule,
    parse_workday,
    simulate,
)

NOW = datetime(2027, 1, 4, 8, tzinfo=UTC)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def small_world(leads: int = 3, steps: tuple[Step, ...] = (Step(), Step(3)), **changes: Any) -> World:
    plan = CampaignPlan("c", "seed", default_schedule(), steps, {"ada@acme.example": 1})
    plan = replace(plan, **{key: value for key, value in changes.items() if key in CampaignPlan.__slots__})
    box = Mailbox("ada@acme.example", jitter=0)
    box = replace(box, **{key: value for key, value in changes.items() if key in Mailbox.__slots__})
    people = [LeadPlan(f"p{n}@x{n}.example", "c") for n in range(leads)]
    return World(NOW, [plan], [MailboxState(box)], people)


def times(simulation: Simulation) -> list[tuple[str, int, str]]:
    return [
        (one.lead_key[:2], one.step, one.planned_at.strftime("%m-%d %H:%M")) for one in simulation.planned
    ]


def test_a_small_campaign_message_by_message() -> None:
    assert times(simulate(small_world())) == [
        ("p0", 1, "01-04 09:00"),
        ("p1", 1, "01-04 09:10"),
        ("p2", 1, "01-04 09:20"),
        ("p0", 2, "01-07 09:00"),
        ("p1", 2, "01-07 09:10"),
        ("p2", 2, "01-07 09:20"),
    ]


def test_follow_ups_go_first_and_new_people_wait() -> None:
    result = simulate(small_world(4, (Step(), Step(1)), daily_limit=2))
    assert times(result) == [
        ("p0", 1, "01-04 09:00"),
        ("p1", 1, "01-04 09:10"),
        ("p0", 2, "01-05 09:00"),
        ("p1", 2, "01-05 09:10"),
        ("p2", 1, "01-06 09:00"),
        ("p3", 1, "01-06 09:10"),
        ("p2", 2, "01-07 09:00"),
        ("p3", 2, "01-07 09:10"),
    ]
    assert result.limiting is BlockReason.MAILBOX_CAP
    assert result.last_first_mail == datetime(2027, 1, 6, 9, 10, tzinfo=UTC)
    assert result.last_follow_up == datetime(2027, 1, 7, 9, 10, tzinfo=UTC)
    assert result.idle_capacity == 0


@pytest.mark.parametrize(
    ("changes", "limiting"),
    [
        ({"daily_limit": 5}, BlockReason.MAILBOX_CAP),
        ({"daily_limit": 400, "min_gap": 3600}, BlockReason.MAILBOX_GAP),
        ({"daily_cap": 4}, BlockReason.CAMPAIGN_CAP),
        ({"new_leads_cap": 3}, BlockReason.NEW_LEAD_CAP),
        ({"ramp": Ramp(date(2027, 1, 4), 2, 1)}, BlockReason.RAMP),
        ({"domain_cap": 4}, BlockReason.DOMAIN_CAP),
        ({"provider_limit": 4}, BlockReason.PROVIDER_CAP),
        ({"daily_limit": 400, "min_gap": 1, "steps": (Step(), Step(9))}, BlockReason.WAITING_DELAY),
    ],
)
def test_the_limiting_factor_is_named(changes: dict[str, Any], limiting: BlockReason) -> None:
    changes = dict(changes)
    world = small_world(40, changes.pop("steps", (Step(),)), **changes)
    assert simulate(world).limiting is limiting


def test_a_relay_without_a_gap_sends_its_batch_at_one_instant() -> None:
    result = simulate(small_world(30, (Step(),), min_gap=0, daily_limit=20))
    assert Counter(at for _, _, at in times(result)) == {"01-04 09:00": 20, "01-05 09:00": 10}


def test_idle_room_is_counted() -> None:
    result = simulate(small_world(3, (Step(),)))
    assert result.idle_capacity == 37
    assert simulate(small_world(3, (Step(),), min_gap=3600)).idle_capacity == 8 - 3


def test_until_cuts_the_plan_and_says_what_remains() -> None:
    result = simulate(small_world(), datetime(2027, 1, 4, 9, 10, tzinfo=UTC))
    assert len(result.planned) == 2
    assert result.remaining.total() == 4


def test_a_message_that_never_finds_a_slot_is_reported_not_lost() -> None:
    night = parse_workday({"sun": [["01:00", "02:00"]]}, "UTC")
    result = simulate(small_world(2, workday=night))
    assert [entry.reason for entry in result.unplanned] == [BlockReason.NO_COMMON_SLOT] * 2
    ended = simulate(
        small_world(
            2, (Step(), Step(9)), schedule=parse_schedule({"timezone": "UTC", "end_date": "2027-01-05"})
        )
    )
    assert len(ended.planned) == 2
    assert {(entry.step, entry.reason) for entry in ended.unplanned} == {(2, BlockReason.SCHEDULE_ENDED)}
    assert simulate(small_world(1, mailboxes={})).unplanned[0].reason is BlockReason.NO_MAILBOX
    assert simulate(small_world(1, daily_limit=0)).unplanned[0].reason is BlockReason.MAILBOX_CAP


def test_a_running_campaign_goes_on_from_where_each_person_is() -> None:
    world = small_world(1)
    lead = LeadPlan(
        "q@x.example", "c", sender="ada@acme.example", step=2, due=NOW + timedelta(days=1, hours=5)
    )
    result = simulate(replace(world, leads=[lead]))
    assert [(one.step, one.planned_at) for one in result.planned] == [(2, NOW + timedelta(days=1, hours=5))]


def test_the_order_of_rows_does_not_show_in_the_calendar() -> None:
    world = small_world(12)
    assert simulate(world).planned == simulate(replace(world, leads=list(reversed(world.leads)))).planned


ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Asia/Kathmandu"]
STARTS = [
    datetime(2027, 3, 11, 3, tzinfo=UTC),
    datetime(2027, 10, 29, 14, tzinfo=UTC),
    datetime(2028, 2, 27, tzinfo=UTC),
]


@st.composite
def schedules(draw: st.DrawFn) -> SendSchedule:
    pairs = st.sampled_from(
        [
            [["09:00", "17:00"]],
            [["00:00", "24:00"]],
            [["01:30", "03:30"], ["20:00", "24:00"]],
            [["08:15", "11:45"]],
        ]
    )
    days = draw(st.sets(st.sampled_from(DAYS), min_size=2))
    holidays = draw(st.sampled_from([[], ["2028-02-29"], ["US", "2027-11-01"], ["recipient"]]))
    windows = {day: draw(pairs) for day in sorted(days)}
    return parse_schedule(
        {"timezone": draw(st.sampled_from(ZONES)), "windows": windows, "holidays": holidays}
    )


@st.composite
def mailboxes(draw: st.DrawFn, number: int) -> Mailbox:
    start = draw(st.integers(1, 4))
    return Mailbox(
        f"m{number}@d{number % 2}.example",
        workday=draw(
            st.just(parse_workday(None, draw(st.sampled_from(ZONES))))
            | schedules().map(lambda s: replace(s, skip_recipient_holidays=False))
        ),
        daily_limit=draw(st.integers(1, 8)),
        min_gap=draw(st.sampled_from([0, 600, 5400])),
        jitter=draw(st.sampled_from([0, 300])),
        ramp=draw(
            st.none()
            | st.just(Ramp(date(2027, 3, 1), start, 0))
            | st.just(Ramp(date(2027, 10, 29), start, 1, 6))
        ),
        provider_limit=draw(st.none() | st.integers(3, 9)),
        domain_cap=draw(st.none() | st.integers(2, 10)),
        absences=draw(st.sampled_from([(), ((date(2027, 3, 15), date(2027, 3, 20)),)])),
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    boxes = [draw(mailboxes(number)) for number in range(draw(st.integers(1, 3)))]
    steps = st.lists(
        st.builds(Step, st.integers(0, 4), st.integers(0, 5), st.booleans()), min_size=1, max_size=3
    )
    company_cap = draw(st.none() | st.integers(1, 2))
    plans = [
        CampaignPlan(
            f"c{number}", f"seed{number}", draw(schedules()), tuple(draw(steps)),
            {box.address: draw(st.integers(0, 3)) for box in boxes},
            daily_cap=draw(st.none() | st.integers(1, 9)), new_leads_cap=draw(st.none() | st.integers(1, 5)),
            recipient_hours=draw(st.sampled_from([None, RECIPIENT_HOURS])), match_provider=draw(st.booleans()),
            company_cap=company_cap,
        )
        for number in range(draw(st.integers(1, 2)))
    ]  # fmt: skip
    leads = [
        LeadPlan(
            f"p{number}@x.example", draw(st.sampled_from(plans)).key,
            company=draw(st.sampled_from([None, "acme", "bolt"])),
            zone=draw(st.sampled_from([None, "America/New_York", "Asia/Kolkata"])),
            country=draw(st.sampled_from([None, "US", "DE"])),
            provider=draw(st.sampled_from([None, "smtp", "gmail"])),
        )
        for number in range(draw(st.integers(0, 14)))
    ]  # fmt: skip
    return World(
        draw(st.sampled_from(STARTS)),
        plans,
        [MailboxState(box) for box in boxes],
        leads,
    )


def open_at(schedule: SendSchedule, at: datetime) -> bool:
    wall = at.astimezone(ZoneInfo(schedule.timezone))
    minute = wall.hour * 60 + wall.minute
    day = wall.date()
    if day in schedule.skip_dates or any(is_public_holiday(code, day) for code in schedule.skip_countries):
        return False
    return any(start <= minute < end for start, end in schedule.week[day.weekday()])


def local_day(zone: str, at: datetime) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def check_mailbox(box: Mailbox, sent: list[Planned]) -> None:
    per_day: Counter[date] = Counter()
    for one in sent:
        day = local_day(box.workday.timezone, one.planned_at)
        per_day[day] += 1
        assert open_at(box.workday, one.planned_at)
        assert per_day[day] <= box.daily_limit
        ramp = box.ramp.cap_on(day.toordinal()) if box.ramp else None
        assert ramp is None or per_day[day] <= ramp
        assert not any(first <= day <= last for first, last in box.absences)
    count: Counter[date] = Counter()
    for before, after in pairwise(sent):
        day = local_day(box.workday.timezone, before.planned_at)
        count[day] += 1
        gap = box.min_gap + draw_jitter(box.address, day.toordinal(), count[day], box.jitter)
        assert (after.planned_at - before.planned_at).total_seconds() >= gap
    if box.provider_limit:
        for first, beyond in zip(sent, sent[box.provider_limit :], strict=False):
            assert beyond.planned_at - first.planned_at >= timedelta(days=1)


def check_campaign(world: World, plan: CampaignPlan, sent: list[Planned]) -> None:
    per_day: Counter[date] = Counter()
    new: Counter[date] = Counter()
    people = {lead.key: lead for lead in world.leads}
    for one in sent:
        day = local_day(plan.schedule.timezone, one.planned_at)
        per_day[day] += 1
        new[day] += one.step == 1
        assert open_at(plan.schedule, one.planned_at)
        lead = people[one.lead_key]
        own = lead.zone if lead.zone and plan.recipient_hours else None
        if own:
            assert 9 <= one.planned_at.astimezone(ZoneInfo(own)).hour < 17
        if plan.schedule.skip_recipient_holidays:
            assert not is_public_holiday(
                lead.country, local_day(own or plan.schedule.timezone, one.planned_at)
            )
    assert plan.daily_cap is None or all(count <= plan.daily_cap for count in per_day.values())
    assert plan.new_leads_cap is None or all(count <= plan.new_leads_cap for count in new.values())


def check_people(world: World, result: Simulation) -> None:
    """Each step once, in order, from one mailbox, never before its delay; what is not planned has a reason."""
    given_up = {entry.lead_key: entry.step for entry in result.unplanned}
    by_lead: dict[str, list[Planned]] = defaultdict(list)
    for one in result.planned:
        by_lead[one.lead_key].append(one)
    plans = {plan.key: plan for plan in world.campaigns}
    for lead in world.leads:
        mine, plan = by_lead[lead.key], plans[lead.campaign]
        assert [one.step for one in mine] == list(range(1, len(mine) + 1))
        assert len({one.mailbox for one in mine}) <= 1
        assert given_up.get(lead.key, len(plan.steps) + 1) == len(mine) + 1
        for before, after in pairwise(mine):
            step = plan.steps[after.step - 1]
            due = delay_until(
                before.planned_at,
                step.delay_days,
                step.delay_hours,
                working_days_only=step.working_days_only,
                schedule=plan.schedule,
            )
            assert after.planned_at >= due


def check_domains(world: World, planned: list[Planned]) -> None:
    """A mailbox never sends once its domain has had enough that day, where the domain has one day for all."""
    zones: dict[str, set[str]] = defaultdict(set)
    for state in world.mailboxes:
        zones[state.mailbox.domain].add(state.mailbox.workday.timezone)
    for state in world.mailboxes:
        box = state.mailbox
        zone = box.workday.timezone
        if box.domain_cap is None or len(zones[box.domain]) > 1:
            continue
        of_domain = [one for one in planned if one.mailbox.endswith(box.domain)]
        for one in of_domain:
            day = local_day(zone, one.planned_at)
            earlier = [other for other in of_domain if other.planned_at < one.planned_at]
            used = sum(local_day(zone, other.planned_at) == day for other in earlier)
            assert one.mailbox != box.address or used < box.domain_cap


def check_companies(world: World, planned: list[Planned]) -> None:
    zones = {plan.key: plan.schedule.timezone for plan in world.campaigns}
    companies = {lead.key: lead.company for lead in world.leads}
    counts = Counter(
        (companies[one.lead_key], local_day(zones[one.campaign], one.planned_at))
        for one in planned
        if companies[one.lead_key]
    )
    cap = world.campaigns[0].company_cap
    assert cap is None or all(count <= cap for count in counts.values())


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(worlds())
def test_no_plan_breaks_a_cap_a_gap_or_a_window_and_nobody_is_forgotten(world: World) -> None:
    result = simulate(world)
    assert result.planned == sorted(result.planned, key=lambda one: one.planned_at)
    assert result.remaining.total() == 0
    assert all(one.planned_at >= world.now for one in result.planned)
    for state in world.mailboxes:
        check_mailbox(state.mailbox, [one for one in result.planned if one.mailbox == state.mailbox.address])
    for plan in world.campaigns:
        check_campaign(world, plan, [one for one in result.planned if one.campaign == plan.key])
    check_domains(world, result.planned)
    check_companies(world, result.planned)
    check_people(world, result)
    assert simulate(world) == result
