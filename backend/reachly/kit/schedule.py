"""A sending schedule: weekly windows on the wall clock of an IANA zone.

The JSON form (also the campaign's `send_schedule` column):
`{timezone, windows: {mon: [["09:00","17:00"], …], …}, start_date, end_date, holidays}`.
Ends are exclusive, "24:00" is allowed as an end. `holidays` is true (public holidays of the recipient's
country), or a list of ISO dates, ISO country codes ("DE", "DE-BY") and the word "recipient".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from reachly.kit.errors import FieldError, Invalid
from reachly.kit.holidays import public_holidays

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
MAX_WINDOWS_A_DAY = 24
MAX_HOLIDAYS = 1000

_DAY_NAMES = {
    name: index
    for index, names in enumerate(
        (
            ("mon", "monday"),
            ("tue", "tuesday"),
            ("wed", "wednesday"),
            ("thu", "thursday"),
            ("fri", "friday"),
            ("sat", "saturday"),
            ("sun", "sunday"),
        )
    )
    for name in names
}
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\Z")
_COUNTRY = re.compile(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?\Z")
_KEYS = frozenset({"timezone", "windows", "start_date", "end_date", "holidays"})

DayWindows = tuple[tuple[int, int], ...]
Week = tuple[DayWindows, DayWindows, DayWindows, DayWindows, DayWindows, DayWindows, DayWindows]


@dataclass(frozen=True, slots=True)
class SendSchedule:
    """Validated. Windows: minutes after local midnight, end exclusive, sorted, never touching; Monday first."""

    timezone: str
    week: Week
    start_date: date | None = None
    end_date: date | None = None  # the last day on which something may leave
    skip_dates: frozenset[date] = frozenset()
    skip_countries: tuple[str, ...] = ()
    skip_recipient_holidays: bool = False

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


def every_day(windows: DayWindows, days: str = "mon tue wed thu fri") -> Week:
    """A week with the same windows on the named days."""
    named = set(days.split())
    mon, tue, wed, thu, fri, sat, sun = (windows if day in named else () for day in WEEKDAYS)
    return (mon, tue, wed, thu, fri, sat, sun)


OFFICE_WEEK = every_day(((9 * 60, 17 * 60),))
WHOLE_WEEK = every_day(((0, DAY_MINUTES),), " ".join(WEEKDAYS))


def default_schedule(timezone: str = "UTC") -> SendSchedule:
    """09:00 to 17:00, Monday to Friday."""
    return SendSchedule(timezone=timezone, week=OFFICE_WEEK)


def known_zone(name: object) -> bool:
    """True if `name` is a zone of the IANA database. Absolute paths and other tricks read False."""
    return isinstance(name, str) and 0 < len(name) <= 64 and _is_zone(name)


def midnight_before(at: datetime, timezone: str) -> datetime:
    """When the local day of `at` began, in that zone."""
    return at.astimezone(ZoneInfo(timezone)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


@lru_cache(maxsize=4_096)
def _is_zone(name: str) -> bool:
    """Asked for every recipient; `ZoneInfo` itself remembers a few only, and reads files for the others."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def parse_schedule(
    raw: object, *, default_zone: str = "UTC", recipient_holidays: bool = False
) -> SendSchedule:
    """From JSON. None reads as the default week in `default_zone`; `recipient_holidays` is the campaign's setting.

    Raises Invalid (code `bad_schedule`) that names every fault at once, with JSON pointers relative to the
    schedule, e.g. `/windows/mon/0/1`.
    """
    schedule, faults = read_schedule(raw, default_zone=default_zone)
    if schedule is None:
        detail = "The sending schedule cannot be used. Mend the named fields."
        raise Invalid(detail, code="bad_schedule", errors=faults)
    return replace(schedule, skip_recipient_holidays=True) if recipient_holidays else schedule


def parse_workday(windows: object, timezone: str) -> SendSchedule:
    """A mailbox's week: windows per weekday; None is any hour of any day. Raises Invalid as `parse_schedule`."""
    if windows is None:
        return SendSchedule(timezone if known_zone(timezone) else "UTC", WHOLE_WEEK)
    return parse_schedule({"timezone": timezone, "windows": windows})


def read_schedule(raw: object, *, default_zone: str = "UTC") -> tuple[SendSchedule | None, list[FieldError]]:
    """Like `parse_schedule`, but returns the faults; the schedule is None if and only if there are any."""
    if raw is None:
        return default_schedule(default_zone), []
    if isinstance(raw, SendSchedule):
        return raw, []
    if not isinstance(raw, Mapping):
        return None, [FieldError("", "Give the schedule as an object with timezone and windows.", "type")]
    faults = [
        FieldError(f"/{_escape(key)}", "This field is not part of a schedule.", "unknown_field")
        for key in raw
        if key not in _KEYS
    ]
    timezone = raw.get("timezone") or default_zone
    if not known_zone(timezone):
        detail = "Use a zone name of the IANA database, such as Europe/Berlin."
        faults.append(FieldError("/timezone", detail, "timezone"))
    week = OFFICE_WEEK if raw.get("windows") is None else _read_week(raw["windows"], faults)
    start = _read_date(raw.get("start_date"), "/start_date", faults)
    end = _read_date(raw.get("end_date"), "/end_date", faults)
    if start and end and end < start:
        faults.append(FieldError("/end_date", "The last day lies before the first day.", "order"))
    dates, countries, recipient = _read_holidays(raw.get("holidays"), faults)
    if faults:
        return None, faults
    return SendSchedule(str(timezone), week, start, end, dates, countries, recipient), []


