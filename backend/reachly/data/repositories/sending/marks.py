"""The point of no return: an intent is written as `sending`, committed before a byte that can cause a delivery."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reachly.data.repositories.sending import opens
from reachly.data.repositories.sending.rows import Intent, Lease, caps_as_json
from reachly.data.repositories.suppression import SUPPRESSING
from reachly.data.session import Session, raw
from reachly.kit.ids import new_id

_HOLD_MAILBOX = """
UPDATE email_accounts
SET lease_until = $4, last_handed_at = CASE WHEN $6 THEN $5 ELSE last_handed_at END
WHERE organization_id = $1 AND id = $2 AND lease_attempt = $3 AND is_active AND status = 'connected'
  AND limits_version = $7
RETURNING true
"""
_HOLD_LIMITS = """
SELECT true FROM email_accounts WHERE organization_id = $1 AND id = $2 AND limits_version = $3 FOR SHARE
"""
# The steps after their campaigns, as whoever deletes one of these locks them: so the count.
# A pause updates the campaign and a stop the enrollment: whoever comes second sees the first. A suppression by hand
# (of a whole domain, say) touches no row of ours, so it takes a lock of its own, which marks share with each other.
_LOCK_CAMPAIGNS = f"""
WITH locked AS MATERIALIZED (
    SELECT id, status, version, pg_advisory_xact_lock_shared({SUPPRESSING}) FROM campaigns
    WHERE organization_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR SHARE
), steps AS MATERIALIZED (
    SELECT id FROM email_sequences
    WHERE organization_id = $1 AND id = ANY($3::uuid[]) AND is_active AND (SELECT count(*) FROM locked) > 0
    ORDER BY id FOR SHARE
)
SELECT id, status, version, ARRAY(SELECT id FROM steps) AS steps FROM locked
"""  # noqa: S608 - fixed text
_LOCK_DUE = """
SELECT id, status FROM enrollments
WHERE organization_id = $1 AND id = ANY($2::uuid[]) AND status IN ('active', 'held') AND next_due_at <= $3
  AND email_account_id = $4
ORDER BY id FOR NO KEY UPDATE
"""
# What was put back before never left: it is taken up again under the same id and Message-ID. What was decided in any
# other way since it was chosen stays as it is.
_WRITE = """
INSERT INTO email_sends AS s (organization_id, id, kind, intent_key, campaign_id, enrollment_id, lead_id,
    email_account_id, sequence_id, step, variant, to_email, status, attempt_id, attempts, planned_at,
    claimed_at, handed_at, message_id, caps, subject, body_text, content_hash, links, reason, created_at, updated_at)
SELECT $1, w.id, 'campaign', w.intent_key, w.campaign_id, w.enrollment_id, w.lead_id, $2, w.sequence_id, w.step,
       w.variant, w.to_email, $4::text, $3, $6, w.planned_at, $5::timestamptz,
       CASE WHEN $4::text = 'sending' THEN $5::timestamptz END, w.message_id,
       w.caps::jsonb, w.subject, w.body_text, w.content_hash, string_to_array(w.links, ',')::uuid[], w.reason,
       $5::timestamptz, $5::timestamptz
FROM unnest($7::uuid[], $8::text[], $9::uuid[], $10::uuid[], $11::uuid[], $12::uuid[], $13::int[], $14::text[],
            $15::text[], $16::text[], $17::timestamptz[], $18::text[], $19::text[], $20::text[], $21::text[],
            $22::text[], $23::text[])
     AS w(id, intent_key, campaign_id, enrollment_id, lead_id, sequence_id, step, variant, to_email, message_id,
          planned_at, caps, subject, body_text, content_hash, links, reason)
ON CONFLICT (organization_id, intent_key) DO UPDATE
SET status = excluded.status, attempt_id = excluded.attempt_id, attempts = s.attempts + excluded.attempts,
    email_account_id = excluded.email_account_id,
    planned_at = excluded.planned_at, claimed_at = excluded.claimed_at, handed_at = excluded.handed_at,
    variant = excluded.variant, to_email = excluded.to_email, caps = excluded.caps, subject = excluded.subject,
    body_text = excluded.body_text, content_hash = excluded.content_hash, links = excluded.links,
    reason = excluded.reason, updated_at = excluded.updated_at
WHERE s.status IN ('deferred', 'cancelled') AND s.id = excluded.id
RETURNING s.id
"""
_END_HOLDS = """
UPDATE enrollments SET status = 'active', held_until = NULL, blocked_reason = NULL, blocked_detail = NULL,
                       blocked_until = NULL, updated_at = $3
WHERE organization_id = $1 AND id = ANY($2::uuid[])
"""
_LINKS = """
INSERT INTO tracked_links (organization_id, id, url, url_key, created_at)
SELECT $1, w.id, w.url, encode(sha256(convert_to(w.url, 'UTF8')), 'hex'), $2
FROM unnest($3::uuid[], $4::text[]) AS w(id, url) ORDER BY w.url
ON CONFLICT (organization_id, url_key) DO NOTHING
"""
_FIND_LINKS = """
SELECT id, url FROM tracked_links
WHERE organization_id = $1
  AND url_key IN (SELECT encode(sha256(convert_to(w.url, 'UTF8')), 'hex') FROM unnest($2::text[]) AS w(url))
