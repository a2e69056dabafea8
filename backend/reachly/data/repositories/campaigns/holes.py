"""People whose message would have a hole: who may be one, and what is written down of those who are.

The rows of `leads` are read here together with enrollments, because a look at a million people cannot go through
another room page by page.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reachly.data.session import Session, raw
from reachly.kit.ids import NIL

MISSING = "missing_field"
_COLUMNS = ("first_name", "last_name", "company", "position", "country", "timezone")
# Reasons of another room, which sets the alarm itself.
OTHERS = frozenset(
    {"deferred", "unknown_previous", "held_unreadable_mailbox", "reply_seen", "held_ooo", "held"}
)
# One state at a time and from an id on, as the index of states has them.
_PAGE = """
SELECT e.id, e.status, e.next_step, e.blocked_reason, l.id AS lead_id, l.email, l.email_key, l.first_name, l.last_name,
       l.company, l.position, l.country, l.timezone, l.custom_fields::text, l.verification
FROM enrollments e JOIN leads l ON l.organization_id = e.organization_id AND l.id = e.lead_id
WHERE e.organization_id = $1 AND e.campaign_id = $2 AND e.status = $3 AND e.id > $4 AND {narrowed}
ORDER BY e.id LIMIT $5 {lock}
"""
_SAVE = """
UPDATE enrollments AS e
SET blocked_reason = w.reason, blocked_detail = w.detail, blocked_until = NULL, updated_at = $3,
    next_due_at = CASE WHEN w.reason IS NULL THEN e.next_due_at END
FROM unnest($2::uuid[], $4::text[], $5::text[]) AS w(id, reason, detail)
WHERE e.organization_id = $1 AND e.id = w.id AND e.status IN ('pending', 'active')
"""
_CAMPAIGNS_OF = """
SELECT DISTINCT e.campaign_id FROM enrollments e
WHERE e.organization_id = $1 AND e.lead_id = $2 AND e.status IN ('pending', 'active', 'held') ORDER BY 1
"""
_MARKED = """
SELECT DISTINCT e.campaign_id FROM enrollments e
WHERE e.organization_id = $1 AND e.blocked_reason = 'missing_field' AND e.status IN ('pending', 'active', 'held')
ORDER BY 1
"""
_MORE_THAN = """
SELECT count(*) > $3::int FROM (
    SELECT FROM enrollments WHERE organization_id = $1 AND campaign_id = $2 LIMIT $3::int + 1
) AS found
"""


@dataclass(frozen=True, slots=True)
class Looked:
    """One person as the templates see them."""

    id: uuid.UUID
    status: str
    next_step: int
    blocked_reason: str | None
    lead_id: uuid.UUID
    email: str
    email_key: str
    columns: tuple[str, ...]  # in the order of rendering's LEAD_FIELDS
    custom_fields: dict[str, Any]
    verification: str


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Whom to look at: those who lack one of `columns` or `custom` (name, key), or are marked; `everybody`: without
    regard to that. `lead_id`, `ids`: only these."""

    columns: frozenset[str] = frozenset()
    custom: tuple[tuple[str, str], ...] = ()
    everybody: bool = False
    marked: bool = False
    lead_id: uuid.UUID | None = None
    ids: Sequence[uuid.UUID] | None = None


async def has_more_than(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, people: int
) -> bool:
    """Whether more people than that are in the campaign; looks at no more of them."""
    return bool(await (await raw(session)).fetchval(_MORE_THAN, organization_id, campaign_id, people))


async def page_people(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, state: str, after: uuid.UUID, limit: int,
    wanted: Narrowed, *, lock: bool = False,
) -> list[Looked]:  # fmt: skip
    """People in one state, in the order of their ids after `after`."""
    args: list[Any] = [organization_id, campaign_id, state, after, limit]
    clauses = []
    if wanted.lead_id is not None:
        args.append(wanted.lead_id)
        clauses.append(f"e.lead_id = ${len(args)}")
    if wanted.ids is not None:
        args.append(list(wanted.ids))
        clauses.append(f"e.id = ANY(${len(args)}::uuid[])")
    if wanted.marked:
        clauses.append(f"e.blocked_reason = '{MISSING}'")
    elif not wanted.everybody:
        clauses.append(_lacking(wanted, args))
    query = _PAGE.format(narrowed=" AND ".join(clauses) or "true", lock="FOR UPDATE OF e" if lock else "")
    return [_looked(row) for row in await (await raw(session)).fetch(query, *args)]


def _lacking(wanted: Narrowed, args: list[Any]) -> str:
    found = [f"e.blocked_reason = '{MISSING}'"]
    found += [f"btrim(l.{name}) = ''" for name in sorted(wanted.columns & set(_COLUMNS))]
    if wanted.custom:
        args += [[name for name, _ in wanted.custom], [key for _, key in wanted.custom]]
        names, keys = len(args) - 1, len(args)
        found.append(
            f"EXISTS (SELECT FROM unnest(${names}::text[], ${keys}::text[]) AS n(name, key) WHERE"
            " btrim(coalesce(l.custom_fields ->> n.name, l.custom_fields ->> n.key, '')) = '')"
        )
    return f"({' OR '.join(found)})"


def _looked(row: Any) -> Looked:
    return Looked(
        id=row["id"],
        status=row["status"],
        next_step=row["next_step"],
        blocked_reason=row["blocked_reason"],
        lead_id=row["lead_id"],
        email=row["email"],
        email_key=row["email_key"],
        columns=(row["email"], *(row[name] for name in _COLUMNS)),
        custom_fields=json.loads(row["custom_fields"]),
        verification=row["verification"],
    )


async def save_holes(
    session: Session, organization_id: uuid.UUID, found: Sequence[tuple[uuid.UUID, str | None]], now: datetime
) -> None:
    """(enrollment, what it lacks in words or None). Who lacks something has no alarm until it is mended."""
    rows = sorted(found)
    await (await raw(session)).execute(
        _SAVE, organization_id, [id_ for id_, _ in rows], now, [MISSING if told else None for _, told in rows],
        [told for _, told in rows],
    )  # fmt: skip


async def list_campaigns_of_lead(
    session: Session, organization_id: uuid.UUID, lead_id: uuid.UUID
) -> list[uuid.UUID]:
    """Where somebody is on the way."""
    rows = await (await raw(session)).fetch(_CAMPAIGNS_OF, organization_id, lead_id)
    return [row["campaign_id"] for row in rows]


async def list_marked_campaigns(session: Session, organization_id: uuid.UUID) -> list[uuid.UUID]:
    """Where somebody waits for a field."""
    return [row["campaign_id"] for row in await (await raw(session)).fetch(_MARKED, organization_id)]


async def find_person(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, enrollment_id: uuid.UUID
) -> Looked | None:
    """One person, if they are on the way."""
    wanted = Narrowed(everybody=True, ids=[enrollment_id])
    for state in ("pending", "active", "held"):
        rows = await page_people(session, organization_id, campaign_id, state, NIL, 1, wanted)
        if rows:
            return rows[0]
    return None