def schedule_as_json(schedule: SendSchedule) -> dict[str, object]:
    """The JSON form; `parse_schedule` of it gives an equal schedule."""
    holidays: list[str] = [day.isoformat() for day in sorted(schedule.skip_dates)]
    holidays += schedule.skip_countries
    if schedule.skip_recipient_holidays:
        holidays.append("recipient")
    return {
        "timezone": schedule.timezone,
        "windows": {
            name: [[_clock(start), _clock(end)] for start, end in windows]
            for name, windows in zip(WEEKDAYS, schedule.week, strict=True)
            if windows
        },
        "start_date": schedule.start_date.isoformat() if schedule.start_date else None,
        "end_date": schedule.end_date.isoformat() if schedule.end_date else None,
        "holidays": holidays,
    }


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _escape(key: object) -> str:
    return str(key)[:60].replace("~", "~0").replace("/", "~1")


def _read_week(raw: object, faults: list[FieldError]) -> Week:
    if not isinstance(raw, Mapping):
        detail = "Give windows per weekday, such as mon: [[09:00, 17:00]]."
        faults.append(FieldError("/windows", detail, "type"))
        return OFFICE_WEEK
    days: list[DayWindows] = [()] * 7
    seen = 0
    before = len(faults)
    for name, windows in raw.items():
        index = _DAY_NAMES.get(str(name).strip().lower())
        pointer = f"/windows/{_escape(name)}"
        if index is None:
            faults.append(FieldError(pointer, "Weekdays are mon, tue, wed, thu, fri, sat, sun.", "weekday"))
            continue
        if seen & (1 << index):
            faults.append(FieldError(pointer, "This weekday is named twice.", "duplicate"))
        seen |= 1 << index
        days[index] = _read_day(windows, pointer, faults)
    if len(faults) == before and not any(days):
        detail = "Open at least one window in the week, or nothing can leave."
        faults.append(FieldError("/windows", detail, "empty"))
    return (days[0], days[1], days[2], days[3], days[4], days[5], days[6])


def _read_day(raw: object, pointer: str, faults: list[FieldError]) -> DayWindows:
    if raw is None:
        return ()
    if not isinstance(raw, (list, tuple)):
        faults.append(FieldError(pointer, "Give a list of windows, such as [[09:00, 17:00]].", "type"))
        return ()
    if len(raw) > MAX_WINDOWS_A_DAY:
        faults.append(FieldError(pointer, f"At most {MAX_WINDOWS_A_DAY} windows a day.", "too_many"))
        return ()
    found: list[tuple[int, int, int]] = []
    for index, pair in enumerate(raw):
        window = _read_window(pair, f"{pointer}/{index}", faults)
        if window is not None:
            found.append((*window, index))
    found.sort()
    merged: list[tuple[int, int]] = []
    for start, end, index in found:
        if merged and start < merged[-1][1]:
            detail = "This window overlaps another one of the day."
            faults.append(FieldError(f"{pointer}/{index}", detail, "overlap"))
        elif merged and start == merged[-1][1]:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return tuple(merged)


def _read_window(raw: object, pointer: str, faults: list[FieldError]) -> tuple[int, int] | None:
    if isinstance(raw, Mapping) and set(raw) == {"start", "end"}:
        raw = [raw["start"], raw["end"]]
    if not isinstance(raw, (list, tuple)) or len(raw) != 2:
        faults.append(FieldError(pointer, "A window is a pair of times, such as [09:00, 17:00].", "type"))
        return None
    start = _read_clock(raw[0], f"{pointer}/0", faults, end=False)
    end = _read_clock(raw[1], f"{pointer}/1", faults, end=True)
    if start is None or end is None:
        return None
    if end <= start:
        detail = "The window ends before it starts. For a night, end at 24:00 and go on next day at 00:00."
        faults.append(FieldError(f"{pointer}/1", detail, "order"))
        return None
    return start, end


def _read_clock(raw: object, pointer: str, faults: list[FieldError], *, end: bool) -> int | None:
    match = _CLOCK.match(raw) if isinstance(raw, str) else None
    minutes = int(match[1]) * 60 + int(match[2]) if match else None
    if minutes is None or minutes > DAY_MINUTES or (minutes == DAY_MINUTES and not end):
        limit = "24:00" if end else "23:59"
        faults.append(FieldError(pointer, f"Write the time as HH:MM, from 00:00 to {limit}.", "time"))
        return None
    return minutes


def _read_date(raw: object, pointer: str, faults: list[FieldError]) -> date | None:
    if raw is None or raw == "":
        return None
    if isinstance(raw, date):
        return raw
    try:
        if not isinstance(raw, str) or len(raw) != 10:
            raise ValueError
        return date.fromisoformat(raw)
    except ValueError:
        detail = "Write the day as YYYY-MM-DD; it must exist in the calendar."
        faults.append(FieldError(pointer, detail, "date"))
        return None


def _read_holidays(raw: object, faults: list[FieldError]) -> tuple[frozenset[date], tuple[str, ...], bool]:
    if raw is None or isinstance(raw, bool):
        return frozenset(), (), bool(raw)
    if not isinstance(raw, (list, tuple)) or len(raw) > MAX_HOLIDAYS:
        detail = f"Give true, or a list of at most {MAX_HOLIDAYS} dates and country codes."
        faults.append(FieldError("/holidays", detail, "type"))
        return frozenset(), (), False
    dates: set[date] = set()
    countries: list[str] = []
    recipient = False
    for index, entry in enumerate(raw):
        pointer = f"/holidays/{index}"
        if entry == "recipient":
            recipient = True
        elif isinstance(entry, str) and _COUNTRY.match(entry):
            if public_holidays(entry) is None:
                faults.append(FieldError(pointer, "No public holidays are known for this code.", "country"))
            elif entry not in countries:
                countries.append(entry)
        elif (day := _read_date(entry, pointer, faults)) is not None:
            dates.add(day)
    return frozenset(dates), tuple(countries), recipient
