"""From rows to what the policy asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from reachly.data.repositories.scheduling import CampaignFacts, MailboxFacts
from reachly.kit.schedule import SendSchedule, known_zone, parse_workday, read_schedule
from reachly.services.scheduling import policy

EVERY_HOUR = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
Usage = Mapping[tuple[str, str, date], int]


def schedule_of(campaign: CampaignFacts) -> SendSchedule:
    """The campaign's schedule; it was checked when it was saved."""
    schedule, faults = read_schedule(campaign.send_schedule)
    if schedule is None:
        raise ValueError(f"schedule of campaign {campaign.id}: {faults}")
    return replace(schedule, skip_recipient_holidays=True) if campaign.settings.get("holidays") else schedule


def recipient_hours(campaign: CampaignFacts) -> Any:
    """The recipient's local hours, when the campaign keeps to them."""
    return policy.RECIPIENT_HOURS if campaign.settings.get("recipient_hours") else None


def zone_of(timezone: str) -> str | None:
    return timezone if known_zone(timezone) else None


def mailbox_of(row: MailboxFacts) -> policy.Mailbox:
    """A mailbox's own rules."""
    ramp = None
    if row.ramp_enabled and row.ramp_started_at:
        started = row.ramp_started_at.astimezone(ZoneInfo(row.timezone)).date()
        ramp = policy.Ramp(started, row.ramp_start, row.ramp_step, row.daily_limit)
    return policy.Mailbox(
        address=row.email_key,
        workday=parse_workday(row.workday or EVERY_HOUR, row.timezone),
        daily_limit=row.daily_limit,
        min_gap=row.min_gap_seconds,
        jitter=row.gap_jitter_seconds,
        ramp=ramp,
        provider=row.provider,
        weight=row.weight,
        absences=tuple(
            (date.fromisoformat(a["start"]), date.fromisoformat(a["end"])) for a in row.absences or ()
        ),
    )


def mailbox_state(row: MailboxFacts, usage: Usage, now: datetime) -> policy.MailboxState:
    """A mailbox and what it has done; counts are of its local day."""
    today = now.astimezone(ZoneInfo(row.timezone)).date()
    last_day = row.last_handed_at.astimezone(ZoneInfo(row.timezone)).date() if row.last_handed_at else today
    return policy.MailboxState(
        mailbox=mailbox_of(row),
        sent_today=usage.get(("mailbox", row.email_key, today), 0),
        last_sent_at=row.last_handed_at,
        last_sent_n=usage.get(("mailbox", row.email_key, last_day)),
    )
