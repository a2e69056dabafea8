"""Lists of leads, and one of them."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

from reachly.data.models.leads import Lead
from reachly.data.repositories.leads import people
from reachly.data.session import Session
from reachly.kit.address import parse_address
from reachly.kit.errors import FieldError, Invalid, NotFound
from reachly.kit.ids import NIL
from reachly.kit.pagination import Page, cut_page
from reachly.kit.text import is_storable
from reachly.services.identity.schemas import Actor
from reachly.services.leads.schemas import LeadDetailOut, LeadEnrollmentOut, LeadOut, SeedStatus, Verification
from reachly.services.leads.service.outputs import (
    describe_fact,
    describe_lead,
    describe_leads,
    read_cursor,
    write_cursor,
)

BEFORE_ALL = (
    datetime(9999, 1, 1, tzinfo=UTC),
    NIL,
)  # the page that follows a match which stands before the order


async def page_leads(
    session: Session, actor: Actor, *, limit: int, cursor: str | None = None, q: str | None = None,
    campaign_id: uuid.UUID | None = None, verification: Verification | None = None,
    import_id: uuid.UUID | None = None, status: str | None = None,
) -> Page[LeadOut]:  # fmt: skip
    """Newest first. `status` is the one in the campaign of `campaign_id`. Raises Invalid.

    `q` looks through the newest matches (`people.SEARCH_REACH`); a whole address is always found, and stands first.
    """
    _check_status(status, campaign_id)
    before = read_cursor(cursor)
    wanted = q.strip() if q else ""
    if not is_storable(wanted):
        return Page(items=[], next_cursor=None)
    narrowed = people.LeadFilter(
        campaign_id=campaign_id, status=status, verification=verification, import_id=import_id
    )
    first: list[tuple[Lead, str | None]] = []
    if wanted:
        ids = await people.search(session, actor.organization_id, wanted)
        exact = await _find_exact(session, actor.organization_id, wanted)
        if exact and before is None:
            alone = replace(narrowed, ids=[exact.id])
            first = await people.page(session, actor.organization_id, 1, alone, None)
        narrowed = replace(narrowed, ids=[id_ for id_ in ids if exact is None or id_ != exact.id])
    fetched = await people.page(session, actor.organization_id, limit + 1 - len(first), narrowed, before)
    rows, more = cut_page(fetched, limit - len(first))
    items = await describe_leads(session, actor.organization_id, [*first, *rows])
    last = (rows[-1][0].created_at, rows[-1][0].id) if rows else BEFORE_ALL
    return Page(items=items, next_cursor=write_cursor(*last) if more else None)


async def search_leads(session: Session, actor: Actor, q: str) -> list[uuid.UUID]:
    """The newest leads (`people.SEARCH_REACH`) with `q` somewhere in address, names, company or position."""
    return await people.search(session, actor.organization_id, q) if is_storable(q) else []


async def _find_exact(session: Session, organization_id: uuid.UUID, wanted: str) -> Lead | None:
    try:
        key = parse_address(wanted).key
    except ValueError:
        return None
    return await people.find_by_key(session, organization_id, key)


def _check_status(status: str | None, campaign_id: uuid.UUID | None) -> None:
    if status is None:
        return
    known = get_args(SeedStatus)
    if status not in known:
        fault = FieldError("/status", f"Use one of {', '.join(known)}.", "unknown")
        raise Invalid("This status is unknown.", errors=[fault])
    if campaign_id is None:
        fault = FieldError("/campaign_id", "A status is the one in a campaign: name it.", "missing")
        raise Invalid("`status` needs `campaign_id`.", errors=[fault])


async def get_lead(session: Session, actor: Actor, lead_id: uuid.UUID) -> LeadDetailOut:
    """The lead with its facts and campaigns. Raises NotFound."""
    lead = await people.find(session, actor.organization_id, lead_id)
    if lead is None:
        raise no_lead()
    plain = await describe_lead(session, lead)
    facts = await people.list_facts(session, actor.organization_id, [lead_id])
    enrollments = await people.list_enrollments(session, actor.organization_id, lead_id)
    return LeadDetailOut(
        **plain.model_dump(),
        facts=[describe_fact(row) for row in facts],
        enrollments=[
            LeadEnrollmentOut(
                enrollment_id=row.id, campaign_id=row.campaign_id, campaign_name=name, status=row.status,
                state=state, next_step=row.next_step, next_due_at=row.next_due_at, blocked_reason=row.blocked_reason,
                blocked_until=row.blocked_until,
            )
            for row, name, state in enrollments
        ],
    )  # fmt: skip


async def find_lead_id(session: Session, organization_id: uuid.UUID, email_key: str) -> uuid.UUID | None:
    """The person with this normalised address, for rooms that act without a person."""
    lead = await people.find_by_key(session, organization_id, email_key)
    return lead.id if lead else None


def no_lead() -> NotFound:
    return NotFound("This lead does not exist. It may have been deleted.")
