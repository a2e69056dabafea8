"""Campaigns, their mailboxes, and leads in them."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, PrimaryKeyConstraint, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from reachly.data.base import Base, Json, Tenant, TenantRow, inside, one_of


class Campaign(TenantRow, Base):
    __tablename__ = "campaigns"
    __table_args__ = (
        one_of("status", "draft", "active", "paused", "completed", "archived"),
        one_of("paused_for", "hand", "failures", "late", "plan"),
        inside("user_id", "users", "SET NULL (user_id)"),
        Index(None, "organization_id", "created_at", "id"),
    )

    user_id: Mapped[uuid.UUID | None]
    name: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="draft")
    status_reason: Mapped[str | None]
    paused_for: Mapped[str | None]  # while paused: hand, failures, late or plan
    send_schedule: Mapped[Json]
    daily_cap: Mapped[int | None]  # NULL: no cap of its own
    new_leads_cap: Mapped[int | None]
    company_cap: Mapped[int | None]
    # The last edit of schedule or caps, and what had left in the 24 hours before it (`kit/carried.py`); NULL: none.
    carried: Mapped[Json | None]
    # See services/campaigns/schemas.CampaignSettings.
    settings: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    seed: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(server_default=text("1"))
    failures_in_a_row: Mapped[int] = mapped_column(server_default=text("0"))
    started_at: Mapped[datetime | None]
    resumed_at: Mapped[datetime | None]  # the last start: somebody wanted it to send then
    paused_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class CampaignEmailAccount(Tenant, Base):
    __tablename__ = "campaign_email_accounts"
    __table_args__ = (
        PrimaryKeyConstraint("organization_id", "campaign_id", "email_account_id"),
        inside("campaign_id", "campaigns", "CASCADE"),
        inside("email_account_id", "email_accounts", "CASCADE"),
        Index(None, "organization_id", "email_account_id"),
    )

    campaign_id: Mapped[uuid.UUID]
    email_account_id: Mapped[uuid.UUID]
    weight: Mapped[int] = mapped_column(server_default=text("1"))


ENROLLMENT_STATES = (
    "pending", "active", "held", "replied", "bounced", "unsubscribed", "completed", "stopped", "failed",
)  # fmt: skip


class Enrollment(TenantRow, Base):
    """A lead in a campaign. `next_due_at` is the only alarm: step, retry and hold alike."""

    __tablename__ = "enrollments"
    __table_args__ = (
        UniqueConstraint("organization_id", "campaign_id", "lead_id"),
        inside("campaign_id", "campaigns", "CASCADE"),
        inside("lead_id", "leads", "CASCADE"),
        inside("email_account_id", "email_accounts", "SET NULL (email_account_id)"),
        one_of("status", *ENROLLMENT_STATES),
        # A due time that no mailbox would ever come round to strands a person in silence.
        CheckConstraint("next_due_at IS NULL OR email_account_id IS NOT NULL", name="due_has_mailbox"),
        # A turn: due enrollments of one mailbox in sending order, follow-ups apart from first mails, so that a
        # page of them costs the same whether a hundred or a million wait.
        Index(
            "ix_enrollments_due_first",
            "organization_id", "email_account_id", "next_due_at", "sort_key",
            postgresql_where=text("next_due_at IS NOT NULL AND last_sent_at IS NULL"),
        ),
        Index(
            "ix_enrollments_due_later",
            "organization_id", "email_account_id", "next_due_at", "sort_key",
            postgresql_where=text("next_due_at IS NOT NULL AND last_sent_at IS NOT NULL"),
        ),
        Index(None, "organization_id", "campaign_id", "status", "id"),
        # Those that were personalised and have no plan yet, among the many that have one.
        Index("ix_enrollments_unplanned", "organization_id", "campaign_id", "id",
              postgresql_where=text("status = 'active' AND next_due_at IS NULL AND blocked_reason IS NULL")),
        # The few that wait for something, among the many that are only due.
        Index("ix_enrollments_blocked", "organization_id", "campaign_id",
              postgresql_where=text("blocked_reason IS NOT NULL")),
        Index(None, "organization_id", "lead_id"),
        # Whom a mailbox finds again when it is connected anew.
        Index("ix_enrollments_former_sender", "organization_id", "former_sender_key",
              postgresql_where=text("former_sender_key IS NOT NULL")),
    )  # fmt: skip

    campaign_id: Mapped[uuid.UUID]
    lead_id: Mapped[uuid.UUID]
    email_account_id: Mapped[uuid.UUID | None]
    former_sender_key: Mapped[str | None]  # the normalised address of the mailbox that was disconnected
    status: Mapped[str] = mapped_column(server_default="pending")
    next_step: Mapped[int] = mapped_column(server_default=text("1"))  # sequence_number of the next step
    next_due_at: Mapped[datetime | None]
    # Breaks ties between messages that are due at once: the lead's normalised address, never an id.
    sort_key: Mapped[str] = mapped_column(Text(collation="C"), server_default="")
    held_until: Mapped[datetime | None]
    blocked_reason: Mapped[str | None]
    blocked_detail: Mapped[str | None]
    blocked_until: Mapped[datetime | None]
    stopped_reason: Mapped[str | None]
    personalization: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    personalized_at: Mapped[datetime | None]
    thread_message_id: Mapped[str | None]  # first message of the present thread
    thread_references: Mapped[str] = mapped_column(server_default="")
    thread_subject: Mapped[str | None]
    last_sent_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
