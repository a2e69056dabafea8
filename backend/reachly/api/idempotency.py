"""`Idempotency-Key` on POSTs that must not happen twice: the same key and body get the saved answer.

Where a route works in the request's transaction (`ONCE`), key, effect and answer commit together, and whoever comes
with the same key meanwhile waits for that commit. Where it works in transactions of its own because strangers'
servers are asked (`ONCE_OUTSIDE`), the key is taken before and the answer kept after; the others wait a while, then
are told to come back. Refusals are not kept: nothing happened, so the same key may be tried again. An upload takes its
key itself (`claim_upload`), when its bytes have come and their hash is known.

Routes with one of these belong to a router whose `route_class` is `KeepingRoute`. Every other route that changes
something refuses the header (`REFUSE_KEY`): a promise that is not kept must not be taken in silence.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.routing import APIRoute

from reachly.api.deps import Caller, Db
from reachly.data.session import Session, tenant
from reachly.infra.settings import current_settings
from reachly.kit.errors import Conflict, FieldError, Invalid
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor
from reachly.services.identity.service import SavedAnswer

KEY = re.compile(r"[\x21-\x7e]{1,200}")
WAIT_SECONDS = 8.0
PROBE_SECONDS = 0.1
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
MEANING = "Made by the client, one for each intent. Sent again with the same body, nothing is done again."
Key = Annotated[str | None, Header(alias="Idempotency-Key", description=MEANING)]


class Replay(Exception):
    """Ends the request with the answer that the first call got."""

    def __init__(self, answer: SavedAnswer) -> None:
        super().__init__("replay")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class _Claim:
    """A key that is ours. `session` is the request's; None where the route works outside of it."""

    actor: Actor
    key: str
    session: Session | None


async def _once(request: Request, actor: Caller, session: Db, key: Key = None) -> None:
    if key is not None:
        await _begin(request, session, actor, key, _hash(request, await request.body()))
        request.state.claim = _Claim(actor, key, session)


async def _once_outside(request: Request, actor: Caller, key: Key = None) -> None:
    if key is not None:
        await _claim_outside(request, actor, key, _hash(request, await request.body()))


async def _once_uploaded(request: Request, key: Key = None) -> None:
    """Only looks at the key: what comes with it is not known yet."""
    if key is not None:
        _require_usable(key)
        request.state.upload_key = key


async def claim_upload(request: Request, actor: Actor, digest: bytes) -> None:
    """Takes the key of an upload, whose content has this hash. Raises Replay, Conflict or Invalid; nothing without a
    key."""
    key = getattr(request.state, "upload_key", None)
    if key is not None:
        await _claim_outside(request, actor, key, _hash(request, digest))


async def _claim_outside(request: Request, actor: Actor, key: str, body_hash: bytes) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            async with tenant(actor.organization_id) as session:
                await _begin(request, session, actor, key, body_hash)
            break
        except Conflict:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(PROBE_SECONDS)
    request.state.claim = _Claim(actor, key, None)


async def _refuse_key(request: Request) -> None:
    if request.method in SAFE or "idempotency-key" not in request.headers:
        return
    if not takes_key(request.scope["route"]):
        raise Invalid(
            "This route does not take an Idempotency-Key: leave the header out.",
            code="no_idempotency_key_here",
        )


def takes_key(route: object) -> bool:
    """Whether what is sent twice under one key happens once here."""
    if not isinstance(route, APIRoute):
        return False
    return any(
        dependant.call in (_once, _once_outside, _once_uploaded) for dependant in route.dependant.dependencies
    )


ONCE = Depends(_once)
ONCE_OUTSIDE = Depends(_once_outside)
ONCE_UPLOADED = Depends(_once_uploaded)
REFUSE_KEY = Depends(_refuse_key)


async def _begin(request: Request, session: Session, actor: Actor, key: str, body_hash: bytes) -> None:
    """Takes the key. Raises Replay, Conflict or Invalid."""
    _require_usable(key)
    route = f"{request.method} {request.url.path}"
    answer = await identity.begin_once(session, actor, key, route=route, body_hash=body_hash)
    if answer is not None:
        raise Replay(answer)


def _require_usable(key: str) -> None:
    if not KEY.fullmatch(key):
        fault = FieldError("/Idempotency-Key", "Use 1 to 200 visible ASCII characters.", "key")
        raise Invalid("The Idempotency-Key cannot be used.", code="bad_idempotency_key", errors=[fault])


def _hash(request: Request, body: bytes) -> bytes:
    """Keyed, for bodies hold passwords of mailboxes."""
    secret = current_settings().security.pepper.get_secret_value().encode()
    return hmac.digest(secret, request.url.query.encode() + b"\n" + body, "sha256")


class KeepingRoute(APIRoute):
    """Keeps the answer under the key that was claimed, before the transaction of the request commits."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def keeping(request: Request) -> Response:
            try:
                response = await handle(request)
            except BaseException:
                await asyncio.shield(_drop(_claim_of(request)))
                raise
            await _keep(_claim_of(request), response)
            return response

        return keeping


def _claim_of(request: Request) -> _Claim | None:
    return getattr(request.state, "claim", None)


async def _keep(claim: _Claim | None, response: Response) -> None:
    if claim is None:
        return
    answer = SavedAnswer(response.status_code, bytes(response.body).decode())
    if claim.session is not None:
        await identity.end_once(claim.session, claim.actor, claim.key, answer)
        return
    async with tenant(claim.actor.organization_id) as session:
        await identity.end_once(session, claim.actor, claim.key, answer)


async def _drop(claim: _Claim | None) -> None:
    """A claim inside the request's transaction goes with it."""
    if claim is not None and claim.session is None:
        async with tenant(claim.actor.organization_id) as session:
            await identity.drop_once(session, claim.actor, claim.key)


async def replay(_request: Request, exc: Exception) -> Response:
    """The handler of `Replay`."""
    assert isinstance(exc, Replay)
    headers = {"Idempotency-Replayed": "true"}
    return Response(exc.answer.body, exc.answer.status, headers=headers, media_type="application/json")
