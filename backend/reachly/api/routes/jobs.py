"""Work in the background that failed."""

from __future__ import annotations

from fastapi import APIRouter

from reachly.api.deps import Caller, Db, require
from reachly.services.identity.schemas import Permission
from reachly.services.webhooks import failures
from reachly.services.webhooks.schemas import FailedJobOut, RetriedOut

router = APIRouter(prefix="/api/jobs", tags=["jobs"])
ADMIN = require(Permission.ORG_ADMIN)


@router.get("/failed", dependencies=[ADMIN])
async def list_failed_jobs(actor: Caller) -> list[FailedJobOut]:
    """The organization's own, the latest first."""
    return await failures.list_failed_jobs(actor)


@router.post("/failed/retry", dependencies=[ADMIN])
async def retry_failed_jobs(session: Db, actor: Caller) -> RetriedOut:
    """Puts all of them back into the queue, the oldest first."""
    return await failures.retry_failed_jobs(session, actor)


@router.post("/failed/{job_id}/retry", status_code=204, dependencies=[ADMIN])
async def retry_failed_job(job_id: int, session: Db, actor: Caller) -> None:
    """Puts it back into the queue. Where the same work waits already, 409."""
    await failures.retry_failed_job(session, actor, job_id)
