"""What people are told beside the live events."""

from __future__ import annotations

import uuid
from datetime import datetime

from pydantic import BaseModel, Field

from reachly.kit.body import Body
from reachly.kit.pagination import Page


class NotificationOut(BaseModel):
    id: uuid.UUID
    kind: str = Field(description="The name of the fact, e.g. `campaign_completed`")
    title: str
    detail: str
    subject: str | None = Field(
        description="What it is about: `campaign:<id>`, `mailbox:<id>`, `import:<id>`"
    )
    read_at: datetime | None
    created_at: datetime


class NotificationPage(Page[NotificationOut]):
    unread: int = Field(description="Of all, not of this page")


class NotificationsReadIn(Body):
    ids: list[uuid.UUID] | None = Field(None, max_length=1_000, description="Left out: all")


class FailedJobOut(BaseModel):
    """Work in the background that was given up; it is kept until it is tried again."""

    id: int
    name: str
    what: str = Field(description="What it does, in words")
    error: str = Field(description="The last words of what went wrong; may be empty")
    attempts: int
    failed_at: datetime
    args: dict[str, str] = Field(description="What it is about: ids by name")


class RetriedOut(BaseModel):
    """What came of having all failed work of the organization tried again."""

    retried: int = Field(description="Put back into the queue")
    waiting: int = Field(description="Left as they are: the same work waits to be done already")
