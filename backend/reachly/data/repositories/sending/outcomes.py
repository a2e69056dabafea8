"""What happened, in the ledger."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reachly.data.repositories.sending import opens
from reachly.data.repositories.sending.rows import Lease
from reachly.data.session import Session, raw

_RECORD = """
UPDATE email_sends AS s
SET status = w.status, sent_at = CASE WHEN w.status = 'sent' THEN $3 ELSE s.sent_at END,
    handed_at = CASE WHEN w.status IN ('sent', 'unknown') THEN s.handed_at END,
    bounced_at = CASE WHEN w.bounced THEN $3 ELSE s.bounced_at END,
    reply_code = w.reply_code, reply_text = w.reply_text, reason = w.reason,
    provider_message_id = w.provider_message_id, provider_thread_id = w.provider_thread_id,
    attempts = s.attempts - CASE WHEN w.counts THEN 0 ELSE 1 END, updated_at = $3
FROM unnest($4::uuid[], $5::text[], $6::bool[], $7::int[], $8::text[], $9::text[], $10::text[], $11::text[],
            $12::bool[])
     AS w(id, status, bounced, reply_code, reply_text, reason, provider_message_id, provider_thread_id, counts)
WHERE s.organization_id = $1 AND s.id = w.id AND s.attempt_id = $2 AND s.status = 'sending'
RETURNING s.id
"""
_FINISH = """
UPDATE email_accounts
SET next_turn_at = CASE WHEN next_turn_at = $7 THEN $4 ELSE least(next_turn_at, $4) END,
    lease_attempt = NULL, lease_until = NULL, failures_in_a_row = $5, not_before = $6
WHERE organization_id = $1 AND id = $2 AND lease_attempt = $3
RETURNING true
"""
_SOFT_BOUNCES = """
SELECT lead_id, count(*) AS n FROM email_sends
WHERE organization_id = $1 AND lead_id = ANY($2::uuid[]) AND bounced_at > $3
GROUP BY lead_id
"""
_CAMPAIGN_FAILURES = """
UPDATE campaigns AS c
SET failures_in_a_row = CASE WHEN w.resets THEN w.n ELSE c.failures_in_a_row + w.n END
FROM unnest($2::uuid[], $3::bool[], $4::int[]) AS w(id, resets, n)
WHERE c.organization_id = $1 AND c.id = w.id
RETURNING c.id, c.failures_in_a_row
"""
_LOCK_CAMPAIGNS = """
SELECT id FROM campaigns WHERE organization_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR NO KEY UPDATE
"""


@dataclass(slots=True, eq=False)  # one a message: a frozen one costs three times as much to make
class Outcome:
    """One row's end (or its deferral). `bounced` sets the instant of the bounce; an attempt that does not count was
    the mailbox's trouble, not the message's."""

    send_id: uuid.UUID
    status: str
    reason: str | None = None
    bounced: bool = False
    reply_code: int | None = None
    reply_text: str | None = None
    provider_message_id: str | None = None
    provider_thread_id: str | None = None
    counts: bool = True


async def record(
    session: Session,
    organization_id: uuid.UUID,
    attempt_id: uuid.UUID,
    now: datetime,
    outcomes: Sequence[Outcome],
) -> set[uuid.UUID]:
    """Writes outcomes of rows that this attempt has in `sending`; the ids of those that were still its own."""
    rows = await (await raw(session)).fetch(
        _RECORD, organization_id, attempt_id, now, [o.send_id for o in outcomes], [o.status for o in outcomes],
        [o.bounced for o in outcomes], [o.reply_code for o in outcomes], [o.reply_text for o in outcomes],
        [o.reason for o in outcomes], [o.provider_message_id for o in outcomes],
        [o.provider_thread_id for o in outcomes], [o.counts for o in outcomes],
    )  # fmt: skip
    written = {row["id"] for row in rows}
    await opens.note(
        session, organization_id, {o.send_id: o.status for o in outcomes if o.send_id in written}
    )
    return written


async def finish_turn(
    session: Session, lease: Lease, *, next_turn_at: datetime | None, failures_in_a_row: int,
    not_before: datetime | None,
) -> bool:  # fmt: skip
    """Gives the lease back with the next turn; an earlier one that somebody set meanwhile stands.

    False: the lease was lost, and nothing happened.
    """
    done = await (await raw(session)).fetchval(
        _FINISH, lease.organization_id, lease.email_account_id, lease.attempt_id, next_turn_at, failures_in_a_row,
        not_before, lease.mark,
    )  # fmt: skip
    return bool(done)


async def count_bounces(
    session: Session, organization_id: uuid.UUID, lead_ids: Sequence[uuid.UUID], since: datetime
) -> dict[uuid.UUID, int]:
    """Bounces of each person after `since`."""
    if not lead_ids:
        return {}
    rows = await (await raw(session)).fetch(_SOFT_BOUNCES, organization_id, list(lead_ids), since)
    return {row["lead_id"]: int(row["n"]) for row in rows}


async def lock_campaigns(
    session: Session, organization_id: uuid.UUID, campaign_ids: Sequence[uuid.UUID]
) -> None:
    """Before enrollments are touched, where the campaign itself will be written too."""
    await (await raw(session)).execute(_LOCK_CAMPAIGNS, organization_id, list(campaign_ids))


async def count_failures(
    session: Session, organization_id: uuid.UUID, runs: dict[uuid.UUID, tuple[bool, int]]
) -> dict[uuid.UUID, int]:
    """Failures in a row of each campaign. A run is (a success came before it, failures since)."""
    if not runs:
        return {}
    ids = sorted(runs)
    rows = await (await raw(session)).fetch(
        _CAMPAIGN_FAILURES, organization_id, ids, [runs[i][0] for i in ids], [runs[i][1] for i in ids]
    )
    return {row["id"]: row["failures_in_a_row"] for row in rows}
