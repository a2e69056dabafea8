"""What every request passes, as bare ASGI: request id, proxies, body limit, rate limit, headers, metrics."""

from __future__ import annotations

import ipaddress
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reachly.api.errors import on_surprise, problem
from reachly.infra import metrics
from reachly.infra.limiter import Limiter
from reachly.infra.settings import Settings
from reachly.kit.internet import limit_key, read_hop

MAX_BODY = 2_000_000  # bytes; the import route has its own limit
OPERATIONS = frozenset({"/api", "/ready", "/metrics"})  # /health costs nothing and is asked by machines
UPLOADS = frozenset({"/api/leads/import"})
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
API_POLICY = "default-src 'none'; frame-ancestors 'none'"


class Gateway:
    """Wraps the application. WebSockets only get their address judged."""

    def __init__(self, app: ASGIApp, settings: Settings, limiter: Limiter) -> None:
        self.app = app
        self.limiter = limiter
        self.limits = settings.limits
        self.hsts = settings.base_url.startswith("https://")
        self.proxies = [ipaddress.ip_network(entry, strict=False) for entry in settings.web.trusted_proxies]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        self._believe_proxies(scope)
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        answer = _Answer(send, self._extra_headers(scope, request_id))
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._pass(scope, receive, answer)
            finally:
                self._measure(scope, answer)

    async def _pass(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        request = Request(scope)
        wait = await self._over_limit(scope)
        if wait is not None:
            told = f"Wait {wait} seconds, then try again."
            refusal = problem(
                request, 429, "Too many requests", told, "rate_limited", headers={"Retry-After": str(wait)}
            )
            await refusal(scope, receive, answer)
            return

        async def too_large() -> None:
            told = f"The body is past {MAX_BODY} bytes. Send less, or import a file at /api/leads/import."
            await problem(request, 413, "Too large", told, "too_large")(scope, receive, answer)
            answer.close()

        bounded = receive
        if scope["path"] not in UPLOADS:
            if _declared(scope) > MAX_BODY:
                await too_large()
                return
            bounded = _bounded(receive, too_large)
        try:
            await self.app(scope, bounded, answer)
        except Exception as error:  # noqa: BLE001 - the last door: a refusal in our own form, never a bare 500
            if not answer.started:
                await (await on_surprise(request, error))(scope, receive, answer)

    def _believe_proxies(self, scope: MutableMapping[str, Any]) -> None:
        """The last address in X-Forwarded-For that is not a proxy of ours; nothing when the peer is no proxy.

        What is no address ends the search: whoever wrote it wrote what stands before it too.
        """
        peer = scope.get("client")
        if not peer or not self.proxies or not _inside(peer[0], self.proxies):
            return
        given = [value.decode("latin-1") for key, value in scope["headers"] if key == b"x-forwarded-for"]
        for hop in reversed(",".join(given).split(",")):
            address = read_hop(hop)
            if address is None:
                break
            if not _inside(address, self.proxies):
                scope["client"] = (address, 0)
                break
        scheme = dict(scope["headers"]).get(b"x-forwarded-proto")
        if scheme in (b"http", b"https") and scope["type"] == "http":
            scope["scheme"] = scheme.decode()

    async def _over_limit(self, scope: Scope) -> int | None:
        """Seconds to wait, or None. Whatever asks the database or writes is counted; files of the front end are not."""
        path: str = scope["path"]
        if not self.limits.enabled:
            return None
        address = limit_key(scope["client"][0]) if scope.get("client") else "unknown"
        if path.startswith(("/t/", "/u/")):
            verdict = await self.limiter.hit(self.limits.edge_per_address, "edge", address)
        elif path.startswith("/api/") or path in OPERATIONS:
            verdict = await self.limiter.hit(self.limits.per_address, "address", address)
        else:
            return None
        return None if verdict.allowed else verdict.retry_after

    def _extra_headers(self, scope: Scope, request_id: str) -> dict[str, str]:
        extra = {**HEADERS, "x-request-id": request_id}
        if scope["path"].startswith("/api/"):
            extra |= {"cache-control": "no-store", "content-security-policy": API_POLICY}
        if self.hsts:
            extra["strict-transport-security"] = "max-age=31536000"
        return extra

    @staticmethod
    def _measure(scope: Scope, answer: _Answer) -> None:
        route = scope.get("route")
        path = getattr(route, "path", "other")
        seconds = time.perf_counter() - answer.began
        metrics.api_response_seconds.labels(scope["method"], path, str(answer.status)).observe(seconds)


class _TooLarge(HTTPException):
    """Ends the reading; the refusal has been sent already. Of a kind that the framework passes on as it is."""


class _Answer:
    """`send` that adds headers and remembers the status."""

    def __init__(self, send: Send, extra: dict[str, str]) -> None:
        self._send, self._extra = send, extra
        self.began = time.perf_counter()
        self.status = 500
        self.started = False
        self._closed = False

    def close(self) -> None:
        """Nothing that comes after is sent: the application does not know that it was answered for."""
        self._closed = True

    async def __call__(self, message: Message) -> None:
        if self._closed:
            return
        if message["type"] == "http.response.start":
            self.status, self.started = message["status"], True
            headers = list(message.get("headers", []))
            present = {key.lower() for key, _ in headers}
            headers += [(k.encode(), v.encode()) for k, v in self._extra.items() if k.encode() not in present]
            message = {**message, "headers": headers}
        await self._send(message)


def _declared(scope: Scope) -> int:
    """The length that the client named, 0 when it named none."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value[:18]) if value.isdigit() else 0
    return 0


def _bounded(receive: Receive, too_large: Callable[[], Awaitable[None]]) -> Receive:
    """Counts the body as it comes, so that a chunked one is bounded too."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > MAX_BODY:
                await too_large()
                raise _TooLarge(413)
        return message

    return counted


def _inside(address: str, networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)
