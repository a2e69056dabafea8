"""Facts leave through here, in the transaction that caused them, as its last act.

In this order, rows sorted by key so that nothing deadlocks: counters, jobs, notices to people, then the live sequence
together with the append-only events (one statement: the number is taken under a row lock that is held until the
commit), then NOTIFY. Either all of it commits or none.
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, date
from typing import Any

import asyncpg

from reachly import pipeline
from reachly.data.ids import new_ids
from reachly.data.models.outbox import COUNTERS
from reachly.data.session import Session, raw
from reachly.events import Event, ImportProgressed
from reachly.infra import queue
from reachly.kit.ids import NIL

LIVE_CHANNEL = "reachly_live"
WAKE_CHANNEL = "reachly_wake"
VOLATILE_CHANNEL = "reachly_volatile"

_STATS = """
INSERT INTO campaign_stats AS s (organization_id, campaign_id, sequence_id, variant, email_account_id, day, {columns})
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::date[], {arrays})
ON CONFLICT (organization_id, campaign_id, sequence_id, variant, email_account_id, day)
DO UPDATE SET {sums}
""".format(
    columns=", ".join(COUNTERS),
    arrays=", ".join(f"${n}::int[]" for n in range(7, 7 + len(COUNTERS))),
    sums=", ".join(f"{c} = s.{c} + excluded.{c}" for c in COUNTERS),
)

_EVENTS = """
WITH taken AS (
    INSERT INTO organization_seq AS q (organization_id, last) VALUES ($1, $2)
    ON CONFLICT (organization_id) DO UPDATE SET last = q.last + excluded.last
    RETURNING last
), stored AS (
    INSERT INTO analytics_events (organization_id, id, seq, event_type, live_name, campaign_id, lead_id, enrollment_id,
                                  send_id, email_account_id, sequence_id, variant, event_data, created_at)
    SELECT $1, f.id, taken.last - $2 + f.n, f.event_type, f.live_name, f.campaign_id, f.lead_id, f.enrollment_id,
           f.send_id, f.email_account_id, f.sequence_id, f.variant, f.event_data, f.created_at
    FROM taken, unnest($3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::uuid[], $8::uuid[], $9::uuid[], $10::uuid[],
                       $11::uuid[], $12::text[], $13::jsonb[], $14::timestamptz[])
         WITH ORDINALITY AS f(id, event_type, live_name, campaign_id, lead_id, enrollment_id, send_id,
                              email_account_id, sequence_id, variant, event_data, created_at, n)
)
SELECT pg_notify($15, $1::text || ':' || last) FROM taken
"""

_NOTICES = """
INSERT INTO notifications (organization_id, id, user_id, kind, title, detail, subject, created_at)
SELECT $1, gen_random_uuid(), u.id, n.kind, n.title, n.detail, n.subject, n.at
FROM users u,
     unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[]) AS n(kind, title, detail, subject, at)
WHERE u.organization_id = $1 AND u.is_active
"""

_SHARED = frozenset(f.name for f in fields(Event))
_own_fields_of: dict[str, tuple[str, ...]] = {}
_Key = tuple[uuid.UUID, uuid.UUID, uuid.UUID, str, uuid.UUID, date]


async def emit(session: Session, events: Sequence[Event], *, wake: bool = False) -> None:
    """Keeps, counts and announces a batch of facts of one or more organizations, and starts their jobs.

    `wake` also rouses the sending and inbox loops at commit.
    """
    if not events and not wake:
        return
    connection = await raw(session)
    await _count(connection, events)
    await _start_jobs(connection, events)
    by_organization: dict[uuid.UUID, list[Event]] = defaultdict(list)
    for event in events:
        if event.stored:
            by_organization[event.organization_id].append(event)
        elif isinstance(event, ImportProgressed):
            await _announce_volatile(connection, event)
    for organization_id in sorted(by_organization):
        await _notify_people(connection, organization_id, by_organization[organization_id])
        await _store(connection, organization_id, by_organization[organization_id])
    if wake:
        await connection.execute("SELECT pg_notify($1, '')", WAKE_CHANNEL)


async def _count(connection: asyncpg.Connection[Any], events: Sequence[Event]) -> None:
    sums: dict[_Key, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for e in events:
        if e.campaign_id and (counts := e.counts()):
            day = e.at.astimezone(UTC).date()
            step, mailbox = e.sequence_id or NIL, e.email_account_id or NIL
            key = (e.organization_id, e.campaign_id, step, e.variant or "", mailbox, day)
            for name, n in counts.items():
                sums[key][name] += n
    if sums:
        keys = sorted(sums)
        columns = [list(column) for column in zip(*keys, strict=True)]
        await connection.execute(_STATS, *columns, *([sums[key][c] for key in keys] for c in COUNTERS))


async def _start_jobs(connection: asyncpg.Connection[Any], events: Sequence[Event]) -> None:
    wanted = {
        (job, e.organization_id, tuple(sorted(e.job_args().items())))
        for e in events
        for job in pipeline.JOBS.get(type(e), ())
    }
    for job, organization_id, args in sorted(wanted):
        await queue.enqueue(connection, job, organization_id, dict(args), once=True)


async def _notify_people(
    connection: asyncpg.Connection[Any], organization_id: uuid.UUID, events: Sequence[Event]
) -> None:
    """One row a person, so that each reads their own."""
    rows = [(e.name, n.title, n.detail, n.subject, e.at) for e in events if (n := e.notice())]
    if rows:
        columns = (list(column) for column in zip(*rows, strict=True))
        await connection.execute(_NOTICES, organization_id, *columns)


async def _store(
    connection: asyncpg.Connection[Any], organization_id: uuid.UUID, events: Sequence[Event]
) -> None:
    """Keeps them, numbered, and announces the last number."""
    rows = [
        (
            id_, e.name, pipeline.LIVE.get(type(e)), e.campaign_id, e.lead_id, e.enrollment_id, e.send_id,
            e.email_account_id, e.sequence_id, e.variant, json.dumps(_payload(e)), e.at,
        )
        for id_, e in zip(new_ids(len(events)), events, strict=True)
    ]  # fmt: skip
    columns = (list(column) for column in zip(*rows, strict=True))
    await connection.execute(_EVENTS, organization_id, len(rows), *columns, LIVE_CHANNEL)


def _own_fields(event: Event) -> tuple[str, ...]:
    kind = type(event).__name__
    found = _own_fields_of.get(kind)
    if found is None:
        found = _own_fields_of[kind] = tuple(f.name for f in fields(event) if f.name not in _SHARED)
    return found


def _payload(event: Event) -> dict[str, Any]:
    """`data` and the fields that only this kind of fact has."""
    own = {name: getattr(event, name) for name in _own_fields(event)}
    return {**event.data, **{k: str(v) if isinstance(v, uuid.UUID) else v for k, v in own.items()}}


async def _announce_volatile(connection: asyncpg.Connection[Any], event: ImportProgressed) -> None:
    body = {
        "event": pipeline.LIVE[type(event)],
        "organization_id": str(event.organization_id),
        **_payload(event),
    }
    await connection.execute("SELECT pg_notify($1, $2)", VOLATILE_CHANNEL, json.dumps(body))
