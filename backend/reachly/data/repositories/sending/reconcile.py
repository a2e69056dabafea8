"""Messages in doubt: which mailboxes are asked about theirs, the controls beside them, and how they are settled."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from reachly.data.repositories.sending import opens
from reachly.data.repositories.sending.lost import FIELDS, OpenRow, read_open_rows
from reachly.data.session import Session, raw

_DOUBTFUL = """
SELECT DISTINCT s.organization_id, s.email_account_id
FROM open_sends o JOIN email_sends s ON s.organization_id = o.organization_id AND s.id = o.send_id
WHERE o.lease_until IS NULL AND s.email_account_id IS NOT NULL
"""
# Fair: the mailbox of each organization that has waited longest comes first, then the second of each.
_CLAIM = f"""
WITH due AS (
    SELECT b.organization_id, b.id, row_number() OVER (
        PARTITION BY b.organization_id ORDER BY b.reconcile_at NULLS FIRST, b.id) AS n
    FROM email_accounts b JOIN ({_DOUBTFUL}) AS d ON d.organization_id = b.organization_id AND d.email_account_id = b.id
    WHERE coalesce(b.reconcile_at, $1) <= $1
), first AS (
    SELECT organization_id, id FROM due WHERE n <= $3 ORDER BY n, organization_id LIMIT $4
), free AS (
    SELECT a.organization_id, a.id FROM email_accounts a JOIN first f USING (organization_id, id)
    WHERE coalesce(a.reconcile_at, $1) <= $1 FOR UPDATE OF a SKIP LOCKED
)
UPDATE email_accounts AS a SET reconcile_at = $2 FROM free
WHERE a.organization_id = free.organization_id AND a.id = free.id
RETURNING a.organization_id, a.id AS email_account_id, a.reconcile_wait
"""  # noqa: S608 - fixed text
_NEXT = f"""
SELECT min(coalesce(b.reconcile_at, $1))
FROM email_accounts b JOIN ({_DOUBTFUL}) AS d ON d.organization_id = b.organization_id AND d.email_account_id = b.id
"""  # noqa: S608
# Whoever asked for an earlier look meanwhile gets it.
_PACE = """
UPDATE email_accounts
SET reconcile_wait = $4, reconcile_at = CASE WHEN reconcile_at = $5 THEN $3 ELSE least(reconcile_at, $3) END
WHERE organization_id = $1 AND id = $2
"""
_SOONER = """
UPDATE email_accounts SET reconcile_at = $3, reconcile_wait = 0
WHERE organization_id = $1 AND id = ANY($2::uuid[]) AND (reconcile_at IS NULL OR reconcile_at > $3)
RETURNING id
"""
_PAGE = f"""
SELECT {FIELDS} FROM open_sends o JOIN email_sends s ON s.organization_id = $1 AND s.id = o.send_id
WHERE o.organization_id = $1 AND o.lease_until IS NULL AND s.email_account_id = $2 AND s.status = 'unknown'
  AND s.handed_at <= $3
ORDER BY (s.id <= $4), s.id LIMIT $5
"""  # noqa: S608
_SURELY = """
s.status = 'sent' AND s.settled_by IS NULL AND s.reply_code BETWEEN 200 AND 299
"""
_CONTROLS = f"""
SELECT w.id AS doubt, c.is_before, c.id, c.message_id, c.handed_at
FROM unnest($3::uuid[], $4::timestamptz[], $5::timestamptz[]) AS w(id, handed_at, later_from), LATERAL (
    (SELECT true AS is_before, s.id, s.message_id, s.handed_at FROM email_sends s
     WHERE s.organization_id = $1 AND s.email_account_id = $2 AND {_SURELY} AND s.copy_filed_at IS NULL
       AND s.handed_at <= w.handed_at AND s.handed_at >= w.handed_at - $6::interval
     ORDER BY s.handed_at DESC, s.id DESC LIMIT $7)
    UNION ALL
    (SELECT false, s.id, s.message_id, s.handed_at FROM email_sends s
     WHERE s.organization_id = $1 AND s.email_account_id = $2 AND {_SURELY} AND s.copy_filed_at IS NULL
       AND s.handed_at >= w.later_from AND s.handed_at <= least(w.later_from + $6::interval, $8)
     ORDER BY s.handed_at, s.id LIMIT $7)
) AS c
ORDER BY w.id, c.is_before, abs(extract(epoch FROM c.handed_at - w.handed_at)), c.id
"""  # noqa: S608
_RECENT = f"""
SELECT s.id, s.message_id, s.handed_at FROM email_sends s
WHERE s.organization_id = $1 AND s.email_account_id = $2 AND {_SURELY} AND (s.copy_filed_at IS NOT NULL) = $5
  AND s.handed_at > $3 AND s.handed_at <= $4
