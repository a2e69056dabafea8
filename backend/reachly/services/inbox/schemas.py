"""Threads and messages."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from reachly.kit.body import Body
from reachly.services.suppression.schemas import SuppressedOut

Intent = Literal["interested", "not_interested", "question", "stop", "out_of_office", "unclear"]


class ThreadOut(BaseModel):
    id: uuid.UUID
    contact_email: str
    contact_name: str
    subject: str
    snippet: str
    intent: str
    last_kind: str
    unread: bool
    email_account_id: uuid.UUID | None
    campaign_id: uuid.UUID | None
    lead_id: uuid.UUID | None
    suppression: SuppressedOut | None = Field(None, description="Why this person must not be written to")
    snoozed_until: datetime | None
    last_message_at: datetime


class MessageOut(BaseModel):
    id: uuid.UUID
    direction: Literal["in", "out"]
    kind: str
    from_email: str
    from_name: str
    to_email: str
    subject: str
    text: str
    at: datetime
    step: int | None = None


class ThreadDetailOut(ThreadOut):
    messages: list[MessageOut]
    enrollment_status: str | None = Field(description="Where they stand in the campaign; null: in none")
    held_until: datetime | None = Field(description="They are away: nothing is sent before then")


class ReadIn(Body):
    unread: bool = False


class IntentIn(Body):
    intent: Intent


class SnoozeIn(Body):
    until: datetime | None


class ReplyIn(Body):
    text: Annotated[str, StringConstraints(min_length=1, max_length=100_000)]
