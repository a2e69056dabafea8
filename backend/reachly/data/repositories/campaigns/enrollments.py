"""Leads in campaigns."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text

from reachly.data import stops
from reachly.data.models.campaigns import Enrollment
from reachly.data.repositories.standing import STATE, in_state
from reachly.data.session import Session, raw
from reachly.kit.ids import new_id

OPEN = "('pending', 'active', 'held')"


@dataclass(frozen=True, slots=True)
class EnrollmentFilter:
    state: str | None = None  # see `repositories.standing`
    reason: str | None = None  # of those who are blocked or held
    words: tuple[str, Sequence[uuid.UUID]] | None = (
        None  # a beginning of the address, normalised; others it found
    )


async def enroll(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, now: datetime, *,
    lead_ids: Sequence[uuid.UUID] | None = None, import_id: uuid.UUID | None = None,
) -> tuple[int, int, int]:  # fmt: skip
    """Enrols the named leads, those of an import, or (neither given) all. (enrolled, were in it already, skipped).

    Suppressed people are skipped: they would only ever wait.
    """
    connection = await raw(session)
    wanted = "organization_id = $1"
    args: list[Any] = [organization_id]
    if lead_ids is not None:
        args.append(list(lead_ids))
        wanted += " AND id = ANY($2::uuid[])"
    elif import_id is not None:
        args.append(import_id)
        wanted += " AND import_id = $2"
    rows = await connection.fetch(
        f"""SELECT id, email_key, EXISTS (
                SELECT FROM suppressions s WHERE s.organization_id = leads.organization_id
                AND ((s.kind = 'email' AND s.value = leads.email_key) OR (s.kind = 'domain' AND s.value = leads.domain))
            ) AS suppressed FROM leads WHERE {wanted} ORDER BY created_at, id""",  # noqa: S608 - fixed text
        *args,
    )
    sound = [row for row in rows if not row["suppressed"]]
    tag = await connection.execute(
        """INSERT INTO enrollments (organization_id, id, campaign_id, lead_id, sort_key, created_at, updated_at)
           SELECT $1, e.id, $2, e.lead_id, e.sort_key, $3, $3
           FROM unnest($4::uuid[], $5::uuid[], $6::text[]) AS e(id, lead_id, sort_key)
           ON CONFLICT (organization_id, campaign_id, lead_id) DO NOTHING""",
        organization_id, campaign_id, now, [new_id() for _ in sound], [row["id"] for row in sound],
        [row["email_key"] for row in sound],
    )  # fmt: skip
    enrolled = int(tag.rsplit(" ", 1)[-1])
    asked = len(set(lead_ids)) if lead_ids is not None else len(rows)
    return enrolled, len(sound) - enrolled, asked - len(sound)


_VIEW = f"""
SELECT e.id, e.lead_id, l.email, l.first_name, l.last_name, l.company, e.status, {STATE} AS state,
       e.next_step, e.next_due_at,
       e.email_account_id, e.blocked_reason, e.blocked_detail, e.blocked_until, e.last_sent_at, e.updated_at,
       l.email_key, l.verification,
       coalesce(s.sent, 0) AS sent, coalesce(s.opened, false) AS opened, coalesce(s.clicked, false) AS clicked,
       coalesce(s.replied, false) AS replied
FROM enrollments e
JOIN leads l ON l.organization_id = e.organization_id AND l.id = e.lead_id
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE m.status = 'sent')::int AS sent, bool_or(m.opened_at IS NOT NULL) AS opened,
           bool_or(m.clicked_at IS NOT NULL) AS clicked, bool_or(m.replied_at IS NOT NULL) AS replied
    FROM email_sends m WHERE m.organization_id = e.organization_id AND m.enrollment_id = e.id
) s ON true
WHERE e.organization_id = :organization_id
"""  # noqa: S608 - the constant rule of states

# The beginning of an address is a range, which the index serves under the policy, so it is complete however many people
# the organization has; what else a search found comes as ids.
_NAMED = """
e.lead_id IN (SELECT id FROM leads WHERE organization_id = :organization_id AND email_key >= :low AND email_key < :high
              UNION ALL SELECT unnest(CAST(:found AS uuid[])))