ORDER BY s.handed_at DESC, s.id DESC LIMIT $6
"""  # noqa: S608
_NAMED = """
SELECT s.id, s.message_id, s.handed_at FROM email_sends s WHERE s.organization_id = $1 AND s.id = ANY($2::uuid[])
"""
_LEARN = """
UPDATE email_accounts SET files_sent = $3, files_seen_at = $4, copies_seen = $5::text::jsonb
WHERE organization_id = $1 AND id = $2
"""
_OURS = "UPDATE email_sends SET copy_filed_at = $3 WHERE organization_id = $1 AND id = ANY($2::uuid[])"
_LOCK = "SELECT id FROM email_sends WHERE organization_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR NO KEY UPDATE"
# Only the attempt that was looked for: one that was decided and sent again meanwhile is another story.
_SETTLE = """
UPDATE email_sends AS s SET status = $2, settled_by = $3, sent_at = CASE WHEN $2 = 'sent' THEN s.handed_at END,
    handed_at = CASE WHEN $2 = 'sent' THEN s.handed_at END, reason = $4, updated_at = $5,
    provider_message_id = coalesce(w.filed_as, s.provider_message_id),
    evidence = coalesce(s.evidence, '[]') || w.evidence::jsonb
FROM unnest($6::uuid[], $7::timestamptz[], $8::int[], $9::text[], $10::text[])
     AS w(id, handed_at, attempts, filed_as, evidence)
WHERE s.organization_id = $1 AND s.id = w.id AND s.status = 'unknown' AND s.attempts = w.attempts
  AND s.handed_at IS NOT DISTINCT FROM w.handed_at
RETURNING s.id
"""


@dataclass(frozen=True, slots=True)
class DueMailbox:
    """A mailbox that is asked now; `wait`: seconds that it waited for this look."""

    organization_id: uuid.UUID
    email_account_id: uuid.UUID
    wait: int


@dataclass(frozen=True, slots=True)
class Sure:
    """A message with a 250 of the server."""

    id: uuid.UUID
    message_id: str
    handed_at: datetime


async def claim_due(
    session: Session, now: datetime, until: datetime, *, per_organization: int, limit: int
) -> list[DueMailbox]:
    """Mailboxes with messages in doubt whose time has come, each claimed until `until`: call it in `system()`."""
    rows = await (await raw(session)).fetch(_CLAIM, now, until, per_organization, limit)
    found = [DueMailbox(r["organization_id"], r["email_account_id"], r["reconcile_wait"]) for r in rows]
    return sorted(found, key=lambda one: (one.organization_id, one.email_account_id))


async def find_next_look(session: Session, now: datetime) -> datetime | None:
    """When the next mailbox is asked about what is in doubt; None: nothing is. Call it in `system()`."""
    found: datetime | None = await (await raw(session)).fetchval(_NEXT, now)
    return found


async def set_pace(
    session: Session,
    organization_id: uuid.UUID,
    account_id: uuid.UUID,
    *,
    at: datetime | None,
    wait: int,
    claimed_until: datetime,
) -> None:
    """When this mailbox is asked again."""
    connection = await raw(session)
    await connection.execute(_PACE, organization_id, account_id, at, wait, claimed_until)


async def ask_by(
    session: Session, organization_id: uuid.UUID, account_ids: Sequence[uuid.UUID], at: datetime
) -> bool:
    """These are asked at that time at the latest. Whether that is earlier than it was to be."""
    ids = sorted(set(account_ids))
    return bool(ids and await (await raw(session)).fetch(_SOONER, organization_id, ids, at))


async def list_doubts(
    session: Session,
    organization_id: uuid.UUID,
    account_id: uuid.UUID,
    handed_before: datetime,
    *,
    after: uuid.UUID | None,
    limit: int,
) -> list[OpenRow]:
    """A page of a mailbox's messages in doubt, from `after` on and then from the first one again."""
    connection = await raw(session)
    start = after or uuid.UUID(int=0)
    rows = await connection.fetch(_PAGE, organization_id, account_id, handed_before, start, limit)
    return read_open_rows(rows)


