"""The first instant at which a message may leave as far as campaign and recipient are concerned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from reachly.kit.holidays import is_public_holiday
from reachly.kit.schedule import (
    WEEKDAYS,
    WHOLE_WEEK,
    DayWindows,
    SendSchedule,
    every_day,
    known_zone,
)
from reachly.services.scheduling.policy.calendar import (
    Calendar,
    Layer,
    calendar_of,
    local_days,
    local_to_utc,
    to_instant,
    to_seconds,
)
from reachly.services.scheduling.policy.reasons import BlockReason
from reachly.services.scheduling.policy.zones import country_code

RECIPIENT_HOURS: DayWindows = ((9 * 60, 17 * 60),)


@dataclass(frozen=True, slots=True)
class NoSlot:
    """There is no common open time within a fortnight; `detail` says between whom, and what would help."""

    reason: BlockReason
    detail: str


def campaign_layer(schedule: SendSchedule) -> Layer:
    return Layer(
        schedule.timezone,
        schedule.week,
        schedule.start_date,
        schedule.end_date,
        schedule.skip_dates,
        schedule.skip_countries,
    )


def recipient_layer(
    schedule: SendSchedule, zone: str | None, country: str | None, hours: DayWindows | None
) -> Layer | None:
    """The recipient's own hours and holidays; None where nothing about the recipient restricts.

    Local hours hold on the weekdays on which the campaign sends: a Friday afternoon over here must not become
    somebody's Saturday. Holidays without a known zone are read on the campaign's wall clock.
    """
    code = country_code(country) or (country or "").strip().upper()
    skip = (code,) if code and schedule.skip_recipient_holidays else ()
    if zone is None or hours is None or not known_zone(zone):
        return Layer(schedule.timezone, WHOLE_WEEK, skip_countries=skip) if skip else None
    days = " ".join(name for name, windows in zip(WEEKDAYS, schedule.week, strict=True) if windows)
    return Layer(zone, every_day(hours, days), skip_countries=skip)


@lru_cache(maxsize=4096)
def message_calendar(
    schedule: SendSchedule,
    recipient_zone: str | None = None,
    recipient_country: str | None = None,
    recipient_hours: DayWindows | None = None,
    workday: SendSchedule | None = None,
) -> Calendar:
    """Common open time of campaign, recipient and (if given) the mailbox's workday. Equal parties share one."""
    layers = [campaign_layer(schedule)]
    recipient = recipient_layer(schedule, recipient_zone, recipient_country, recipient_hours)
    if recipient is not None:
        layers.append(recipient)
    if workday is not None:
        layers.append(campaign_layer(workday))
    return calendar_of(tuple(layers))


def align(
    due: datetime,
    schedule: SendSchedule,
    recipient_zone: str | None = None,
    recipient_country: str | None = None,
    *,
    recipient_hours: DayWindows | None = None,
    workday: SendSchedule | None = None,
) -> datetime | NoSlot:
    """The first instant at or after `due` inside the campaign's window, the recipient's hours and workdays.

    `recipient_hours` (minutes after local midnight; `RECIPIENT_HOURS` is 09:00 to 17:00) switches the recipient's
    local hours on; they hold only where the zone is known. Holidays of the recipient's country count where the
    schedule asks for them. `workday` adds the mailbox's own week. An instant inside stays as it is; otherwise
    the answer is a whole second. No common slot within a fortnight is said at once.
    """
    calendar = message_calendar(schedule, recipient_zone, recipient_country, recipient_hours, workday)
    at = to_seconds(due)
    found = calendar.next(at)
    if found is None:
        return explain_no_slot(
            at, schedule, recipient_zone, recipient_country, hours=recipient_hours, workday=workday
        )
    return due if found == at else to_instant(found)


def explain_no_slot(
    at: int,
    schedule: SendSchedule,
    zone: str | None,
    country: str | None,
    *,
    hours: DayWindows | None,
    workday: SendSchedule | None,
) -> NoSlot:
    """Who does not meet whom, asked in turn: campaign alone, then with the recipient, then with the mailbox."""
    if message_calendar(schedule).next(at) is None:
        if (
            schedule.end_date
            and local_days(schedule.timezone).ordinal(at) > schedule.end_date.toordinal() - 14
        ):
            detail = f"The campaign ends on {schedule.end_date.isoformat()}, before its next window. Move the end date."
            return NoSlot(BlockReason.SCHEDULE_ENDED, detail)
        detail = "The campaign has no open window within a fortnight. Open a window or remove holidays."
        return NoSlot(BlockReason.NO_COMMON_SLOT, detail)
    if message_calendar(schedule, zone, country, hours).next(at) is None:
        detail = (
            f"The campaign's windows ({schedule.timezone}) and the recipient's hours ({zone or 'zone not known'}) "
            "never meet within a fortnight. Widen the windows or switch recipient hours off."
        )
        return NoSlot(BlockReason.NO_COMMON_SLOT, detail)
    other = workday.timezone if workday else "?"
    detail = (
        f"The message's open hours and the mailbox's workday ({other}) never meet within a fortnight. "
        "Widen the workday or send from another mailbox."
    )
    return NoSlot(BlockReason.NO_COMMON_SLOT, detail)


def delay_until(
    sent_at: datetime,
    delay_days: int,
    delay_hours: int = 0,
    *,
    working_days_only: bool = False,
    schedule: SendSchedule | None = None,
) -> datetime:
    """When the next step is due, before alignment.

    A day is a full 24-hour unit and days without sending count (so a clock change moves the wall clock by an
    hour). With `working_days_only` the days are counted on the schedule's calendar, days without a window and
    days off are stepped over, and the wall-clock time stays. Hours are always added as they are.
    """
    if working_days_only and schedule is not None:
        at = to_seconds(sent_at)
        return to_instant(after_working_days(schedule, at, delay_days) + delay_hours * 3600)
    return sent_at + timedelta(days=delay_days, hours=delay_hours)


def after_working_days(schedule: SendSchedule, at: int, days: int) -> int:
    """The same wall-clock time, `days` working days later, in UTC seconds."""
    clock = local_days(schedule.timezone)
    ordinal = clock.ordinal(at)
    target = _working_day_after(schedule, ordinal, days)
    if target == ordinal:
        return at
    wall = to_instant(at).astimezone(clock.zone).time()
    day = date.fromordinal(target)
    return local_to_utc(clock.zone, datetime.combine(day, wall))


@lru_cache(maxsize=8192)
def _working_day_after(schedule: SendSchedule, ordinal: int, days: int) -> int:
    stepped = 0
    while days > 0 and stepped < 10_000:  # a schedule without one working day must not spin for ever
        ordinal += 1
        stepped += 1
        if is_working_day(schedule, ordinal):
            days -= 1
    return ordinal


def is_working_day(schedule: SendSchedule, ordinal: int) -> bool:
    """True if the week has a window on that local day and the schedule does not name it as a day off."""
    day = date.fromordinal(ordinal)
    if not schedule.week[day.weekday()] or day in schedule.skip_dates:
        return False
    return not any(is_public_holiday(country, day) for country in schedule.skip_countries)
