"""Messages in doubt as a person decides them, and how earlier doubts ended."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from reachly.data.repositories.sending.lost import FIELDS, OpenRow, read_open_rows
from reachly.data.session import Session, raw

_WHERE = """
FROM open_sends o JOIN email_sends s ON s.organization_id = $1 AND s.id = o.send_id
WHERE o.organization_id = $1 AND o.lease_until IS NULL AND s.status = 'unknown' AND s.kind = 'campaign'
  AND ($2::uuid IS NULL OR s.campaign_id = $2) AND ($3::uuid IS NULL OR s.email_account_id = $3)
  AND ($4::uuid[] IS NULL OR s.id = ANY($4))
"""
_LIST = f"SELECT {FIELDS} {_WHERE} ORDER BY s.id LIMIT $5"
_COUNT = f"""
SELECT s.email_account_id, coalesce((SELECT a.email_address FROM email_accounts a WHERE a.organization_id = $1
       AND a.id = s.email_account_id), '') AS email_address, coalesce(s.reason, '') AS stage, count(*) AS count
{_WHERE} GROUP BY s.email_account_id, stage ORDER BY count DESC, email_address, stage
"""  # noqa: S608
# Only what the Sent folder settled: an answer can only say that something arrived, and a person may be wrong.
_ENDED = """
SELECT s.email_account_id, coalesce(e.entry ->> 'was', '') AS stage,
       count(*) FILTER (WHERE e.entry ->> 'verdict' = 'sent') AS arrived, count(*) AS settled
FROM email_sends s, jsonb_array_elements(s.evidence) AS e(entry)
WHERE s.organization_id = $1 AND s.evidence IS NOT NULL AND e.entry ->> 'by' = 'sent_folder'
GROUP BY 1, 2
"""
_OWNERS = """
SELECT DISTINCT s.organization_id, s.email_account_id
FROM open_sends o JOIN email_sends s ON s.organization_id = o.organization_id AND s.id = o.send_id
LEFT JOIN email_accounts a ON a.organization_id = s.organization_id AND a.id = s.email_account_id
WHERE o.lease_until IS NULL AND s.status = 'unknown' AND s.kind = 'campaign'
  AND (cardinality($1::uuid[]) = 0 OR s.id = ANY($1)) AND ($2::uuid IS NULL OR s.campaign_id = $2)
  AND ($3::text IS NULL OR a.email_key = lower($3) OR a.id::text = $3)
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """None: any."""

    campaign_id: uuid.UUID | None = None
    email_account_id: uuid.UUID | None = None
    send_ids: Sequence[uuid.UUID] | None = None


@dataclass(frozen=True, slots=True)
class Doubts:
    """How many of one mailbox are in doubt since one stage."""

    email_account_id: uuid.UUID | None
    email_address: str
    stage: str
    count: int


@dataclass(frozen=True, slots=True)
class Ended:
    """How the doubts of one mailbox and stage ended so far."""

    email_account_id: uuid.UUID | None
    stage: str
    arrived: int
    settled: int


async def list_doubts(
    session: Session, organization_id: uuid.UUID, scope: Scope, limit: int
) -> list[OpenRow]:
    """Campaign messages in doubt, the oldest intents first."""
    rows = await (await raw(session)).fetch(_LIST, organization_id, *_of(scope), limit)
    return read_open_rows(rows)


async def count_doubts(session: Session, organization_id: uuid.UUID, scope: Scope) -> list[Doubts]:
    """By mailbox and stage, the most first."""
    rows = await (await raw(session)).fetch(_COUNT, organization_id, *_of(scope))
    return [Doubts(**dict(row)) for row in rows]


async def count_ended(session: Session, organization_id: uuid.UUID) -> list[Ended]:
    """How all doubts of the organization that its mailboxes settled have ended."""
    rows = await (await raw(session)).fetch(_ENDED, organization_id)
    return [Ended(**dict(row)) for row in rows]


async def list_owners(
    session: Session, send_ids: Sequence[uuid.UUID], campaign_id: uuid.UUID | None, mailbox: str | None
) -> dict[uuid.UUID, set[uuid.UUID]]:
    """The organizations with such messages in doubt, and the mailboxes of each: call it in `system()`."""
    owners: dict[uuid.UUID, set[uuid.UUID]] = {}
    for row in await (await raw(session)).fetch(_OWNERS, list(send_ids), campaign_id, mailbox):
        boxes = owners.setdefault(row["organization_id"], set())
        if row["email_account_id"]:
            boxes.add(row["email_account_id"])
    return owners


def _of(scope: Scope) -> tuple[uuid.UUID | None, uuid.UUID | None, list[uuid.UUID] | None]:
    ids = None if scope.send_ids is None else list(scope.send_ids)
    return scope.campaign_id, scope.email_account_id, ids
