"""Mailboxes, as the doors see them. No secret ever leaves through an Out."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from reachly.kit.body import Body

Security = Literal["tls", "starttls", "none"]
Host = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=253)]
Status = Literal["connected", "auth_failed", "unreachable", "paused_failures", "disconnected"]


class ServerIn(Body):
    host: Host
    port: int = Field(ge=1, le=65535)
    security: Security = "tls"
    username: Annotated[str, StringConstraints(max_length=320)]
    password: SecretStr = Field(max_length=1024)
    allow_unencrypted: bool = Field(
        False,
        description="With `security: none` the password is readable on the way: say here that this is meant",
    )


class ServerOut(BaseModel):
    host: str
    port: int
    security: Security
    username: str


class Absence(Body):
    start: date
    end: date = Field(description="Included")


class SendingLimits(Body):
    daily_limit: int | None = Field(None, ge=1, le=10_000)
    min_gap_seconds: int | None = Field(None, ge=0, le=86_400)
    gap_jitter_seconds: int | None = Field(None, ge=0, le=86_400)
    ramp_enabled: bool | None = None
    ramp_start: int | None = Field(None, ge=1, le=10_000)
    ramp_step: int | None = Field(None, ge=0, le=10_000)
    timezone: str | None = None
    workday: dict[str, list[tuple[str, str]]] | None = None
    absences: list[Absence] | None = None
    signature: Annotated[str, StringConstraints(max_length=5_000)] | None = None
    reply_to: str | None = None
    tags: list[Annotated[str, StringConstraints(min_length=1, max_length=50)]] | None = Field(
        None, max_length=20
    )


class SmtpConnectIn(SendingLimits):
    email_address: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=320)]
    display_name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    smtp: ServerIn
    imap: ServerIn | None = Field(None, description="Without it replies and bounces are not seen")

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "email_address": "mira@brightfjord.example", "display_name": "Mira Sol",
        "smtp": {"host": "smtp.brightfjord.example", "port": 465, "security": "tls", "username": "mira",
                 "password": "app password"},
        "imap": {"host": "imap.brightfjord.example", "port": 993, "security": "tls", "username": "mira",
                 "password": "app password"},
    }]})  # fmt: skip


class EmailAccountPatch(SendingLimits):
    display_name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    smtp: ServerIn | None = Field(None, description="New settings are tested before they are kept")
    imap: ServerIn | None = None


class ToggleIn(Body):
    is_active: bool | None = Field(None, description="Left out: the other of what it is now")


class EmailAccountOut(BaseModel):
    id: uuid.UUID
    provider: Literal["gmail", "outlook", "smtp"]
    email_address: str
    display_name: str
    is_active: bool
    status: Status
    status_reason: str | None
    smtp: ServerOut | None
    imap: ServerOut | None
    daily_limit: int
    min_gap_seconds: int
    gap_jitter_seconds: int
    ramp_enabled: bool
    ramp_start: int
    ramp_step: int
    timezone: str
    workday: dict[str, list[tuple[str, str]]] | None
    absences: list[Absence]
    signature: str
    reply_to: str | None
    tags: list[str]
    files_sent: bool | None = Field(
        description="Whether the mailbox files its own sent copies; null: not known"
    )
    sent_today: int
    effective_limit_today: int = Field(description="The smallest of cap and ramp")
    next_turn_at: datetime | None = Field(
        description="When the engine looks at it next, whether or not it then sends"
    )
    next_send_at: datetime | None = Field(
        None, description="When its next message may leave; null: no running campaign has one here"
    )
    last_synced_at: datetime | None
    sync_error: str | None
    warnings: list[str] = Field(default=[], description="What is lost as it is, e.g. without IMAP")
    created_at: datetime


class ProviderOut(BaseModel):
    """A way to connect a mailbox."""

    provider: Literal["smtp", "gmail", "outlook"]
    can_connect: bool = Field(description="False: not in this version, so do not offer it as if it could")
    detail: str = Field(description="How, or what to do until then")


class Leg(BaseModel):
    leg: Literal["smtp", "imap"]
    ok: bool
    cause: str | None = None
    detail: str


class TestOut(BaseModel):
    ok: bool
    legs: list[Leg]
