"""For whoever runs the server."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import BaseModel

from reachly.api.deps import PUBLIC, Caller, Db, require
from reachly.infra import metrics
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
async def scrape() -> Response:
    """Prometheus text."""
    return Response(metrics.render(), media_type=metrics.CONTENT_TYPE)
