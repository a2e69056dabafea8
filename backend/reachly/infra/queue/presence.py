"""Which workers live: a worker that was killed loses its jobs within seconds, one that is only slow keeps them.

A heartbeat cannot tell the two apart, so it has to be long. A lock that a worker holds on a connection of its own can:
the system closes the connection of a killed process at once, and a busy or frozen one keeps it. The heartbeat remains
for a machine that vanished without a word.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Collection
from contextlib import suppress
from typing import ClassVar

import asyncpg
import structlog

from reachly.infra.queue.jobs import Connection

log = structlog.get_logger(__name__)

LOCK = 7_225_012  # the first half of the lock's number; the second is made of the worker's id
_HOLD = "SELECT pg_try_advisory_lock($1, hashtext($2::uuid::text))"
# Only of workers that hold such a lock, which their ids tell: one of an earlier version may live beside us.
_ABSENT = """
SELECT DISTINCT j.queue_manager_id FROM pgqueuer j
WHERE j.status = 'picked' AND j.queue_manager_id::text LIKE '________-____-8%' AND NOT EXISTS (
    SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = $1::int8::oid AND l.objsubid = 2
    AND l.objid = (hashtext(j.queue_manager_id::text)::int8 & 4294967295)::oid
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""
_GIVE_BACK = """
UPDATE pgqueuer SET status = 'queued', queue_manager_id = NULL, slot = NULL, updated = now()
WHERE status = 'picked' AND queue_manager_id = ANY($1::uuid[]) RETURNING id
"""


def new_worker_id() -> uuid.UUID:
    """Version 8 ("vendor specific", RFC 9562): the mark of a worker whose life can be asked for."""
    return uuid.UUID(int=uuid.uuid4().int & ~(0xF << 76) | (8 << 76))


class Presence:
    """Holds the lock of one worker, and gives back the jobs of those who have gone."""

    interval_seconds: ClassVar[float] = 2.5
    """Who is absent in two looks running is gone: a connection that broke comes back in between."""

    def __init__(self, pool: Connection, worker_id: uuid.UUID) -> None:
        self._pool, self._worker_id = pool, worker_id
        self.looks = 0

    async def keep(self) -> None:
        """Until it is cancelled; takes the lock anew after an outage."""
        while True:
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                async with self._pool.acquire() as connection:
                    await self._watch(connection)
            await asyncio.sleep(0.2)

    async def _watch(self, connection: Connection) -> None:
        absent: Collection[uuid.UUID] = ()
        while await connection.fetchval(_HOLD, LOCK, self._worker_id):
            rows = await connection.fetch(_ABSENT, LOCK)
            now = {row["queue_manager_id"] for row in rows}
            if gone := now.intersection(absent):
                given = await connection.fetch(_GIVE_BACK, list(gone))
                log.warning("a worker is gone; its jobs go on elsewhere", jobs=[row["id"] for row in given])
            absent = now
            self.looks += 1
            await asyncio.sleep(self.interval_seconds)
