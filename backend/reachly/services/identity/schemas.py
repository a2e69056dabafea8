"""Who is signed in, and what they may do."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from reachly.kit.body import Body

Role = Literal["admin", "user", "viewer"]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Password = Annotated[str, StringConstraints(min_length=10, max_length=1024)]
Email = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=320)]


class Permission(StrEnum):
    """`noun:verb`; the seed's names are kept."""

    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_WRITE = "accounts:write"
    ANALYTICS_VIEW = "analytics:view"
    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    INBOX_READ = "inbox:read"
    INBOX_WRITE = "inbox:write"
    LEADS_IMPORT = "leads:import"
    LEADS_READ = "leads:read"
    LEADS_WRITE = "leads:write"
    ORG_ADMIN = "org:admin"


READS = frozenset({
    Permission.ACCOUNTS_READ, Permission.ANALYTICS_VIEW, Permission.CAMPAIGNS_READ, Permission.INBOX_READ,
    Permission.LEADS_READ,
})  # fmt: skip
PERMISSIONS: dict[str, frozenset[Permission]] = {
    "admin": frozenset(Permission),
    "user": frozenset(Permission) - {Permission.ORG_ADMIN},
    "viewer": READS,
}


@dataclass(frozen=True, slots=True)
class Actor:
    """The person (or key) on whose behalf a service acts. Made by the door, trusted below it."""

    organization_id: uuid.UUID
    user_id: uuid.UUID
    email: str
    role: Role
    permissions: frozenset[Permission]
    ip: str = ""
    session_id: uuid.UUID | None = None


class RegisterIn(Body):
    email: Email
    password: Password
    name: Name = ""
    organization_name: Name = ""
    timezone: str = "UTC"
    client: Literal["browser", "token"] = Field(
        "browser", description="`token` answers the refresh token in the body"
    )

    model_config = ConfigDict(json_schema_extra={"examples": [
        {"email": "mira@brightfjord.example", "password": "correct horse battery", "name": "Mira Sol",
         "organization_name": "Brightfjord"}
    ]})  # fmt: skip


class LoginIn(Body):
    email: Email
    password: Annotated[str, StringConstraints(max_length=1024)]
    client: Literal["browser", "token"] = "browser"


class RefreshIn(Body):
    refresh_token: str | None = Field(None, max_length=512, description="Only for clients without cookies")


class OrganizationOut(BaseModel):
    id: uuid.UUID
    name: str
    domain: str | None
    plan_type: str
    timezone: str
    postal_address: str | None
    is_demo: bool
    sending_held: str | None = Field(
        None,
        description="`restored`: the database is a restored copy, and nothing leaves until it is resumed",
    )
    sending_held_at: datetime | None = None
    domain_daily_limit: int | None = Field(
        None,
        description="Messages a day from all mailboxes of one domain; null: the server's own limit holds",
    )
    server_domain_daily_limit: int | None = Field(
        None, description="What holds while `domain_daily_limit` is null; null: no such limit"
    )
    created_at: datetime


class UserOut(BaseModel):
    id: uuid.UUID
    email: str
    name: str
    role: Role
    timezone: str | None
    created_at: datetime


class MeOut(BaseModel):
    user: UserOut
    organization: OrganizationOut
    permissions: list[Permission]


class TokenOut(BaseModel):
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a scheme, no secret
    expires_in: int = Field(description="Seconds")
    refresh_token: str | None = Field(
        None, description="Only when `client` is `token`; browsers get a cookie"
    )
    me: MeOut


class ProfileIn(Body):
    """Fields left out stay as they are; `null` as a time zone: the organization's."""

    name: Name | None = None
    timezone: str | None = None


class PasswordIn(Body):
    current_password: Annotated[str, StringConstraints(max_length=1024)]
    new_password: Password


MOST_A_DAY = 1_000_000


class OrganizationIn(Body):
    """Fields left out stay as they are."""

    name: Name | None = None
    domain: Annotated[str, StringConstraints(strip_whitespace=True, max_length=253)] | None = None
    timezone: str | None = None
    postal_address: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] | None = Field(
        None, description="Stands at the foot of every campaign message; a campaign does not start without it"
    )
    domain_daily_limit: int | None = Field(
        None,
        strict=True,
        description="Messages a day from all mailboxes of one domain together; null: the server's own limit."
        " Left out: it stays as it is. It holds from the next turn of each mailbox on",
        json_schema_extra={"minimum": 1, "maximum": MOST_A_DAY},
    )

    @field_validator("domain_daily_limit")
    @classmethod
    def _in_bounds(cls, value: int | None) -> int | None:
        if value is not None and not 1 <= value <= MOST_A_DAY:
            told = "Give a whole number from 1 to 1,000,000, or null for the server's own limit."
            raise PydanticCustomError("out_of_bounds", told)
        return value


class MemberOut(UserOut):
    is_active: bool


class SessionOut(BaseModel):
    id: uuid.UUID
    user_agent: str
    ip: str
    created_at: datetime
    last_used_at: datetime
    is_current: bool


class UsageMetric(BaseModel):
    metric: str
    used: int
    limit: int | None = Field(description="null: no limit")


class UsageOut(BaseModel):
    plan_type: str
    since: datetime
    metrics: list[UsageMetric]


class AuditEntryOut(BaseModel):
    id: uuid.UUID
    at: datetime
    user_id: uuid.UUID | None
    action: str
    subject: str | None
    detail: dict[str, object]
    ip: str
