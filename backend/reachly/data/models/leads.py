"""People of the organization, where they came from, and what is known of them."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Computed, Index, LargeBinary, PrimaryKeyConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from reachly.data.base import Base, Json, Tenant, TenantRow, inside, one_of

SEARCHED = "lower(email_key || ' ' || first_name || ' ' || last_name || ' ' || company || ' ' || position)"


class Lead(TenantRow, Base):
    __tablename__ = "leads"
    __table_args__ = (
        UniqueConstraint("organization_id", "email_key"),
        inside("import_id", "imports", "SET NULL (import_id)"),
        one_of("verification", "unverified", "deliverable", "risky", "undeliverable", "unknown"),
        Index(None, "organization_id", "created_at", "id"),
        Index("ix_leads_verification", "organization_id", "verification", "created_at", "id"),
        Index("ix_leads_import", "organization_id", "import_id", "created_at", "id"),
        Index("ix_leads_unenriched", "organization_id", "id", postgresql_where=text("enriched_at IS NULL")),
        Index(
            "ix_leads_search",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
    )

    email: Mapped[str]
    email_key: Mapped[str]
    domain: Mapped[str]
    first_name: Mapped[str] = mapped_column(server_default="")
    last_name: Mapped[str] = mapped_column(server_default="")
    company: Mapped[str] = mapped_column(server_default="")
    position: Mapped[str] = mapped_column(server_default="")
    country: Mapped[str] = mapped_column(server_default="")
    timezone: Mapped[str] = mapped_column(server_default="")
    mail_provider: Mapped[str] = mapped_column(server_default="")  # gmail, outlook, or not known
    custom_fields: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    verification: Mapped[str] = mapped_column(server_default="unverified")
    verification_reason: Mapped[str | None]
    verified_at: Mapped[datetime | None]
    enriched_at: Mapped[datetime | None]
    source: Mapped[str] = mapped_column(server_default="")
    lawful_basis: Mapped[str] = mapped_column(server_default="")
    import_id: Mapped[uuid.UUID | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    search_text: Mapped[str] = mapped_column(Computed(SEARCHED, persisted=True))


class LeadImport(TenantRow, Base):
    """One upload. rows_read = imported + updated + skipped + failed, at every commit."""

    __tablename__ = "imports"
    __table_args__ = (
        one_of("status", "uploading", "queued", "running", "completed", "failed", "undoing", "undone"),
        inside("campaign_id", "campaigns", "SET NULL (campaign_id)"),
        Index(None, "organization_id", "created_at", "id"),
    )

    user_id: Mapped[uuid.UUID | None]
    campaign_id: Mapped[uuid.UUID | None]
    filename: Mapped[str] = mapped_column(server_default="")
    status: Mapped[str]
    mapping: Mapped[Json | None]
    headers: Mapped[list[str]] = mapped_column(server_default=text("'[]'"))
    # {duplicates: update|skip, source, lawful_basis, encoding?, delimiter?}
    options: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    bytes_total: Mapped[int] = mapped_column(server_default=text("0"))
    bytes_done: Mapped[int] = mapped_column(server_default=text("0"))
    rows_read: Mapped[int] = mapped_column(server_default=text("0"))
    imported: Mapped[int] = mapped_column(server_default=text("0"))
    updated: Mapped[int] = mapped_column(server_default=text("0"))
    skipped: Mapped[int] = mapped_column(server_default=text("0"))
    failed: Mapped[int] = mapped_column(server_default=text("0"))
    suppressed: Mapped[int] = mapped_column(server_default=text("0"))  # of the imported and updated
    enrolled: Mapped[int] = mapped_column(server_default=text("0"))
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]


class UploadChunk(Tenant, Base):
    """A megabyte of an upload, so that a worker on any machine can read it; deleted at the end."""

    __tablename__ = "upload_chunks"
    __table_args__ = (
        PrimaryKeyConstraint("organization_id", "import_id", "number"),
        inside("import_id", "imports", "CASCADE"),
    )

    import_id: Mapped[uuid.UUID]
    number: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary)


class ImportRow(Tenant, Base):
    """A row that was not taken as it stands, with its line and the reason; or an undo record of a changed lead."""

    __tablename__ = "import_rows"
    __table_args__ = (
        PrimaryKeyConstraint("organization_id", "import_id", "line"),
        inside("import_id", "imports", "CASCADE"),
        one_of("outcome", "failed", "skipped", "updated"),
        # The rows to report have no lead, the ones to undo have one.
        Index("ix_import_rows_reported", "organization_id", "import_id", "line",
              postgresql_where=text("lead_id IS NULL")),
        Index("ix_import_rows_lead", "organization_id", "import_id", "lead_id",
              postgresql_where=text("lead_id IS NOT NULL")),
    )  # fmt: skip

    import_id: Mapped[uuid.UUID]
    line: Mapped[int]
    outcome: Mapped[str]
    code: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str] = mapped_column(server_default="")
    raw: Mapped[list[str]] = mapped_column(server_default=text("'[]'"))
    lead_id: Mapped[uuid.UUID | None]
    before: Mapped[Json | None]


class LeadFact(TenantRow, Base):
    """One enriched fact with its source and date."""

    __tablename__ = "lead_facts"
    __table_args__ = (
        UniqueConstraint("organization_id", "lead_id", "name", "source"),
        inside("lead_id", "leads", "CASCADE"),
    )

    lead_id: Mapped[uuid.UUID]
    name: Mapped[str]
    value: Mapped[str]
    source: Mapped[str]
    confidence: Mapped[float]
    observed_at: Mapped[datetime]


class SavedView(TenantRow, Base):
    __tablename__ = "saved_views"
    __table_args__ = (
        inside("user_id", "users", "CASCADE"),
        UniqueConstraint("organization_id", "user_id", "noun", "name"),
    )

    user_id: Mapped[uuid.UUID]
    noun: Mapped[str]
    name: Mapped[str]
    query: Mapped[Json]
    created_at: Mapped[datetime]
