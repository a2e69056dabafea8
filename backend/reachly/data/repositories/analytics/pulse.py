"""What the engine does today: running campaigns, mailboxes, what is due and what has left."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reachly.data.session import Session, raw


@dataclass(frozen=True, slots=True)
class RunningCampaign:
    id: uuid.UUID
    send_schedule: Any


@dataclass(frozen=True, slots=True)
class MailboxNow:
    """`used_today`: handed over or reserved on the mailbox's local day."""

    id: uuid.UUID
    is_active: bool
    status: str
    next_turn_at: datetime | None
    daily_limit: int
    min_gap_seconds: int
    gap_jitter_seconds: int
    ramp_enabled: bool
    ramp_start: int
    ramp_step: int
    ramp_started_at: datetime | None
    timezone: str
    workday: Any
    used_today: int


@dataclass(frozen=True, slots=True)
class DueGroup:
    """Messages of one campaign from one mailbox that fall due within the same hour (or are overdue)."""

    email_account_id: uuid.UUID
    campaign_id: uuid.UUID
    hour: datetime
    n: int


_RUNNING = (
    "SELECT id, send_schedule FROM campaigns WHERE organization_id = $1 AND status = 'active' ORDER BY id"
)
_USED = """
SELECT a.id, u.used, u.reserved + u.used AS taken
FROM email_accounts a
JOIN cap_usage u ON u.organization_id = a.organization_id AND u.scope = 'mailbox' AND u.key = a.email_key
                AND u.day = ($2::timestamptz AT TIME ZONE a.timezone)::date
WHERE a.organization_id = $1
"""
_MAILBOXES = """
SELECT id, is_active, status, next_turn_at, daily_limit, min_gap_seconds, gap_jitter_seconds, ramp_enabled, ramp_start,
       ramp_step, ramp_started_at, timezone, workday
FROM email_accounts WHERE organization_id = $1 ORDER BY email_key
"""
_DUE = """
SELECT email_account_id, campaign_id, date_trunc('hour', greatest(next_due_at, $4)) AS hour, count(*)::int AS n
FROM enrollments
WHERE organization_id = $1 AND email_account_id = ANY($2::uuid[]) AND next_due_at < $5
  AND campaign_id = ANY($3::uuid[]) AND status = 'active'
GROUP BY 1, 2, 3 ORDER BY 3, 2, 1
"""
# A message leaves when it is due and its mailbox may send: the earliest of the later of the two.
_NEXT = """
SELECT a.id, min(greatest(d.due, a.next_turn_at, $2)) AS at FROM email_accounts a
JOIN organizations o ON o.id = a.organization_id AND o.sending_held IS NULL
CROSS JOIN LATERAL (
    (SELECT e.next_due_at AS due FROM enrollments e
     JOIN campaigns c ON c.organization_id = e.organization_id AND c.id = e.campaign_id AND c.status = 'active'
     WHERE e.organization_id = $1 AND e.email_account_id = a.id AND e.next_due_at IS NOT NULL
       AND e.last_sent_at IS NULL AND e.status = 'active' ORDER BY e.next_due_at LIMIT 1)
    UNION ALL
    (SELECT e.next_due_at FROM enrollments e
     JOIN campaigns c ON c.organization_id = e.organization_id AND c.id = e.campaign_id AND c.status = 'active'
     WHERE e.organization_id = $1 AND e.email_account_id = a.id AND e.next_due_at IS NOT NULL
       AND e.last_sent_at IS NOT NULL AND e.status = 'active' ORDER BY e.next_due_at LIMIT 1)
) AS d
WHERE a.organization_id = $1 AND a.is_active AND a.status = 'connected' AND a.next_turn_at IS NOT NULL
  AND ($3::uuid[] IS NULL OR a.id = ANY($3))
GROUP BY a.id
"""
_STANDING = "SELECT status, count(*) AS n FROM campaigns WHERE organization_id = $1 GROUP BY status"
_SENT = """
SELECT extract(hour FROM handed_at AT TIME ZONE $5)::int AS hour,
       CASE WHEN planned_at >= $3 THEN extract(hour FROM planned_at AT TIME ZONE $5)::int END AS planned_hour,
       count(*)::int AS n
FROM email_sends
WHERE organization_id = $1 AND (email_account_id = ANY($2::uuid[]) OR email_account_id IS NULL)
  AND handed_at >= $3 AND handed_at < $4 AND kind = 'campaign' AND status IN ('sent', 'unknown')
GROUP BY 1, 2
"""


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


async def list_running(session: Session, organization_id: uuid.UUID) -> list[RunningCampaign]:
    rows = await (await raw(session)).fetch(_RUNNING, organization_id)
    return [RunningCampaign(row["id"], _read(row["send_schedule"])) for row in rows]


async def count_sent_today(
    session: Session, organization_id: uuid.UUID, now: datetime
) -> dict[uuid.UUID, int]:
    """What each mailbox has handed over on its own local day; those without are left out."""
    rows = await (await raw(session)).fetch(_USED, organization_id, now)
    return {row["id"]: int(row["used"]) for row in rows if row["used"]}


async def list_mailboxes_now(session: Session, organization_id: uuid.UUID, now: datetime) -> list[MailboxNow]:
    connection = await raw(session)
    taken = {row["id"]: int(row["taken"]) for row in await connection.fetch(_USED, organization_id, now)}
    return [
        MailboxNow(
            **{**row, "workday": _read(row["workday"])},
            used_today=taken.get(row["id"], 0),
        )
        for row in await connection.fetch(_MAILBOXES, organization_id)
    ]


async def list_due_today(
    session: Session, organization_id: uuid.UUID, account_ids: Sequence[uuid.UUID], campaign_ids: Sequence[uuid.UUID],
    now: datetime, end: datetime,
) -> list[DueGroup]:  # fmt: skip
    """What is due before `end`, by hour."""
    rows = await (await raw(session)).fetch(
        _DUE, organization_id, list(account_ids), list(campaign_ids), now, end
    )
    return [DueGroup(**row) for row in rows]


async def list_next_sends(
    session: Session,
    organization_id: uuid.UUID,
    now: datetime,
    account_ids: Sequence[uuid.UUID] | None = None,
) -> dict[uuid.UUID, datetime]:
    """When each mailbox (None: all) may send its next message of a running campaign; those without one are left out,
    and so are all where the organization's sending is held."""
    wanted = None if account_ids is None else list(account_ids)
    rows = await (await raw(session)).fetch(_NEXT, organization_id, now, wanted)
    return {row["id"]: row["at"] for row in rows}


async def count_campaigns(session: Session, organization_id: uuid.UUID) -> dict[str, int]:
    """Campaigns by status."""
    rows = await (await raw(session)).fetch(_STANDING, organization_id)
    return {row["status"]: int(row["n"]) for row in rows}


async def list_sent_today(
    session: Session, organization_id: uuid.UUID, account_ids: Sequence[uuid.UUID], start: datetime, end: datetime,
    timezone: str,
) -> Sequence[Mapping[str, Any]]:  # fmt: skip
    """Campaign messages handed over in the span: local hour, the hour they were planned for (None: before), n.

    From these mailboxes and from those that are no longer connected: what has left, has left."""
    return list(
        await (await raw(session)).fetch(_SENT, organization_id, list(account_ids), start, end, timezone)
    )
