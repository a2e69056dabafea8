"""Leads: reading and editing. What stands between the lines: `enrollments` and `campaigns` are read, never written."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Select,
    Text,
    Uuid,
    any_,
    case,
    delete,
    func,
    literal,
    literal_column,
    null,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from reachly.data import stops
from reachly.data.models.campaigns import Campaign, Enrollment
from reachly.data.models.leads import Lead, LeadFact
from reachly.data.repositories.standing import STATE
from reachly.data.session import Session

SEARCH_REACH = 500
"""How many of the newest matches a search looks through."""

SEED_STATUS = case(
    (Enrollment.status == "replied", "replied"),
    (Enrollment.status == "bounced", "bounced"),
    (Enrollment.last_sent_at.is_not(None), "sent"),
    else_="pending",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFilter:
    """What a list of leads is narrowed to; `ids` as found by `search`."""

    campaign_id: uuid.UUID | None = None
    status: str | None = None
    verification: str | None = None
    import_id: uuid.UUID | None = None
    ids: Sequence[uuid.UUID] | None = None


def _ids(values: Sequence[uuid.UUID]) -> Any:
    """One array parameter, whatever the length."""
    return any_(literal(list(values), ARRAY(Uuid())))


def page_query(
    organization_id: uuid.UUID, limit: int, wanted: LeadFilter, before: tuple[datetime, uuid.UUID] | None
) -> Select[Any]:
    """Newest first, by keyset. Apart from running it, so that a test can ask for its plan."""
    query = select(Lead, SEED_STATUS if wanted.campaign_id else null()).where(
        Lead.organization_id == organization_id
    )
    if wanted.campaign_id:
        query = query.join(
            Enrollment,
            (Enrollment.organization_id == Lead.organization_id) & (Enrollment.lead_id == Lead.id),
        ).where(Enrollment.organization_id == organization_id, Enrollment.campaign_id == wanted.campaign_id)
        if wanted.status:
            query = query.where(literal(wanted.status) == SEED_STATUS)
    if wanted.verification:
        query = query.where(Lead.verification == wanted.verification)
    if wanted.import_id:
        query = query.where(Lead.import_id == wanted.import_id)
    if wanted.ids is not None:
        query = query.where(Lead.id == _ids(wanted.ids))
    if before:
        query = query.where(tuple_(Lead.created_at, Lead.id) < tuple_(literal(before[0]), literal(before[1])))
    return query.order_by(Lead.created_at.desc(), Lead.id.desc()).limit(limit)


async def page(
    session: Session,
    organization_id: uuid.UUID,
    limit: int,
    wanted: LeadFilter,
    before: tuple[datetime, uuid.UUID] | None,
) -> list[tuple[Lead, str | None]]:
    """Each lead with its status in the campaign asked for."""
    rows = await session.execute(page_query(organization_id, limit, wanted, before))
    return [(row[0], row[1]) for row in rows]


async def search(session: Session, organization_id: uuid.UUID, q: str) -> list[uuid.UUID]:
    """The newest leads with `q` somewhere in address, names, company or position, without regard to case.

    The ids first, then the rows by id: joining the function's answer is slow, for the planner takes it for long.
    """
    found = await session.scalars(
        text("SELECT search_leads(:organization, :q, :reach)"),
        {"organization": organization_id, "q": q, "reach": SEARCH_REACH},
    )
    return list(found.all())


async def find(
    session: Session, organization_id: uuid.UUID, lead_id: uuid.UUID, *, lock: bool = False
) -> Lead | None:
    return await session.get(
        Lead, (organization_id, lead_id), populate_existing=True, with_for_update=lock or None
    )


async def find_by_key(session: Session, organization_id: uuid.UUID, email_key: str) -> Lead | None:
    query = select(Lead).where(Lead.organization_id == organization_id, Lead.email_key == email_key)
    return (await session.scalars(query)).one_or_none()


async def list_by_ids(
    session: Session, organization_id: uuid.UUID, ids: Sequence[uuid.UUID]
) -> Sequence[Lead]:
    query = (
        select(Lead).where(Lead.organization_id == organization_id, Lead.id == _ids(ids)).order_by(Lead.id)
    )
    return (await session.scalars(query)).all()


async def list_keys(
    session: Session, organization_id: uuid.UUID, ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, str]:
    """Address keys of those that exist."""
    query = select(Lead.id, Lead.email_key).where(
        Lead.organization_id == organization_id, Lead.id == _ids(ids)
    )
    return {row.id: row.email_key for row in await session.execute(query)}


async def remove(session: Session, organization_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> int:
    """How many there were. Enrollments and facts go with them; the ledger keeps what was sent."""
    statement = delete(Lead).where(Lead.organization_id == organization_id, Lead.id == _ids(ids))
    removed = len((await session.scalars(statement.returning(Lead.id))).all())
    stops.request(session, organization_id)
    return removed


async def count_campaigns(
    session: Session, organization_id: uuid.UUID, ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, int]:
    query = (
        select(Enrollment.lead_id, func.count())
        .where(Enrollment.organization_id == organization_id, Enrollment.lead_id == _ids(ids))
        .group_by(Enrollment.lead_id)
    )
    return {row[0]: row[1] for row in await session.execute(query)}


async def list_enrollments(
    session: Session, organization_id: uuid.UUID, lead_id: uuid.UUID
) -> Sequence[tuple[Enrollment, str, str]]:
    """The lead's campaigns with their names and where the lead stands there, the latest first."""
    e = aliased(Enrollment, name="e")  # as the rule of states names it
    query = (
        select(e, Campaign.name, literal_column(STATE, Text()))
        .join(
            Campaign,
            (Campaign.organization_id == e.organization_id) & (Campaign.id == e.campaign_id),
        )
        .where(e.organization_id == organization_id, e.lead_id == lead_id)
        .order_by(e.created_at.desc(), e.id.desc())
    )
    return [(row[0], row[1], row[2]) for row in await session.execute(query)]


async def list_facts(
    session: Session, organization_id: uuid.UUID, ids: Sequence[uuid.UUID]
) -> Sequence[LeadFact]:
    query = (
        select(LeadFact)
        .where(LeadFact.organization_id == organization_id, LeadFact.lead_id == _ids(ids))
        .order_by(LeadFact.lead_id, LeadFact.name, LeadFact.source)
    )
    return (await session.scalars(query)).all()


async def mark_unverified(session: Session, organization_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> int:
    statement = (
        update(Lead)
        .where(Lead.organization_id == organization_id, Lead.id == _ids(ids))
        .values(verification="unverified", verification_reason=None, verified_at=None)
        .returning(Lead.id)
    )
    return len((await session.scalars(statement)).all())
