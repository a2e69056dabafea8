"""Figures. Rates are left to the reader: every number comes with its denominator."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field

from reachly.services.campaigns.schemas import Figures, Progress


class DayFigures(Figures):
    day: date


class StepFigures(Figures):
    sequence_id: uuid.UUID | None
    step: int
    variant: str
    subject: str


class MailboxFigures(Figures):
    email_account_id: uuid.UUID | None
    email_address: str


class CampaignAnalyticsOut(BaseModel):
    campaign_id: uuid.UUID
    name: str
    status: str
    since: date = Field(description="First day of all figures here; UTC")
    until: date = Field(description="Last day of all figures here")
    totals: Figures
    progress: Progress = Field(description="As it stands now")
    days: list[DayFigures]
    steps: list[StepFigures]
    mailboxes: list[MailboxFigures]
    waiting: dict[str, int] = Field(description="Due messages that do not go, by reason")


class CampaignLine(BaseModel):
    campaign_id: uuid.UUID
    name: str
    status: str
    totals: Figures
    progress: Progress
    next_send_at: datetime | None


class OverviewOut(BaseModel):
    since: date
    until: date
    totals: Figures
    previous: Figures = Field(description="The same span before")
    days: list[DayFigures]
    campaigns: list[CampaignLine]
    leads: int
    mailboxes: int
    unread_threads: int


class ActivityOut(BaseModel):
    """One fact, as the live feed and the history show it."""

    seq: int
    at: datetime
    event: str
    campaign_id: uuid.UUID | None
    campaign_name: str | None
    lead_id: uuid.UUID | None
    lead_email: str | None
    email_account_id: uuid.UUID | None
    data: dict[str, object]


class WaitingReason(BaseModel):
    reason: str
    detail: str
    change: str = Field(description="What would change it")
    count: int
    until: datetime | None


Idle = Literal["restored", "no_campaign", "paused", "through", "no_mailbox"]


class HourPlan(BaseModel):
    hour: int
    planned: int
    sent: int


class PulseOut(BaseModel):
    """What the engine does now."""

    now: datetime = Field(description="Product time")
    active_campaigns: int
    mailboxes_sending: int
    mailboxes_in_trouble: int
    next_send_at: datetime | None
    idle: Idle | None = Field(
        description="Why nothing is being sent at all; null: something is, or could be. `restored`: held since the"
        " database was restored; `no_campaign`: nothing was ever started; `paused`: all that was started is paused;"
        " `through`: all that was started is through; `no_mailbox`: no mailbox can send"
    )
    sent_today: int
    planned_today: int
    waiting: list[WaitingReason]
    hours: list[HourPlan]
    unread_threads: int
    last_seq: int = Field(description="Resume live events after this number")


class SearchHit(BaseModel):
    id: uuid.UUID
    title: str
    detail: str


class SearchOut(BaseModel):
    campaigns: list[SearchHit]
    leads: list[SearchHit]
    email_accounts: list[SearchHit]
