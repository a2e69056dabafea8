"""What the hot statements read, as plain typed rows.

JSON columns come as text or as values, depending on the codecs of the connection; both are taken.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from pydantic_core import from_json

CapKey = tuple[str, str, date]
"""Scope (mailbox, domain, campaign, new_leads, company), key, local day; with `_edit` behind the scope it counts from
an edit on, whatever the day."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A mailbox that is ours until `lease_until` on machine time. `attempt_id` fences every later write."""

    organization_id: uuid.UUID
    email_account_id: uuid.UUID
    email_key: str
    attempt_id: uuid.UUID
    planned_turn: datetime
    mark: datetime  # what the lease wrote as the next turn


@dataclass(frozen=True, slots=True)
class MailboxRow:
    """One mailbox, what its organization says for all of them, and where reading it stands."""

    id: uuid.UUID
    organization_id: uuid.UUID
    provider: str
    smtp_host: str | None
    email_address: str
    email_key: str
    display_name: str
    is_active: bool
    status: str
    failures_in_a_row: int
    daily_limit: int
    min_gap_seconds: int
    gap_jitter_seconds: int
    ramp_enabled: bool
    ramp_start: int
    ramp_step: int
    ramp_started_at: datetime | None
    timezone: str
    workday: str | None  # JSON text, which is also the key of what is parsed from it
    absences: Any
    signature: str
    reply_to: str | None
    files_sent: bool | None
    files_seen_at: datetime | None
    copies_seen: Any
    reconcile_at: datetime | None  # set while something of it is in doubt
    readable: bool
    sync_cursor: Any
    last_handed_at: datetime | None
    not_before: datetime | None
    next_turn_at: datetime | None
    postal_address: str | None
    organization_name: str
    plan_type: str
    domain_daily_limit: int | None  # the organization's own
    carried: str | None  # JSON text (`kit/carried.py`): its limits were edited
    domain_carried: str | None
    limits_version: int

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> MailboxRow:
        values = dict(record)
        for name in ("absences", "sync_cursor", "copies_seen"):
            values[name] = _json(values[name])
        for name in ("workday", "carried", "domain_carried"):
            values[name] = None if values[name] is None else _text(values[name])
        return cls(**values)

    def can_send(self) -> bool:
        """Whether anything may leave through it at all."""
        return self.is_active and self.status == "connected"


@dataclass(frozen=True, slots=True)
class CampaignRow:
    id: uuid.UUID
    name: str
    status: str
    send_schedule: str  # JSON text
    daily_cap: int | None
    new_leads_cap: int | None
    company_cap: int | None
    settings: Any
    seed: int
    failures_in_a_row: int
    version: int
    carried: str | None  # JSON text (`kit/carried.py`): its schedule or its caps were edited

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> CampaignRow:
        values = dict(record)
        values["send_schedule"] = _text(values["send_schedule"])
        values["settings"] = _json(values["settings"]) or {}
        values["carried"] = None if values["carried"] is None else _text(values["carried"])
        return cls(**values)


@dataclass(frozen=True, slots=True)
class VariantRow:
    label: str
    subject_template: str
    email_template: str
    weight: int


@dataclass(frozen=True, slots=True)
class StepRow:
    """An active step with its further variants (B onward, active ones, by label)."""

    id: uuid.UUID
    campaign_id: uuid.UUID
    sequence_number: int
    delay_days: int
    delay_hours: int
    working_days_only: bool
    subject_template: str
    email_template: str
    version: int
    changed_at: datetime
    variants: tuple[VariantRow, ...]

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> StepRow:
        values = dict(record)
        values["variants"] = tuple(VariantRow(**variant) for variant in _json(values["variants"]) or ())
        return cls(**values)


@dataclass(slots=True, eq=False)  # one a message: a frozen one costs three times as much to make
class EnrollmentRow:
    """An enrollment with its person."""

    id: uuid.UUID
    campaign_id: uuid.UUID
    lead_id: uuid.UUID
    status: str
    next_step: int
    next_due_at: datetime | None
    personalization: Any
    thread_message_id: str | None
    thread_references: str
    thread_subject: str | None
    last_sent_at: datetime | None
    created_at: datetime
    email: str
    email_key: str
    first_name: str
    last_name: str
    company: str
    position: str
    country: str
    timezone: str
    mail_provider: str
    custom_fields: Any
    verification: str

    @property
    def city(self) -> str | None:
        return _word(self.custom_fields.get("city"))

    @property
    def phone(self) -> str | None:
        return _word(self.custom_fields.get("phone"))

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> EnrollmentRow:
        """From a record with exactly these columns in this order."""
        person = cls(*record.values())
        person.personalization = _json(person.personalization) or {}
        person.custom_fields = _json(person.custom_fields) or {}
        return person


@dataclass(frozen=True, slots=True)
class IntentRow:
    """A row of the ledger that already stands for an intent."""

    id: uuid.UUID
    intent_key: str
    enrollment_id: uuid.UUID | None
    status: str
    attempts: int
    handed_at: datetime | None
    sent_at: datetime | None
    reason: str | None
    message_id: str


@dataclass(slots=True, eq=False)  # one a message: a frozen one costs three times as much to make
class Intent:
    """A message that is about to be written into the ledger. One that was put back before keeps its id and its
    Message-ID; `attempts` are those before this one."""

    send_id: uuid.UUID
    intent_key: str
    campaign_id: uuid.UUID
    enrollment_id: uuid.UUID
    lead_id: uuid.UUID
    sequence_id: uuid.UUID
    step: int
    variant: str
    to_email: str
    message_id: str
    planned_at: datetime
    caps: tuple[CapKey, ...]
    attempts: int = 0


def _json(value: Any) -> Any:
    if value == "{}":  # nearly always
        return {}
    return from_json(value) if isinstance(value, str) else value  # a fifth of what json.loads takes


def _word(value: Any) -> str | None:
    return str(value) if value else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


@lru_cache(maxsize=1024)  # nearly all messages of a turn touch the same counters
def caps_as_json(caps: tuple[CapKey, ...]) -> str:
    return json.dumps([[scope, key, day.isoformat()] for scope, key, day in caps])


def read_caps(value: Any) -> list[CapKey]:
    return [(scope, key, date.fromisoformat(day)) for scope, key, day in _json(value) or []]
