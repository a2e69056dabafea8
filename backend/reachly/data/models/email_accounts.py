"""Mailboxes that send and are read."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from reachly.data.base import Base, Json, TenantRow, inside, one_of


class EmailAccount(TenantRow, Base):
    __tablename__ = "email_accounts"
    __table_args__ = (
        UniqueConstraint("email_key"),  # an address is connected in one organization only
        inside("user_id", "users", "SET NULL (user_id)"),
        one_of("provider", "gmail", "outlook", "smtp"),
        one_of("status", "connected", "auth_failed", "unreachable", "paused_failures", "disconnected"),
        Index("ix_email_accounts_turn", "next_turn_at", postgresql_where=text("next_turn_at IS NOT NULL")),
        Index("ix_email_accounts_sync", "next_sync_at", postgresql_where=text("next_sync_at IS NOT NULL")),
    )

    user_id: Mapped[uuid.UUID | None]
    provider: Mapped[str]
    email_address: Mapped[str]
    email_key: Mapped[str]
    display_name: Mapped[str] = mapped_column(server_default="")
    # Sealed with AES-256-GCM; the associated data binds each to table, column and row.
    access_token: Mapped[str | None]
    refresh_token: Mapped[str | None]
    smtp_password: Mapped[str | None]
    imap_password: Mapped[str | None]
    token_expires_at: Mapped[datetime | None]
    # {host, port, security: tls|starttls|none, username}; never a secret.
    smtp_config: Mapped[Json | None]
    imap_config: Mapped[Json | None]

    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    status: Mapped[str] = mapped_column(server_default="connected")
    status_reason: Mapped[str | None]
    failures_in_a_row: Mapped[int] = mapped_column(server_default=text("0"))

    daily_limit: Mapped[int]
    min_gap_seconds: Mapped[int]
    gap_jitter_seconds: Mapped[int]
    ramp_enabled: Mapped[bool] = mapped_column(server_default=text("false"))
    ramp_start: Mapped[int] = mapped_column(server_default=text("10"))
    ramp_step: Mapped[int] = mapped_column(server_default=text("3"))
    ramp_started_at: Mapped[datetime | None]
    timezone: Mapped[str] = mapped_column(server_default="UTC")
    # {mon: [["00:00","24:00"]], …}; NULL: any hour of any day.
    workday: Mapped[Json | None]
    # The last edit of zone, cap or window, and what had left in the 24 hours before it (`kit/carried.py`); NULL: none.
    carried: Mapped[Json | None]
    domain_carried: Mapped[
        Json | None
    ]  # likewise of its domain's cap, the same for all mailboxes of the domain
    limits_version: Mapped[int] = mapped_column(server_default=text("0"))  # one more with each edit of either
    absences: Mapped[list[Json]] = mapped_column(server_default=text("'[]'"))
    signature: Mapped[str] = mapped_column(server_default="")
    reply_to: Mapped[str | None]
    tracking_domain: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(server_default=text("'[]'"))

    sync_cursor: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    # Whether it files copies of what is sent through it, as it was seen last; null: not known (any more).
    files_sent: Mapped[bool | None]
    files_seen_at: Mapped[datetime | None]
    copies_seen: Mapped[Json] = mapped_column(
        server_default=text("'{}'")
    )  # how late it files, what was missing
    reconcile_at: Mapped[datetime | None]  # when its messages in doubt are looked for again
    reconcile_wait: Mapped[int] = mapped_column(
        server_default=text("0")
    )  # seconds, longer while nothing comes of it
    next_sync_at: Mapped[datetime | None]
    last_synced_at: Mapped[datetime | None]
    sync_error: Mapped[str | None]
    sync_lease_until: Mapped[datetime | None]

    # max(next slot, earliest due message); NULL: nothing to send. The lease query reads it alone.
    next_turn_at: Mapped[datetime | None]
    last_handed_at: Mapped[datetime | None]
    # Product time: throttled by the provider, or not reachable, until then.
    not_before: Mapped[datetime | None]
    lease_attempt: Mapped[uuid.UUID | None]
    lease_until: Mapped[datetime | None]  # machine time
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
