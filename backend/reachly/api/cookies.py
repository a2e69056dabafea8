"""The refresh token's cookie: httpOnly, SameSite, sent to the auth routes only."""

from __future__ import annotations

from starlette.responses import Response

from reachly.infra.settings import current_settings
from reachly.services.identity.schemas import TokenOut

REFRESH_COOKIE = "reachly_refresh"


def set_refresh_cookie(response: Response, signed_in: TokenOut, client: str) -> TokenOut:
    """Moves the refresh token into the cookie for browsers; other clients keep it in the body."""
    if client == "token":
        return signed_in
    settings = current_settings()
    response.set_cookie(
        REFRESH_COOKIE,
        signed_in.refresh_token or "",
        max_age=settings.security.refresh_days * 86_400,
        path="/api/auth",
        httponly=True,
        samesite="strict",
        secure=settings.secure_cookies,
    )
    return signed_in.model_copy(update={"refresh_token": None})


def clear_refresh_cookie(response: Response) -> None:
    """Forgets the cookie."""
    settings = current_settings()
    response.delete_cookie(
        REFRESH_COOKIE, path="/api/auth", httponly=True, samesite="strict", secure=settings.secure_cookies
    )