"""


async def page_enrollments(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, *, limit: int, after: uuid.UUID | None,
    wanted: EnrollmentFilter,
) -> Sequence[RowMapping]:  # fmt: skip
    """In the order of enrolling."""
    clauses, args = (
        ["e.campaign_id = :campaign_id"],
        {"organization_id": organization_id, "campaign_id": campaign_id},
    )
    more: dict[str, Any] = {"limit": limit}
    if wanted.state:
        clauses.append(in_state(wanted.state))
        more["state"] = wanted.state
    if wanted.reason:
        clauses.append("e.blocked_reason = :reason AND e.status IN " + OPEN)
        more["reason"] = wanted.reason
    if wanted.words:
        prefix, found = wanted.words
        clauses.append(_NAMED)
        more |= {"low": prefix, "high": prefix + "\U0010ffff", "found": list(found)}
    if after:
        clauses.append("e.id > :after")
        more["after"] = after
    query = f"{_VIEW} AND {' AND '.join(clauses)} ORDER BY e.id LIMIT :limit"
    return (await session.execute(text(query), {**args, **more})).mappings().all()


async def find_enrollment_view(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, enrollment_id: uuid.UUID
) -> RowMapping | None:
    query = text(f"{_VIEW} AND e.campaign_id = :campaign_id AND e.id = :id")
    args = {"organization_id": organization_id, "campaign_id": campaign_id, "id": enrollment_id}
    return (await session.execute(query, args)).mappings().one_or_none()


async def find_enrollment(
    session: Session, organization_id: uuid.UUID, enrollment_id: uuid.UUID
) -> Enrollment | None:
    return await session.get(Enrollment, (organization_id, enrollment_id), populate_existing=True)


async def lock_enrollment(
    session: Session, organization_id: uuid.UUID, enrollment_id: uuid.UUID
) -> Enrollment | None:
    return await session.get(
        Enrollment, (organization_id, enrollment_id), populate_existing=True, with_for_update=True
    )


# From the end of the index of states: a campaign is worked through from its first person on, and what they were leaves
# entries behind that a look from the front would have to pass, thousands of them after every turn. (A range of one
# state, because with an equality the planner may take another index for the order.)
_LAST_OF = """
(SELECT true FROM enrollments WHERE organization_id = $1 AND campaign_id = $2 AND status BETWEEN '{0}' AND '{0}'
 ORDER BY status DESC, id DESC LIMIT 1) IS TRUE
"""
_HAS_OPEN = "SELECT " + " OR ".join(_LAST_OF.format(status) for status in ("active", "held", "pending"))


async def has_open(session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID) -> bool:
    """Whether an enrollment is not at an end. Asked after every turn, so it stops at the first one."""
    return bool(await (await raw(session)).fetchval(_HAS_OPEN, organization_id, campaign_id))


async def count_by_verification(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID
) -> dict[str, int]:
    """Open enrollments by the verdict on the address; the suppressed apart, as `suppressed`."""
    query = text(
        f"""SELECT CASE WHEN EXISTS (
                SELECT FROM suppressions s WHERE s.organization_id = l.organization_id
                AND ((s.kind = 'email' AND s.value = l.email_key) OR (s.kind = 'domain' AND s.value = l.domain))
            ) THEN 'suppressed' ELSE l.verification END AS verdict, count(*) AS n
            FROM enrollments e JOIN leads l ON l.organization_id = e.organization_id AND l.id = e.lead_id
            WHERE e.organization_id = :o AND e.campaign_id = :c AND e.status IN {OPEN} GROUP BY 1"""  # noqa: S608
    )
    rows = await session.execute(query, {"o": organization_id, "c": campaign_id})
    return {row.verdict: int(row.n) for row in rows}


async def find_sample_lead(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID
) -> uuid.UUID | None:
    """The first lead of the campaign, for a preview."""
    query = text(
        "SELECT lead_id FROM enrollments WHERE organization_id = :o AND campaign_id = :c ORDER BY id LIMIT 1"
    )
    found: uuid.UUID | None = await session.scalar(query, {"o": organization_id, "c": campaign_id})
    return found


async def list_to_personalise(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, limit: int, after: uuid.UUID
) -> Sequence[RowMapping]:
    """Pending enrollments after an id (`NIL`: from the beginning) with the verdict on their address, locked against a
    second run of the same job."""
    query = text(
        """SELECT e.id, e.lead_id, e.personalized_at, l.verification, l.email_key
           FROM enrollments e JOIN leads l ON l.organization_id = e.organization_id AND l.id = e.lead_id
           WHERE e.organization_id = :o AND e.campaign_id = :c AND e.status = 'pending' AND e.id > :after
           ORDER BY e.id LIMIT :limit FOR UPDATE OF e"""
    )
    args = {"o": organization_id, "c": campaign_id, "after": after, "limit": limit}
    return (await session.execute(query, args)).mappings().all()


async def save_personalization(
    session: Session, organization_id: uuid.UUID, texts: Mapping[uuid.UUID, Mapping[str, Any]], now: datetime
) -> None:
    """The texts of each enrollment, which this transaction has locked; it becomes active, ready to be planned."""
    connection = await raw(session)
    await connection.execute(
        """UPDATE enrollments AS e SET personalization = v.texts, personalized_at = $3, status = 'active',
                  blocked_reason = NULL, blocked_detail = NULL, blocked_until = NULL, updated_at = $3
           FROM unnest($2::uuid[], $4::jsonb[]) AS v(id, texts)
           WHERE e.organization_id = $1 AND e.id = v.id""",
        organization_id, list(texts), now, [json.dumps(dict(each)) for each in texts.values()],
    )  # fmt: skip


async def mark_waiting(
    session: Session, organization_id: uuid.UUID, ids: Sequence[uuid.UUID], reason: str, detail: str
) -> None:
    """Pending enrollments that wait for something, with the reason."""
    await session.execute(
        text(
            "UPDATE enrollments SET blocked_reason = :reason, blocked_detail = :detail"
            " WHERE organization_id = :o AND id = ANY(:ids) AND status = 'pending'"
            " AND blocked_reason IS DISTINCT FROM 'missing_field'"
        ),
        {"o": organization_id, "ids": list(ids), "reason": reason, "detail": detail},
    )


async def stop_open(
    session: Session,
    organization_id: uuid.UUID,
    ids: Sequence[uuid.UUID],
    status: str,
    reason: str,
    now: datetime,
) -> list[uuid.UUID]:
    """Ends open enrollments; the ids that were open."""
    query = text(
        f"""UPDATE enrollments SET status = :status, stopped_reason = :reason, next_due_at = NULL, held_until = NULL,
                   blocked_reason = NULL, blocked_detail = NULL, blocked_until = NULL, finished_at = :now,
                   updated_at = :now
            WHERE organization_id = :o AND id = ANY(:ids) AND status IN {OPEN} RETURNING id"""  # noqa: S608
    )
    args = {"o": organization_id, "ids": list(ids), "status": status, "reason": reason, "now": now}
    stopped = list((await session.scalars(query, args)).all())
    stops.request(session, organization_id)
    return stopped


async def move_ended(
    session: Session, organization_id: uuid.UUID, enrollment_id: uuid.UUID, over: Sequence[str], status: str,
    reason: str, now: datetime,
) -> bool:  # fmt: skip
    """Gives an enrollment that has one of the ends `over` another one."""
    query = text(
        """UPDATE enrollments SET status = :status, stopped_reason = :reason, finished_at = :now, updated_at = :now
           WHERE organization_id = :o AND id = :id AND status = ANY(:over) RETURNING true"""
    )
    args = {
        "o": organization_id,
        "id": enrollment_id,
        "over": list(over),
        "status": status,
        "reason": reason,
        "now": now,
    }
    return bool(await session.scalar(query, args))


async def find_opening_line(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, lead_id: object
) -> str | None:
    """The lead's own line, once it was written."""
    query = text(
        "SELECT personalization ->> 'opening_line' FROM enrollments"
        " WHERE organization_id = :o AND campaign_id = :c AND lead_id = :l"
    )
    return (
        await session.scalar(query, {"o": organization_id, "c": campaign_id, "l": lead_id})
        if lead_id
        else None
    )


