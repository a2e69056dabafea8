"""Steps of a campaign and their variants."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from reachly.data.base import Base, TenantRow, inside


class EmailSequence(TenantRow, Base):
    """One step. Its own text is variant A. A step with sends is only ever deactivated."""

    __tablename__ = "email_sequences"
    __table_args__ = (
        UniqueConstraint(
            "organization_id", "campaign_id", "sequence_number", deferrable=True, initially="DEFERRED"
        ),
        inside("campaign_id", "campaigns", "CASCADE"),
    )

    campaign_id: Mapped[uuid.UUID]
    sequence_number: Mapped[int]
    delay_days: Mapped[int] = mapped_column(server_default=text("0"))
    delay_hours: Mapped[int] = mapped_column(server_default=text("0"))
    working_days_only: Mapped[bool] = mapped_column(server_default=text("false"))
    subject_template: Mapped[str] = mapped_column(server_default="")
    email_template: Mapped[str] = mapped_column(server_default="")
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class SequenceVariant(TenantRow, Base):
    __tablename__ = "sequence_variants"
    __table_args__ = (
        UniqueConstraint("organization_id", "sequence_id", "label"),
        inside("sequence_id", "email_sequences", "CASCADE"),
    )

    sequence_id: Mapped[uuid.UUID]
    label: Mapped[str]  # B onward
    subject_template: Mapped[str] = mapped_column(server_default="")
    email_template: Mapped[str] = mapped_column(server_default="")
    weight: Mapped[int] = mapped_column(server_default=text("1"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
