"""Access tokens (JWT with the seed's payload) and refresh tokens (opaque, kept as SHA-256)."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt

from reachly.infra.settings import current_settings
from reachly.kit import clock
from reachly.kit.errors import Unauthenticated

ALGORITHM = "HS256"
ISSUER = "reachly"
AUDIENCE = "reachly-api"
MAX_LENGTH = 4_096
REQUIRED = ["exp", "iat", "iss", "aud", "jti", "userId", "organizationId", "sv", "sid"]


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says of its bearer. Role and permissions in it are for clients; we read the row."""

    user_id: uuid.UUID
    organization_id: uuid.UUID
    session_version: int
    session_id: uuid.UUID  # the refresh family it was made from
    expires_at: int


def make_access_token(
    *,
    user_id: uuid.UUID,
    organization_id: uuid.UUID,
    email: str,
    role: str,
    permissions: list[str],
    version: int,
    session_id: uuid.UUID,
) -> tuple[str, int]:
    """(token, seconds it lives)."""
    settings = current_settings().security
    now = clock.machine_now()
    life = timedelta(minutes=settings.access_minutes)
    claims = {
        "userId": str(user_id), "organizationId": str(organization_id), "email": email, "role": role,
        "permissions": permissions, "iat": now, "exp": now + life, "iss": ISSUER, "aud": AUDIENCE,
        "jti": str(uuid.uuid4()), "sv": version, "sid": str(session_id),
    }  # fmt: skip
    token = jwt.encode(
        claims, settings.jwt_secret.get_secret_value(), algorithm=ALGORITHM, headers={"typ": "at+jwt"}
    )
    return token, int(life.total_seconds())


def read_access_token(token: str) -> Claims:
    """The claims of a token of ours that has not expired. Raises Unauthenticated."""
    refusal = Unauthenticated(
        "The access token is missing, expired or not ours. Sign in again.", code="bad_token"
    )
    if len(token) > MAX_LENGTH:
        raise refusal
    secret = current_settings().security.jwt_secret.get_secret_value()
    try:
        if jwt.get_unverified_header(token).get("typ") != "at+jwt":
            raise refusal
        claims: dict[str, Any] = jwt.decode(
            token,
            secret,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=AUDIENCE,
            options={"require": REQUIRED},
        )
        return Claims(
            uuid.UUID(claims["userId"]),
            uuid.UUID(claims["organizationId"]),
            int(claims["sv"]),
            uuid.UUID(claims["sid"]),
            int(claims["exp"]),
        )
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError):
        raise refusal from None


def make_refresh_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    """What is kept of an opaque token."""
    return hashlib.sha256(token.encode()).digest()