async def count_lines_not_in(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, language: str
) -> int:
    """People on the way with an opening line that was written in another language."""
    query = text(
        f"""SELECT count(*) FROM enrollments WHERE organization_id = :o AND campaign_id = :c AND status IN {OPEN}
            AND coalesce(personalization ->> 'opening_line', '') <> ''
            AND coalesce(personalization ->> 'language', 'en') <> :language"""  # noqa: S608
    )
    return int(
        await session.scalar(query, {"o": organization_id, "c": campaign_id, "language": language}) or 0
    )


async def stop_lead(
    session: Session, organization_id: uuid.UUID, lead_id: uuid.UUID, status: str, reason: str, now: datetime
) -> dict[uuid.UUID, uuid.UUID]:
    """Ends every open enrollment of a lead; those that were open, each with its campaign."""
    query = text(
        f"""UPDATE enrollments SET status = :status, stopped_reason = :reason, next_due_at = NULL, held_until = NULL,
                   blocked_reason = NULL, blocked_detail = NULL, blocked_until = NULL, finished_at = :now,
                   updated_at = :now
            WHERE organization_id = :o AND lead_id = :l AND status IN {OPEN}
            RETURNING id, campaign_id"""  # noqa: S608
    )
    args = {"o": organization_id, "l": lead_id, "status": status, "reason": reason, "now": now}
    stopped = {row.id: row.campaign_id for row in await session.execute(query, args)}
    stops.request(session, organization_id)
    return stopped


async def hold(
    session: Session, organization_id: uuid.UUID, enrollment_id: uuid.UUID, until: datetime, now: datetime
) -> bool:
    """Holds an active enrollment; its alarm rings when the hold ends, never earlier than before.

    False when it is not active.
    """
    query = text(
        """UPDATE enrollments SET status = 'held', held_until = :until,
                  next_due_at = CASE WHEN email_account_id IS NOT NULL THEN greatest(next_due_at, :until) END,
                  blocked_reason = 'held_ooo', blocked_detail = 'Away; goes on when they are back.',
                  blocked_until = :until, updated_at = :now
           WHERE organization_id = :o AND id = :id AND status IN ('active', 'held') RETURNING id"""
    )
    args = {"o": organization_id, "id": enrollment_id, "until": until, "now": now}
    return bool(await session.scalar(query, args))
