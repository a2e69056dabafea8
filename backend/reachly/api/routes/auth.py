"""Sign-in and sessions."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Cookie, Request, Response

from reachly.api.cookies import (
    DEVICE_COOKIE,
    REFRESH_COOKIE,
    clear_refresh_cookie,
    set_device_cookie,
    set_refresh_cookie,
)
from reachly.api.deps import LIMIT_REGISTRATIONS, PUBLIC, SIGNED_IN, Caller, Db, client_address
from reachly.kit.address import parse_address
from reachly.services.identity import service
from reachly.services.identity.schemas import LoginIn, MeOut, RefreshIn, RegisterIn, SessionOut, TokenOut

router = APIRouter(prefix="/api/auth", tags=["auth"])
RefreshCookie = Annotated[str | None, Cookie(alias=REFRESH_COOKIE)]
DeviceCookie = Annotated[str | None, Cookie(alias=DEVICE_COOKIE, include_in_schema=False)]


@router.post("/register", status_code=201, dependencies=[PUBLIC, LIMIT_REGISTRATIONS])
async def register(
    body: RegisterIn, request: Request, response: Response, device: DeviceCookie = None
) -> TokenOut:
    """Makes an organization with its first administrator, and signs in."""
    agent = request.headers.get("user-agent", "")
    signed_in = await service.register(body, ip=client_address(request), user_agent=agent)
    return _remember(response, signed_in, body.client, device)


@router.post("/login", dependencies=[PUBLIC])
async def login(body: LoginIn, request: Request, response: Response, device: DeviceCookie = None) -> TokenOut:
    """Signs in. The answer is the same for an unknown address and a wrong password."""
    agent = request.headers.get("user-agent", "")
    signed_in = await service.login(body, ip=client_address(request), user_agent=agent, device=device)
    return _remember(response, signed_in, body.client, device)


def _remember(response: Response, signed_in: TokenOut, client: str, device: str | None) -> TokenOut:
    """The cookies of a browser: who is signed in, and that this account knows it. Other clients get none."""
    if client != "token":
        set_device_cookie(response, device, parse_address(signed_in.me.user.email).key)
    return set_refresh_cookie(response, signed_in, client)


@router.post("/refresh", dependencies=[PUBLIC])
async def refresh(
    request: Request,
    response: Response,
    body: RefreshIn | None = None,
    cookie: RefreshCookie = None,
    device: DeviceCookie = None,
) -> TokenOut:
    """A new access token; the refresh token is rotated. A spent one ends the whole family."""
    token = (body.refresh_token if body else None) or cookie
    client = "token" if body and body.refresh_token else "browser"
    signed_in = await service.refresh(
        token, ip=client_address(request), user_agent=request.headers.get("user-agent", "")
    )
    return _remember(response, signed_in, client, device)


@router.post("/logout", status_code=204, dependencies=[PUBLIC])
async def logout(response: Response, body: RefreshIn | None = None, cookie: RefreshCookie = None) -> None:
    """Ends this session, and every token of its family."""
    await service.logout((body.refresh_token if body else None) or cookie)
    clear_refresh_cookie(response)


@router.get("/me", dependencies=[SIGNED_IN])
async def me(session: Db, actor: Caller) -> MeOut:
    """Who is signed in."""
    return await service.get_me(session, actor)


@router.get("/sessions", dependencies=[SIGNED_IN])
async def list_sessions(session: Db, actor: Caller, cookie: RefreshCookie = None) -> list[SessionOut]:
    """Where this person is signed in."""
    return await service.list_sessions(session, actor, cookie)


@router.delete("/sessions/{session_id}", status_code=204, dependencies=[SIGNED_IN])
async def end_session(session_id: uuid.UUID, session: Db, actor: Caller) -> None:
    """Signs one of one's own sessions out."""
    await service.end_session(session, actor, session_id)
