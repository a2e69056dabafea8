"""What a job is, and how it gets into the queue."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from pgqueuer.domain.models import Job as EngineJob
from pgqueuer.queries import Queries

ENVELOPE = 1
Connection: TypeAlias = Any
"""An asyncpg connection or pool (the driver brings no types)."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a handler gets. `args` holds what was enqueued; ids are text in it, `uuid(name)` reads one."""

    id: int
    name: str
    organization_id: uuid.UUID | None
    args: Mapping[str, Any]
    attempts: int

    def uuid(self, name: str) -> uuid.UUID:
        """The argument `name` as an id. Raises KeyError or ValueError: such a job is kept as failed."""
        return uuid.UUID(self.args[name])


Handler: TypeAlias = Callable[[Job], Awaitable[None]]


class BadEnvelope(Exception):
    """The payload was not written by a version of Reachly that this one knows."""


class Marks:
    """Counts what this process enqueued since the last time the queue was seen empty."""

    enqueued: ClassVar[int] = 0


_LOCK_SHARED = """
SELECT pg_advisory_xact_lock_shared(hashtextextended(key, 0)) FROM unnest($1::text[]) AS key ORDER BY key
"""
_BEGIN = """
WITH locked AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtextextended($2, 0)))
UPDATE pgqueuer SET dedupe_key = $2 || '|' || id FROM locked WHERE id = $1 AND dedupe_key = $2
"""
_SUPERSEDED = """
SELECT EXISTS (SELECT FROM pgqueuer WHERE status IN ('queued', 'picked') AND id > $1
               AND split_part(dedupe_key, '|', 1) = $2)
"""
_running: ContextVar[tuple[int, str] | None] = ContextVar("running job", default=None)


async def enqueue(
    connection: Connection,
    name: str,
    organization_id: uuid.UUID | None,
    args: Mapping[str, Any] | None = None,
    *,
    once: bool = False,
    priority: int = 0,
) -> int | None:
    """Adds a job on the session's own asyncpg connection, inside its open transaction.

    `once`: not when an equal job (name, organization, arguments) waits already; then the answer is None. The one that
    waits will see what this transaction writes: it does not begin before this has committed (`begin`). A job
    that runs already does not count, for it may have passed what has changed.
    """
    return (
        await enqueue_many(connection, name, organization_id, [args or {}], once=once, priority=priority)
    )[0]


async def enqueue_many(
    connection: Connection,
    name: str,
    organization_id: uuid.UUID | None,
    args: Sequence[Mapping[str, Any]],
    *,
    once: bool = False,
    priority: int = 0,
) -> list[int | None]:
    """The same for many jobs of one name in one round trip."""
    Marks.enqueued += 1
    many = len(args)
    payloads: list[bytes | None] = [_wrap(organization_id, each) for each in args]
    keys = [_key_of(name, payload) if once else None for payload in payloads]
    if once:
        await connection.execute(_LOCK_SHARED, keys)
    ids = await Queries.from_asyncpg_connection(connection).enqueue(
        [name] * many,
        payloads,
        [priority] * many,
        dedupe_key=keys,
        on_conflict="skip",  # "raise" would abort the caller's transaction
    )
    return [None if id_ is None else int(id_) for id_ in ids]


async def begin(connection: Connection, job: EngineJob) -> None:
    """From now on an equal job may wait beside this one, which is about to run in this task.

    Waits for the transactions that were told that an equal job waits, so that this one sees what they wrote.
    """
    key = _key_of(job.entrypoint, job.payload)
    await connection.execute(_BEGIN, job.id, key)
    _running.set((int(job.id), key))


async def is_superseded(connection: Connection) -> bool:
    """Whether an equal job came after the one that runs in this task. It looks at everything again, so that a long one
    may stop here; otherwise every change of a large campaign would have a run of its own beside the others."""
    running = _running.get()
    return running is not None and bool(await connection.fetchval(_SUPERSEDED, *running))


def _key_of(name: str, payload: bytes | None) -> str:
    """Equal jobs have equal keys."""
    return f"{name}:{hashlib.blake2b(payload or b'', digest_size=16).hexdigest()}"


def _wrap(organization_id: uuid.UUID | None, args: Mapping[str, Any]) -> bytes:
    owner = str(organization_id) if organization_id else None
    body = {"v": ENVELOPE, "organization_id": owner, "args": dict(args)}
    return json.dumps(body, default=str, sort_keys=True).encode()


def read_envelope(payload: bytes | None) -> tuple[uuid.UUID | None, dict[str, Any]]:
    """(whose job it is, its arguments); nothing of one that cannot be read."""
    try:
        body = json.loads(payload or b"")
        owner = body["organization_id"]
        return (uuid.UUID(owner) if owner else None), dict(body["args"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None, {}


def unwrap(job: EngineJob) -> Job:
    try:
        body = json.loads(job.payload or b"")
        if body["v"] != ENVELOPE:
            raise BadEnvelope(f"Job {job.id} has an envelope of version {body['v']}.")
        owner = body["organization_id"]
        organization_id = uuid.UUID(owner) if owner else None
        return Job(int(job.id), job.entrypoint, organization_id, dict(body["args"]), job.attempts)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadEnvelope(f"Job {job.id} has no envelope that can be read.") from None
