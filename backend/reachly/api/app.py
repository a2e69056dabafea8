"""The gateway: routes, refusals, and what every request passes, in one ASGI application."""

from __future__ import annotations

from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from reachly.api import errors
from reachly.api.edge import TrackingEdge
from reachly.api.idempotency import REFUSE_KEY, Replay, replay
from reachly.api.input import refuse_unstorable
from reachly.api.live import LiveGateway
from reachly.api.middleware import Gateway
from reachly.api.router import ROUTERS
from reachly.api.site import ExportedSite
from reachly.infra.limiter import Limiter
from reachly.infra.settings import Settings

PROBLEMS = {
    status: {"description": text, "content": {"application/problem+json": {}}, "model": errors.Problem}
    for status, text in {
        401: "Not signed in", 403: "Permission missing", 404: "Not found, or another organization's",
        409: "Not possible in the present state", 422: "Input to mend", 429: "Too many requests",
    }.items()
}  # fmt: skip


def _operation_id(route: APIRoute) -> str:
    return route.name


def build_api() -> FastAPI:
    """The REST routes and their document, without anything that needs a running database."""
    api = FastAPI(
        title="Reachly",
        version="1",
        summary="Cold-email outreach that anyone can host",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # the redirect would repeat whatever Host the client made up
        generate_unique_id_function=_operation_id,
        responses=PROBLEMS,  # type: ignore[arg-type]
        dependencies=[Depends(refuse_unstorable)],
    )
    for router in ROUTERS:
        api.include_router(router, dependencies=[REFUSE_KEY])
    errors.install(api)
    api.add_exception_handler(Replay, replay)
    return api


def build_app(settings: Settings, limiter: Limiter, live: LiveGateway, edge: TrackingEdge) -> ASGIApp:
    """Everything that one process serves: API, live sockets, tracking edge and the built front end."""
    api = build_api()
    api.state.limiter = limiter
    if settings.web.allowed_origins:
        api.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.web.allowed_origins),
            allow_credentials=True,
            allow_methods=["*"],
            allow_headers=["Authorization", "Content-Type", "If-Match", "Idempotency-Key"],
            expose_headers=["ETag", "Retry-After", "Idempotency-Replayed"],
        )
    site = ExportedSite(settings.web.root)
    parts = _Switch(GZipMiddleware(api, minimum_size=1_000), live.asgi, edge, GZipMiddleware(site))
    return Gateway(parts, settings, limiter)


class _Switch:
    """Which part answers, by the path; the tracking edge never passes the framework."""

    def __init__(self, api: ASGIApp, live: ASGIApp, edge: ASGIApp, site: ASGIApp) -> None:
        self.api, self.live, self.edge, self.site = api, live, edge, site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        if path.startswith("/api/live"):
            await self.live(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif path.startswith(("/t/", "/u/")):
            await self.edge(scope, receive, send)
        elif path.startswith("/api/") or path in ("/api", "/health", "/ready", "/metrics"):
            await self.api(scope, receive, send)
        else:
            await self.site(scope, receive, send)
