"""What waits and why, counted, and all that decides about one person."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from reachly.data.session import Session, raw

# What is known of one person (an answer with their address) is not said of a group: the general words stand then.
_BLOCKED = """
SELECT blocked_reason,
       CASE WHEN min(blocked_detail) = max(blocked_detail) THEN min(blocked_detail) END AS detail,
       max(blocked_until) AS until, count(*) AS n,
       (array_agg(sort_key ORDER BY id))[1:3] AS examples
FROM enrollments WHERE organization_id = $1 AND campaign_id = $2 AND blocked_reason IS NOT NULL
  AND status IN ('pending', 'active', 'held') GROUP BY blocked_reason ORDER BY n DESC
"""

# Examples are the least of their group, which costs no sorting where two hundred thousand are due.
_DUE = """
SELECT {columns}, count(*) AS n, min(e.next_due_at) AS due,
       array_remove(ARRAY[min(e.sort_key), CASE WHEN count(*) > 1 THEN max(e.sort_key) END], NULL) AS examples
FROM enrollments e {join}
WHERE e.organization_id = $1 AND e.campaign_id = $2 AND e.status IN ('active', 'held') AND e.next_due_at <= $3
  AND e.blocked_reason IS NULL GROUP BY {numbers}
"""

_SENDER = ("e.email_account_id", "(e.last_sent_at IS NULL) AS first")

# A phone's zone shows in its first digits, an address's in its last label.
_PLACE = (
    "l.country", "l.timezone", "l.custom_fields ->> 'city' AS city", "left(l.custom_fields ->> 'phone', 9) AS phone",
    "substring(l.domain from '[^.]*$') AS ending",
)  # fmt: skip

_JOIN_LEADS = "JOIN leads l ON l.organization_id = e.organization_id AND l.id = e.lead_id"

_SILENT = """
SELECT e.status, count(*) AS n,
       array_remove(ARRAY[min(e.sort_key), CASE WHEN count(*) > 1 THEN max(e.sort_key) END], NULL) AS examples
FROM enrollments e
WHERE e.organization_id = $1 AND e.campaign_id = $2 AND e.blocked_reason IS NULL AND e.next_due_at IS NULL
  AND e.status IN ('pending', 'active', 'held') AND NOT EXISTS (
    SELECT FROM email_sends s WHERE s.organization_id = $1 AND s.enrollment_id = e.id
    AND s.status IN ('claimed', 'sending'))
GROUP BY e.status
"""

_ONE = """
SELECT e.id, e.status, e.email_account_id, e.next_step, e.next_due_at, e.last_sent_at, e.created_at,
       e.blocked_reason, e.blocked_detail, e.blocked_until, e.held_until, e.stopped_reason,
       e.personalized_at IS NOT NULL AS personalized,
       l.id AS lead_id, l.email, l.email_key, l.country, l.timezone, l.custom_fields ->> 'city' AS city,
       l.custom_fields ->> 'phone' AS phone, l.mail_provider, l.verification, EXISTS (
           SELECT FROM email_sends s WHERE s.organization_id = $1 AND s.enrollment_id = e.id
           AND s.status IN ('claimed', 'sending')) AS on_its_way
FROM enrollments e JOIN leads l ON l.organization_id = e.organization_id AND l.id = e.lead_id
WHERE e.organization_id = $1 AND e.campaign_id = $2 AND e.id = $3
"""


async def list_blocked(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID
) -> Sequence[Mapping[str, Any]]:
    """Open enrollments that wait for something, by reason."""
    return list(await (await raw(session)).fetch(_BLOCKED, organization_id, campaign_id))


async def list_due(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, now: datetime, *, by_place: bool,
    by_company: bool,
) -> Sequence[Mapping[str, Any]]:  # fmt: skip
    """Due messages without a reason of their own, by mailbox, first mails apart from follow-ups; with `by_place` apart
    by what tells the recipient's clock and country, with `by_company` by domain."""
    columns = [*_SENDER, *(_PLACE if by_place else ()), *(["l.domain"] if by_company else [])]
    query = _DUE.format(
        columns=", ".join(columns), numbers=", ".join(str(n + 1) for n in range(len(columns))),
        join=_JOIN_LEADS if len(columns) > len(_SENDER) else "",
    )  # fmt: skip
    return list(await (await raw(session)).fetch(query, organization_id, campaign_id, now))


async def list_silent(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID
) -> Sequence[Mapping[str, Any]]:
    """Open enrollments, by state, that have neither an alarm nor a reason and are not on their way."""
    return list(await (await raw(session)).fetch(_SILENT, organization_id, campaign_id))


async def find_standing(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, enrollment_id: uuid.UUID
) -> Mapping[str, Any] | None:
    """All that decides about one person's next message."""
    row: Mapping[str, Any] | None = await (await raw(session)).fetchrow(
        _ONE, organization_id, campaign_id, enrollment_id
    )
    return row
