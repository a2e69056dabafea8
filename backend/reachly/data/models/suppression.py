"""Who must not be written to, whatever happens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from reachly.data.base import Base, TenantRow, one_of


class Suppression(TenantRow, Base):
    __tablename__ = "suppressions"
    __table_args__ = (
        UniqueConstraint("organization_id", "kind", "value"),
        one_of("kind", "email", "domain", "hash"),
        one_of("reason", "unsubscribed", "bounced", "complained", "asked", "manual", "erased"),
    )

    kind: Mapped[str]
    value: Mapped[str]
    reason: Mapped[str]
    source: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime]
