"""Plans and reasons, as the doors see them."""

from __future__ import annotations

import uuid
from datetime import datetime

from pydantic import BaseModel, Field


class PlannedMessage(BaseModel):
    lead_id: uuid.UUID
    email: str
    step: int
    email_account_id: uuid.UUID
    planned_at: datetime


class PlannedDay(BaseModel):
    day: str
    email_account_id: uuid.UUID
    planned: int
    sent: int = 0


class SimulationOut(BaseModel):
    """The first messages of the plan, and the plan's shape."""

    messages: list[PlannedMessage] = Field(description="At most 1,000, in order")
    total: int
    days: list[PlannedDay]
    last_first_mail_at: datetime | None
    last_follow_up_at: datetime | None
    idle_capacity: int = Field(description="Messages the mailboxes could have sent besides, up to the end")
    limiting_factor: str
    problem: str | None = None


class Reason(BaseModel):
    code: str
    detail: str
    change: str = Field(description="What would change it")
    until: datetime | None
    count: int
    examples: list[str]


class ExplainOut(BaseModel):
    campaign_id: uuid.UUID
    due: int
    reasons: list[Reason]
