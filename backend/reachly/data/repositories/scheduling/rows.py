"""What planning reads of campaigns, steps, mailboxes and people, and what it gives the latter."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    id: uuid.UUID
    name: str
    status: str
    status_reason: str | None
    send_schedule: str  # JSON text
    settings: Any
    seed: int
    daily_cap: int | None
    new_leads_cap: int | None
    company_cap: int | None
    carried: str | None  # JSON text (`kit/carried.py`)
    started_at: datetime | None
    paused_for: str | None
    sending_held: str | None  # the organization's


@dataclass(frozen=True, slots=True)
class StepFacts:
    sequence_number: int
    delay_days: int
    delay_hours: int
    working_days_only: bool


@dataclass(frozen=True, slots=True)
class MailboxFacts:
    id: uuid.UUID
    email_key: str
    email_address: str
    provider: str
    smtp_host: str | None
    is_active: bool
    status: str
    status_reason: str | None
    weight: int
    daily_limit: int
    min_gap_seconds: int
    gap_jitter_seconds: int
    ramp_enabled: bool
    ramp_start: int
    ramp_step: int
    ramp_started_at: datetime | None
    timezone: str
    workday: str | None  # JSON text
    absences: Any
    last_handed_at: datetime | None
    not_before: datetime | None
    next_turn_at: datetime | None
    carried: str | None  # JSON text, as the next
    domain_carried: str | None
    domain_daily_limit: int | None  # the organization's own


@dataclass(frozen=True, slots=True)
class EnrollmentFacts:
    id: uuid.UUID
    status: str
    email_account_id: uuid.UUID | None
    next_step: int
    next_due_at: datetime | None
    last_sent_at: datetime | None
    created_at: datetime
    blocked_reason: str | None
    blocked_until: datetime | None
    held_until: datetime | None
    former_sender_key: str | None
    lead_id: uuid.UUID
    email: str
    email_key: str
    domain: str
    country: str
    timezone: str
    city: str | None
    phone: str | None
    mail_provider: str
    verification: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What an enrollment gets. `due` None with a reason: blocked; without one: its sequence is over, or `stopped`.

    `handed_over`: another mailbox goes on, in a thread of its own. `held`: it waits until `due` as it did before.
    """

    id: uuid.UUID
    email_account_id: uuid.UUID | None
    next_step: int
    due: datetime | None
    reason: str | None = None
    detail: str | None = None
    stopped: str | None = None
    handed_over: bool = False
    held: bool = False
