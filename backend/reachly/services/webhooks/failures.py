"""Jobs that failed for good: an administrator sees their organization's, and has them tried again."""

from __future__ import annotations

from reachly.data import outbox
from reachly.data.session import Session, raw, tenant
from reachly.data.system import system
from reachly.events import JobFailed
from reachly.infra import queue
from reachly.infra.queue import Job
from reachly.kit import clock
from reachly.kit.errors import Conflict, NotFound
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor
from reachly.services.webhooks.schemas import FailedJobOut, RetriedOut

WORDS = {
    "leads.import": "Reading an import",
    "leads.undo": "Taking back an import",
    "verification.verify_batch": "Checking addresses",
    "enrichment.enrich_batch": "Looking up facts about people",
    "campaigns.personalise": "Preparing the people of a campaign",
    "campaigns.enroll_import": "Adding an import to a campaign",
    "campaigns.look_over": "Looking for people who lack a field",
    "campaigns.look_over_marked": "Looking for people who lack a field",
    "campaigns.look_over_lead": "Looking for fields that a person lacks",
    "campaigns.end_suppressed": "Taking somebody out of every campaign",
    "scheduling.plan": "Planning a campaign",
    "scheduling.plan_new": "Planning a campaign",
    "scheduling.plan_mailbox": "Planning the messages of a mailbox",
    "scheduling.hand_over": "Handing people over to another mailbox",
    "analytics.check_mailbox": "Judging what comes back to a mailbox",
}
SHOWN = 500  # characters of an error
MOST = 10_000  # of one organization that a request tries again


async def list_failed_jobs(actor: Actor) -> list[FailedJobOut]:
    """The organization's own, the latest first."""
    async with system() as session:  # the queue is everybody's: whose a job is stands in the job
        kept = await queue.kept_jobs(await raw(session), organization_id=actor.organization_id)
    return [
        FailedJobOut(
            id=job.id, name=job.name, what=WORDS.get(job.name, job.name), error=job.error[:SHOWN],
            attempts=job.attempts, failed_at=job.failed_at, args={k: str(v) for k, v in job.args.items()},
        )
        for job in kept
    ]  # fmt: skip


async def retry_failed_job(session: Session, actor: Actor, job_id: int) -> None:
    """Puts one back into the queue. Raises NotFound, or Conflict where the same waits already."""
    async with system() as whole:
        connection = await raw(whole)
        kept = await queue.kept_jobs(connection, organization_id=actor.organization_id, limit=MOST)
        job = next((job for job in kept if job.id == job_id), None)
        if job is None:
            raise NotFound("There is no such failed job. It may have been tried again meanwhile.")
        if not await queue.requeue_failed(connection, [job_id]):
            raise Conflict("The same work waits to be done already, and does what this one failed to do.")
    await _record(session, actor, job.name)


async def retry_failed_jobs(session: Session, actor: Actor) -> RetriedOut:
    """Puts all of the organization back into the queue; where the same waits already, the failed one stays."""
    async with system() as whole:
        connection = await raw(whole)
        kept = await queue.kept_jobs(connection, organization_id=actor.organization_id, limit=MOST)
        # The oldest first: what was asked for first is done first.
        went = await queue.requeue_failed(connection, [job.id for job in reversed(kept)])
    if went:
        await _record(session, actor, f"{len(went)} jobs")
    return RetriedOut(retried=len(went), waiting=len(kept) - len(went))


async def _record(session: Session, actor: Actor, what: str) -> None:
    await identity.record(
        session, actor.organization_id, actor.user_id, "job.retried", subject=what, ip=actor.ip
    )


async def tell_failed(job: Job) -> None:
    """A notice to the people of the organization whose job it was."""
    if job.organization_id is None:
        return
    async with tenant(job.organization_id) as session:
        data = {"what": WORDS.get(job.name, job.name), "job_id": job.id}
        event = JobFailed(organization_id=job.organization_id, at=clock.now(), data=data)
        await outbox.emit(session, [event])
