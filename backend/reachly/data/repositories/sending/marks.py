"""The point of no return: `claimed` becomes `sending`, committed before a byte that can cause a delivery."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reachly.data.repositories.sending.rows import Lease
from reachly.data.repositories.suppression import SUPPRESSING
from reachly.data.session import Session, raw
from reachly.kit.ids import new_id

_HOLD_MAILBOX = """
UPDATE email_accounts
SET lease_until = $4, last_handed_at = CASE WHEN $6 THEN $5 ELSE last_handed_at END
WHERE organization_id = $1 AND id = $2 AND lease_attempt = $3 AND is_active AND status = 'connected'
RETURNING true
"""
# A pause updates the campaign and a stop the enrollment: whoever comes second sees the first. A suppression by hand
# (of a whole domain, say) touches no row of ours, so it takes a lock of its own, which marks share with each other.
_LOCK_CAMPAIGNS = f"""
SELECT id, status, pg_advisory_xact_lock_shared({SUPPRESSING}) FROM campaigns
WHERE organization_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR SHARE
"""  # noqa: S608 - fixed text
_LOCK_ENROLLMENTS = """
SELECT id, status FROM enrollments WHERE organization_id = $1 AND id = ANY($2::uuid[])
ORDER BY id FOR NO KEY UPDATE
"""
_MARK = """
UPDATE email_sends AS s
SET status = 'sending', handed_at = $3, attempts = s.attempts + 1, lease_until = $4, subject = w.subject,
    body_text = w.body_text, content_hash = w.content_hash, updated_at = $3,
    links = string_to_array(w.links, ',')::uuid[]
FROM unnest($5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[])
     AS w(id, subject, body_text, content_hash, links)
WHERE s.organization_id = $1 AND s.id = w.id AND s.attempt_id = $2 AND s.status = 'claimed'
RETURNING s.id
"""
_STANDING = """
SELECT s.id, s.status, s.attempt_id, e.status AS enrollment, c.status AS campaign
FROM email_sends s
LEFT JOIN enrollments e ON e.organization_id = s.organization_id AND e.id = s.enrollment_id
LEFT JOIN campaigns c ON c.organization_id = s.organization_id AND c.id = s.campaign_id
WHERE s.organization_id = $1 AND s.id = ANY($2::uuid[])
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


@dataclass(frozen=True, slots=True)
class Content:
    """The final words of a message, as the ledger keeps them."""

    send_id: uuid.UUID
    subject: str
    body_text: str
    content_hash: str
    link_ids: tuple[uuid.UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Why a row could not be marked. `ours`: it is still this attempt's claim."""

    send_id: uuid.UUID
    ours: bool
    enrollment: str | None
    campaign: str | None


async def hold_mailbox(
    session: Session, lease: Lease, *, now: datetime, lease_until: datetime, handed: bool
) -> bool:
    """Whether the lease is still ours and the mailbox may send; renews the lease and, with `handed`, starts the gap."""
    connection = await raw(session)
    fence = (lease.organization_id, lease.email_account_id, lease.attempt_id)
    return bool(await connection.fetchval(_HOLD_MAILBOX, *fence, lease_until, now, handed))


async def lock_for_mark(
    session: Session, organization_id: uuid.UUID, campaign_ids: Sequence[uuid.UUID],
    enrollment_ids: Sequence[uuid.UUID],
) -> set[uuid.UUID]:  # fmt: skip
    """Locks these, in the order that everybody uses; the ids of those that are active and stay so until the commit."""
    connection = await raw(session)
    campaigns = await connection.fetch(_LOCK_CAMPAIGNS, organization_id, list(campaign_ids))
    enrollments = await connection.fetch(_LOCK_ENROLLMENTS, organization_id, list(enrollment_ids))
    return {row["id"] for row in (*campaigns, *enrollments) if row["status"] == "active"}


async def mark(
    session: Session, lease: Lease, contents: Sequence[Content], *, now: datetime, lease_until: datetime
) -> set[uuid.UUID]:
    """Moves what is still this attempt's claim to `sending`, after `lock_for_mark`. Returns the ids that moved."""
    connection = await raw(session)
    rows = await connection.fetch(
        _MARK, lease.organization_id, lease.attempt_id, now, lease_until, [c.send_id for c in contents],
        [c.subject for c in contents], [c.body_text for c in contents], [c.content_hash for c in contents],
        [",".join(map(str, c.link_ids)) for c in contents],
    )  # fmt: skip
    return {row["id"] for row in rows}


async def list_standing(
    session: Session, organization_id: uuid.UUID, attempt_id: uuid.UUID, send_ids: Sequence[uuid.UUID]
) -> list[Standing]:
    """What came between the claim and the mark."""
    rows = await (await raw(session)).fetch(_STANDING, organization_id, list(send_ids))
    return [
        Standing(
            r["id"],
            r["status"] == "claimed" and r["attempt_id"] == attempt_id,
            r["enrollment"],
            r["campaign"],
        )
        for r in rows
    ]


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
