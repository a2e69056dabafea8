"""For whoever runs the server."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, Header, Response
from pydantic import BaseModel

from reachly.api.deps import PUBLIC, Caller, Db, require
from reachly.infra import metrics
from reachly.infra.settings import current_settings
from reachly.kit.errors import NotFound, Unauthenticated
from reachly.services.identity.schemas import Permission
from reachly.services.live import service as live
from reachly.services.sending import service as sending

router = APIRouter(tags=["operations"])


class Health(BaseModel):
    status: str


@router.get("/health", dependencies=[PUBLIC])
async def health() -> Health:
    """The process is alive."""
    return Health(status="ok")


@router.get("/ready", dependencies=[PUBLIC])
async def ready() -> Health:
    """Database, schema and queue answer; 503 otherwise."""
    await live.check_ready()
    return Health(status="ok")


@router.post(
    "/api/organization/resume-sending", status_code=204, dependencies=[require(Permission.ORG_ADMIN)]
)
async def resume_sending(session: Db, actor: Caller) -> None:
    """After a restore: an administrator has looked what left since the copy was made, and lets sending go on."""
    await sending.resume_sending(session, actor)


@router.get("/metrics", dependencies=[PUBLIC], include_in_schema=False)
async def scrape(authorization: Annotated[str | None, Header()] = None) -> Response:
    """Prometheus text, for who brings the operator's token; without one set there is nothing here. Each process has a
    port of its own for it besides."""
    token = current_settings().metrics.token
    if token is None:
        raise NotFound("Metrics are served on a port of their own, or here with REACHLY_METRICS__TOKEN.")
    wanted = f"Bearer {token.get_secret_value()}"
    if not hmac.compare_digest((authorization or "").encode(), wanted.encode()):
        raise Unauthenticated("Send the metrics token as `Authorization: Bearer …`.", code="no_token")
    return Response(metrics.render(), media_type=metrics.CONTENT_TYPE)
