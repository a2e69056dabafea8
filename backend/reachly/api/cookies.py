"""The refresh token's cookie: httpOnly, SameSite, sent to the auth routes only."""

from __future__ import annotations

from starlette.responses import Response

from reachly.infra.settings import current_settings
from reachly.services.identity import devices
from reachly.services.identity.schemas import TokenOut

REFRESH_COOKIE = "reachly_refresh"
DEVICE_COOKIE = "reachly_device"
DEVICE_DAYS = 400  # the longest that browsers keep one


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


def set_device_cookie(response: Response, cookie: str | None, email_key: str) -> None:
    """Lets this browser be known again at the next sign-in of this account; it names nobody and opens nothing."""
    if devices.find(cookie, email_key):
        return
    response.set_cookie(
        DEVICE_COOKIE,
        devices.join(cookie, devices.make(email_key)),
        max_age=DEVICE_DAYS * 86_400,
        path="/api/auth",
        httponly=True,
        samesite="strict",
        secure=current_settings().secure_cookies,
    )


def clear_refresh_cookie(response: Response) -> None:
    """Forgets the cookie."""
    settings = current_settings()
    response.delete_cookie(
        REFRESH_COOKIE, path="/api/auth", httponly=True, samesite="strict", secure=settings.secure_cookies
    )
