"""Housekeeping over all organizations: partitions, the job engine's log, and the numbers that the metrics show."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from reachly.data import partitions
from reachly.data.session import Session, database, raw
from reachly.infra.queue import QueueState, queue_state, trim_log

_GAUGES = """
SELECT (SELECT count(*) FROM campaigns WHERE status = 'active') AS campaigns_active,
       (SELECT count(*) FROM enrollments e JOIN campaigns c ON c.organization_id = e.organization_id
        AND c.id = e.campaign_id WHERE e.next_due_at <= $1 AND c.status = 'active') AS backlog,
       (SELECT coalesce(sum(sent + refused), 0) FROM campaign_stats WHERE day >= $2) AS attempted,
       (SELECT coalesce(sum(bounced), 0) FROM campaign_stats WHERE day >= $2) AS bounced
"""


@dataclass(frozen=True, slots=True)
class Gauges:
    """`delivered_share` is of the messages that were handed over or refused since `since` (a day, UTC), 0 to 1; 1 when
    there were none. From the counters: the ledger is too long to be read twice a minute."""

    campaigns_active: int
    backlog: int
    delivered_share: float


async def ensure_partitions() -> list[str]:
    """Makes the partitions that are missing, as the owner of the tables. Returns their names."""
    async with database().engine.connect() as connection:
        made = await partitions.ensure(connection)
        await connection.commit()
    return made


async def trim_job_log(days: int) -> None:
    """Forgets what the job engine wrote down more than `days` (machine time) ago."""
    async with database().engine.connect() as connection:
        await trim_log((await connection.get_raw_connection()).driver_connection, days)


async def read_queue() -> QueueState:
    """How many jobs wait, run, and failed."""
    async with database().engine.connect() as connection:
        return await queue_state((await connection.get_raw_connection()).driver_connection)


async def read_gauges(session: Session, now: datetime, since: date) -> Gauges:
    """Counts over everybody; `session` is the system's, both are product time."""
    row = await (await raw(session)).fetchrow(_GAUGES, now, since)
    assert row is not None
    attempted, bounced = int(row["attempted"]), int(row["bounced"])
    share = max(0.0, 1 - bounced / attempted) if attempted else 1.0
    return Gauges(row["campaigns_active"], row["backlog"], share)


async def find_owner(session: Session, campaign_id: uuid.UUID) -> uuid.UUID | None:
    """The organization of a campaign, for whoever runs the server; `session` is the system's."""
    found: uuid.UUID | None = await (await raw(session)).fetchval(
        "SELECT organization_id FROM campaigns WHERE id = $1", campaign_id
    )
    return found
