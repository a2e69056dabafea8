"""The ledger, the caps, and the links that were sent."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import Index, PrimaryKeyConstraint, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from reachly.data.base import Base, Json, Tenant, TenantRow, inside, one_of

SEND_STATES = ("claimed", "sending", "sent", "refused", "deferred", "unknown", "cancelled", "quarantined")


class EmailSend(TenantRow, Base):
    """One intended message. The unique intent makes a second copy impossible, whatever the code does."""

    __tablename__ = "email_sends"
    __table_args__ = (
        UniqueConstraint("organization_id", "intent_key"),
        one_of("kind", "campaign", "reply", "test"),
        one_of("status", *SEND_STATES),
        inside("campaign_id", "campaigns"),
        inside("enrollment_id", "enrollments", "SET NULL (enrollment_id)"),
        inside("lead_id", "leads", "SET NULL (lead_id)"),
        inside("email_account_id", "email_accounts", "SET NULL (email_account_id)"),
        inside("sequence_id", "email_sequences"),
        Index("ix_email_sends_message", "organization_id", "message_id"),
        Index("ix_email_sends_provider", "organization_id", "provider_message_id",
              postgresql_where=text("provider_message_id IS NOT NULL")),
        # The provider's rolling day.
        Index("ix_email_sends_handed", "organization_id", "email_account_id", "handed_at",
              postgresql_where=text("handed_at IS NOT NULL")),
        Index("ix_email_sends_enrollment", "organization_id", "enrollment_id"),
        Index("ix_email_sends_campaign", "organization_id", "campaign_id", "id"),
        Index("ix_email_sends_lead", "organization_id", "lead_id"),
        # How doubts ended so far. Only what settles one touches it.
        Index("ix_email_sends_settled", "organization_id", "email_account_id",
              postgresql_where=text("evidence IS NOT NULL")),
        # Test mails to one address, whoever sends them: they must not become a mail cannon.
        Index("ix_email_sends_tests", "to_email", "created_at", postgresql_where=text("kind = 'test'")),
        # No index has a column that an outcome changes and a page keeps room: the new version of a row goes beside
        # the old one (HOT). The words are stored out of line, once.
        {"postgresql_with": {"fillfactor": 50, "toast_tuple_target": 256}},
    )  # fmt: skip

    kind: Mapped[str]
    intent_key: Mapped[str]
    campaign_id: Mapped[uuid.UUID | None]
    enrollment_id: Mapped[uuid.UUID | None]
    lead_id: Mapped[uuid.UUID | None]
    email_account_id: Mapped[uuid.UUID | None]
    sequence_id: Mapped[uuid.UUID | None]
    step: Mapped[int] = mapped_column(server_default=text("0"))  # sequence_number at the time
    variant: Mapped[str] = mapped_column(server_default="A")
    to_email: Mapped[str]
    status: Mapped[str]
    attempt_id: Mapped[uuid.UUID | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    planned_at: Mapped[datetime]
    claimed_at: Mapped[datetime]
    handed_at: Mapped[datetime | None]  # set with `sending`; what the provider may have counted
    sent_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    clicked_at: Mapped[datetime | None]
    # First hit that was judged a machine's; `opened_at` and `clicked_at` are never one of those.
    opened_machine_at: Mapped[datetime | None]
    clicked_machine_at: Mapped[datetime | None]
    replied_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    unsubscribed_at: Mapped[datetime | None]
    message_id: Mapped[str]
    provider_message_id: Mapped[str | None]
    provider_thread_id: Mapped[str | None]
    subject: Mapped[str] = mapped_column(server_default="")
    body_text: Mapped[str | None]
    content_hash: Mapped[str] = mapped_column(server_default="")
    links: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid()), server_default=text("'{}'"))
    reply_code: Mapped[int | None]
    reply_text: Mapped[str | None]
    reason: Mapped[str | None]
    settled_by: Mapped[str | None]  # how an `unknown` was settled
    # What settled it, one entry each time: the controls of an absence, where a copy was found, by which key, when.
    evidence: Mapped[list[Json] | None]
    copy_filed_at: Mapped[datetime | None]  # we filed its copy, so that copy proves nothing
    # [[scope, key, day], …]: the caps this row reserved, to release or use exactly those.
    caps: Mapped[list[list[str]]] = mapped_column(server_default=text("'[]'"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class OpenSend(Base):
    """A message that is not at its end: on the wire (a lease), or in doubt (none). Gone when the end is known."""

    __tablename__ = "open_sends"
    __table_args__ = (
        PrimaryKeyConstraint("organization_id", "send_id"),
        inside("send_id", "email_sends", "CASCADE"),
    )

    organization_id: Mapped[uuid.UUID]
    send_id: Mapped[uuid.UUID]
    attempt_id: Mapped[uuid.UUID | None]
    lease_until: Mapped[datetime | None]  # machine time


class CapUsage(Tenant, Base):
    __tablename__ = "cap_usage"
    __table_args__ = (
        PrimaryKeyConstraint("organization_id", "scope", "key", "day"),
        one_of("scope", "mailbox", "domain", "campaign", "new_leads", "company",
               "mailbox_edit", "domain_edit", "campaign_edit", "new_leads_edit", "company_edit"),
    )  # fmt: skip

    scope: Mapped[str]
    key: Mapped[str]
    # Local day of the mailbox (mailbox, domain) or of the campaign; `…_edit`: since an edit, whatever the day.
    day: Mapped[date]
    reserved: Mapped[int] = mapped_column(server_default=text("0"))
    used: Mapped[int] = mapped_column(server_default=text("0"))


class TrackedLink(TenantRow, Base):
    """A click target. Only what stands here is ever redirected to."""

    __tablename__ = "tracked_links"
    __table_args__ = (UniqueConstraint("organization_id", "url_key"),)

    url: Mapped[str]
    url_key: Mapped[str]  # SHA-256 of the URL: long URLs do not fit an index
    created_at: Mapped[datetime]
