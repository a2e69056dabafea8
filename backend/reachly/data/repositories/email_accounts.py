"""Mailboxes. Their turn, lease and counters of use belong to the repository of `sending`."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from reachly.data import stops
from reachly.data.models.email_accounts import EmailAccount
from reachly.data.session import Session, raw


async def list_accounts(session: Session, organization_id: uuid.UUID) -> Sequence[EmailAccount]:
    query = select(EmailAccount).where(EmailAccount.organization_id == organization_id)
    return (await session.scalars(query.order_by(EmailAccount.created_at, EmailAccount.id))).all()


async def list_by_ids(
    session: Session, organization_id: uuid.UUID, ids: Sequence[uuid.UUID]
) -> Sequence[EmailAccount]:
    query = select(EmailAccount).where(
        EmailAccount.organization_id == organization_id, EmailAccount.id.in_(ids)
    )
    return (await session.scalars(query.order_by(EmailAccount.email_key))).all()


async def find_account(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID
) -> EmailAccount | None:
    return await session.get(EmailAccount, (organization_id, account_id), populate_existing=True)


async def lock_account(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID
) -> EmailAccount | None:
    return await session.get(
        EmailAccount, (organization_id, account_id), populate_existing=True, with_for_update=True
    )


async def delete_account(session: Session, organization_id: uuid.UUID, account_id: uuid.UUID) -> None:
    await session.execute(
        delete(EmailAccount).where(
            EmailAccount.organization_id == organization_id, EmailAccount.id == account_id
        )
    )
    stops.request(session, organization_id)


async def switch_off_all(session: Session, organization_id: uuid.UUID, now: datetime) -> None:
    """No mailbox of the organization sends any more."""
    await session.execute(
        update(EmailAccount)
        .where(EmailAccount.organization_id == organization_id, EmailAccount.is_active)
        .values(is_active=False, updated_at=now)
    )
    stops.request(session, organization_id)


# Enrollments before the mailbox, as everybody locks them. One that is in doubt keeps that reason.
_PART = """
UPDATE enrollments SET email_account_id = NULL, former_sender_key = $3, next_due_at = NULL, blocked_until = NULL,
    blocked_reason = CASE WHEN status = 'pending' THEN blocked_reason
                          WHEN blocked_reason = 'unknown_previous' THEN blocked_reason ELSE 'sender_gone' END,
    blocked_detail = CASE WHEN status = 'pending' OR blocked_reason = 'unknown_previous' THEN blocked_detail END,
    updated_at = $4
WHERE organization_id = $1 AND email_account_id = $2 AND id IN (
    SELECT id FROM enrollments WHERE organization_id = $1 AND email_account_id = $2
    AND status IN ('pending', 'active', 'held') ORDER BY id FOR NO KEY UPDATE)
"""
_HAS_PEOPLE = """
SELECT EXISTS (SELECT FROM enrollments WHERE organization_id = $1 AND email_account_id = $2
               AND status IN ('pending', 'active', 'held'))
"""
# Their campaigns have it again for them; to new people another one writes, until somebody gives it a share.
_TAKE_BACK = """
WITH back AS (
    UPDATE enrollments SET email_account_id = $2, former_sender_key = NULL, updated_at = $4
    WHERE organization_id = $1 AND former_sender_key = $3 AND status IN ('active', 'held') AND email_account_id IS NULL
    RETURNING campaign_id
)
INSERT INTO campaign_email_accounts (organization_id, campaign_id, email_account_id, weight)
SELECT DISTINCT $1::uuid, b.campaign_id, $2::uuid, 0 FROM back b
JOIN campaigns c ON c.organization_id = $1 AND c.id = b.campaign_id AND c.status <> 'archived'
ON CONFLICT DO NOTHING
"""


async def part_from_people(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID, email_key: str, now: datetime
) -> None:
    """Everybody whose sequence goes on in this mailbox is left without one, and remembers its address."""
    await (await raw(session)).execute(_PART, organization_id, account_id, email_key, now)


async def has_people(session: Session, organization_id: uuid.UUID, account_id: uuid.UUID) -> bool:
    """Whether somebody's sequence goes on in this mailbox."""
    return bool(await (await raw(session)).fetchval(_HAS_PEOPLE, organization_id, account_id))


async def take_back_people(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID, email_key: str, now: datetime
) -> None:
    """Those whom a mailbox of this address left behind, and who wait for it still, get it again."""
    await (await raw(session)).execute(_TAKE_BACK, organization_id, account_id, email_key, now)


async def find_keys(session: Session, organization_id: uuid.UUID, wanted: Collection[str]) -> set[str]:
    """Those of the normalised addresses that are mailboxes of the organization."""
    query = "SELECT email_key FROM email_accounts WHERE organization_id = $1 AND email_key = ANY($2::text[])"
    rows = await (await raw(session)).fetch(query, organization_id, sorted(wanted))
    return {row["email_key"] for row in rows}


@dataclass(frozen=True, slots=True)
class DueSync:
    """A mailbox whose turn it is to be read. `place`: what `finish_sync` kept."""

    organization_id: uuid.UUID
    account_id: uuid.UUID
    email_key: str
    place: dict[str, Any]
    asked_for: datetime


