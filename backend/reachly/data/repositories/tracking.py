"""Earlier hits on a message, from the event log: a machine is known by the company it keeps."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reachly.data.session import Session, raw

# By lead, because that is what the log has an index on.
_RECENT = """
SELECT send_id, event_type, event_data, created_at FROM analytics_events
WHERE organization_id = $1 AND lead_id = ANY($2::uuid[]) AND created_at >= $3 AND event_type IN ('opened', 'clicked')
ORDER BY seq
"""


@dataclass(frozen=True, slots=True)
class HitRow:
    send_id: uuid.UUID
    event_type: str  # opened or clicked
    data: dict[str, Any]
    at: datetime


async def list_recent_hits(
    session: Session, organization_id: uuid.UUID, lead_ids: Sequence[uuid.UUID], since: datetime
) -> list[HitRow]:
    """Opens and clicks of these people from `since` on, in the order in which they came."""
    rows = await (await raw(session)).fetch(_RECENT, organization_id, sorted(set(lead_ids)), since)
    return [
        HitRow(row["send_id"], row["event_type"], dict(row["event_data"]), row["created_at"])
        for row in rows
        if row["send_id"]
    ]
