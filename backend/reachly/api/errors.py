"""Kinds of refusal become RFC 9457 problem documents here, and nowhere else."""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from reachly.data.errors import is_collision, is_database_away
from reachly.kit import errors as kinds

STATUS: dict[type[kinds.ReachlyError], int] = {
    kinds.Unauthenticated: 401,
    kinds.Forbidden: 403,
    kinds.NotFound: 404,
    kinds.Conflict: 409,
    kinds.LostUpdate: 412,
    kinds.TooLarge: 413,
    kinds.Invalid: 422,
    kinds.RateLimited: 429,
    kinds.NotImplementedYet: 501,
    kinds.Unavailable: 503,
}
TITLES = {404: "Not found", 405: "Method not allowed", 413: "Too large", 400: "Bad request"}
log = structlog.get_logger(__name__)


class ProblemError(BaseModel):
    pointer: str
    detail: str
    code: str


class Problem(BaseModel):
    """`application/problem+json` (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[ProblemError] = []
    request_id: str = ""


def problem(
    request: Request, status: int, title: str, detail: str, code: str,
    errors: list[dict[str, str]] | None = None, headers: dict[str, str] | None = None,
) -> JSONResponse:  # fmt: skip
    """A problem document as a response."""
    body = {
        "type": f"/problems/{code}", "title": title, "status": status, "detail": detail, "code": code,
        "errors": errors or [], "request_id": getattr(request.state, "request_id", ""),
    }  # fmt: skip
    return JSONResponse(body, status, headers=headers, media_type="application/problem+json")


async def _on_refusal(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, kinds.ReachlyError)
    status = next(code for kind, code in STATUS.items() if isinstance(exc, kind))
    headers = {"Retry-After": str(exc.retry_after)} if exc.retry_after is not None else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    errors = [{"pointer": e.pointer, "detail": e.detail, "code": e.code} for e in exc.errors]
    return problem(request, status, exc.title, exc.detail, exc.code, errors, headers)


async def _on_bad_input(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, RequestValidationError)
    if any(e["type"] == "json_invalid" for e in exc.errors()):
        fault = {"pointer": "", "detail": "The body is not JSON.", "code": "json_invalid"}
        return problem(
            request, 422, kinds.Invalid.title, "Send a body that is JSON.", "json_invalid", [fault]
        )
    errors = [
        {"pointer": _pointer(e["loc"]), "detail": str(e["msg"]), "code": str(e["type"])}
        for e in exc.errors()[:50]
    ]
    detail = "Mend the fields listed in `errors` and send it again."
    return problem(request, 422, kinds.Invalid.title, detail, "invalid", errors)


def _pointer(location: tuple[Any, ...]) -> str:
    parts = location[1:] if location and location[0] in ("body", "query", "path", "header") else location
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


async def _on_http(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, HTTPException)
    title = TITLES.get(exc.status_code, "Request refused")
    detail = "There is nothing at this address." if exc.status_code == 404 else str(exc.detail)
    code = title.lower().replace(" ", "_")
    return problem(request, exc.status_code, title, detail, code, headers=dict(exc.headers or {}))


async def on_surprise(request: Request, exc: Exception) -> JSONResponse:
    """What nobody expected: 503 when the database is the trouble, else 500 and a line in the log."""
    if is_database_away(exc):
        log.warning("the database is away", path=request.url.path, error=repr(exc))
        detail = "The database cannot be reached. Nothing was changed; try again in a moment."
        return problem(
            request, 503, kinds.Unavailable.title, detail, "database_away", headers={"Retry-After": "5"}
        )
    if is_collision(exc):
        detail = "Someone else changed the same thing in the same moment. Nothing was changed; try again."
        return problem(request, 409, kinds.Conflict.title, detail, "collision", headers={"Retry-After": "1"})
    log.error("unexpected error", path=request.url.path, exc_info=exc)
    detail = "This is a fault of ours. It was logged with the request id; trying again may help."
    return problem(request, 500, "Internal error", detail, "internal_error")


def install(app: FastAPI) -> None:
    """Registers the handlers."""
    app.add_exception_handler(kinds.ReachlyError, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_bad_input)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, on_surprise)
