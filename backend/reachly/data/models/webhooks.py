"""Facts told to other systems and to people."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from reachly.data.base import Base, Json, TenantRow, inside, one_of


class Webhook(TenantRow, Base):
    __tablename__ = "webhooks"

    url: Mapped[str]
    secret: Mapped[str]  # sealed
    events: Mapped[list[str]]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class WebhookDelivery(TenantRow, Base):
    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        inside("webhook_id", "webhooks", "CASCADE"),
        one_of("status", "waiting", "delivered", "failed"),
        Index("ix_webhook_deliveries_due", "next_attempt_at", postgresql_where=text("status = 'waiting'")),
    )

    webhook_id: Mapped[uuid.UUID]
    event_id: Mapped[uuid.UUID]
    status: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_attempt_at: Mapped[datetime | None]
    response_status: Mapped[int | None]
    response_text: Mapped[str | None]
    payload: Mapped[Json]
    created_at: Mapped[datetime]


class Notification(TenantRow, Base):
    __tablename__ = "notifications"
    __table_args__ = (Index(None, "organization_id", "created_at", "id"),)

    user_id: Mapped[uuid.UUID | None]
    kind: Mapped[str]
    title: Mapped[str]
    detail: Mapped[str] = mapped_column(server_default="")
    subject: Mapped[str | None]
    read_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
