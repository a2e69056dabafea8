"""People in a campaign: coming in, being looked at, being steered."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from reachly.data import outbox
from reachly.data.repositories import campaigns as repository
from reachly.data.session import Session, tenant
from reachly.events import EnrollmentsReady, LeadsEnrolled
from reachly.kit import clock
from reachly.kit.address import address_key
from reachly.kit.errors import Conflict, FieldError, Invalid, NotFound
from reachly.kit.pagination import Page, cut_page, encode_cursor, read_id_cursor
from reachly.services.campaigns import policy
from reachly.services.campaigns.schemas import EnrollIn, EnrollmentOut, EnrollOut, Standing
from reachly.services.campaigns.service.reading import get_row, lock_row
from reachly.services.identity.schemas import Actor
from reachly.services.leads import service as leads
from reachly.services.suppression import service as suppression
from reachly.services.suppression.schemas import SuppressedOut

IMPORT_PAGE = 10_000


async def enroll_leads(session: Session, actor: Actor, campaign_id: uuid.UUID, body: EnrollIn) -> EnrollOut:
    """Adds people; whoever is in it already stays as they are. A completed campaign goes on when it gets new people."""
    named = [body.lead_ids is not None, body.import_id is not None, body.all_leads]
    if sum(named) != 1:
        fault = FieldError("", "Give exactly one of lead_ids, import_id, all_leads.", "choice")
        raise Invalid("Say which leads to add.", errors=[fault])
    return await _enroll(
        session, actor.organization_id, campaign_id, lead_ids=body.lead_ids, import_id=body.import_id
    )


async def enroll_import(organization_id: uuid.UUID, campaign_id: uuid.UUID, import_id: uuid.UUID) -> int:
    """The leads that a finished import added or met again, page by page; how many are new in the campaign.

    Nothing for a campaign that is gone or put away. A second run enrols nobody twice.
    """
    enrolled, after = 0, None
    while True:
        async with tenant(organization_id) as session:
            row = await repository.find_campaign(session, organization_id, campaign_id)
            ids = await leads.list_imported_leads(
                session, organization_id, import_id, limit=IMPORT_PAGE, after=after
            )
            if row is None or row.status == "archived" or not ids:
                return enrolled
            page = await _enroll(session, organization_id, campaign_id, lead_ids=ids, import_id=import_id)
            await leads.record_enrolled(session, organization_id, import_id, page.enrolled)
            enrolled += page.enrolled
        after = ids[-1]


async def _enroll(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, *, lead_ids: Sequence[uuid.UUID] | None,
    import_id: uuid.UUID | None,
) -> EnrollOut:  # fmt: skip
    row = await lock_row(session, organization_id, campaign_id)
    if row.status == "archived":
        raise Conflict("An archived campaign takes no more leads. Clone it instead.", code="archived")
    now = clock.now()
    enrolled, already, skipped = await repository.enroll(
        session, organization_id, campaign_id, now, lead_ids=lead_ids, import_id=import_id
    )
    if enrolled and row.status == "completed":
        row.status, row.completed_at, row.status_reason = "active", None, None
        row.version += 1
    event = LeadsEnrolled(
        organization_id=organization_id, at=now, campaign_id=campaign_id, data={"enrolled": enrolled}
    )
    await session.flush()
    await outbox.emit(session, [event] if enrolled else [])
    return EnrollOut(enrolled=enrolled, already=already, skipped=skipped)


async def page_enrollments(
    session: Session, actor: Actor, campaign_id: uuid.UUID, *, limit: int, cursor: str | None, q: str | None,
    state: str | None = None, reason: str | None = None,
) -> Page[EnrollmentOut]:  # fmt: skip
    """In the order of enrolling. `q` is looked for as in the list of leads, and as the beginning of an address among
    all; `reason` is why somebody is blocked or held."""
    await get_row(session, actor.organization_id, campaign_id)
    after = read_id_cursor(cursor) if cursor else None
    asked = q.strip() if q else ""
    words = (asked.lower(), await leads.search_leads(session, actor, asked)) if asked else None
    wanted = repository.EnrollmentFilter(state, reason, words)
    found = await repository.page_enrollments(
        session, actor.organization_id, campaign_id, limit=limit + 1, after=after, wanted=wanted
    )
    rows, more = cut_page(found, limit)
    next_cursor = encode_cursor(str(rows[-1]["id"])) if more else None
    told = await suppression.describe(session, actor.organization_id, [row["email_key"] for row in rows])
    items = [_out({**row, "suppression": told.get(row["email_key"])}) for row in rows]
    return Page(items=items, next_cursor=next_cursor)


async def steer_enrollment(
    session: Session,
    actor: Actor,
    campaign_id: uuid.UUID,
    enrollment_id: uuid.UUID,
    action: Literal["stop", "resume"],
) -> EnrollmentOut:
    """Stops a lead here by hand, or lets one that was held or stopped by hand go on."""
    row = await repository.lock_enrollment(session, actor.organization_id, enrollment_id)
    if row is None or row.campaign_id != campaign_id:
        raise NotFound("This lead is not in the campaign.")
    now = clock.now()
    events: list[Any] = []
    if action == "stop":
        await stop_enrollments(session, actor.organization_id, [enrollment_id], "stopped", "by hand")
    elif suppressed := await _suppression_of(session, actor, row.lead_id):
        told = f"On the do-not-contact list: {suppressed.words.lower()}. Nobody on it is written to."
        raise Conflict(told, code="suppressed")
    elif row.status not in ("held", "stopped", "failed"):
        raise Conflict(f"A lead that is {row.status} cannot be resumed.", code="not_held")
    else:
        row.status = "active" if row.personalized_at else "pending"
        row.held_until = row.stopped_reason = row.finished_at = row.blocked_reason = row.blocked_detail = None
        row.updated_at = now
        await session.flush()
        events.append(
            EnrollmentsReady(organization_id=actor.organization_id, at=now, campaign_id=campaign_id)
        )
        events.append(LeadsEnrolled(organization_id=actor.organization_id, at=now, campaign_id=campaign_id))
    session.expire_all()
    view = await repository.find_enrollment_view(session, actor.organization_id, campaign_id, enrollment_id)
    assert view is not None
    await outbox.emit(session, events)
    why = await suppression.describe(session, actor.organization_id, [view["email_key"]])
    return _out({**view, "suppression": why.get(view["email_key"])})


async def _suppression_of(session: Session, actor: Actor, lead_id: uuid.UUID) -> SuppressedOut | None:
    found = await leads.list_leads(session, actor.organization_id, [lead_id])
    return found[0].suppression if found else None


async def stop_enrollments(
    session: Session, organization_id: uuid.UUID, ids: Sequence[uuid.UUID], status: str, reason: str
) -> list[uuid.UUID]:
    """Ends open enrollments (a reply, a bounce, an opt-out, a hand); the ids that were open.

    The mark of sending looks at the status under its own lock, so what is chosen and not on the wire yet is stopped
    by this alone.
    """
    return await repository.stop_open(session, organization_id, ids, status, reason, clock.now())


async def end_otherwise(
    session: Session, organization_id: uuid.UUID, enrollment_id: uuid.UUID, status: str, reason: str
) -> bool:
    """What came after the last step (an answer, a bounce, an opt-out) says how it ended; whether it did.

    Leaves alone who is still on the way, and who came to another end that says more.
    """
    over = sorted(policy.AFTERWARDS.get(status, ()))
    now = clock.now()
    return await repository.move_ended(session, organization_id, enrollment_id, over, status, reason, now)


async def stop_lead(
    session: Session, organization_id: uuid.UUID, lead_id: uuid.UUID, status: str, reason: str
) -> dict[uuid.UUID, uuid.UUID]:
    """Ends every open enrollment of a person; those that were open, each with its campaign."""
    return await repository.stop_lead(session, organization_id, lead_id, status, reason, clock.now())


async def end_suppressed(organization_id: uuid.UUID, lead_id: uuid.UUID) -> None:
    """Ends a person's open enrollments if they are suppressed."""
    async with tenant(organization_id) as session:
        for lead in await leads.list_leads(session, organization_id, [lead_id]):
            if lead.suppression is not None:
                key = address_key(lead.email)
                await suppression.end_covered(
                    session, organization_id, "email", [key], lead.suppression.reason
                )


async def find_standing(
    session: Session, organization_id: uuid.UUID, enrollment_id: uuid.UUID
) -> Standing | None:
    """For rooms that show a person beside something else."""
    row = await repository.find_enrollment(session, organization_id, enrollment_id)
    return Standing.model_validate(row, from_attributes=True) if row else None


async def hold_enrollment(
    session: Session, organization_id: uuid.UUID, enrollment_id: uuid.UUID, until: datetime
) -> bool:
    """Waits with a person who is away; False when their sequence is at an end."""
    return await repository.hold(session, organization_id, enrollment_id, until, clock.now())


def _out(row: Mapping[str, Any]) -> EnrollmentOut:
    shown = {name: row[name] for name in EnrollmentOut.model_fields if name in row}
    return EnrollmentOut(**shown)
