"""The working process: the job engine and the loops that run on product time."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import structlog

from reachly.bootstrap import Product
from reachly.data.stops import STOP_CHANNEL
from reachly.infra import metrics
from reachly.infra.live_bus import LiveBus
from reachly.infra.queue import Job, JobEngine
from reachly.infra.settings import Settings
from reachly.jobs import analytics, campaigns, enrichment, leads, scheduling, verification
from reachly.jobs.inbox import SIDE_BY_SIDE, InboxLoop
from reachly.jobs.sending import SendingLoop
from reachly.jobs.upkeep import UpkeepLoop
from reachly.kit import clock
from reachly.services.webhooks.failures import tell_failed

WAKE_CHANNEL = "reachly_wake"
RoomHandler = Callable[[uuid.UUID, dict[str, str]], Awaitable[None]]
HANDLERS: dict[str, RoomHandler] = {
    **leads.HANDLERS,
    **verification.HANDLERS,
    **enrichment.HANDLERS,
    **campaigns.HANDLERS,
    **scheduling.HANDLERS,
    **analytics.HANDLERS,
}
log = structlog.get_logger(__name__)


def _bind(handler: RoomHandler) -> Callable[[Job], Awaitable[None]]:
    async def handle(job: Job) -> None:
        assert job.organization_id is not None, f"{job.name} names no organization"
        await handler(job.organization_id, {name: str(value) for name, value in job.args.items()})

    return handle


def build_engine(product: Product) -> JobEngine:
    """The job engine with every handler."""
    jobs = product.settings.jobs
    engine = JobEngine(
        product.jobs_pool,
        concurrency=jobs.concurrency,
        heartbeat_seconds=jobs.heartbeat_seconds,
        shutdown_seconds=jobs.shutdown_seconds,
        on_kept=tell_failed,
    )
    for name, handler in HANDLERS.items():
        engine.register(name, _bind(handler))
    return engine


def with_room(settings: Settings) -> Settings:
    """The pool as large as what runs side by side, turns and looks: a connection that is opened for one transaction and
    closed after it asks the server for its types anew."""
    wanted = settings.sending.mailboxes_per_lease + SIDE_BY_SIDE
    database = settings.database.model_copy(update={"pool_size": max(settings.database.pool_size, wanted)})
    return settings.model_copy(update={"database": database})


async def work(product: Product, stop: asyncio.Event) -> None:
    """Works until `stop`; then finishes what is in flight and gives the rest back."""
    engine = build_engine(product)
    bus = LiveBus(product.listen_dsn)

    async def wake(_payload: str) -> None:
        clock.nudge("sending")
        clock.nudge("inbox")

    sending = SendingLoop(product.settings)

    async def call_back(payload: str) -> None:
        sending.hear(payload)

    async def ask_again() -> None:
        sending.missed_something()

    bus.subscribe(WAKE_CHANNEL, wake)
    bus.subscribe(STOP_CHANNEL, call_back)
    bus.on_reconnect(ask_again)
    async with AsyncExitStack() as stack:
        told = product.settings.metrics
        metrics.serve_beside("worker", told.worker_host, told.worker_port, stack)
        await bus.start()
        stack.push_async_callback(bus.stop)
        loops = (sending, InboxLoop(product.settings), UpkeepLoop(product.settings))
        async with asyncio.TaskGroup() as group:
            group.create_task(engine.run(stop), name="jobs")
            for loop in loops:
                group.create_task(_keep_running(loop.run, stop), name=type(loop).__name__)


async def _keep_running(run: Callable[[asyncio.Event], Awaitable[None]], stop: asyncio.Event) -> None:
    """A loop that meets an outage of the database begins anew; it never takes the others down."""
    delay = 0.5
    while not stop.is_set():
        try:
            await run(stop)
        except Exception as error:
            log.exception("a loop stopped and starts again", error=repr(error))
            await asyncio.sleep(delay)
            delay = min(delay * 2, 10)
