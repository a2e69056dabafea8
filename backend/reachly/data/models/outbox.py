"""Facts, counters and the live sequence. Written by `data/outbox.py` alone."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, Index, PrimaryKeyConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from reachly.data.base import Base, Json, Tenant

COUNTERS = (
    "sent", "failed", "bounced", "refused", "replied", "auto_replied", "interested", "unsubscribed",
    "opened", "opened_machine", "clicked", "clicked_machine",
)  # fmt: skip


class AnalyticsEvent(Tenant, Base):
    """Append-only; partitioned by month of `created_at` (product time)."""

    __tablename__ = "analytics_events"
    __table_args__ = (
        PrimaryKeyConstraint("organization_id", "id", "created_at"),
        Index(None, "organization_id", "seq"),
        Index(None, "organization_id", "campaign_id", "created_at"),
        Index(None, "organization_id", "lead_id"),
        {"postgresql_partition_by": "RANGE (created_at)"},
    )

    id: Mapped[uuid.UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    event_type: Mapped[str]
    live_name: Mapped[str | None]
    campaign_id: Mapped[uuid.UUID | None]
    lead_id: Mapped[uuid.UUID | None]
    enrollment_id: Mapped[uuid.UUID | None]
    send_id: Mapped[uuid.UUID | None]
    email_account_id: Mapped[uuid.UUID | None]
    sequence_id: Mapped[uuid.UUID | None]
    variant: Mapped[str | None]
    event_data: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[datetime]


class CampaignStat(Tenant, Base):
    """Counters that must equal a recount of the events. The nil UUID stands for "none"; the day is UTC."""

    __tablename__ = "campaign_stats"
    __table_args__ = (
        PrimaryKeyConstraint(
            "organization_id", "campaign_id", "sequence_id", "variant", "email_account_id", "day"
        ),
        Index(None, "organization_id", "day"),
    )

    campaign_id: Mapped[uuid.UUID]
    sequence_id: Mapped[uuid.UUID]
    variant: Mapped[str]
    email_account_id: Mapped[uuid.UUID]
    day: Mapped[date]
    sent: Mapped[int] = mapped_column(server_default=text("0"))
    failed: Mapped[int] = mapped_column(server_default=text("0"))
    bounced: Mapped[int] = mapped_column(server_default=text("0"))
    # Of the bounced: never accepted, so not sent.
    refused: Mapped[int] = mapped_column(server_default=text("0"))
    replied: Mapped[int] = mapped_column(server_default=text("0"))
    auto_replied: Mapped[int] = mapped_column(server_default=text("0"))
    interested: Mapped[int] = mapped_column(server_default=text("0"))
    unsubscribed: Mapped[int] = mapped_column(server_default=text("0"))
    opened: Mapped[int] = mapped_column(server_default=text("0"))
    opened_machine: Mapped[int] = mapped_column(server_default=text("0"))
    clicked: Mapped[int] = mapped_column(server_default=text("0"))
    clicked_machine: Mapped[int] = mapped_column(server_default=text("0"))


class OrganizationSeq(Tenant, Base):
    __tablename__ = "organization_seq"
    __table_args__ = (PrimaryKeyConstraint("organization_id"),)

    last: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
