"""Pixels, links and unsubscribe pages: no cookies, no sign-in, no framework.

A hit is answered once it is committed; hits that come together share one commit. Unknown tokens get the same image
and the same page, an unknown click a plain 404. GET never changes anything but the record of the hit itself.
"""

from __future__ import annotations

import asyncio
import html
from dataclasses import dataclass, field

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from reachly.infra.settings import Settings
from reachly.kit import clock
from reachly.services.sending.tokens import TokenParts, read_token
from reachly.services.tracking import service
from reachly.services.tracking.policy import Hit, Kind
from reachly.services.tracking.service import TokenHit

log = structlog.get_logger(__name__)

GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
NEVER_STORED = {"cache-control": "no-store, private", "referrer-policy": "no-referrer"}
PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none';"
    " base-uri 'none'"
)
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;margin:20vh auto;max-width:26rem;padding:0 1.5rem;color:#1f2328;
background:#fff}}h1{{font-size:1.25rem}}button{{font:inherit;padding:.5rem 1rem;border:1px solid #1f2328;
border-radius:6px;background:#1f2328;color:#fff;cursor:pointer}}@media(prefers-color-scheme:dark){{body{{
background:#111418;color:#e6e8eb}}button{{background:#e6e8eb;color:#111418}}}}</style>
<h1>{title}</h1><p>{words}</p>{form}</html>"""
ASK = (
    "Unsubscribe",
    "You will not get any more of these messages at this address.",
    '<form method="post" action="{action}"><button type="submit">Unsubscribe</button></form>',
)
DONE = ("You are unsubscribed", "No more of these messages will be sent to you.", "")
MAX_FORM = 4_096


class TrackingEdge:
    """Answers `/t/` and `/u/`. `start` and `stop` around the serving; hits are written in groups between."""

    def __init__(self, settings: Settings) -> None:
        self._group = _GroupCommit(
            settings.tracking.group_commit_ms / 1000, settings.tracking.group_commit_hits
        )

    async def start(self) -> None:
        """Begins to write hits."""
        self._group.start()

    async def stop(self) -> None:
        """Writes what is left."""
        await self._group.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        parts = request.url.path.strip("/").split("/")
        match parts:
            case ["t", "o", name] if request.method in ("GET", "HEAD"):
                return await self._pixel(request, read_token(name.removesuffix(".gif")))
            case ["t", "c", text] if request.method in ("GET", "HEAD"):
                return await self._click(request, read_token(text))
            case ["u", text] if request.method in ("GET", "HEAD"):
                title, words, form = ASK
                return _page(title, words, form.format(action=f"/u/{html.escape(text, quote=True)}"))
            case ["u", text] if request.method == "POST":
                return await self._unsubscribe(request, read_token(text))
        return PlainTextResponse("Not found\n", 404)

    async def _pixel(self, request: Request, token: TokenParts | None) -> Response:
        if token and token.purpose == "open":
            await self._record(request, token)
        return Response(GIF, media_type="image/gif", headers=NEVER_STORED)

    async def _click(self, request: Request, token: TokenParts | None) -> Response:
        target = await service.find_target(token) if token and token.purpose == "click" else None
        if token is None or target is None or not target.startswith(("http://", "https://")):
            return PlainTextResponse("Not found\n", 404, headers=NEVER_STORED)
        await self._record(request, token)
        return RedirectResponse(target, 302, headers=NEVER_STORED)

    async def _unsubscribe(self, request: Request, token: TokenParts | None) -> Response:
        """The page's button and the one-click POST of RFC 8058; 200 for every token, 5xx only on a fault of ours."""
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_FORM:
                return PlainTextResponse("Too large\n", 413)
        one_click = b"List-Unsubscribe" in body  # a form of either kind, as RFC 8058 allows
        if token and token.purpose == "unsubscribe":
            await service.unsubscribe(token, source="one click" if one_click else "page")
        return _page(*DONE)

    async def _record(self, request: Request, token: TokenParts) -> None:
        kind: Kind = "open" if token.purpose == "open" else "click"
        agent = request.headers.get("user-agent", "")[:500].replace("\x00", "")
        ip = request.client.host if request.client else ""
        hit = Hit(kind=kind, at=clock.now(), method=request.method, link=token.link, user_agent=agent, ip=ip)
        await self._group.add(TokenHit(token.organization_id, token.send_id, hit))


def _page(title: str, words: str, form: str) -> Response:
    headers = {**NEVER_STORED, "content-security-policy": PAGE_POLICY}
    return HTMLResponse(PAGE.format(title=title, words=words, form=form), headers=headers)


@dataclass(slots=True)
class _GroupCommit:
    """Collects hits for a few milliseconds, writes them together, then wakes everyone who waits."""

    seconds: float
    most: int
    _waiting: list[tuple[TokenHit, asyncio.Future[None]]] = field(default_factory=list)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None
    _stopping: bool = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="tracking-hits")

    async def stop(self) -> None:
        self._stopping = True
        self._arrived.set()
        if self._task:
            await self._task

    async def add(self, hit: TokenHit) -> None:
        """Returns when the hit is committed, or could not be: the image and the redirect come either way."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((hit, done))
        self._arrived.set()
        await done

    async def _run(self) -> None:
        while not (self._stopping and not self._waiting):
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                if len(self._waiting) < self.most and not self._stopping:
                    await asyncio.sleep(self.seconds)
                batch, self._waiting = self._waiting[: self.most], self._waiting[self.most :]
                try:
                    await service.record_hits([hit for hit, _ in batch])
                except Exception as error:  # noqa: BLE001 - people must get on whatever becomes of the statistics
                    log.error("hits could not be recorded", hits=len(batch), error=repr(error))
                for _, done in batch:
                    if not done.done():
                        done.set_result(None)
