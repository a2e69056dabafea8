"""What a route may ask for: who is calling, a transaction, a permission.

Every route names its permission with `require(...)` or says `PUBLIC`/`SIGNED_IN`; a test walks the router.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request

from reachly.data.session import Session, tenant
from reachly.infra.limiter import Limiter
from reachly.infra.settings import current_settings
from reachly.kit.errors import Forbidden, RateLimited
from reachly.kit.internet import limit_key
from reachly.kit.pagination import MAX_LIMIT
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor, Permission


async def current_actor(request: Request, authorization: Annotated[str | None, Header()] = None) -> Actor:
    """The caller, from the access token; role and permissions as they stand now. Raises Unauthenticated."""
    actor = await identity.authenticate(authorization, ip=client_address(request))
    limits = current_settings().limits
    if limits.enabled:
        limiter: Limiter = request.app.state.limiter
        verdict = await limiter.hit(limits.per_user, "user", str(actor.user_id))
        if not verdict.allowed:
            raise RateLimited(
                f"Wait {verdict.retry_after} seconds, then try again.", retry_after=verdict.retry_after
            )
    return actor


def client_address(request: Request) -> str:
    """The caller's address, as judged by the proxy middleware."""
    return request.client.host if request.client else ""


def require(permission: Permission) -> Any:
    """A dependency that lets pass who has `permission`."""

    async def check(actor: Annotated[Actor, Depends(current_actor)]) -> Actor:
        if permission not in actor.permissions:
            raise Forbidden(
                f"This needs the permission `{permission}`. Ask an administrator of your organization for it.",
                code="missing_permission",
            )
        return actor

    check.access = permission  # type: ignore[attr-defined]
    return Depends(check)


async def _signed_in(actor: Annotated[Actor, Depends(current_actor)]) -> Actor:
    return actor


_signed_in.access = "signed_in"  # type: ignore[attr-defined]
SIGNED_IN = Depends(_signed_in)


async def _public() -> None:
    return None


_public.access = "public"  # type: ignore[attr-defined]
PUBLIC = Depends(_public)


async def _limit_registrations(request: Request) -> None:
    limits = current_settings().limits
    if limits.enabled:
        limiter: Limiter = request.app.state.limiter
        verdict = await limiter.hit(
            limits.register_per_address, "register", limit_key(client_address(request))
        )
        if not verdict.allowed:
            raise RateLimited(
                "Too many organizations were registered from this address. Try again later.",
                retry_after=verdict.retry_after,
            )


LIMIT_REGISTRATIONS = Depends(_limit_registrations)


async def db(actor: Annotated[Actor, Depends(current_actor)]) -> AsyncIterator[Session]:
    """One transaction of the caller's organization: commits before the response starts, rolls back on any error."""
    async with tenant(actor.organization_id) as session:
        yield session


# scope="function": the default runs the commit after the response has gone out.
Db = Annotated[Session, Depends(db, scope="function")]
Caller = Annotated[Actor, Depends(current_actor)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Cursor = Annotated[str | None, Query(max_length=500)]
Search = Annotated[str | None, Query(max_length=200)]
IfMatch = Annotated[str | None, Header(alias="If-Match")]
Access = Callable[..., Any]
