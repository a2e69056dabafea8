"""The loop that runs jobs, and the wait until there are none."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg
import structlog
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job as EngineJob
from pgqueuer.domain.types import QueueManagerId
from pgqueuer.queries import Queries

from reachly.infra.queue.jobs import Connection, Handler, Job, Marks, begin, unwrap
from reachly.infra.queue.presence import Presence, new_worker_id
from reachly.kit.errors import Unavailable

log = structlog.get_logger(__name__)

_WAITING = -1
_UNFINISHED = """
SELECT id FROM pgqueuer WHERE status = 'picked'
UNION ALL SELECT -1 WHERE EXISTS (SELECT FROM pgqueuer WHERE status = 'queued')
"""
"""One statement, so that a job that goes back to waiting is seen on one side or the other."""

MAX_ATTEMPTS = 5
BATCH = 5


class JobEngine:
    """Runs the jobs of one process. After a kill others take its jobs within seconds (`presence`), after the loss of
    its machine within `heartbeat_seconds` and the time of a look.

    `on_kept` hears of each job that failed for good.

    `pool` is an asyncpg pool of the app's login role, on a direct address, with room for at least three connections
    (one listens, one says that this worker lives).
    """

    def __init__(
        self,
        pool: Connection,
        *,
        concurrency: int = 10,
        heartbeat_seconds: float = 60.0,
        shutdown_seconds: float = 8.0,
        on_kept: Callable[[Job], Awaitable[None]] | None = None,
    ) -> None:
        self._pool = pool
        self._on_kept = on_kept
        self._concurrency = max(concurrency, 2 * BATCH)
        self._heartbeat = timedelta(seconds=heartbeat_seconds)
        self._dequeue = timedelta(seconds=min(30.0, heartbeat_seconds))
        self._shutdown_seconds = shutdown_seconds
        self._handlers: dict[str, tuple[Handler, int]] = {}
        self._manager: QueueManager | None = None
        self._stopping = False
        self._done: set[int] = set()
        self.running = 0

    @property
    def names(self) -> frozenset[str]:
        """The names that have a handler."""
        return frozenset(self._handlers)

    def register(self, name: str, handler: Handler, *, at_once: int = 0) -> None:
        """Binds a job name to its handler; `at_once` limits how many run over all workers (0: no limit)."""
        assert name not in self._handlers, f"two handlers for {name}"
        self._handlers[name] = (handler, at_once)

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop`, then finishes what runs; what does not finish in time goes back to the queue.

        Lives through an outage of the database.
        """
        delay = 0.2
        while not stop.is_set():
            began = asyncio.get_running_loop().time()
            try:
                await self._run_once(stop)
            except Exception as error:  # noqa: BLE001 - whatever broke the engine, it starts again
                log.warning("the job engine stopped and starts again", error=repr(error))
            if asyncio.get_running_loop().time() - began > 30:
                delay = 0.2
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), delay)
            delay = min(delay * 2, 5.0)

    async def _run_once(self, stop: asyncio.Event) -> None:
        manager = QueueManager(Queries.from_asyncpg_pool(self._pool))
        manager.queue_manager_id = QueueManagerId(new_worker_id())
        presence = Presence(self._pool, manager.queue_manager_id)
        for name, (handler, at_once) in self._handlers.items():
            bound = self._bind(handler)
            manager.entrypoint(name, concurrency_limit=at_once, accepts_context=False, on_failure="hold")(
                bound
            )
        self._manager, self._stopping = manager, False
        run = asyncio.create_task(
            manager.run(
                batch_size=BATCH,
                max_concurrent_tasks=self._concurrency,
                heartbeat_timeout=self._heartbeat,
                dequeue_timeout=self._dequeue,
                shutdown_on_listener_failure=True,
            ),
            name="job-engine",
        )
        stopped = asyncio.create_task(stop.wait())
        present = asyncio.create_task(presence.keep(), name="presence")
        try:
            await asyncio.wait({run, stopped}, return_when=asyncio.FIRST_COMPLETED)
            manager.shutdown.set()
            await self._finish(run)
        finally:
            stopped.cancel()
            if not run.done():
                self._stopping = True
                run.cancel()
                await asyncio.wait({run})
            present.cancel()
            await asyncio.wait({present})

    async def _finish(self, run: asyncio.Task[None]) -> None:
        try:
            await asyncio.wait_for(asyncio.shield(run), self._shutdown_seconds)
        except TimeoutError:
            self._stopping = True
            run.cancel()
            await asyncio.wait({run})

    def _bind(self, handler: Handler) -> Callable[[EngineJob], Awaitable[None]]:
        async def handle(engine_job: EngineJob) -> None:
            self.running += 1
            name = engine_job.entrypoint
            try:
                job = unwrap(engine_job)
                await begin(self._pool, engine_job)
                with structlog.contextvars.bound_contextvars(
                    job=name, job_id=job.id, organization_id=str(job.organization_id or "")
                ):
                    await handler(job)
                self._done.add(job.id)
            except asyncio.CancelledError:
                if not self._stopping:
                    raise
                raise RetryRequested(delay=timedelta(0), reason="the worker is stopping") from None
            except RetryRequested:
                raise
            except Exception as error:
                if engine_job.attempts < MAX_ATTEMPTS and is_transient(error):
                    wait = timedelta(seconds=2**engine_job.attempts)
                    raise RetryRequested(delay=wait, reason=type(error).__name__) from error
                self._done.add(int(engine_job.id))
                log.exception("a job failed and is kept", job=name, job_id=int(engine_job.id))
                await self._tell(engine_job)
                raise
            finally:
                self.running -= 1

        return handle

    async def _tell(self, engine_job: EngineJob) -> None:
        """Says that a job has failed for good; what goes wrong with that changes nothing."""
        if self._on_kept is None:
            return
        try:
            await self._on_kept(unwrap(engine_job))
        except Exception:
            log.exception("nobody could be told of a failed job", job_id=int(engine_job.id))

    async def drain(self) -> bool:
        """Waits until no job waits or runs; whether there were any. Costs nothing when this process enqueued nothing.

        The virtual clock awaits it before time moves on, so that jobs take no product time.
        """
        had_work = Marks.enqueued > 0
        pause = 0.002
        while Marks.enqueued:
            seen = Marks.enqueued
            if await self._is_empty():
                if seen == Marks.enqueued:
                    Marks.enqueued = 0
                continue
            await asyncio.sleep(pause)
            pause = min(pause * 1.2, 0.02)
        return had_work

    async def _is_empty(self) -> bool:
        """Whether nothing waits, and what is picked is done here and only not yet written off by the engine."""
        rows = await self._pool.fetch(_UNFINISHED)
        picked = {int(row["id"]) for row in rows}
        if _WAITING in picked:
            return False
        self._done &= picked
        return picked == self._done


def is_transient(error: BaseException) -> bool:
    """Whether the same job may well succeed a moment later: the database or a peer was away, or a deadlock."""
    passing = (
        Unavailable,
        ConnectionError,
        TimeoutError,
        asyncpg.PostgresConnectionError,
        asyncpg.CannotConnectNowError,
        asyncpg.AdminShutdownError,
        asyncpg.DeadlockDetectedError,
        asyncpg.SerializationError,
    )
    chain: BaseException | None = error
    for _ in range(6):
        if chain is None:
            return False
        if isinstance(chain, passing):
            return True
        chain = chain.__cause__ or getattr(chain, "orig", None)
    return False
