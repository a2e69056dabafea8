"""Housekeeping in the background of every worker: what must be made ahead, what may be forgotten, what is shown.

It lives on machine time and is nobody's product: no slot, no send and no reply depends on it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from reachly.data import upkeep
from reachly.data.errors import is_database_away
from reachly.data.system import system
from reachly.infra import metrics
from reachly.infra.settings import Settings
from reachly.kit import clock
from reachly.services.analytics import service as analytics
from reachly.services.identity import service as identity

GAUGES_SECONDS = 30.0
DAILY_SECONDS = 24 * 3600.0
SEEN = timedelta(hours=24)
log = structlog.get_logger(__name__)


class UpkeepLoop:
    """Several workers may run it side by side: everything in it is idempotent."""

    def __init__(self, settings: Settings) -> None:
        self._keep_log_days = settings.jobs.keep_log_days

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. What fails is tried again at its next turn."""
        cleaned = -DAILY_SECONDS
        while not stop.is_set():
            if time.monotonic() - cleaned >= DAILY_SECONDS:
                await _try(self.clean_up)
                cleaned = time.monotonic()
            await _try(show_gauges)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), GAUGES_SECONDS)

    async def clean_up(self) -> None:
        """Partitions ahead; what nobody looks at is forgotten; mailboxes whose mail comes back are spoken of."""
        await upkeep.ensure_partitions()
        await upkeep.trim_job_log(self._keep_log_days)
        async with system() as session:
            await identity.forget_attempts(session)
            await identity.forget_answers(session)
        await analytics.check_everybody()


async def keep_gauges() -> None:
    """The same numbers in the serving process, whose `/metrics` is scraped; until cancelled."""
    while True:
        await _try(show_gauges)
        await asyncio.sleep(GAUGES_SECONDS)


async def show_gauges() -> None:
    """Sets the gauges of `/metrics`."""
    now = clock.now()
    async with system() as session:
        found = await upkeep.read_gauges(session, now, (now - SEEN).date())
    queue = await upkeep.read_queue()
    metrics.campaigns_active.set(found.campaigns_active)
    metrics.email_backlog.set(found.backlog)
    metrics.deliverability_ratio.set(found.delivered_share)
    metrics.jobs_waiting.set(queue.waiting)
    metrics.jobs_failed.set(queue.failed)


async def _try(work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except Exception as error:
        if is_database_away(error):
            log.warning("housekeeping waits for the database")
        else:
            log.exception("housekeeping failed and is tried again", error=repr(error))
