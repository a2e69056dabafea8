"""What planning reads across rooms, and the alarms it sets."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from reachly.data.session import Session, raw

# These wait for something that planning does not change; their own room sets the alarm.
KEPT = ["deferred", "unknown_previous", "held_unreadable_mailbox", "reply_seen"]


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    id: uuid.UUID
    name: str
    status: str
    status_reason: str | None
    send_schedule: str  # JSON text
    settings: Any
    seed: int
    daily_cap: int | None
    new_leads_cap: int | None
    company_cap: int | None
    started_at: datetime | None
    paused_for: str | None
    sending_held: str | None  # the organization's


@dataclass(frozen=True, slots=True)
class StepFacts:
    sequence_number: int
    delay_days: int
    delay_hours: int
    working_days_only: bool


@dataclass(frozen=True, slots=True)
class MailboxFacts:
    id: uuid.UUID
    email_key: str
    email_address: str
    provider: str
    smtp_host: str | None
    is_active: bool
    status: str
    status_reason: str | None
    weight: int
    daily_limit: int
    min_gap_seconds: int
    gap_jitter_seconds: int
    ramp_enabled: bool
    ramp_start: int
    ramp_step: int
    ramp_started_at: datetime | None
    timezone: str
    workday: str | None  # JSON text
    absences: Any
    last_handed_at: datetime | None
    not_before: datetime | None
    next_turn_at: datetime | None
    domain_daily_limit: int | None  # the organization's own


@dataclass(frozen=True, slots=True)
class EnrollmentFacts:
    id: uuid.UUID
    status: str
    email_account_id: uuid.UUID | None
    next_step: int
    next_due_at: datetime | None
    last_sent_at: datetime | None
    created_at: datetime
    blocked_reason: str | None
    blocked_until: datetime | None
    lead_id: uuid.UUID
    email: str
    email_key: str
    domain: str
    country: str
    timezone: str
    city: str | None
    phone: str | None
    mail_provider: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What an enrollment gets. `due` None with a reason: blocked; without one: its sequence is over."""

    id: uuid.UUID
    email_account_id: uuid.UUID | None
    next_step: int
    due: datetime | None
    reason: str | None
    detail: str | None


_CAMPAIGN = """
SELECT c.id, c.name, c.status, c.status_reason, c.send_schedule, c.settings, c.seed, c.daily_cap, c.new_leads_cap,
       c.company_cap, c.started_at, c.paused_for, o.sending_held
FROM campaigns c JOIN organizations o ON o.id = c.organization_id
WHERE c.organization_id = $1 AND c.id = ANY($2::uuid[]) ORDER BY c.id
"""
_STEPS = """
SELECT campaign_id, sequence_number, delay_days, delay_hours, working_days_only FROM email_sequences
WHERE organization_id = $1 AND campaign_id = ANY($2::uuid[]) AND is_active ORDER BY campaign_id, sequence_number
"""
_BOX = """a.id, a.email_key, a.email_address, a.provider,
       a.smtp_config ->> 'host' AS smtp_host, a.is_active, a.status, a.status_reason,
       a.daily_limit, a.min_gap_seconds, a.gap_jitter_seconds, a.ramp_enabled, a.ramp_start, a.ramp_step,
       a.ramp_started_at, a.timezone, a.workday, a.absences, a.last_handed_at, a.not_before, a.next_turn_at,
       (SELECT (o.settings ->> 'domain_daily_limit')::int FROM organizations o WHERE o.id = a.organization_id)
       AS domain_daily_limit"""
