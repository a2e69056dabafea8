"""From rows to what the policy asks for: the one place where a mailbox, a campaign and a person are read.

Planning, explaining, simulating and the turn itself all come through here, so none of them can see another world.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from reachly.data.repositories import scheduling as repository
from reachly.data.repositories.scheduling import CampaignFacts, MailboxFacts, StepFacts
from reachly.data.session import Session
from reachly.infra.settings import current_settings
from reachly.kit.address import company_domain
from reachly.kit.carried import Carried, counted_as, read_carried
from reachly.kit.mail_providers import provider_of_host
from reachly.kit.schedule import WHOLE_WEEK, DayWindows, SendSchedule, parse_schedule, parse_workday
from reachly.services.identity import service as identity
from reachly.services.scheduling import policy
from reachly.services.scheduling.policy.calendar import to_seconds

Key = tuple[str, str, date]
"""Scope (mailbox, domain, campaign, new_leads, company), key, local day: where something is counted."""

Usage = Mapping[Key, int]
A_DAY = timedelta(days=1)


class CampaignFields(Protocol):
    """`send_schedule` is JSON text, which is also the key of what is parsed from it."""

    @property
    def send_schedule(self) -> str: ...
    @property
    def settings(self) -> Any: ...
    @property
    def carried(self) -> str | None: ...


class PersonFields(Protocol):
    @property
    def email_key(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def timezone(self) -> str: ...
    @property
    def city(self) -> str | None: ...
    @property
    def phone(self) -> str | None: ...
    @property
    def mail_provider(self) -> str: ...


class MailboxFields(Protocol):
    """`workday` is JSON text like the schedule."""

    @property
    def email_key(self) -> str: ...
    @property
    def provider(self) -> str: ...
    @property
    def smtp_host(self) -> str | None: ...
    @property
    def daily_limit(self) -> int: ...
    @property
    def min_gap_seconds(self) -> int: ...
    @property
    def gap_jitter_seconds(self) -> int: ...
    @property
    def ramp_enabled(self) -> bool: ...
    @property
    def ramp_start(self) -> int: ...
    @property
    def ramp_step(self) -> int: ...
    @property
    def ramp_started_at(self) -> datetime | None: ...
    @property
    def timezone(self) -> str: ...
    @property
    def workday(self) -> str | None: ...
    @property
    def absences(self) -> Any: ...
    @property
    def last_handed_at(self) -> datetime | None: ...
    @property
    def not_before(self) -> datetime | None: ...
    @property
    def domain_daily_limit(self) -> int | None: ...
    @property
    def carried(self) -> str | None: ...
    @property
    def domain_carried(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Rolling:
    """What the provider may have counted in the 24 hours before now. `nth`: the message that must leave those 24
    hours before another may go; None while there is room. `handed`: all of them, oldest first, where asked for."""

    n: int = 0
    nth: datetime | None = None
    handed: tuple[int, ...] = ()

    @classmethod
    def of(cls, handed: Sequence[datetime], limit: int) -> Rolling:
        """From the instants themselves, oldest first."""
        nth = handed[-limit] if 0 < limit <= len(handed) else None
        return cls(len(handed), nth, tuple(to_seconds(at) for at in handed))


@lru_cache(maxsize=2048)
def _schedule(text: str) -> SendSchedule:
    return parse_schedule(json.loads(text))


def schedule_of(campaign: CampaignFields) -> SendSchedule:
    """The campaign's schedule; it was checked when it was saved. Raises Invalid if it was damaged since."""
    return _schedule(campaign.send_schedule)


def campaign_day(campaign: CampaignFields, at: datetime) -> date:
    return at.astimezone(ZoneInfo(schedule_of(campaign).timezone)).date()


def recipient_hours(campaign: CampaignFields) -> DayWindows | None:
    """The recipient's local hours, when the campaign keeps to them."""
    return policy.RECIPIENT_HOURS if campaign.settings.get("recipient_hours") else None


def tells_people_apart(campaign: CampaignFacts) -> bool:
    """Whether a rule of the campaign asks about each recipient's own clock, country or company."""
    by_place = bool(recipient_hours(campaign)) or schedule_of(campaign).skip_recipient_holidays
    return by_place or campaign.company_cap is not None


