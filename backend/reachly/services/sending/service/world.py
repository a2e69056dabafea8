"""From rows to what the scheduling policy asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from reachly.data.repositories.sending.caps import Usage
from reachly.data.repositories.sending.rows import CampaignRow, CapKey, EnrollmentRow, MailboxRow
from reachly.kit.schedule import WHOLE_WEEK, SendSchedule, known_zone, parse_schedule, parse_workday
from reachly.services.scheduling import policy


@lru_cache(maxsize=2048)
def _schedule(text: str, recipient_holidays: bool) -> SendSchedule:
    schedule = parse_schedule(json.loads(text))
    return replace(schedule, skip_recipient_holidays=True) if recipient_holidays else schedule


def schedule_of(campaign: CampaignRow) -> SendSchedule:
    """The campaign's schedule; it was checked when it was saved. Raises Invalid if it was damaged since."""
    return _schedule(campaign.send_schedule, bool(campaign.settings.get("holidays")))


@lru_cache(maxsize=2048)
def _workday(text: str | None, timezone: str) -> SendSchedule:
    if text is None:
        return SendSchedule(timezone, WHOLE_WEEK)
    return parse_workday(json.loads(text), timezone)


def mailbox_of(row: MailboxRow) -> policy.Mailbox:
    """A mailbox's own rules."""
    ramp = None
    if row.ramp_enabled and row.ramp_started_at:
        started = row.ramp_started_at.astimezone(ZoneInfo(row.timezone)).date()
        ramp = policy.Ramp(started, row.ramp_start, row.ramp_step, row.daily_limit)
    return policy.Mailbox(
        address=row.email_key,
        workday=_workday(row.workday, row.timezone),
        daily_limit=row.daily_limit,
        min_gap=row.min_gap_seconds,
        jitter=row.gap_jitter_seconds,
        ramp=ramp,
        provider=row.provider,
        absences=tuple(
            (date.fromisoformat(a["start"]), date.fromisoformat(a["end"])) for a in row.absences or ()
        ),
    )


def mailbox_day(row: MailboxRow, at: datetime) -> CapKey:
    """Where a message of this mailbox at that instant is counted."""
    return ("mailbox", row.email_key, at.astimezone(ZoneInfo(row.timezone)).date())


def mailbox_keys(row: MailboxRow, now: datetime) -> list[CapKey]:
    """The counters that `mailbox_state` reads: of today, and of the day of the last message."""
    return [mailbox_day(row, now), *([mailbox_day(row, row.last_handed_at)] if row.last_handed_at else [])]


def mailbox_state(row: MailboxRow, usage: Mapping[CapKey, Usage], now: datetime) -> policy.MailboxState:
    """A mailbox and what it has done; counts are of its local day."""
    last_n = usage.get(mailbox_day(row, row.last_handed_at), Usage()).total if row.last_handed_at else None
    return policy.MailboxState(
        mailbox=mailbox_of(row),
        sent_today=usage.get(mailbox_day(row, now), Usage()).total,
        last_sent_at=row.last_handed_at,
        last_sent_n=last_n,
        not_before=row.not_before,
    )


def day_limit(row: MailboxRow, now: datetime) -> int:
    """The smallest cap of the mailbox on its local day."""
    return policy.day_cap(mailbox_of(row), mailbox_day(row, now)[2].toordinal()).limit


def recipient_zone(person: EnrollmentRow) -> str | None:
    return person.timezone if known_zone(person.timezone) else None


def open_from(
    at: datetime, campaign: CampaignRow, person: EnrollmentRow, mailbox: MailboxRow | None
) -> datetime | policy.NoSlot:
    """The first instant at or after `at` that campaign, recipient and (if given) the mailbox's workday allow."""
    hours = policy.RECIPIENT_HOURS if campaign.settings.get("recipient_hours") else None
    return policy.align(
        at,
        schedule_of(campaign),
        recipient_zone(person),
        person.country or None,
        recipient_hours=hours,
        workday=_workday(mailbox.workday, mailbox.timezone) if mailbox else None,
    )


def next_midnight(timezone: str, at: datetime) -> datetime:
    """When the local day of `at` ends."""
    from reachly.services.scheduling.policy.calendar import local_days, to_instant, to_seconds

    return to_instant(local_days(timezone).end(to_seconds(at)))


def campaign_day(campaign: CampaignRow, at: datetime) -> date:
    return at.astimezone(ZoneInfo(schedule_of(campaign).timezone)).date()
