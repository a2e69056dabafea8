"""Reading work for one organization in a process of its own, with a connection of its own (`infra/offload.py`).

For answers that take long because a list is long: the loop that serves everybody does not work on them.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import text

from reachly.data import session as sessions
from reachly.data.session import Database, Session, database, tenant
from reachly.infra import settings as settings_module
from reachly.infra.offload import offload
from reachly.infra.settings import Settings, current_settings
from reachly.kit import clock

# It thinks longer than a transaction may be silent elsewhere; it holds no locks, and ends with whoever asked.
MAY_BE_SILENT = text("SELECT set_config('idle_in_transaction_session_timeout', '0', true)")
T = TypeVar("T")
Work = Callable[..., Awaitable[T]]


@dataclass(frozen=True)
class _Order:
    """Everything that this process has installed and the other one needs."""

    settings: Settings
    dsn: str
    pooled: bool
    now: datetime
    organization_id: uuid.UUID
    work: Work[Any]
    arguments: tuple[Any, ...]


async def read_apart(organization_id: uuid.UUID, work: Work[T], *arguments: Any) -> T:
    """What `work(session, *arguments)` answers; it only reads. Raises what it raises."""
    here = database()
    order = _Order(current_settings(), here.dsn, here.pooled, clock.now(), organization_id, work, arguments)
    answer: T = await offload("reachly.data.apart:fulfil", order)
    return answer


async def fulfil(order: _Order) -> Any:
    """In the process beside, at the product time of the caller."""
    settings_module.install(order.settings)
    opened = Database(order.dsn, pool_size=1, pooled=order.pooled)
    sessions.install(opened)
    try:
        with clock.installed(clock.VirtualClock(order.now)):
            async with tenant(order.organization_id) as session:
                await session.execute(MAY_BE_SILENT)
                return await order.work(session, *order.arguments)
    finally:
        await opened.close()


async def read_by_size(
    organization_id: uuid.UUID, is_large: Callable[[Session], Awaitable[bool]], work: Work[T], *arguments: Any
) -> T:
    """Here when it is little, else apart: a process takes a second to begin."""
    async with tenant(organization_id) as session:
        if not await is_large(session):
            return await work(session, *arguments)
    return await read_apart(organization_id, work, *arguments)
