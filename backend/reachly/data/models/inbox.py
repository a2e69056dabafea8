"""What came back."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from reachly.data.base import Base, Json, TenantRow, inside, one_of


class Thread(TenantRow, Base):
    __tablename__ = "threads"
    __table_args__ = (
        inside("email_account_id", "email_accounts", "SET NULL (email_account_id)"),
        inside("lead_id", "leads", "SET NULL (lead_id)"),
        inside("campaign_id", "campaigns", "SET NULL (campaign_id)"),
        Index(None, "organization_id", "last_message_at", "id"),
        Index(None, "organization_id", "lead_id"),
    )

    email_account_id: Mapped[uuid.UUID | None]
    lead_id: Mapped[uuid.UUID | None]
    campaign_id: Mapped[uuid.UUID | None]
    enrollment_id: Mapped[uuid.UUID | None]
    contact_email: Mapped[str] = mapped_column(server_default="")
    contact_name: Mapped[str] = mapped_column(server_default="")
    subject: Mapped[str] = mapped_column(server_default="")
    snippet: Mapped[str] = mapped_column(server_default="")
    intent: Mapped[str] = mapped_column(server_default="unclear")
    last_kind: Mapped[str] = mapped_column(server_default="reply")
    unread: Mapped[bool] = mapped_column(server_default=text("true"))
    snoozed_until: Mapped[datetime | None]
    last_message_at: Mapped[datetime]
    created_at: Mapped[datetime]


class InboundMessage(TenantRow, Base):
    __tablename__ = "inbound_messages"
    __table_args__ = (
        UniqueConstraint("organization_id", "email_account_id", "message_id"),
        inside("email_account_id", "email_accounts", "CASCADE"),
        inside("thread_id", "threads", "SET NULL (thread_id)"),
        inside("send_id", "email_sends", "SET NULL (send_id)"),
        one_of("kind", "reply", "auto_reply", "bounce", "complaint", "unsubscribe", "unknown"),
        Index(None, "organization_id", "thread_id"),
    )

    email_account_id: Mapped[uuid.UUID]
    thread_id: Mapped[uuid.UUID | None]
    send_id: Mapped[uuid.UUID | None]
    lead_id: Mapped[uuid.UUID | None]
    campaign_id: Mapped[uuid.UUID | None]
    enrollment_id: Mapped[uuid.UUID | None]
    message_id: Mapped[str]
    kind: Mapped[str]
    intent: Mapped[str] = mapped_column(server_default="unclear")
    from_email: Mapped[str] = mapped_column(server_default="")
    from_name: Mapped[str] = mapped_column(server_default="")
    subject: Mapped[str] = mapped_column(server_default="")
    body_text: Mapped[str] = mapped_column(server_default="")
    facts: Mapped[Json] = mapped_column(
        server_default=text("'{}'")
    )  # what the classifier saw, for a later re-run
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime]
    created_at: Mapped[datetime]