"""


@dataclass(slots=True)
class Entry:
    """A line of the ledger: an intent and its final words, as far as there are any."""

    intent: Intent
    subject: str = ""
    body_text: str | None = None
    content_hash: str = ""
    link_ids: Sequence[uuid.UUID] = ()
    reason: str | None = None


async def hold_mailbox(
    session: Session, lease: Lease, *, now: datetime, lease_until: datetime, handed: bool, limits_version: int
) -> bool:
    """Whether the lease is still ours, the mailbox may send and its limits are those that were read; renews the lease
    and, with `handed`, starts the gap."""
    connection = await raw(session)
    fence = (lease.organization_id, lease.email_account_id, lease.attempt_id)
    return bool(await connection.fetchval(_HOLD_MAILBOX, *fence, lease_until, now, handed, limits_version))


async def hold_limits(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID, version: int
) -> bool:
    """Whether the mailbox's limits are those that were read, and stay so until the commit. After the caps, as
    `hold_mailbox`."""
    return bool(await (await raw(session)).fetchval(_HOLD_LIMITS, organization_id, account_id, version))


async def lock_campaigns(
    session: Session,
    organization_id: uuid.UUID,
    campaign_ids: Sequence[uuid.UUID],
    step_ids: Sequence[uuid.UUID],
) -> tuple[dict[uuid.UUID, tuple[str, int]], set[uuid.UUID]]:
    """Locks these, before anything else; the state and the version of each campaign, and which of the steps are
    switched on. All of it stays so until the commit."""
    values = (organization_id, list(campaign_ids), list(step_ids))
    rows = await (await raw(session)).fetch(_LOCK_CAMPAIGNS, *values)
    states = {row["id"]: (row["status"], row["version"]) for row in rows}
    return states, {step_id for row in rows for step_id in row["steps"]}


async def lock_due(
    session: Session, lease: Lease, enrollment_ids: Sequence[uuid.UUID], due_at: datetime
) -> dict[uuid.UUID, str]:
    """Locks those that are still due in this mailbox as they were at `due_at`, and going on; a reply, a stop, a new
    alarm, or a plan that gave them to another mailbox and came first leaves them out. The state of each."""
    if not enrollment_ids:
        return {}
    rows = await (await raw(session)).fetch(
        _LOCK_DUE, lease.organization_id, list(enrollment_ids), due_at, lease.email_account_id
    )
    return {row["id"]: row["status"] for row in rows}


async def end_holds(
    session: Session, organization_id: uuid.UUID, enrollment_ids: Sequence[uuid.UUID], now: datetime
) -> None:
    """Who was waited for goes on: their time has come, and their message goes on the wire."""
    if enrollment_ids:
        await (await raw(session)).execute(_END_HOLDS, organization_id, list(enrollment_ids), now)


async def write_sending(
    session: Session, lease: Lease, entries: Sequence[Entry], *, now: datetime, lease_until: datetime
) -> set[uuid.UUID]:
    """Writes intents as being on the wire. The ids of those that were not decided before.

    The alarms of their enrollments stay as they are, which saves a version of each: the outcome sets the next one, and
    until then the ledger says that they are under way.
    """
    written = await _write(session, lease, entries, "sending", now)
    await opens.open_sends(session, lease.organization_id, sorted(written), lease.attempt_id, lease_until)
    return written


async def write_quarantined(
    session: Session, lease: Lease, entries: Sequence[Entry], now: datetime
) -> set[uuid.UUID]:
    """Writes intents that can never go, with their reasons. The ids of those that were not decided before."""
    return await _write(session, lease, entries, "quarantined", now)


async def _write(
    session: Session,
    lease: Lease,
    entries: Sequence[Entry],
    status: str,
    now: datetime,
) -> set[uuid.UUID]:
    if not entries:
        return set()
    intents = [entry.intent for entry in entries]
    columns = [
        [i.send_id for i in intents], [i.intent_key for i in intents], [i.campaign_id for i in intents],
        [i.enrollment_id for i in intents], [i.lead_id for i in intents], [i.sequence_id for i in intents],
        [i.step for i in intents], [i.variant for i in intents], [i.to_email for i in intents],
        [i.message_id for i in intents], [i.planned_at for i in intents], [caps_as_json(i.caps) for i in intents],
        [e.subject for e in entries], [e.body_text for e in entries], [e.content_hash for e in entries],
        [",".join(map(str, e.link_ids)) for e in entries], [e.reason for e in entries],
    ]  # fmt: skip
    attempt_id, attempts = (lease.attempt_id, 1) if status == "sending" else (None, 0)
    rows = await (await raw(session)).fetch(
        _WRITE,
        lease.organization_id,
        lease.email_account_id,
        attempt_id,
        status,
        now,
        attempts,
        *columns,
    )
    return {row["id"] for row in rows}


async def keep_links(
    session: Session, organization_id: uuid.UUID, urls: Sequence[str], now: datetime
) -> dict[str, uuid.UUID]:
    """The id of each click target, made where it is new."""
    wanted = sorted(set(urls))
    if not wanted:
        return {}
    connection = await raw(session)
    found = {r["url"]: r["id"] for r in await connection.fetch(_FIND_LINKS, organization_id, wanted)}
    missing = [url for url in wanted if url not in found]
    if missing:
        await connection.execute(_LINKS, organization_id, now, [new_id() for _ in missing], missing)
        found = {r["url"]: r["id"] for r in await connection.fetch(_FIND_LINKS, organization_id, wanted)}
    return found
