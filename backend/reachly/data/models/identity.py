"""Organizations, people, their sessions and keys."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import Index, LargeBinary, PrimaryKeyConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from reachly.data.base import Base, Json, Tenant, TenantRow, inside, one_of


class Organization(Base):
    __tablename__ = "organizations"
    __table_args__ = (one_of("plan_type", "self_hosted", "free", "pro"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    domain: Mapped[str | None]
    plan_type: Mapped[str] = mapped_column(server_default="self_hosted")
    timezone: Mapped[str] = mapped_column(server_default="UTC")
    postal_address: Mapped[str | None]
    settings: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    # Why nothing of this organization leaves until a person says so (`restored`); NULL: it does.
    sending_held: Mapped[str | None]
    sending_held_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Installation(Base):
    """The databases in which this data has lived. A restored dump brings the mark of another one with it."""

    __tablename__ = "installations"

    mark: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    is_former: Mapped[bool] = mapped_column(server_default=text("false"))


class User(TenantRow, Base):
    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("email_key"),
        one_of("role", "admin", "user", "viewer"),
    )

    email: Mapped[str]
    email_key: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    password_hash: Mapped[str]
    role: Mapped[str]
    timezone: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    # Raised on every change that must end what was signed before it: password, role, removal.
    session_version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class UserSession(TenantRow, Base):
    """One refresh token. A family is one sign-in; rotation replaces the token inside its family."""

    __tablename__ = "sessions"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        inside("user_id", "users", "CASCADE"),
        Index(None, "organization_id", "user_id"),
        Index(None, "organization_id", "family_id"),
    )

    user_id: Mapped[uuid.UUID]
    family_id: Mapped[uuid.UUID]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    # The successor's token, sealed, so that an honest race inside the grace gets the same one.
    successor_sealed: Mapped[str | None]
    user_agent: Mapped[str] = mapped_column(server_default="")
    ip: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    rotated_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class OneTimeToken(TenantRow, Base):
    __tablename__ = "one_time_tokens"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        one_of("purpose", "reset_password", "verify_email", "invite", "oauth_state"),
    )

    user_id: Mapped[uuid.UUID | None]
    purpose: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    email: Mapped[str | None]
    data: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiKey(TenantRow, Base):
    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("key_hash"), inside("user_id", "users", "CASCADE"))

    user_id: Mapped[uuid.UUID]
    name: Mapped[str]
    prefix: Mapped[str]
    key_hash: Mapped[bytes] = mapped_column(LargeBinary)
    permissions: Mapped[list[str]]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AuditEntry(TenantRow, Base):
    __tablename__ = "audit_log"
    __table_args__ = (Index(None, "organization_id", "at", "id"),)

    user_id: Mapped[uuid.UUID | None]
    action: Mapped[str]
    subject: Mapped[str | None]
    detail: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    ip: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime]


class IdempotencyKey(Tenant, Base):
    """The saved answer to a POST. `status` NULL: the first call is still running."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (PrimaryKeyConstraint("organization_id", "user_id", "key"),)

    user_id: Mapped[uuid.UUID]
    key: Mapped[str]
    route: Mapped[str]
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None]
    body: Mapped[str | None]
    created_at: Mapped[datetime]


class SignInAttempt(Base):
    """Throttling is rows, not cache: it must hold over restarts and processes. Belongs to no organization."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index(None, "email_key", "at"), Index(None, "ip", "at"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    email_key: Mapped[str]
    ip: Mapped[str]
    succeeded: Mapped[bool]
    at: Mapped[datetime]


class UsageDay(Tenant, Base):
    __tablename__ = "usage_days"
    __table_args__ = (PrimaryKeyConstraint("organization_id", "day", "metric"),)

    day: Mapped[date]
    metric: Mapped[str]
    used: Mapped[int] = mapped_column(server_default=text("0"))
