"""Sums of the counters. Days are UTC, both ends included."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from reachly.data.models.outbox import COUNTERS
from reachly.data.session import Session, raw

Sums = Mapping[str, int]

_SUMS = ", ".join(f"coalesce(sum({name}), 0)::bigint AS {name}" for name in COUNTERS)
_BY_DAY = f"""
SELECT day, {_SUMS} FROM campaign_stats WHERE organization_id = $1 AND day BETWEEN $2 AND $3 GROUP BY day
"""  # noqa: S608 - the names are the constant COUNTERS
_CAMPAIGN_BY_DAY = f"""
SELECT day, {_SUMS} FROM campaign_stats WHERE organization_id = $1 AND campaign_id = $4 AND day BETWEEN $2 AND $3
GROUP BY day
"""  # noqa: S608
_BY_CAMPAIGN = f"""
SELECT campaign_id, {_SUMS} FROM campaign_stats WHERE organization_id = $1 AND day BETWEEN $2 AND $3
GROUP BY campaign_id
"""  # noqa: S608
_BY_STEP = f"""
SELECT sequence_id, variant, {_SUMS} FROM campaign_stats
WHERE organization_id = $1 AND campaign_id = $2 AND day BETWEEN $3 AND $4
GROUP BY sequence_id, variant
"""  # noqa: S608
_BY_MAILBOX = f"""
SELECT email_account_id, {_SUMS} FROM campaign_stats WHERE organization_id = $1 AND day BETWEEN $2 AND $3
GROUP BY email_account_id
"""  # noqa: S608
_CAMPAIGN_BY_MAILBOX = f"""
SELECT email_account_id, {_SUMS} FROM campaign_stats
WHERE organization_id = $1 AND day BETWEEN $2 AND $3 AND campaign_id = $4
GROUP BY email_account_id
"""  # noqa: S608
_MAILBOX = f"""
SELECT {_SUMS} FROM campaign_stats WHERE organization_id = $1 AND email_account_id = $2 AND day >= $3
"""  # noqa: S608
_STEPS = """
SELECT s.id, s.sequence_number, 'A' AS variant, s.subject_template, s.is_active
FROM email_sequences s WHERE s.organization_id = $1 AND s.campaign_id = $2
UNION ALL
SELECT s.id, s.sequence_number, v.label, v.subject_template, s.is_active AND v.is_active
FROM email_sequences s
JOIN sequence_variants v ON v.organization_id = s.organization_id AND v.sequence_id = s.id
WHERE s.organization_id = $1 AND s.campaign_id = $2
ORDER BY sequence_number, variant
"""
_NAMES = "SELECT id, email_address FROM email_accounts WHERE organization_id = $1 ORDER BY email_key"
_UNREAD = """
SELECT count(*) FROM threads WHERE organization_id = $1 AND unread AND (snoozed_until IS NULL OR snoozed_until <= $2)
"""


def _plain(row: Any) -> dict[str, int]:
    return {name: int(row[name]) for name in COUNTERS}


async def sum_by_day(
    session: Session,
    organization_id: uuid.UUID,
    since: date,
    until: date,
    campaign_id: uuid.UUID | None = None,
) -> dict[date, Sums]:
    """Days without a fact are left out."""
    connection = await raw(session)
    if campaign_id is None:
        rows = await connection.fetch(_BY_DAY, organization_id, since, until)
    else:
        rows = await connection.fetch(_CAMPAIGN_BY_DAY, organization_id, since, until, campaign_id)
    return {row["day"]: _plain(row) for row in rows}


async def sum_by_campaign(
    session: Session, organization_id: uuid.UUID, since: date, until: date
) -> dict[uuid.UUID, Sums]:
    rows = await (await raw(session)).fetch(_BY_CAMPAIGN, organization_id, since, until)
    return {row["campaign_id"]: _plain(row) for row in rows}


async def sum_by_step(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, since: date, until: date
) -> dict[tuple[uuid.UUID, str], Sums]:
    """By step (the nil UUID: none) and variant."""
    rows = await (await raw(session)).fetch(_BY_STEP, organization_id, campaign_id, since, until)
    return {(row["sequence_id"], row["variant"]): _plain(row) for row in rows}


async def sum_by_mailbox(
    session: Session,
    organization_id: uuid.UUID,
    since: date,
    until: date,
    campaign_id: uuid.UUID | None = None,
) -> dict[uuid.UUID, Sums]:
    """By mailbox (the nil UUID: none, or not known any more), of one campaign or all."""
    connection = await raw(session)
    if campaign_id is None:
        rows = await connection.fetch(_BY_MAILBOX, organization_id, since, until)
    else:
        rows = await connection.fetch(_CAMPAIGN_BY_MAILBOX, organization_id, since, until, campaign_id)
    return {row["email_account_id"]: _plain(row) for row in rows}


async def sum_mailbox(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID, since: date
) -> Sums:
    """One mailbox from a day on."""
    return _plain(await (await raw(session)).fetchrow(_MAILBOX, organization_id, account_id, since))


async def list_bounced(session: Session, since: date) -> list[uuid.UUID]:
    """Organizations in which something has bounced since a day; `session` is the system's."""
    query = "SELECT DISTINCT organization_id FROM campaign_stats WHERE day >= $1 AND bounced > 0 ORDER BY 1"
    return [row["organization_id"] for row in await (await raw(session)).fetch(query, since)]


async def list_step_names(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID
) -> Sequence[Mapping[str, Any]]:
    """Every text of every step: id, sequence_number, variant, subject_template, is_active; in order."""
    return list(await (await raw(session)).fetch(_STEPS, organization_id, campaign_id))


async def list_mailbox_names(session: Session, organization_id: uuid.UUID) -> dict[uuid.UUID, str]:
    """Address by mailbox, in the order of addresses."""
    rows = await (await raw(session)).fetch(_NAMES, organization_id)
    return {row["id"]: row["email_address"] for row in rows}


async def count_leads(session: Session, organization_id: uuid.UUID) -> int:
    query = "SELECT count(*) FROM leads WHERE organization_id = $1"
    return int(await (await raw(session)).fetchval(query, organization_id))


async def count_mailboxes(session: Session, organization_id: uuid.UUID) -> int:
    query = "SELECT count(*) FROM email_accounts WHERE organization_id = $1"
    return int(await (await raw(session)).fetchval(query, organization_id))


async def count_unread(session: Session, organization_id: uuid.UUID, now: datetime) -> int:
    """Unread conversations that are not put off."""
    return int(await (await raw(session)).fetchval(_UNREAD, organization_id, now))