async def list_controls(
    session: Session,
    organization_id: uuid.UUID,
    account_id: uuid.UUID,
    doubts: Sequence[tuple[uuid.UUID, datetime, datetime]],
    *,
    within: timedelta,
    per_side: int,
    until: datetime,
) -> dict[uuid.UUID, tuple[list[Sure], list[Sure]]]:
    """For each (doubt, handed over at, later controls from): the nearest messages before and after it that surely left,
    none of them handed over after `until`."""
    found: dict[uuid.UUID, tuple[list[Sure], list[Sure]]] = {doubt[0]: ([], []) for doubt in doubts}
    if not doubts:
        return found
    ids, handed, later = (list(column) for column in zip(*doubts, strict=True))
    rows = await (await raw(session)).fetch(
        _CONTROLS, organization_id, account_id, ids, handed, later, within, per_side, until
    )
    for row in rows:
        side = found[row["doubt"]][0 if row["is_before"] else 1]
        side.append(Sure(row["id"], row["message_id"], row["handed_at"]))
    return found


async def list_recent(
    session: Session,
    organization_id: uuid.UUID,
    account_id: uuid.UUID,
    *,
    since: datetime,
    until: datetime,
    with_our_copy: bool,
    limit: int,
) -> list[Sure]:
    """The latest messages of a mailbox that surely left: those of which we filed a copy, or the others."""
    rows = await (await raw(session)).fetch(
        _RECENT, organization_id, account_id, since, until, with_our_copy, limit
    )
    return [Sure(**dict(row)) for row in rows]


async def list_named(
    session: Session, organization_id: uuid.UUID, send_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, Sure]:
    """Messages that once were controls."""
    rows = await (await raw(session)).fetch(_NAMED, organization_id, list(send_ids))
    return {row["id"]: Sure(**dict(row)) for row in rows}


async def save_filing(
    session: Session,
    organization_id: uuid.UUID,
    account_id: uuid.UUID,
    *,
    files: bool | None,
    seen_at: datetime | None,
    kept: Mapping[str, Any],
) -> None:
    """What a mailbox was seen to do with copies."""
    connection = await raw(session)
    await connection.execute(_LEARN, organization_id, account_id, files, seen_at, json.dumps(dict(kept)))


async def note_our_copies(
    session: Session, organization_id: uuid.UUID, send_ids: Sequence[uuid.UUID], now: datetime
) -> None:
    """We file the copies of these: before the first one lies there."""
    await (await raw(session)).execute(_OURS, organization_id, list(send_ids), now)


async def settle(
    session: Session,
    organization_id: uuid.UUID,
    rows: Sequence[OpenRow],
    now: datetime,
    *,
    status: str,
    settled_by: str,
    reason: str | None,
    evidence: Mapping[uuid.UUID, Mapping[str, Any]],
    filed_as: Mapping[uuid.UUID, str] | None = None,
) -> set[uuid.UUID]:
    """Those of the rows that were still in doubt about the same attempt. `status`: sent, or deferred (it never left, or
    a person has it sent again)."""
    if not rows:
        return set()
    connection, names = await raw(session), filed_as or {}
    await connection.execute(_LOCK, organization_id, [row.id for row in rows])
    settled = await connection.fetch(
        _SETTLE,
        organization_id,
        status,
        settled_by,
        reason,
        now,
        [row.id for row in rows],
        [row.handed_at for row in rows],
        [row.attempts for row in rows],
        [names.get(row.id) for row in rows],
        [json.dumps([{"was": row.reason, **evidence[row.id]}]) for row in rows],
    )
    ids = {row["id"] for row in settled}
    await opens.note(session, organization_id, dict.fromkeys(ids, status))
    return ids
