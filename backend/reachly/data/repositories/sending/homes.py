"""In which database this data lives, and whose sending is held since it was restored: call these in `system()`.

The mark of a database is its cluster's identifier, its own number, and the number of the table `installations` in it.
A dump carries the row of the database it was taken from, and no restored table keeps its number, so a restored copy is
known even where it replaced the tables of a running server. A restart changes none of the three.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reachly.data.session import Session, raw

MARK = """
(SELECT system_identifier FROM pg_control_system())::text || '/'
|| (SELECT oid FROM pg_database WHERE datname = current_database())::text || '/' || 'installations'::regclass::oid::text
"""
IS_HOME = f"""
(NOT EXISTS (SELECT FROM installations)
 OR (EXISTS (SELECT FROM installations WHERE mark = {MARK} AND NOT is_former)
     AND NOT EXISTS (SELECT FROM installations WHERE mark <> {MARK} AND NOT is_former)))
"""  # noqa: S608 - fixed text
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('reachly installation'))"
_STAND = f"SELECT {MARK} AS mark, {IS_HOME} AS is_home, EXISTS (SELECT FROM installations) AS is_known"  # noqa: S608
_SETTLE_IN = f"""
INSERT INTO installations (mark, since) VALUES ({MARK}, $1)
ON CONFLICT (mark) DO UPDATE SET is_former = false
"""  # noqa: S608
_FORMER = f"UPDATE installations SET is_former = true WHERE mark <> {MARK}"  # noqa: S608
# Whoever has no campaign has nothing that could leave twice.
_HOLD = """
UPDATE organizations AS o SET sending_held = 'restored', sending_held_at = $1
WHERE EXISTS (SELECT FROM campaigns c WHERE c.organization_id = o.id)
RETURNING o.id
"""
_RELEASE = """
UPDATE organizations SET sending_held = NULL, sending_held_at = NULL
WHERE sending_held IS NOT NULL AND ($1::uuid IS NULL OR id = $1) RETURNING id
"""
_HELD = """
SELECT o.id, o.name, o.sending_held_at AS since, (SELECT max(s.handed_at) FROM email_sends s
        WHERE s.organization_id = o.id) AS ledger_ends
FROM organizations o WHERE o.sending_held IS NOT NULL ORDER BY o.name
"""


@dataclass(frozen=True, slots=True)
class Held:
    """An organization whose sending waits for a person. `ledger_ends`: the last message that the data knows of."""

    id: uuid.UUID
    name: str
    since: datetime
    ledger_ends: datetime | None


async def settle_in(session: Session, now: datetime) -> list[uuid.UUID]:
    """Notes where the data lives. In a database it has not lived in before, holds the sending of every organization
    that has campaigns; their ids. Any number of processes may do this at once."""
    connection = await raw(session)
    await connection.execute(_LOCK)
    stand = await connection.fetchrow(_STAND)
    assert stand is not None
    if stand["is_known"] and stand["is_home"]:
        return []
    await connection.execute(_SETTLE_IN, now)
    if not stand["is_known"]:
        return []
    await connection.execute(_FORMER)
    return [row["id"] for row in await connection.fetch(_HOLD, now)]


async def release(session: Session, organization_id: uuid.UUID | None) -> list[uuid.UUID]:
    """Lets sending go on, of one organization or (None) of all; those that were held. Works in `tenant` for one."""
    return [row["id"] for row in await (await raw(session)).fetch(_RELEASE, organization_id)]


async def list_held(session: Session) -> Sequence[Held]:
    return [Held(**row) for row in await (await raw(session)).fetch(_HELD)]
