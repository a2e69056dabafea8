"""Pages of people to plan, and the alarms that planning sets."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from reachly.data.repositories.scheduling.rows import (
    EnrollmentFacts,
    Plan,
)
from reachly.data.session import Session, raw
from reachly.infra import queue

# These wait for something that planning does not change; their own room sets the alarm.
KEPT = ["deferred", "unknown_previous", "held_unreadable_mailbox", "reply_seen"]

# One state at a time and always from an id on: so the index of states gives the page in its order. With several states,
# or an "or from the beginning", the server reads and sorts all of them for each page.
_ENROLLMENTS = """
SELECT e.id, e.status, e.email_account_id, e.next_step, e.next_due_at, e.last_sent_at, e.created_at, e.blocked_reason,
       e.blocked_until, e.held_until, e.former_sender_key, e.lead_id, l.email, l.email_key, l.domain, l.country,
       l.timezone,
       l.custom_fields ->> 'city' AS city, l.custom_fields ->> 'phone' AS phone, l.mail_provider, l.verification
FROM enrollments e JOIN leads l ON l.organization_id = e.organization_id AND l.id = e.lead_id
WHERE e.organization_id = $1 AND e.campaign_id = $2 AND e.id > $3 AND {which} ORDER BY e.id LIMIT $4 {lock}
"""

_ACTIVE = "e.status = 'active'"
_HELD = "e.status = 'held'"
# As the index of those without a plan has it.
_UNPLANNED = "e.status = 'active' AND e.next_due_at IS NULL AND e.blocked_reason IS NULL"

_SAVE = """
UPDATE enrollments AS e
SET email_account_id = p.email_account_id, next_step = p.next_step, next_due_at = p.due, blocked_reason = p.reason,
    blocked_detail = p.detail, blocked_until = CASE WHEN p.held THEN p.due END, updated_at = $3,
    status = CASE WHEN p.stopped IS NOT NULL THEN 'stopped' WHEN p.due IS NULL AND p.reason IS NULL THEN 'completed'
                  WHEN p.held THEN 'held' ELSE 'active' END,
    stopped_reason = coalesce(p.stopped, e.stopped_reason),
    finished_at = CASE WHEN p.due IS NULL AND p.reason IS NULL THEN $3 ELSE e.finished_at END,
    thread_message_id = CASE WHEN NOT p.handed_over THEN e.thread_message_id END,
    thread_references = CASE WHEN p.handed_over THEN '' ELSE e.thread_references END,
    former_sender_key = CASE WHEN p.email_account_id IS NULL THEN e.former_sender_key END
FROM unnest($2::uuid[], $4::uuid[], $5::int[], $6::timestamptz[], $7::text[], $8::text[], $9::text[], $10::bool[],
            $11::bool[])
     AS p(id, email_account_id, next_step, due, reason, detail, stopped, handed_over, held)
WHERE e.organization_id = $1 AND e.id = p.id
"""

_UNDER_WAY = """
SELECT DISTINCT enrollment_id FROM email_sends
WHERE organization_id = $1 AND enrollment_id = ANY($2::uuid[]) AND status IN ('claimed', 'sending', 'unknown')
"""

# First, and in a statement of its own: an UPDATE that had to wait for another plan's commit would go on with what it
# read before it waited, and so put an alarm to sleep that the other one has just set.
_LOCK_MAILBOXES = """
SELECT id FROM email_accounts WHERE organization_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR NO KEY UPDATE
"""

# Early is harmless: the turn asks every rule itself. Never set into the past, so nothing overdue leaves in a burst; a
# turn that is overdue stays so, for by that the turn sees that it is late.
_ROUSE = """
UPDATE email_accounts AS a SET next_turn_at = CASE
    WHEN NOT a.is_active OR a.status <> 'connected' OR w.due IS NULL THEN NULL
    WHEN a.next_turn_at < $3 THEN a.next_turn_at ELSE greatest(w.due, a.not_before, $3) END
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


async def page_enrollments(
    session: Session,
    organization_id: uuid.UUID,
    campaign_id: uuid.UUID,
    state: str,
    after: uuid.UUID,
    limit: int,
) -> list[EnrollmentFacts]:
    """Those in one state, in the order of their ids, after an id (`NIL`: from the beginning)."""
    query = _ENROLLMENTS.format(which="e.status = $5", lock="")
    rows = await (await raw(session)).fetch(query, organization_id, campaign_id, after, limit, state)
    return [EnrollmentFacts(**row) for row in rows]


async def page_active(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, after: uuid.UUID, limit: int
) -> list[EnrollmentFacts]:
    """The running ones, locked against a mark that would read old alarms."""
    return await _page_locked(session, organization_id, campaign_id, after, limit, _ACTIVE)


async def page_unplanned(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, after: uuid.UUID, limit: int
) -> list[EnrollmentFacts]:
    """Of these, the ones that have neither an alarm nor a reason."""
    return await _page_locked(session, organization_id, campaign_id, after, limit, _UNPLANNED)


async def page_held(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, after: uuid.UUID, limit: int
) -> list[EnrollmentFacts]:
    """Those who are waited for, locked likewise."""
    return await _page_locked(session, organization_id, campaign_id, after, limit, _HELD)


PageForPlan = Callable[[Session, uuid.UUID, uuid.UUID, uuid.UUID, int], Awaitable[list[EnrollmentFacts]]]


async def _page_locked(
    session: Session,
    organization_id: uuid.UUID,
    campaign_id: uuid.UUID,
    after: uuid.UUID,
    limit: int,
    which: str,
) -> list[EnrollmentFacts]:
    query = _ENROLLMENTS.format(which=which, lock="FOR UPDATE OF e")
    rows = await (await raw(session)).fetch(query, organization_id, campaign_id, after, limit)
    return [EnrollmentFacts(**row) for row in rows]


async def find_under_way(
    session: Session, organization_id: uuid.UUID, enrollment_ids: Sequence[uuid.UUID]
) -> set[uuid.UUID]:
    """Those with a message that a worker has, or of which nobody knows the end. Asked after they were locked."""
    rows = await (await raw(session)).fetch(_UNDER_WAY, organization_id, list(enrollment_ids))
    return {row["enrollment_id"] for row in rows}


async def save_plans(
    session: Session, organization_id: uuid.UUID, plans: Sequence[Plan], now: datetime
) -> None:
    """Of enrollments that this transaction has locked, so that their state need not be asked again: where statistics
    are older than a start, the planner takes "active" for rare and compares every row with every plan."""
    await (await raw(session)).execute(
        _SAVE, organization_id, [p.id for p in plans], now, [p.email_account_id for p in plans],
        [p.next_step for p in plans], [p.due for p in plans], [p.reason for p in plans], [p.detail for p in plans],
        [p.stopped for p in plans], [p.handed_over for p in plans], [p.held for p in plans],
    )  # fmt: skip


async def is_planned_again(session: Session) -> bool:
    """Whether a newer job will plan the same, so that the one that runs here may stop."""
    return await queue.is_superseded(await raw(session))


async def rouse_mailboxes(
    session: Session, organization_id: uuid.UUID, account_ids: Sequence[uuid.UUID], now: datetime
) -> None:
    """The next turn of mailboxes whose messages got other times."""
    connection, ids = await raw(session), sorted(set(account_ids))
    await connection.execute(_LOCK_MAILBOXES, organization_id, ids)
    await connection.execute(_ROUSE, organization_id, ids, now)
