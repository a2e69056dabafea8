"""The event log, read for browsers that listen or come back."""

from __future__ import annotations

import uuid

from reachly.data import readiness
from reachly.data.repositories import live as repository
from reachly.data.session import tenant
from reachly.services.live.schemas import LiveEvent

REPLAY_LIMIT = 1_000


async def last_number(organization_id: uuid.UUID) -> int:
    """The number of the organization's latest event; 0 when there is none."""
    async with tenant(organization_id) as session:
        return await repository.get_last_number(session, organization_id)


async def read_events(organization_id: uuid.UUID, after: int, limit: int) -> list[LiveEvent]:
    """Events after a number that browsers hear of, in order."""
    async with tenant(organization_id) as session:
        rows = await repository.list_events(session, organization_id, after, limit)
    return [
        LiveEvent(
            row.seq,
            row.live_name or "",
            {
                "seq": row.seq, "at": row.created_at.isoformat(), "organization_id": str(organization_id),
                **{name: str(value) for name in IDS if (value := getattr(row, name))},
                **row.event_data,
            },
        )
        for row in rows
    ]  # fmt: skip


IDS = ("campaign_id", "lead_id", "enrollment_id", "send_id", "email_account_id", "sequence_id")


async def check_ready() -> None:
    """Raises unless the database answers, its schema is ours, and the queue is there."""
    await readiness.check()
