"""What sending writes on enrollments: their alarm, their block reason, their thread, their end."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reachly.data.session import Session, raw

# A mailbox that was disconnected meanwhile leaves nothing due: the person waits for another one (`sender_gone`).
# The alarm of what was on the wire is still the one that has rung; one that lies ahead was set meanwhile.
_CHANGE = """
UPDATE enrollments AS e
SET status = coalesce(w.status, e.status),
    next_due_at = CASE WHEN e.email_account_id IS NOT NULL THEN w.due END,
    blocked_reason = CASE WHEN w.due IS NOT NULL AND e.email_account_id IS NULL THEN 'sender_gone' ELSE w.reason END,
    blocked_detail = w.detail, blocked_until = w.until, stopped_reason = coalesce(w.stopped, e.stopped_reason),
    next_step = coalesce(w.next_step, e.next_step),
    finished_at = CASE WHEN w.status IN ('replied', 'bounced', 'unsubscribed', 'completed', 'stopped', 'failed')
                       THEN $2 ELSE e.finished_at END,
    updated_at = $2
FROM unnest($4::uuid[], $5::text[], $6::timestamptz[], $7::text[], $8::text[], $9::timestamptz[], $10::text[],
            $11::int[])
     AS w(id, status, due, reason, detail, until, stopped, next_step)
WHERE e.organization_id = $1 AND e.id = w.id AND e.status IN ('active', 'held')
  AND (NOT $3 OR e.next_due_at IS NULL OR e.next_due_at <= $2)
"""
# The thread is a fact of the wire and is kept whatever has become of the enrollment; the next step is not.
_ADVANCE = """
UPDATE enrollments AS e
SET thread_message_id = w.thread_message_id, thread_references = w.thread_references,
    thread_subject = w.thread_subject, last_sent_at = w.sent_at, next_step = w.next_step, updated_at = $2,
    status = CASE WHEN e.status = 'active' THEN w.status ELSE e.status END,
    next_due_at = CASE WHEN e.status <> 'active' THEN e.next_due_at
                       WHEN e.email_account_id IS NOT NULL THEN w.due END,
    blocked_reason = CASE WHEN e.status <> 'active' THEN e.blocked_reason
                          WHEN w.due IS NOT NULL AND e.email_account_id IS NULL THEN 'sender_gone' ELSE w.reason END,
    blocked_detail = CASE WHEN e.status = 'active' THEN w.detail ELSE e.blocked_detail END,
    blocked_until = CASE WHEN e.status = 'active' THEN NULL ELSE e.blocked_until END,
    finished_at = CASE WHEN e.status = 'active' AND w.status = 'completed' THEN $2 ELSE e.finished_at END
FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::int[], $9::text[],
            $10::timestamptz[], $11::text[], $12::text[])
     AS w(id, thread_message_id, thread_references, thread_subject, sent_at, next_step, status, due, reason, detail)
WHERE e.organization_id = $1 AND e.id = w.id
"""
_END_ANSWERED = """
UPDATE enrollments AS e SET status = 'replied', stopped_reason = 'a reply', updated_at = $3
WHERE e.organization_id = $1 AND e.id = ANY($2::uuid[]) AND e.status = 'completed' AND EXISTS (
    SELECT FROM email_sends s WHERE s.organization_id = $1 AND s.enrollment_id = e.id AND s.replied_at IS NOT NULL)
"""
_LOCK = "SELECT id FROM enrollments WHERE organization_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR NO KEY UPDATE"


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of an enrollment that goes on or ends without a message. `status` None: as it is."""

    enrollment_id: uuid.UUID
    due: datetime | None
    reason: str | None = None
    detail: str | None = None
    until: datetime | None = None
    status: str | None = None
    stopped: str | None = None
    next_step: int | None = None


@dataclass(slots=True, eq=False)  # one a message: a frozen one costs three times as much to make
class Advance:
    """A message left: the thread as it now stands, and the next step."""

    enrollment_id: uuid.UUID
    thread_message_id: str
    thread_references: str
    thread_subject: str
    sent_at: datetime
    next_step: int
    status: str  # active or completed
    due: datetime | None
    reason: str | None = None
    detail: str | None = None


async def lock(session: Session, organization_id: uuid.UUID, enrollment_ids: Sequence[uuid.UUID]) -> None:
    """Locks rows in the one order that everybody uses."""
    await (await raw(session)).execute(_LOCK, organization_id, list(enrollment_ids))


async def change(
    session: Session,
    organization_id: uuid.UUID,
    now: datetime,
    changes: Sequence[Change],
    *,
    gently: bool = False,
) -> None:
    """Parks, holds or ends enrollments. `gently`: leaves alone what somebody has given a new alarm meanwhile."""
    if not changes:
        return
    rows = sorted(changes, key=lambda one: one.enrollment_id)
    await (await raw(session)).execute(
        _CHANGE, organization_id, now, gently, [c.enrollment_id for c in rows], [c.status for c in rows],
        [c.due for c in rows], [c.reason for c in rows], [c.detail for c in rows], [c.until for c in rows],
        [c.stopped for c in rows], [c.next_step for c in rows],
    )  # fmt: skip


async def advance(
    session: Session, organization_id: uuid.UUID, now: datetime, advances: Sequence[Advance]
) -> None:
    """Writes thread and next step; an enrollment that was stopped meanwhile stays stopped."""
    if not advances:
        return
    await (await raw(session)).execute(
        _ADVANCE, organization_id, now, [a.enrollment_id for a in advances], [a.thread_message_id for a in advances],
        [a.thread_references for a in advances], [a.thread_subject for a in advances], [a.sent_at for a in advances],
        [a.next_step for a in advances], [a.status for a in advances], [a.due for a in advances],
        [a.reason for a in advances], [a.detail for a in advances],
    )  # fmt: skip


async def end_answered(
    session: Session, organization_id: uuid.UUID, now: datetime, enrollment_ids: Sequence[uuid.UUID]
) -> None:
    """Of those that came to the end of their steps: whoever answered on the way, in a campaign that goes on after an
    answer, has ended as having replied."""
    if enrollment_ids:
        await (await raw(session)).execute(_END_ANSWERED, organization_id, list(enrollment_ids), now)


async def list_campaign_ids(
    session: Session, organization_id: uuid.UUID, enrollment_ids: Sequence[uuid.UUID]
) -> set[uuid.UUID]:
    """The campaigns of these enrollments."""
    rows = await (await raw(session)).fetch(
        "SELECT DISTINCT campaign_id FROM enrollments WHERE organization_id = $1 AND id = ANY($2::uuid[])",
        organization_id, list(enrollment_ids),
    )  # fmt: skip
    return {row["campaign_id"] for row in rows}
