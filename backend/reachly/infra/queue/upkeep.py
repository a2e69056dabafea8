"""What the queue looks like, what was kept as failed, and the engine's own tables."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from pgqueuer.adapters.persistence.schema_ddl import render_install
from pgqueuer.domain.settings import DBSettings
from pgqueuer.domain.types import JobId
from pgqueuer.queries import Queries

from reachly.infra.queue.jobs import BadEnvelope, Connection, Job, Marks, read_envelope, unwrap


@dataclass(frozen=True, slots=True)
class QueueState:
    """How many jobs wait, run, and are kept as failed; and how long the oldest waiting one has waited, in seconds."""

    waiting: int
    running: int
    failed: int
    oldest_seconds: float


async def queue_state(connection: Connection) -> QueueState:
    """Counts for `/ready`, `doctor` and the metrics."""
    row = await connection.fetchrow(
        "SELECT count(*) FILTER (WHERE status = 'queued') AS waiting,"
        " count(*) FILTER (WHERE status = 'picked') AS running,"
        " count(*) FILTER (WHERE status = 'failed') AS failed,"
        " coalesce(extract(epoch FROM clock_timestamp()"
        " - min(execute_after) FILTER (WHERE status = 'queued')), 0)::float8 AS oldest FROM pgqueuer"
    )
    return QueueState(row["waiting"], row["running"], row["failed"], max(0.0, row["oldest"]))


@dataclass(frozen=True, slots=True)
class KeptJob:
    """One that failed for good. `error`: the last words of the exception, or nothing."""

    id: int
    name: str
    organization_id: uuid.UUID | None
    args: Mapping[str, Any]
    attempts: int
    failed_at: datetime
    error: str


_KEPT = """
SELECT q.id, q.entrypoint, q.payload, q.attempts, q.updated, (
    SELECT l.traceback ->> 'exception_message' FROM pgqueuer_log l
    WHERE l.job_id = q.id AND l.traceback IS NOT NULL ORDER BY l.id DESC LIMIT 1) AS error
FROM pgqueuer q WHERE q.status = 'failed' AND ($1::bytea IS NULL OR position($1::bytea IN q.payload) > 0)
ORDER BY q.id DESC LIMIT $2
"""


async def kept_jobs(
    connection: Connection, *, organization_id: uuid.UUID | None = None, limit: int = 200
) -> list[KeptJob]:
    """Those that failed for good, the latest first; of one organization, or (None) of all."""
    needle = str(organization_id).encode() if organization_id else None
    found = []
    for row in await connection.fetch(_KEPT, needle, limit):
        owner, args = read_envelope(row["payload"])
        if organization_id is None or owner == organization_id:
            found.append(
                KeptJob(
                    int(row["id"]), row["entrypoint"], owner, args, row["attempts"], row["updated"],
                    row["error"] or "",
                )
            )  # fmt: skip
    return found


async def failed_jobs(connection: Connection, limit: int = 100) -> list[Job]:
    """The jobs that were kept, newest first; unreadable ones have no args."""
    kept = await Queries.from_asyncpg_connection(connection).list_failed_jobs(limit=limit)
    jobs = []
    for each in kept:
        try:
            jobs.append(unwrap(each))
        except BadEnvelope:
            jobs.append(Job(int(each.id), each.entrypoint, None, {}, each.attempts))
    return jobs


async def requeue_failed(connection: Connection, ids: Sequence[int]) -> list[int]:
    """Puts kept jobs back; returns those that went. One that has an equal newer job waiting stays."""
    went = []
    for id_ in ids:
        try:
            async with connection.transaction():
                await Queries.from_asyncpg_connection(connection).requeue_jobs([JobId(id_)])
        except asyncpg.UniqueViolationError:
            continue
        went.append(id_)
        Marks.enqueued += 1
    return went


async def trim_log(connection: Connection, days: int) -> None:
    """Forgets the engine's log and statistics older than `days` (machine time)."""
    await connection.execute(
        "DELETE FROM pgqueuer_log WHERE created < now() - make_interval(days => $1)", days
    )
    await connection.execute(
        "DELETE FROM pgqueuer_statistics WHERE created < now() - make_interval(days => $1)", days
    )


def install_ddl() -> list[str]:
    """The statements that make the engine's tables, one by one, for the migration."""
    text = re.sub(r"^--.*$", "", render_install(DBSettings()), flags=re.MULTILINE)
    parts = re.split(
        r"(\$\$.*?\$\$)", text, flags=re.DOTALL
    )  # bodies of functions hold semicolons of their own
    statements, current = [], ""
    for part in parts:
        if part.startswith("$$"):
            current += part
            continue
        *ended, rest = part.split(";")
        for piece in ended:
            statements.append((current + piece).strip())
            current = ""
        current += rest
    return [statement for statement in [*statements, current.strip()] if statement]


async def plan_upgrade(connection: Connection) -> list[str]:
    """What the installed tables lack against this version of the engine; empty when they fit."""
    return list((await Queries.from_asyncpg_connection(connection).plan_upgrade()).statements)


async def upgrade(connection: Connection) -> list[str]:
    """Brings the engine's tables up to date; call it outside a transaction. Returns what ran."""
    return list((await Queries.from_asyncpg_connection(connection).apply_upgrade()).statements)
