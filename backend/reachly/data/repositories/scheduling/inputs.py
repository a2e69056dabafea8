"""Campaigns, steps, mailboxes and counters as planning, explaining and simulating read them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from reachly.data.repositories.scheduling.rows import (
    CampaignFacts,
    MailboxFacts,
    StepFacts,
)
from reachly.data.session import Session, raw

_CAMPAIGN = """
SELECT c.id, c.name, c.status, c.status_reason, c.send_schedule, c.settings, c.seed, c.daily_cap, c.new_leads_cap,
       c.company_cap, c.carried, c.started_at, c.paused_for, o.sending_held
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
       a.carried, a.domain_carried,
       (SELECT (o.settings ->> 'domain_daily_limit')::int FROM organizations o WHERE o.id = a.organization_id)
       AS domain_daily_limit"""

_MAILBOXES = f"""
SELECT c.campaign_id, c.weight, {_BOX}
FROM campaign_email_accounts c
JOIN email_accounts a ON a.organization_id = c.organization_id AND a.id = c.email_account_id
WHERE c.organization_id = $1 AND c.campaign_id = ANY($2::uuid[]) ORDER BY c.campaign_id, a.email_key
"""  # noqa: S608 - a constant list of columns

_MAILBOX = f"SELECT 1 AS weight, {_BOX} FROM email_accounts a WHERE organization_id = $1 AND id = $2"  # noqa: S608

_CAMPAIGNS_OF = """
SELECT DISTINCT campaign_id FROM (
    SELECT campaign_id FROM campaign_email_accounts WHERE organization_id = $1 AND email_account_id = ANY($2::uuid[])
    UNION ALL
    SELECT campaign_id FROM enrollments WHERE organization_id = $1 AND email_account_id = ANY($2::uuid[])
    UNION ALL
    SELECT campaign_id FROM enrollments WHERE organization_id = $1 AND $3 AND blocked_reason = 'sender_gone'
) AS used JOIN campaigns c ON c.organization_id = $1 AND c.id = used.campaign_id
WHERE c.status = 'active' OR ($3 AND c.status = 'paused')
ORDER BY campaign_id
"""

_COUNT_SENDER_GONE = """
SELECT count(*) FROM enrollments
WHERE organization_id = $1 AND campaign_id = $2 AND blocked_reason = 'sender_gone' AND status IN ('active', 'held')
"""

# Never more than a few from each campaign, however many there are.
_MORE_THAN = """
SELECT coalesce(sum(few.n), 0) > $3 FROM campaigns c, LATERAL (
    SELECT count(*) AS n FROM (
        SELECT FROM enrollments e WHERE e.organization_id = $1 AND e.campaign_id = c.id
        AND e.status IN ('active', 'held', 'pending') LIMIT $3 + 1) AS those
) AS few
WHERE c.organization_id = $1 AND (c.id = $2 OR c.status = 'active')
"""
_USAGE = (
    "SELECT scope, key, day, reserved + used AS n FROM cap_usage WHERE organization_id = $1 AND day >= $2"
)

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


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)


async def list_campaigns(
    session: Session, organization_id: uuid.UUID, ids: Sequence[uuid.UUID]
) -> list[CampaignFacts]:
    rows = await (await raw(session)).fetch(_CAMPAIGN, organization_id, list(ids))
    return [
        CampaignFacts(
            **{
                **row,
                "send_schedule": _text(row["send_schedule"]),
                "settings": _read(row["settings"]) or {},
                "carried": _text_or_none(row["carried"]),
            }
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
    texts = {name: _text_or_none(row[name]) for name in ("workday", "carried", "domain_carried")}
    return MailboxFacts(**{**row, "absences": _read(row["absences"]), **texts})


async def list_campaigns_of(
    session: Session, organization_id: uuid.UUID, account_ids: Sequence[uuid.UUID], *, and_gone: bool = False
) -> list[uuid.UUID]:
    """Running campaigns that send, or have people, through these mailboxes. `and_gone`: paused ones too, and those in
    which people wait because their mailbox is gone."""
    rows = await (await raw(session)).fetch(_CAMPAIGNS_OF, organization_id, list(account_ids), and_gone)
    return [row["campaign_id"] for row in rows]


async def count_sender_gone(session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID) -> int:
    """People of a campaign who wait because their mailbox is gone."""
    return int(await (await raw(session)).fetchval(_COUNT_SENDER_GONE, organization_id, campaign_id))


async def read_usage(
    session: Session, organization_id: uuid.UUID, since: date
) -> dict[tuple[str, str, date], int]:
    """Caps as they stand, reserved and used together."""
    rows = await (await raw(session)).fetch(_USAGE, organization_id, since)
    return {(row["scope"], row["key"], row["day"]): int(row["n"]) for row in rows}


async def list_handed(
    session: Session, organization_id: uuid.UUID, account_ids: Sequence[uuid.UUID], since: datetime
) -> dict[uuid.UUID, list[datetime]]:
    """When each mailbox handed something over after an instant, the earliest first."""
    rows = await (await raw(session)).fetch(_HANDED, organization_id, list(account_ids), since)
    found: dict[uuid.UUID, list[datetime]] = {account_id: [] for account_id in account_ids}
    for row in rows:
        found[row["email_account_id"]].append(row["handed_at"])
    return found


_OPEN = """
SELECT count(*) FROM enrollments
WHERE organization_id = $1 AND campaign_id = $2 AND status IN ('pending', 'active', 'held')
"""


async def count_open(session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID) -> int:
    """People who are on the way."""
    return int(await (await raw(session)).fetchval(_OPEN, organization_id, campaign_id))


async def count_sent_by_day(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, timezone: str
) -> dict[tuple[date, uuid.UUID], int]:
    rows = await (await raw(session)).fetch(_SENT_BY_DAY, organization_id, campaign_id, timezone)
    return {(row["day"], row["email_account_id"]): int(row["n"]) for row in rows}


async def has_more_than(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, people: int
) -> bool:
    """Whether this campaign and those that run have more people than that to write to."""
    return bool(await (await raw(session)).fetchval(_MORE_THAN, organization_id, campaign_id, people))
