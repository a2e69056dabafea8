"""Opens what a process needs, in order, and closes it: logging, settings, pools, cache, limiter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from reachly.data import session, stops
from reachly.data.session import Database, server_settings
from reachly.infra import cache, logging, outbound
from reachly.infra import settings as settings_module
from reachly.infra.limiter import Limiter
from reachly.infra.settings import Settings
from reachly.kit import clock
from reachly.services.sending import service as sending


@dataclass(frozen=True, slots=True)
class Product:
    """The open parts of one process. `dsn` is for the application, `listen_dsn` for LISTEN and the job engine."""

    settings: Settings
    dsn: str
    listen_dsn: str
    database: Database
    jobs_pool: Any  # asyncpg brings no types
    limiter: Limiter


@asynccontextmanager
async def open_product(
    settings: Settings, dsn: str, listen_dsn: str | None = None, *, durable: bool = True
) -> AsyncIterator[Product]:
    """The product on a migrated database. The clock is the real one unless one was installed before."""
    logging.configure(level=settings.log.level, form=settings.log.form)
    settings_module.install(settings)
    outbound.install(settings.outbound.allow)
    clock.current()
    async with AsyncExitStack() as stack:
        kept = cache.Cache(settings.redis_address)
        cache.install(kept)
        stack.push_async_callback(kept.close)
        chosen = settings.database
        database = Database(dsn, pool_size=chosen.pool_size, pooled=chosen.pooled, durable=durable)
        session.install(database)
        stops.install(sending.follow_stop)
        stack.push_async_callback(database.close)
        direct = listen_dsn or dsn
        jobs_pool = await stack.enter_async_context(
            asyncpg.create_pool(
                direct, min_size=1, max_size=6, server_settings=server_settings(durable=durable)
            )
        )
        yield Product(settings, dsn, direct, database, jobs_pool, Limiter(settings.redis_address))
