"""Messages that are not at their end: on the wire, with a lease, or in doubt, without one.

Beside the ledger, so that noting an outcome changes no index of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from reachly.data.session import Session, raw

_OPEN = """
INSERT INTO open_sends (organization_id, send_id, attempt_id, lease_until) SELECT $1, w.id, $3, $4
FROM unnest($2::uuid[]) AS w(id)
"""
_CLOSE = "DELETE FROM open_sends WHERE organization_id = $1 AND send_id = ANY($2::uuid[])"
_DOUBT = """
UPDATE open_sends SET attempt_id = NULL, lease_until = NULL WHERE organization_id = $1 AND send_id = ANY($2::uuid[])
"""


async def open_sends(
    session: Session, organization_id: uuid.UUID, send_ids: Sequence[uuid.UUID], attempt_id: uuid.UUID,
    lease_until: datetime,
) -> None:  # fmt: skip
    """They go on the wire in this attempt."""
    if send_ids:
        connection = await raw(session)
        await connection.execute(_OPEN, organization_id, list(send_ids), attempt_id, lease_until)


async def note(session: Session, organization_id: uuid.UUID, states: Mapping[uuid.UUID, str]) -> None:
    """What the ledger says of them now: in doubt, or at their end."""
    connection = await raw(session)
    doubtful = [send_id for send_id, status in states.items() if status == "unknown"]
    if doubtful:
        await connection.execute(_DOUBT, organization_id, doubtful)
    if len(doubtful) < len(states):
        ended = [send_id for send_id, status in states.items() if status != "unknown"]
        await connection.execute(_CLOSE, organization_id, ended)