_MAILBOXES = f"""
SELECT c.campaign_id, c.weight, {_BOX}
FROM campaign_email_accounts c
JOIN email_accounts a ON a.organization_id = c.organization_id AND a.id = c.email_account_id
WHERE c.organization_id = $1 AND c.campaign_id = ANY($2::uuid[]) ORDER BY c.campaign_id, a.email_key
"""  # noqa: S608 - a constant list of columns
_MAILBOX = f"SELECT 1 AS weight, {_BOX} FROM email_accounts a WHERE organization_id = $1 AND id = $2"  # noqa: S608
_ENROLLMENTS = """
SELECT e.id, e.status, e.email_account_id, e.next_step, e.next_due_at, e.last_sent_at, e.created_at, e.blocked_reason,
       e.blocked_until, e.lead_id, l.email, l.email_key, l.domain, l.country, l.timezone,
       l.custom_fields ->> 'city' AS city, l.custom_fields ->> 'phone' AS phone, l.mail_provider
FROM enrollments e JOIN leads l ON l.organization_id = e.organization_id AND l.id = e.lead_id
WHERE e.organization_id = $1 AND e.campaign_id = $2 AND e.status = ANY($3::text[])
  AND ($4::uuid IS NULL OR e.id > $4) ORDER BY e.id LIMIT $5
"""
_SAVE = """
UPDATE enrollments AS e
SET email_account_id = p.email_account_id, next_step = p.next_step, next_due_at = p.due, blocked_reason = p.reason,
    blocked_detail = p.detail, blocked_until = NULL, updated_at = $3,
    status = CASE WHEN p.due IS NULL AND p.reason IS NULL THEN 'completed' ELSE e.status END,
    finished_at = CASE WHEN p.due IS NULL AND p.reason IS NULL THEN $3 ELSE e.finished_at END
FROM unnest($2::uuid[], $4::uuid[], $5::int[], $6::timestamptz[], $7::text[], $8::text[])
     AS p(id, email_account_id, next_step, due, reason, detail)
WHERE e.organization_id = $1 AND e.id = p.id AND e.status = 'active'
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
_CAMPAIGNS_OF = """
SELECT DISTINCT campaign_id FROM (
    SELECT campaign_id FROM campaign_email_accounts WHERE organization_id = $1 AND email_account_id = ANY($2::uuid[])
    UNION ALL
    SELECT campaign_id FROM enrollments WHERE organization_id = $1 AND email_account_id = ANY($2::uuid[])
) AS used JOIN campaigns c ON c.organization_id = $1 AND c.id = used.campaign_id AND c.status = 'active'
ORDER BY campaign_id
"""
_USAGE = (
    "SELECT scope, key, day, reserved + used AS n FROM cap_usage WHERE organization_id = $1 AND day >= $2"
)
_BLOCKED = """
SELECT blocked_reason, min(blocked_detail) AS detail, max(blocked_until) AS until, count(*) AS n,
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
       e.blocked_reason, e.blocked_detail, e.blocked_until, e.held_until, e.personalized_at IS NOT NULL AS personalized,
       l.email, l.email_key, l.country, l.timezone, l.custom_fields ->> 'city' AS city,
       l.custom_fields ->> 'phone' AS phone, l.mail_provider, l.verification, EXISTS (
           SELECT FROM email_sends s WHERE s.organization_id = $1 AND s.enrollment_id = e.id
           AND s.status IN ('claimed', 'sending')) AS on_its_way
