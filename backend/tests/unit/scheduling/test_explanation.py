"""Every due message that does not leave has exactly one reason; taking it away changes the next decision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reachly.services.scheduling.policy import (
    RECIPIENT_HOURS,
    BlockReason,
    Mailbox,
    MailboxState,
    Ramp,
    Standing,
    default_schedule,
    explain,
    parse_schedule,
    parse_workday,
)
from reachly.services.scheduling.policy.reasons import _SENTENCES

NOW = datetime(2027, 1, 4, 10, tzinfo=UTC)
R = BlockReason
BOX = Mailbox("ada@acme.example", jitter=0)
FREE = Standing(NOW - timedelta(hours=1), default_schedule(), MailboxState(BOX))


def box(**changes: object) -> Callable[[Standing], Standing]:
    return lambda s: replace(s, mailbox=replace(_state(s), mailbox=replace(_state(s).mailbox, **changes)))  # type: ignore[arg-type]


def use(**changes: object) -> Callable[[Standing], Standing]:
    return lambda s: replace(s, mailbox=replace(_state(s), **changes))  # type: ignore[arg-type]


def fact(**changes: object) -> Callable[[Standing], Standing]:
    return lambda s: replace(s, **changes)  # type: ignore[arg-type]


def _state(s: Standing) -> MailboxState:
    return s.mailbox or MailboxState(BOX)


SUNDAY_NIGHT = parse_workday({"sun": [["00:00", "04:00"]]}, "UTC")
SPLIT = parse_schedule(
    {"timezone": "UTC", "windows": {"mon": [["08:00", "09:00"]], "tue": [["09:00", "17:00"]]}}
)
DAY_OFF = parse_schedule({"timezone": "UTC", "holidays": ["2027-01-04"]})
OVER = parse_schedule({"timezone": "UTC", "end_date": "2027-01-03"})

# code -> (what brings the rule about, what takes it away again)
RULES: dict[BlockReason, tuple[Callable[[Standing], Standing], Callable[[Standing], Standing]]] = {
    R.SUPPRESSED: (fact(suppressed="unsubscribed"), fact(suppressed=None)),
    R.ENROLLMENT_ENDED: (fact(enrollment_status="replied"), fact(enrollment_status="active")),
    R.CAMPAIGN_NOT_ACTIVE: (fact(campaign_status="draft"), fact(campaign_status="active")),
    R.RESTORED: (fact(restored=True), fact(restored=False)),
    R.CAMPAIGN_LATE: (
        fact(campaign_status="paused", campaign_late=True),
        fact(campaign_status="active", campaign_late=False),
    ),
    R.CAMPAIGN_PAUSED: (fact(campaign_status="paused"), fact(campaign_status="active")),
    R.UNKNOWN_PREVIOUS: (fact(previous_unknown=True), fact(previous_unknown=False)),
    R.AWAITING_VERIFICATION: (fact(verification="pending"), fact(verification="done")),
    R.UNDELIVERABLE: (fact(verification="undeliverable"), fact(verification="done")),
    R.AWAITING_PERSONALIZATION: (fact(personalized=False), fact(personalized=True)),
    R.MISSING_FIELD: (fact(missing_fields=("company",)), fact(missing_fields=())),
    R.NOT_PLANNED: (fact(due=None), fact(due=FREE.due)),
    R.SENDER_GONE: (fact(sender_gone=True), fact(sender_gone=False)),
    R.NO_MAILBOX: (fact(mailbox=None), fact(mailbox=FREE.mailbox)),
    R.MAILBOX_ERROR: (fact(mailbox_status="error"), fact(mailbox_status="active")),
    R.MAILBOX_PAUSED: (fact(mailbox_status="paused"), fact(mailbox_status="active")),
    R.SCHEDULE_ENDED: (fact(schedule=OVER), fact(schedule=FREE.schedule)),
    R.NO_COMMON_SLOT: (box(workday=SUNDAY_NIGHT), box(workday=BOX.workday)),
    R.HELD_OOO: (
        fact(hold="out_of_office", held_until=NOW + timedelta(days=2)),
        fact(hold=None, held_until=None),
    ),
    R.HELD: (fact(hold="other", held_until=NOW + timedelta(days=2)), fact(hold=None, held_until=None)),
    R.HELD_UNREADABLE_MAILBOX: (fact(hold="unreadable"), fact(hold=None, held_until=None)),
    R.REPLY_SEEN: (fact(hold="reply"), fact(hold=None, held_until=None)),
    R.DEFERRED: (fact(retry_at=NOW + timedelta(minutes=15)), fact(retry_at=None)),
    R.WAITING_DELAY: (fact(due=NOW + timedelta(days=1)), fact(due=FREE.due)),
    R.OUTSIDE_WINDOW: (fact(schedule=SPLIT), fact(schedule=FREE.schedule)),
    R.HOLIDAY: (fact(schedule=DAY_OFF), fact(schedule=FREE.schedule)),
    R.RECIPIENT_HOURS: (
        fact(recipient_zone="America/New_York", recipient_hours=RECIPIENT_HOURS),
        fact(recipient_zone=None),
    ),
    R.CAMPAIGN_CAP: (fact(campaign_left=0), fact(campaign_left=9)),
    R.NEW_LEAD_CAP: (fact(new_leads_left=0), fact(new_leads_left=9)),
    R.COMPANY_CAP: (fact(company_left=0), fact(company_left=None)),
    R.MAILBOX_ABSENT: (box(absences=((date(2027, 1, 4), date(2027, 1, 4)),)), box(absences=())),
    R.THROTTLED: (use(not_before=NOW + timedelta(hours=1)), use(not_before=None)),
    R.PROVIDER_CAP: (use(provider_full_until=NOW + timedelta(hours=1)), use(provider_full_until=None)),
    R.HEALTH_CAP: (box(health_cap=0), box(health_cap=None)),
    R.RAMP: (box(ramp=Ramp(date(2027, 1, 4), 0, 5)), box(ramp=None)),
    R.MAILBOX_CAP: (use(sent_today=40), use(sent_today=0)),
    R.DOMAIN_CAP: (lambda s: use(domain_sent_today=50)(box(domain_cap=50)(s)), box(domain_cap=None)),
    R.OUTSIDE_WORKDAY: (box(workday=SPLIT), box(workday=BOX.workday)),
    R.MAILBOX_GAP: (use(last_sent_at=NOW), use(last_sent_at=None)),
    R.WAITING_TURN: (fact(ahead=3), fact(ahead=0)),
}


def test_nothing_in_the_way_means_no_reason() -> None:
    assert explain(FREE, NOW) is None


def test_every_reason_has_a_case_and_sentences() -> None:
    assert set(RULES) == set(BlockReason) == set(_SENTENCES)


@pytest.mark.parametrize("code", list(BlockReason))
def test_each_rule_is_named_and_taking_it_away_frees_the_message(code: BlockReason) -> None:
    bring, take = RULES[code]
    held = bring(FREE)
    found = explain(held, NOW)
    assert found is not None
    assert found.code is code
    assert found.detail
    assert found.change
    assert explain(take(held), NOW) is None


@settings(max_examples=400, deadline=None)
@given(st.sets(st.sampled_from(list(BlockReason)), max_size=6))
def test_taking_the_named_rule_away_always_changes_the_decision(codes: set[BlockReason]) -> None:
    standing = FREE
    for code in codes - {R.NO_MAILBOX}:
        standing = RULES[code][0](standing)
    seen = []
    while (found := explain(standing, NOW)) is not None:
        assert found.code not in seen
        seen.append(found.code)
        standing = RULES[found.code][1](standing)
    assert seen == sorted(seen, key=list(BlockReason).index)


@pytest.mark.parametrize(
    "code",
    [
        R.HELD_OOO,
        R.DEFERRED,
        R.WAITING_DELAY,
        R.OUTSIDE_WINDOW,
        R.HOLIDAY,
        R.RECIPIENT_HOURS,
        R.MAILBOX_ABSENT,
        R.THROTTLED,
        R.PROVIDER_CAP,
        R.RAMP,
        R.OUTSIDE_WORKDAY,
        R.MAILBOX_GAP,
    ],
)
def test_the_announced_time_lifts_the_rule_and_a_second_earlier_does_not(code: BlockReason) -> None:
    held = RULES[code][0](FREE)
    found = explain(held, NOW)
    assert found is not None
    assert found.until is not None
    before = explain(held, found.until - timedelta(seconds=1))
    after = explain(held, found.until)
    assert before is not None
    assert after is None or after.code is not code


def test_a_cap_lifts_at_the_first_open_time_of_the_next_day() -> None:
    found = explain(RULES[R.CAMPAIGN_CAP][0](FREE), NOW)
    assert found is not None
    assert found.until == datetime(2027, 1, 5, 9, tzinfo=UTC)
    assert found.as_json()["code"] == "campaign_cap"