# Gmail and Outlook are read through their own API and have no IMAP settings.
_READABLE = "next_sync_at IS NOT NULL AND (imap_config IS NOT NULL OR provider <> 'smtp')"
_FREE = "(sync_lease_until IS NULL OR sync_lease_until < {machine})"
_LEASE_SYNCS = f"""
UPDATE email_accounts AS a SET sync_lease_until = $3
FROM (SELECT organization_id, id FROM email_accounts
      WHERE {_READABLE} AND (next_sync_at <= $1 OR $5) AND {_FREE.format(machine="$2")}
      AND organization_id <> ALL($6::uuid[])
      ORDER BY next_sync_at, email_key LIMIT $4 FOR UPDATE SKIP LOCKED) AS due
WHERE a.organization_id = due.organization_id AND a.id = due.id
RETURNING a.organization_id, a.id, a.email_key, a.sync_cursor, a.next_sync_at
"""  # noqa: S608 - fixed text
_NEXT_SYNC = (
    f"SELECT min(next_sync_at) FROM email_accounts WHERE {_READABLE} AND {_FREE.format(machine='$1')}"  # noqa: S608
)
# Whoever asked for another look meanwhile (`next_sync_at` has changed) gets it.
_FINISH_SYNC = """
UPDATE email_accounts
SET sync_cursor = $3, sync_error = $4, sync_lease_until = NULL, last_synced_at = coalesce($5, last_synced_at),
    next_sync_at = CASE WHEN next_sync_at = $6 THEN $7 ELSE next_sync_at END
WHERE organization_id = $1 AND id = $2
"""


async def lease_syncs(
    session: Session, *, now: datetime, machine: datetime, until: datetime, limit: int, everything: bool,
    besides: Collection[uuid.UUID],
) -> list[DueSync]:  # fmt: skip
    """Mailboxes of all organizations besides those that are due (or `everything` that is read at all), by address."""
    others = list(besides)
    rows = await (await raw(session)).fetch(_LEASE_SYNCS, now, machine, until, limit, everything, others)
    found = []
    for row in rows:
        place = json.loads(row["sync_cursor"]) if isinstance(row["sync_cursor"], str) else row["sync_cursor"]
        due = DueSync(row["organization_id"], row["id"], row["email_key"], place or {}, row["next_sync_at"])
        found.append(due)
    return sorted(found, key=lambda due: due.email_key)


async def renew_syncs(session: Session, account_ids: Collection[uuid.UUID], until: datetime) -> None:
    await (await raw(session)).execute(
        "UPDATE email_accounts SET sync_lease_until = $2 WHERE id = ANY($1::uuid[]) AND sync_lease_until IS NOT NULL",
        sorted(account_ids), until,
    )  # fmt: skip


async def find_next_sync(session: Session, machine: datetime) -> datetime | None:
    """When the next mailbox of any organization is due; those being read are left out."""
    at: datetime | None = await (await raw(session)).fetchval(_NEXT_SYNC, machine)
    return at


async def finish_sync(
    session: Session, due: DueSync, *, place: dict[str, Any], error: str | None, synced_at: datetime | None,
    next_at: datetime | None,
) -> None:  # fmt: skip
    """Gives the lease back. `synced_at` None: the mailbox could not be read."""
    await (await raw(session)).execute(
        _FINISH_SYNC, due.organization_id, due.account_id, json.dumps(place), error, synced_at, due.asked_for, next_at
    )  # fmt: skip


# In the order in which everybody locks them.
_LOCK_MAILBOXES = """
SELECT id, email_key FROM email_accounts
WHERE organization_id = $1 AND ($2::text IS NULL OR right(email_key, length($2) + 1) IN ('@' || $2, '.' || $2))
ORDER BY id FOR UPDATE
"""
_CARRY_DOMAINS = """
UPDATE email_accounts AS a SET domain_carried = w.carried::jsonb, limits_version = a.limits_version + 1
FROM unnest($2::uuid[], $3::text[]) AS w(id, carried) WHERE a.organization_id = $1 AND a.id = w.id
"""
_SIBLINGS = """
SELECT DISTINCT timezone, domain_carried::text AS carried FROM email_accounts
WHERE organization_id = $1 AND right(email_key, length($2) + 1) IN ('@' || $2, '.' || $2) AND id <> $3
"""


async def lock_mailboxes(
    session: Session, organization_id: uuid.UUID, domain: str | None = None
) -> dict[uuid.UUID, str]:
    """Locks the organization's mailboxes, or those under one registrable domain; the address of each."""
    rows = await (await raw(session)).fetch(_LOCK_MAILBOXES, organization_id, domain)
    return {row["id"]: row["email_key"] for row in rows}


async def carry_domains(
    session: Session, organization_id: uuid.UUID, carried: Mapping[uuid.UUID, str]
) -> None:
    """What the domain's cap of each mailbox carries, as JSON."""
    ids = sorted(carried)
    await (await raw(session)).execute(_CARRY_DOMAINS, organization_id, ids, [carried[id_] for id_ in ids])


async def list_siblings(
    session: Session, organization_id: uuid.UUID, domain: str, account_id: uuid.UUID
) -> list[tuple[str, str | None]]:
    """(zone, what the domain's cap carries as JSON) of the other mailboxes under a registrable domain."""
    rows = await (await raw(session)).fetch(_SIBLINGS, organization_id, domain, account_id)
    return [(row["timezone"], row["carried"]) for row in rows]
