"""For whoever runs the server."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import BaseModel

from reachly.api.deps import PUBLIC
from reachly.infra import metrics
from reachly.services.live import service as live

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


@router.get("/metrics", dependencies=[PUBLIC], include_in_schema=False)
async def scrape() -> Response:
    """Prometheus text."""
    return Response(metrics.render(), media_type=metrics.CONTENT_TYPE)
