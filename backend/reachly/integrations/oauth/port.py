"""What the product asks of a provider's sign-in (OAuth 2.0 authorization code with PKCE, RFC 6749, RFC 7636)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from reachly.kit.errors import Invalid

Cause = Literal["revoked", "denied", "misconfigured", "unavailable"]


@dataclass(frozen=True, slots=True)
class OAuthConfig:
    """The client that whoever runs the server registered with the provider."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """`expires_at` is aware UTC, of machine time. `refresh_token` empty: keep the one you have."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    email: str = ""
    scopes: tuple[str, ...] = ()


class OAuthError(Invalid):
    """The provider gave no tokens. `revoked`: the mailbox must be connected again by its owner; never retry."""

    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(detail, code=f"oauth_{cause}")
        self.cause = cause


class OAuthClient(Protocol):
    """One provider. The two calls that go out raise OAuthError."""

    def authorize_url(self, state: str, challenge: str, login_hint: str = "") -> str:
        """Where the browser goes; `challenge` is the S256 of the verifier kept by the caller."""

    async def exchange(self, code: str, verifier: str) -> Tokens:
        """The code that came back with `state`, for tokens."""

    async def refresh(self, refresh_token: str) -> Tokens: ...
