"""Leases on mailboxes, over all organizations: call these in `system()`.

A lease lives on machine time, is fenced by its attempt id, and is only ever taken by one worker.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from reachly.data.repositories.sending.homes import IS_HOME
from reachly.data.repositories.sending.rows import Lease
from reachly.data.session import Session, raw
from reachly.kit.ids import new_id

# An organization that was restored sends nothing until a person says so, and nothing at all leaves a database that
# nobody has looked at yet.
_MAY_SEND = f"""
{IS_HOME} AND NOT EXISTS (SELECT FROM organizations o WHERE o.id = b.organization_id AND o.sending_held IS NOT NULL)
"""
_LEASE = f"""
WITH due AS (
    SELECT organization_id, id, next_turn_at FROM email_accounts b
    WHERE next_turn_at <= $1 AND (lease_until IS NULL OR lease_until < $2) AND organization_id <> ALL($7::uuid[])
    AND {_MAY_SEND}
    ORDER BY next_turn_at, email_key
    LIMIT $3
    FOR UPDATE OF b SKIP LOCKED
), numbered AS (
    SELECT organization_id, id, next_turn_at, row_number() OVER () AS n FROM due
)
UPDATE email_accounts AS a
SET lease_attempt = ($5::uuid[])[numbered.n], lease_until = $4, next_turn_at = $6
FROM numbered WHERE a.organization_id = numbered.organization_id AND a.id = numbered.id
RETURNING a.organization_id, a.id AS email_account_id, a.email_key, a.lease_attempt AS attempt_id,
          numbered.next_turn_at AS planned_turn, a.next_turn_at AS mark
"""  # noqa: S608 - fixed text
# A row that a turn is writing at this moment is passed over: it needs no heartbeat, and waiting for it could deadlock.
_EXTEND_MAILBOXES = """
UPDATE email_accounts AS a SET lease_until = $2 FROM (
    SELECT organization_id, id FROM email_accounts WHERE lease_attempt = ANY($1::uuid[]) FOR UPDATE SKIP LOCKED
) AS free WHERE a.organization_id = free.organization_id AND a.id = free.id
"""
_EXTEND_SENDS = """
UPDATE open_sends AS o SET lease_until = $2 FROM (
    SELECT organization_id, send_id, lease_until FROM open_sends
    WHERE lease_until IS NOT NULL AND attempt_id = ANY($1::uuid[])
    FOR UPDATE SKIP LOCKED
) AS free WHERE o.organization_id = free.organization_id AND o.send_id = free.send_id
RETURNING o.attempt_id, free.lease_until AS before
"""
_NEXT_TURN = f"""
SELECT next_turn_at FROM email_accounts b
WHERE next_turn_at IS NOT NULL AND (lease_until IS NULL OR lease_until < $1) AND {_MAY_SEND}
ORDER BY next_turn_at LIMIT 1
"""  # noqa: S608
_EXPIRED = "SELECT DISTINCT organization_id FROM open_sends WHERE lease_until < $1"
_DONE_CAMPAIGNS = """
SELECT c.organization_id, c.id FROM campaigns c
WHERE c.status = 'active' AND ($1::uuid IS NULL OR c.organization_id = $1) AND NOT EXISTS (
    SELECT FROM enrollments e WHERE e.organization_id = c.organization_id AND e.campaign_id = c.id
    AND e.status IN ('pending', 'active', 'held'))
"""
_SLEEPERS = """
SELECT a.organization_id, a.id FROM email_accounts a
WHERE a.next_turn_at IS NULL AND a.is_active AND a.status = 'connected'
  AND (a.lease_until IS NULL OR a.lease_until < $1)
  AND (EXISTS (SELECT FROM enrollments e WHERE e.organization_id = a.organization_id AND e.email_account_id = a.id
               AND e.next_due_at IS NOT NULL AND e.last_sent_at IS NULL)
       OR EXISTS (SELECT FROM enrollments e WHERE e.organization_id = a.organization_id AND e.email_account_id = a.id
                  AND e.next_due_at IS NOT NULL AND e.last_sent_at IS NOT NULL))
"""


async def lease_mailboxes(
    session: Session, now: datetime, machine_now: datetime, lease_until: datetime, limit: int,
    besides: Collection[uuid.UUID] = (),
) -> list[Lease]:  # fmt: skip
    """Takes up to `limit` mailboxes whose turn has come, of organizations besides those; the earliest first, then by
    address.

    Their next turn is set a lease ahead: if we die, they come up again; if somebody gives the mailbox another turn
    meanwhile, its end sees that by the changed value and does not overwrite it.
    """
    attempts = [new_id() for _ in range(limit)]
    mark = now + (lease_until - machine_now)
    others = list(besides)
    rows = await (await raw(session)).fetch(
        _LEASE, now, machine_now, limit, lease_until, attempts, mark, others
    )
    return sorted((Lease(**dict(row)) for row in rows), key=lambda one: (one.planned_turn, one.email_key))


async def extend_leases(
    session: Session, attempts: Sequence[uuid.UUID], machine_now: datetime, until: datetime
) -> set[uuid.UUID]:
    """The heartbeat of a worker that lives. Those of the attempts whose messages had a lease until now, every one."""
    connection = await raw(session)
    await connection.execute(_EXTEND_MAILBOXES, list(attempts), until)
    rows = await connection.fetch(_EXTEND_SENDS, list(attempts), until)
    late = {row["attempt_id"] for row in rows if row["before"] < machine_now}
    return {row["attempt_id"] for row in rows} - late


async def find_next_turn(session: Session, machine_now: datetime) -> datetime | None:
    """The earliest turn of a mailbox that nobody holds; None if there is none."""
    found: datetime | None = await (await raw(session)).fetchval(_NEXT_TURN, machine_now)
    return found


async def list_expired(session: Session, machine_now: datetime) -> list[uuid.UUID]:
    """Organizations with rows whose worker is gone."""
    rows = await (await raw(session)).fetch(_EXPIRED, machine_now)
    return sorted(row["organization_id"] for row in rows)


async def list_done_campaigns(
    session: Session, organization_id: uuid.UUID | None = None
) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Active campaigns (organization, campaign) in which nobody is left to write to: of one organization, or in
    `system()` of all."""
    rows = await (await raw(session)).fetch(_DONE_CAMPAIGNS, organization_id)
    return sorted((row["organization_id"], row["id"]) for row in rows)


async def list_sleepers(session: Session, machine_now: datetime) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Mailboxes (organization, mailbox) that have something to send, may, and have no turn."""
    rows = await (await raw(session)).fetch(_SLEEPERS, machine_now)
    return sorted((row["organization_id"], row["id"]) for row in rows)
