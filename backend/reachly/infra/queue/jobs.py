"""What a job is, and how it gets into the queue."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
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


async def enqueue(
    connection: Connection,
    name: str,
    organization_id: uuid.UUID | None,
    args: Mapping[str, Any] | None = None,
    *,
    dedupe_key: str | None = None,
    priority: int = 0,
) -> int | None:
    """Adds a job on the session's own asyncpg connection, inside its open transaction.

    Returns the id, or None when a waiting or running job has the same `dedupe_key`.
    """
    return (
        await enqueue_many(connection, name, organization_id, [args or {}], [dedupe_key], priority=priority)
    )[0]


async def enqueue_many(
    connection: Connection,
    name: str,
    organization_id: uuid.UUID | None,
    args: Sequence[Mapping[str, Any]],
    dedupe_keys: Sequence[str | None] | None = None,
    *,
    priority: int = 0,
) -> list[int | None]:
    """The same for many jobs of one name in one round trip."""
    Marks.enqueued += 1
    many = len(args)
    ids = await Queries.from_asyncpg_connection(connection).enqueue(
        [name] * many,
        [_wrap(organization_id, each) for each in args],
        [priority] * many,
        dedupe_key=list(dedupe_keys) if dedupe_keys else [None] * many,
        on_conflict="skip",  # "raise" would abort the caller's transaction
    )
    return [None if id_ is None else int(id_) for id_ in ids]


def _wrap(organization_id: uuid.UUID | None, args: Mapping[str, Any]) -> bytes:
    owner = str(organization_id) if organization_id else None
    return json.dumps({"v": ENVELOPE, "organization_id": owner, "args": dict(args)}, default=str).encode()


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