def recipient_zone(campaign: CampaignFields, person: PersonFields) -> str | None:
    """The recipient's clock where the campaign asks for it: their own field, then city and country, phone, domain."""
    if not campaign.settings.get("recipient_hours"):
        return None
    domain = person.email_key.rpartition("@")[2]
    return policy.recipient_zone(
        person.timezone or None,
        country=person.country or None,
        city=person.city,
        phone=person.phone,
        domain=domain,
    )


def recipient_provider(person: PersonFields) -> str | None:
    """Who keeps the recipient's mailbox, as far as the mail exchangers or the address tell."""
    return person.mail_provider or provider_of_host(person.email_key.rpartition("@")[2])


def matches_provider(campaign: CampaignFields) -> bool:
    """Whether recipients are rather written to from a mailbox of their own provider."""
    return bool(campaign.settings.get("match_provider"))


def open_from(
    at: datetime, campaign: CampaignFields, person: PersonFields, mailbox: MailboxFields | None
) -> datetime | policy.NoSlot:
    """The first instant at or after `at` that campaign, recipient and (if given) the mailbox's workday allow."""
    return policy.align(
        at,
        schedule_of(campaign),
        recipient_zone(campaign, person),
        person.country or None,
        recipient_hours=recipient_hours(campaign),
        workday=workday_of(mailbox) if mailbox else None,
    )


def due_after_delay(
    campaign: CampaignFacts, step: StepFacts, last_sent_at: datetime | None, created_at: datetime
) -> datetime:
    """Before alignment: a follow-up counts from the last message, a first mail from when it could go at all."""
    return policy.delay_until(
        last_sent_at or max(campaign.started_at or created_at, created_at),
        step.delay_days,
        step.delay_hours,
        working_days_only=step.working_days_only,
        schedule=schedule_of(campaign),
    )


@lru_cache(maxsize=2048)
def _workday(text: str | None, timezone: str) -> SendSchedule:
    if text is None:
        return SendSchedule(timezone, WHOLE_WEEK)
    return parse_workday(json.loads(text), timezone)


def workday_of(row: MailboxFields) -> SendSchedule:
    return _workday(row.workday, row.timezone)


def provider_of(row: MailboxFields) -> str:
    """Whose mailbox it really is: one reached by SMTP may still be Google's or Microsoft's."""
    return row.provider if row.provider != "smtp" else provider_of_host(row.smtp_host) or "smtp"


def provider_limit(row: MailboxFields) -> int | None:
    """Messages in any 24 hours that its provider takes; None: no such limit is known."""
    return current_settings().sending.provider_limits.get(provider_of(row))


def domain_limit(row: MailboxFields) -> int | None:
    """Messages a day from all mailboxes of one domain: the organization's own number, else the server's."""
    return identity.domain_limit(row.domain_daily_limit)


def sending_domain(row: MailboxFields) -> str | None:
    """The domain whose daily cap this mailbox shares; None where there is none (no cap, or free mail)."""
    return None if domain_limit(row) is None else company_domain(row.email_key)


def mailbox_of(row: MailboxFields) -> policy.Mailbox:
    """A mailbox's own rules."""
    ramp = None
    if row.ramp_enabled and row.ramp_started_at:
        started = row.ramp_started_at.astimezone(ZoneInfo(row.timezone)).date()
        ramp = policy.Ramp(started, row.ramp_start, row.ramp_step, row.daily_limit)
    return policy.Mailbox(
        address=row.email_key,
        workday=workday_of(row),
        daily_limit=row.daily_limit,
        min_gap=row.min_gap_seconds,
        jitter=row.gap_jitter_seconds,
        ramp=ramp,
        provider=provider_of(row),
        provider_limit=provider_limit(row),
        domain_cap=domain_limit(row) if sending_domain(row) else None,
        absences=tuple(
            (date.fromisoformat(a["start"]), date.fromisoformat(a["end"])) for a in row.absences or ()
        ),
    )


def mailbox_day(row: MailboxFields, at: datetime) -> Key:
    """Where a message of this mailbox at that instant is counted."""
    return ("mailbox", row.email_key, at.astimezone(ZoneInfo(row.timezone)).date())


def domain_day(row: MailboxFields, at: datetime) -> Key | None:
    """Where its domain counts a message at that instant; None without a domain cap."""
    domain = sending_domain(row)
    return ("domain", domain, at.astimezone(ZoneInfo(row.timezone)).date()) if domain else None


def carried_now(text: str | None, of: str, now: datetime) -> Carried | None:
    """What a cap carries across an edit that is less than a day old; None in the ordinary case."""
    carried = None if text is None else read_carried(text, of)
    return carried if carried is not None and to_seconds(now) < carried.until else None


