"""Spans of days, figures from counters, the bound of a bounce rate, and an estimate of the hours to come."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from reachly.kit.errors import FieldError, Invalid
from reachly.kit.schedule import SendSchedule
from reachly.services.analytics.schemas import DayFigures, Idle
from reachly.services.campaigns.policy import figures_of
from reachly.services.campaigns.schemas import Figures

DEFAULT_DAYS = 14
LONGEST_DAYS = 400
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2200, 1, 1)
Counters = Mapping[str, int]

# A mailbox is looked at over four weeks, from twenty messages on: fewer say nothing.
BOUNCE_DAYS = 28
BOUNCE_SAMPLE = 20
BOUNCE_RATE = 0.05
Z95 = 1.959964


def choose_span(since: date | None, until: date | None, today: date) -> tuple[date, date]:
    """First and last day, both included: the last fourteen unless asked otherwise. Raises Invalid."""
    for name, day in (("since", since), ("until", until)):
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            fault = FieldError(f"/{name}", f"Choose a day from {FIRST_DAY} to {LAST_DAY}.", "range")
            raise Invalid("There are no figures of that time.", errors=[fault])
    last = until or (max(today, since) if since else today)
    first = since or last - timedelta(days=DEFAULT_DAYS - 1)
    if first > last:
        fault = FieldError("/until", "The last day lies before the first day.", "order")
        raise Invalid("Choose a span that ends after it begins.", errors=[fault])
    if (last - first).days >= LONGEST_DAYS:
        fault = FieldError("/since", f"At most {LONGEST_DAYS} days at once.", "too_long")
        raise Invalid("Choose a shorter span.", errors=[fault])
    return first, last


def choose_life(since: date | None, until: date | None, today: date) -> tuple[date, date]:
    """The same where nothing asked for means everything: all days up to today. Raises Invalid."""
    if since is None and until is None:
        return FIRST_DAY, max(today, FIRST_DAY)
    return choose_span(since, until, today)


def instants(span: tuple[date, date]) -> tuple[datetime, datetime]:
    """From the beginning of the first UTC day to the end of the last, which does not belong to it."""
    first, last = (datetime.combine(day, time(), UTC) for day in span)
    return first, last + timedelta(days=1)


def span_before(since: date, until: date) -> tuple[date, date]:
    """The same number of days right before."""
    days = (until - since).days + 1
    return since - timedelta(days=days), since - timedelta(days=1)


def add_up(parts: Iterable[Counters]) -> Figures:
    """The sum of many counters."""
    totals: dict[str, int] = {}
    for part in parts:
        for name, n in part.items():
            totals[name] = totals.get(name, 0) + n
    return figures_of(totals)


def fill_days(by_day: Mapping[date, Counters], since: date, until: date) -> list[DayFigures]:
    """Every day of the span, those without a fact as zeros."""
    days = [since + timedelta(days=n) for n in range((until - since).days + 1)]
    return [DayFigures(day=day, **figures_of(by_day.get(day, {})).model_dump()) for day in days]


def find_idle(campaigns: Mapping[str, int], *, held: bool, can_send: bool) -> Idle | None:
    """Why nothing is sent at all, from the campaigns by status; None: something may be."""
    if held:
        return "restored"
    if campaigns.get("active"):
        return None if can_send else "no_mailbox"
    if campaigns.get("paused"):
        return "paused"
    return "through" if campaigns.get("completed") or campaigns.get("archived") else "no_campaign"


def lower_bound(hits: int, trials: int, z: float = Z95) -> float:
    """The lower end of Wilson's score interval of a rate: what it is at least, as far as so few can say."""
    if trials <= 0 or hits <= 0:
        return 0.0
    hits = min(hits, trials)
    rate, square = hits / trials, z * z
    middle = rate + square / (2 * trials)
    spread = z * math.sqrt(rate * (1 - rate) / trials + square / (4 * trials * trials))
    return max(0.0, (middle - spread) / (1 + square / trials))


def has_fallen(attempted: int, bounced: int) -> bool:
    """Whether a mailbox bounces more than it may, beyond chance."""
    return attempted >= BOUNCE_SAMPLE and lower_bound(bounced, attempted) > BOUNCE_RATE


@dataclass(frozen=True, slots=True)
class Due:
    """`n` messages of a campaign that are due from `hour` (the beginning of an hour) on."""

    campaign: str
    hour: datetime
    n: int


@dataclass(frozen=True, slots=True)
class Box:
    """A mailbox for the estimate. `left`: how many it may still send today; `gap` in seconds, jitter included."""

    start: datetime
    left: int
    gap: float
    dues: Sequence[Due]
    workday: SendSchedule
    schedules: Mapping[str, SendSchedule] = field(repr=False)


def estimate_hours(
    boxes: Iterable[Box], hours: Sequence[datetime], end: datetime, zone: ZoneInfo
) -> dict[int, int]:
    """About how many messages leave in each hour of the organization's day from now on.

    An estimate by the hour from due times, caps, gaps and windows; the calendar of a campaign is exact and costs
    more. `hours` are the beginnings of the hours left, `end` the end of the day.
    """
    planned: dict[int, int] = {}
    for box in boxes:
        waiting: dict[str, int] = {}
        dues = sorted(box.dues, key=lambda due: (due.hour, due.campaign))
        left = box.left
        for begin in hours:
            finish = min(begin + timedelta(hours=1), end)
            while dues and dues[0].hour < finish:
                due = dues.pop(0)
                waiting[due.campaign] = waiting.get(due.campaign, 0) + due.n
            if left <= 0 or finish <= box.start:
                continue
            n = _in_hour(box, waiting, max(begin, box.start), finish, left)
            left -= n
            if n:
                hour = begin.astimezone(zone).hour
                planned[hour] = planned.get(hour, 0) + n
    return planned


def _in_hour(box: Box, waiting: dict[str, int], begin: datetime, finish: datetime, left: int) -> int:
    at_work = _open_seconds(box.workday, begin, finish)
    room = left if box.gap <= 0 else min(left, math.ceil(at_work / box.gap))
    taken = 0
    for campaign in sorted(waiting):
        opened = min(at_work, _open_seconds(box.schedules[campaign], begin, finish))
        if opened <= 0:
            continue
        fits = room - taken if box.gap <= 0 else min(room - taken, math.ceil(opened / box.gap))
        n = min(waiting[campaign], max(0, fits))
        waiting[campaign] -= n
        taken += n
    return taken


def _open_seconds(schedule: SendSchedule, begin: datetime, finish: datetime) -> float:
    """How long the windows are open between two instants of one hour, on the schedule's wall clock."""
    zone = schedule.zone
    first, seconds = begin.astimezone(zone), 0.0
    for day in {first.date(), (finish - timedelta(microseconds=1)).astimezone(zone).date()}:
        outside = (schedule.start_date and day < schedule.start_date) or (
            schedule.end_date and day > schedule.end_date
        )
        if outside or day in schedule.skip_dates:
            continue
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
        for start, end in schedule.week[day.weekday()]:
            low = max(begin, midnight + timedelta(minutes=start))
            high = min(finish, midnight + timedelta(minutes=end))
            seconds += max(0.0, (high - low).total_seconds())
    return seconds


def count_up(rows: Iterable[Mapping[str, Any]], key: str) -> dict[int, int]:
    """Numbers by an hour of the rows; rows without one are left out."""
    totals: dict[int, int] = {}
    for row in rows:
        if row[key] is not None:
            totals[row[key]] = totals.get(row[key], 0) + row["n"]
    return totals
