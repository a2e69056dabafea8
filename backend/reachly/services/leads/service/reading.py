"""Lists of leads, and one of them."""

from __future__ import annotations

import uuid
from typing import get_args

from reachly.data.repositories.leads import people
from reachly.data.session import Session
from reachly.kit.errors import FieldError, Invalid, NotFound
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


async def page_leads(
    session: Session, actor: Actor, *, limit: int, cursor: str | None = None, q: str | None = None,
    campaign_id: uuid.UUID | None = None, verification: Verification | None = None,
    import_id: uuid.UUID | None = None, status: str | None = None,
) -> Page[LeadOut]:  # fmt: skip
    """Newest first. `status` is the one in the campaign of `campaign_id`. Raises Invalid."""
    _check_status(status, campaign_id)
    before = read_cursor(cursor)
    wanted = q.strip() if q else ""
    if not is_storable(wanted):
        return Page(items=[], next_cursor=None)
    ids = await people.search(session, actor.organization_id, wanted) if wanted else None
    narrowed = people.LeadFilter(
        campaign_id=campaign_id, status=status, verification=verification, import_id=import_id, ids=ids
    )
    fetched = await people.page(session, actor.organization_id, limit + 1, narrowed, before)
    rows, more = cut_page(fetched, limit)
    items = await describe_leads(session, actor.organization_id, rows)
    return Page(items=items, next_cursor=write_cursor(items[-1].created_at, items[-1].id) if more else None)


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
                next_due_at=row.next_due_at,
            )
            for row, name in enrollments
        ],
    )  # fmt: skip


async def find_lead_id(session: Session, organization_id: uuid.UUID, email_key: str) -> uuid.UUID | None:
    """The person with this normalised address, for rooms that act without a person."""
    lead = await people.find_by_key(session, organization_id, email_key)
    return lead.id if lead else None


def no_lead() -> NotFound:
    return NotFound("This lead does not exist. It may have been deleted.")
