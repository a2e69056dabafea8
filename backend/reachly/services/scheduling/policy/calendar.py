"""When something may leave: the common open time of several weekly layers, as ranges of UTC seconds.

A layer is one party's week (campaign window, mailbox workday, recipient's hours) on its own wall clock.
A `Calendar` intersects layers one UTC day at a time and keeps what it has computed, so that asking for the
next open instant costs a few comparisons and no zone arithmetic.

Wall clocks: the part of a window that the clock skips does not exist (its start moves forward to the first
time that does); of a repeated time the first is meant, and no instant is open whose wall clock lies outside
the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from reachly.kit.holidays import is_public_holiday
from reachly.kit.schedule import Week

DAY_SECONDS = 86_400
HORIZON_DAYS = 14
EPOCH = date(1970, 1, 1).toordinal()
LAST_DAY = date(9000, 1, 1).toordinal() - EPOCH

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Layer:
    """One party's week on its own wall clock, without its holidays and outside no date limits."""

    timezone: str
    week: Week
    start_date: date | None = None
    end_date: date | None = None
    skip_dates: frozenset[date] = frozenset()
    skip_countries: tuple[str, ...] = ()

    def ranges(self, day: date) -> list[Range]:
        """Open ranges of a local day as UTC seconds, end exclusive."""
        windows = self.week[day.weekday()]
        if (
            not windows
            or (self.start_date and day < self.start_date)
            or (self.end_date and day > self.end_date)
        ):
            return []
        if day in self.skip_dates or any(is_public_holiday(country, day) for country in self.skip_countries):
            return []
        zone = ZoneInfo(self.timezone)
        return [part for start, end in windows for part in _window_in_utc(zone, day, start, end)]


def _wall(day: date, minutes: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(minutes=minutes)


def _instant(zone: ZoneInfo, wall: datetime, fold: int) -> int:
    return int(wall.replace(tzinfo=zone, fold=fold).timestamp())


def _change_between(zone: ZoneInfo, before: int, after: int) -> int:
    """The first second of the new offset; the offset at `before` must differ from that at `after`."""
    old = datetime.fromtimestamp(before, zone).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def local_to_utc(zone: ZoneInfo, wall: datetime) -> int:
    """UTC seconds of a wall-clock time: skipped times move forward to the change, repeated ones use the first."""
    first, second = _instant(zone, wall, 0), _instant(zone, wall, 1)
    return first if first <= second else _change_between(zone, second, first)


def _window_in_utc(zone: ZoneInfo, day: date, start: int, end: int) -> list[Range]:
    opens, closes = local_to_utc(zone, _wall(day, start)), local_to_utc(zone, _wall(day, end))
    again = _instant(zone, _wall(day, start), 1)
    if again <= opens:
        return [(opens, closes)] if opens < closes else []
    # The opening time happens twice: after the clock has gone back, the window opens when it says so again.
    change = _change_between(zone, opens, again)
    parts = [(opens, min(change, closes)), (again, closes)]
    return [part for part in parts if part[0] < part[1]]


class LocalDays:
    """Local dates of one zone without a zone conversion per question: keeps what it knows per UTC day."""

    __slots__ = ("_days", "_starts", "zone")

    def __init__(self, timezone: str) -> None:
        self.zone = ZoneInfo(timezone)
        self._days: dict[
            int, tuple[Range, ...]
        ] = {}  # UTC day -> (start, ordinal) of its local days, last first
        self._starts: dict[int, int] = {}

    def start(self, ordinal: int) -> int:
        """The first second of a local day, given as `date.toordinal()`."""
        start = self._starts.get(ordinal)
        if start is None:
            day = date.fromordinal(ordinal)
            start = self._starts[ordinal] = local_to_utc(self.zone, datetime.combine(day, time()))
        return start

    def ordinal(self, at: int) -> int:
        """`date.toordinal()` of the local day that holds `at`."""
        utc_day = at // DAY_SECONDS
        days = self._days.get(utc_day)
        if days is None:
            last = EPOCH + utc_day + 1
            days = self._days[utc_day] = tuple((self.start(day), day) for day in range(last, last - 4, -1))
        for start, ordinal in days:
            if at >= start:
                return ordinal
        raise AssertionError("a local day begins at most two days before")

    def end(self, at: int) -> int:
        """The next local midnight."""
        return self.start(
            self.ordinal(at) + 1
        )  # a day the zone left out begins with the next, which `ordinal` names


@lru_cache(maxsize=1024)
def local_days(timezone: str) -> LocalDays:
    return LocalDays(timezone)


def midnight_after(timezone: str, at: datetime) -> datetime:
    """When the local day of `at` ends."""
    return to_instant(local_days(timezone).end(to_seconds(at)))


class Calendar:
    """The common open time of its layers. Answers depend on the layers only; what is kept is a cache."""

    __slots__ = ("_days", "_floor", "_horizon", "layers")

    def __init__(self, layers: tuple[Layer, ...]) -> None:
        self.layers = layers
        self._days: dict[int, tuple[Range, ...]] = {}
        starts = [layer.start_date for layer in layers if layer.start_date]
        # One day early: a local day can begin before the UTC day of the same name.
        self._floor = (max(starts).toordinal() - EPOCH - 1) * DAY_SECONDS if starts else 0
        self._horizon = HORIZON_DAYS + 1 + len(set().union(*(layer.skip_dates for layer in layers)))

    def _open(self, utc_day: int) -> tuple[Range, ...]:
        low, high = utc_day * DAY_SECONDS, (utc_day + 1) * DAY_SECONDS
        common: list[Range] = [(low, high)]
        for layer in self.layers:
            ranges = [
                part
                for offset in (-1, 0, 1)
                for part in layer.ranges(date.fromordinal(EPOCH + utc_day + offset))
                if part[0] < high and part[1] > low
            ]
            common = [
                (max(a[0], b[0]), min(a[1], b[1]))
                for a in common
                for b in ranges
                if a[0] < b[1] and b[0] < a[1]
            ]
            if not common:
                break
        return tuple(sorted(common))

    def span(self, at: int) -> Range | None:
        """The range that holds `at`, else the next one; None if none begins within a fortnight.

        Days the schedule names as days off do not count towards the fortnight. A range is cut at UTC midnight.
        """
        at = max(at, self._floor)
        day = at // DAY_SECONDS
        for utc_day in range(day, min(day + self._horizon, LAST_DAY)):
            ranges = self._days.get(utc_day)
            if ranges is None:
                ranges = self._days[utc_day] = self._open(utc_day)
            for part in ranges:
                if at < part[1]:
                    return part
        return None

    def next(self, at: int) -> int | None:
        """The first open second at or after `at`; None if there is none within a fortnight."""
        part = self.span(at)
        if part is None:
            return None
        return max(at, part[0])

    def is_open(self, at: int) -> bool:
        part = self.span(at)
        return part is not None and part[0] <= at


@lru_cache(maxsize=4096)
def calendar_of(layers: tuple[Layer, ...]) -> Calendar:
    """One calendar for equal layers, so that its cache is shared."""
    return Calendar(layers)


def to_seconds(at: datetime) -> int:
    """UTC seconds, rounded up: a slot is never before the instant that was asked for."""
    seconds = int(at.timestamp())
    return seconds if at.microsecond == 0 else seconds + 1


def to_instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
