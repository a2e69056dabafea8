"""When a mailbox wants its next turn."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from reachly.data.session import Session, raw

_NEXT_DUE = """
SELECT least(
    (SELECT next_due_at FROM enrollments WHERE organization_id = $1 AND email_account_id = $2 AND next_due_at > $3
     AND last_sent_at IS NULL ORDER BY next_due_at LIMIT 1),
    (SELECT next_due_at FROM enrollments WHERE organization_id = $1 AND email_account_id = $2 AND next_due_at > $3
     AND last_sent_at IS NOT NULL ORDER BY next_due_at LIMIT 1))
"""
# First, and in a statement of its own: an UPDATE that had to wait for somebody's commit would go on with what it read
# before it waited, and so put an alarm to sleep that the other one has just set.
_LOCK = """
SELECT id FROM email_accounts WHERE organization_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR NO KEY UPDATE
"""
# Early is harmless: the turn itself asks every rule and sets the exact instant. Never set into the past: what is
# overdue is planned anew from now on. A turn that is overdue stays so, for by that the turn sees that it is late.
_WAKE = """
UPDATE email_accounts AS a
SET next_turn_at = CASE WHEN a.is_active AND a.status = 'connected' AND w.due IS NOT NULL
                        THEN CASE WHEN a.next_turn_at < $3 THEN a.next_turn_at
                                  ELSE greatest(w.due, a.not_before, $3) END END
FROM (
    SELECT wanted.id, least(
        (SELECT e.next_due_at FROM enrollments e WHERE e.organization_id = $1 AND e.email_account_id = wanted.id
         AND e.next_due_at IS NOT NULL AND e.last_sent_at IS NULL ORDER BY e.next_due_at LIMIT 1),
        (SELECT e.next_due_at FROM enrollments e WHERE e.organization_id = $1 AND e.email_account_id = wanted.id
         AND e.next_due_at IS NOT NULL AND e.last_sent_at IS NOT NULL ORDER BY e.next_due_at LIMIT 1)) AS due
    FROM unnest($2::uuid[]) AS wanted(id)
) AS w
WHERE a.organization_id = $1 AND a.id = w.id
"""

_ABLE = "SELECT id FROM email_accounts WHERE organization_id = $1 AND is_active AND status = 'connected'"


async def find_next_due(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID, after: datetime
) -> datetime | None:
    """The earliest alarm of this mailbox after an instant."""
    connection = await raw(session)
    found: datetime | None = await connection.fetchval(_NEXT_DUE, organization_id, account_id, after)
    return found


async def wake_mailboxes(
    session: Session, organization_id: uuid.UUID, account_ids: Sequence[uuid.UUID], now: datetime
) -> None:
    """Sets the next turn of mailboxes whose messages got other times; NULL where nothing is due or nothing may go."""
    connection, ids = await raw(session), sorted(set(account_ids))
    await connection.execute(_LOCK, organization_id, ids)
    await connection.execute(_WAKE, organization_id, ids, now)


async def wake_all(session: Session, organization_id: uuid.UUID, now: datetime) -> None:
    """Every mailbox of the organization that may send looks at once whether it can."""
    rows = await (await raw(session)).fetch(_ABLE, organization_id)
    await wake_mailboxes(session, organization_id, [row["id"] for row in rows], now)


async def ask_for_sync(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID, now: datetime
) -> None:
    """Something lies in this mailbox: it is to be read at once."""
    await (await raw(session)).execute(
        "UPDATE email_accounts SET next_sync_at = $3 WHERE organization_id = $1 AND id = $2",
        organization_id, account_id, now,
    )  # fmt: skip
