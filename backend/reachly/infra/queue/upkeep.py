"""What the queue looks like, what was kept as failed, and the engine's own tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
from pgqueuer.adapters.persistence.schema_ddl import render_install
from pgqueuer.domain.settings import DBSettings
from pgqueuer.domain.types import JobId
from pgqueuer.queries import Queries

from reachly.infra.queue.jobs import BadEnvelope, Connection, Job, Marks, unwrap


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