def mailbox_carried(row: MailboxFields, now: datetime) -> tuple[Carried, Key] | None:
    """What the mailbox's cap carries, and the counter of what has left since the edit."""
    carried = carried_now(row.carried, "mailbox", now)
    return (carried, carried.key("mailbox", row.email_key)) if carried else None


def domain_carried(row: MailboxFields, now: datetime) -> tuple[Carried, Key] | None:
    """Likewise of its domain's cap."""
    domain, carried = sending_domain(row), carried_now(row.domain_carried, "domain", now)
    return (carried, carried.key("domain", domain)) if domain and carried else None


def campaign_count(
    campaign: CampaignFacts,
    scope: str,
    limit: int | None,
    usage: Usage,
    now: datetime,
    *,
    key: str | None = None,
) -> policy.Count:
    """A cap of the campaign with what it has counted; `key`: the company, where the cap is one per company."""
    counted, carried = key or str(campaign.id), carried_now(campaign.carried, scope, now)
    used = usage.get((scope, counted, campaign_day(campaign, now)), 0)
    return policy.Count(limit, used, carried, usage.get(carried.key(scope, counted), 0) if carried else 0)


def companies_across(
    campaigns: Iterable[CampaignFacts], usage: Usage, now: datetime
) -> dict[tuple[str, str], int]:
    """By campaign and company: what counts towards the cap per company of a campaign whose limits were edited."""
    edited = {
        carried.key("company", "")[1]: str(campaign.id)
        for campaign in campaigns
        if (carried := carried_now(campaign.carried, "company", now))
    }
    found = {}
    for (scope, key, _), n in usage.items() if edited else ():
        _, company = counted_as(scope, key)
        if scope == "company_edit" and (campaign_id := edited.get(key.removeprefix(company))):
            found[campaign_id, company] = n
    return found


def mailbox_keys(row: MailboxFields, now: datetime) -> list[Key]:
    """The counters that `mailbox_state` reads: of today, of the day of the last message, of the domain, of edits."""
    keys = [mailbox_day(row, now), *([mailbox_day(row, row.last_handed_at)] if row.last_handed_at else [])]
    domain = domain_day(row, now)
    edits = [found[1] for found in (mailbox_carried(row, now), domain_carried(row, now)) if found]
    return [*keys, *([domain] if domain else []), *edits]


def mailbox_state(
    row: MailboxFields, usage: Usage, now: datetime, rolling: Rolling | None = None
) -> policy.MailboxState:
    """A mailbox and what it has done; counts are of its local day."""
    rolling = rolling or Rolling()
    last_n = usage.get(mailbox_day(row, row.last_handed_at), 0) if row.last_handed_at else None
    domain = domain_day(row, now)
    carried, its_key = mailbox_carried(row, now) or (None, None)
    of_domain, domain_key = domain_carried(row, now) or (None, None)
    return policy.MailboxState(
        mailbox=mailbox_of(row),
        sent_today=usage.get(mailbox_day(row, now), 0),
        domain_sent_today=usage.get(domain, 0) if domain else 0,
        last_sent_at=row.last_handed_at,
        last_sent_n=last_n,
        not_before=row.not_before,
        provider_sent=rolling.n,
        provider_full_until=rolling.nth + A_DAY if rolling.nth else None,
        handed=rolling.handed,
        carried=carried,
        across=usage.get(its_key, 0) if its_key else 0,
        domain_carried=of_domain,
        domain_across=usage.get(domain_key, 0) if domain_key else 0,
    )


async def read_states(
    session: Session, organization_id: uuid.UUID, boxes: Iterable[MailboxFacts], usage: Usage, now: datetime
) -> dict[uuid.UUID, policy.MailboxState]:
    """Mailboxes with what they have done, the provider's rolling day message by message where one is counted."""
    unique = {box.id: box for box in boxes}
    limits = {box_id: limit for box_id, box in unique.items() if (limit := provider_limit(box)) is not None}
    handed = (
        await repository.list_handed(session, organization_id, list(limits), now - A_DAY) if limits else {}
    )
    rolling = {box_id: Rolling.of(handed[box_id], limit) for box_id, limit in limits.items()}
    return {box_id: mailbox_state(box, usage, now, rolling.get(box_id)) for box_id, box in unique.items()}