FROM enrollments e JOIN leads l ON l.organization_id = e.organization_id AND l.id = e.lead_id
WHERE e.organization_id = $1 AND e.campaign_id = $2 AND e.id = $3
"""
_HANDED = """
SELECT email_account_id, handed_at FROM email_sends
WHERE organization_id = $1 AND email_account_id = ANY($2::uuid[]) AND handed_at > $3 ORDER BY handed_at
"""
_SENT_BY_DAY = """
SELECT (handed_at AT TIME ZONE $3)::date AS day, email_account_id, count(*) AS n FROM email_sends
WHERE organization_id = $1 AND campaign_id = $2 AND status IN ('sent', 'unknown') AND email_account_id IS NOT NULL
GROUP BY 1, 2
"""


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


async def list_campaigns(
    session: Session, organization_id: uuid.UUID, ids: Sequence[uuid.UUID]
) -> list[CampaignFacts]:
    rows = await (await raw(session)).fetch(_CAMPAIGN, organization_id, list(ids))
    return [
        CampaignFacts(
            **{**row, "send_schedule": _text(row["send_schedule"]), "settings": _read(row["settings"]) or {}}
        )
        for row in rows
    ]


async def list_steps(
    session: Session, organization_id: uuid.UUID, ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[StepFacts]]:
    """Active steps per campaign, in order."""
    result: dict[uuid.UUID, list[StepFacts]] = {campaign_id: [] for campaign_id in ids}
    for row in await (await raw(session)).fetch(_STEPS, organization_id, list(ids)):
        result[row["campaign_id"]].append(StepFacts(*list(row.values())[1:]))
    return result


async def list_mailboxes(
    session: Session, organization_id: uuid.UUID, ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[MailboxFacts]]:
    """Mailboxes per campaign, by address."""
    result: dict[uuid.UUID, list[MailboxFacts]] = {campaign_id: [] for campaign_id in ids}
    for row in await (await raw(session)).fetch(_MAILBOXES, organization_id, list(ids)):
        values = dict(row)
        result[values.pop("campaign_id")].append(_mailbox(values))
    return result


async def find_mailbox(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID
) -> MailboxFacts | None:
    """One mailbox for itself, whether or not a campaign has it."""
    row = await (await raw(session)).fetchrow(_MAILBOX, organization_id, account_id)
    return _mailbox(dict(row)) if row else None


def _mailbox(row: dict[str, Any]) -> MailboxFacts:
    workday = None if row["workday"] is None else _text(row["workday"])
    return MailboxFacts(**{**row, "absences": _read(row["absences"]), "workday": workday})


async def page_enrollments(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, *, states: Sequence[str],
    after: uuid.UUID | None, limit: int, lock: bool = False,
) -> list[EnrollmentFacts]:  # fmt: skip
    """In the order of their ids; locked against a mark that would read old alarms."""
    query = _ENROLLMENTS + (" FOR UPDATE OF e" if lock else "")
    rows = await (await raw(session)).fetch(query, organization_id, campaign_id, list(states), after, limit)
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
    await (await raw(session)).execute(
        _SAVE, organization_id, [p.id for p in plans], now, [p.email_account_id for p in plans],
        [p.next_step for p in plans], [p.due for p in plans], [p.reason for p in plans], [p.detail for p in plans],
    )  # fmt: skip


async def rouse_mailboxes(
    session: Session, organization_id: uuid.UUID, account_ids: Sequence[uuid.UUID], now: datetime
) -> None:
    """The next turn of mailboxes whose messages got other times."""
    connection, ids = await raw(session), sorted(set(account_ids))
    await connection.execute(_LOCK_MAILBOXES, organization_id, ids)
    await connection.execute(_ROUSE, organization_id, ids, now)


async def list_campaigns_of(
    session: Session, organization_id: uuid.UUID, account_ids: Sequence[uuid.UUID]
) -> list[uuid.UUID]:
    """Running campaigns that send, or have people, through these mailboxes."""
    rows = await (await raw(session)).fetch(_CAMPAIGNS_OF, organization_id, list(account_ids))
    return [row["campaign_id"] for row in rows]


async def read_usage(
    session: Session, organization_id: uuid.UUID, since: date
) -> dict[tuple[str, str, date], int]:
    """Caps as they stand, reserved and used together."""
    rows = await (await raw(session)).fetch(_USAGE, organization_id, since)
    return {(row["scope"], row["key"], row["day"]): int(row["n"]) for row in rows}


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


async def list_handed(
    session: Session, organization_id: uuid.UUID, account_ids: Sequence[uuid.UUID], since: datetime
) -> dict[uuid.UUID, list[datetime]]:
    """When each mailbox handed something over after an instant, the earliest first."""
    rows = await (await raw(session)).fetch(_HANDED, organization_id, list(account_ids), since)
    found: dict[uuid.UUID, list[datetime]] = {account_id: [] for account_id in account_ids}
    for row in rows:
        found[row["email_account_id"]].append(row["handed_at"])
    return found


async def count_sent_by_day(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, timezone: str
) -> dict[tuple[date, uuid.UUID], int]:
    rows = await (await raw(session)).fetch(_SENT_BY_DAY, organization_id, campaign_id, timezone)
    return {(row["day"], row["email_account_id"]): int(row["n"]) for row in rows}
