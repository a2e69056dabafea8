"""What happened: in the organization, and with one person."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from reachly.data.repositories import analytics as repository
from reachly.data.session import Session
from reachly.kit import clock
from reachly.kit.errors import NotFound
from reachly.kit.pagination import Page, cut_page, encode_cursor, read_number_cursor
from reachly.services.analytics import policy
from reachly.services.analytics.schemas import ActivityOut
from reachly.services.identity.schemas import Actor
from reachly.services.leads.schemas import TimelineEntry

TIMELINE_LIMIT = 500


async def page_activity(
    session: Session,
    actor: Actor,
    *,
    limit: int,
    cursor: str | None,
    campaign_id: uuid.UUID | None,
    since: date | None = None,
    until: date | None = None,
) -> Page[ActivityOut]:
    """The latest facts first, with the names of those concerned as they are now. Raises Invalid on a bad span."""
    span = policy.instants(policy.choose_life(since, until, clock.now().date()))
    before = read_number_cursor(cursor) if cursor else None
    found = await repository.page_facts(
        session, actor.organization_id, limit=limit + 1, before=before, campaign_id=campaign_id, span=span
    )
    rows, more = cut_page(found, limit)
    items = [
        ActivityOut(
            seq=row["seq"], at=row["created_at"], event=row["event_type"], campaign_id=row["campaign_id"],
            campaign_name=row["campaign_name"], lead_id=row["lead_id"], lead_email=row["lead_email"],
            email_account_id=row["email_account_id"], data=row["event_data"],
        )
        for row in rows
    ]  # fmt: skip
    return Page(items=items, next_cursor=encode_cursor(rows[-1]["seq"]) if more else None)


async def get_timeline(session: Session, actor: Actor, lead_id: uuid.UUID) -> list[TimelineEntry]:
    """Everything that happened with one person, the latest first. Raises NotFound."""
    organization_id = actor.organization_id
    if not await repository.lead_exists(session, organization_id, lead_id):
        raise NotFound("This lead does not exist. It may have been deleted.")
    facts = await repository.list_lead_facts(session, organization_id, lead_id, TIMELINE_LIMIT)
    entries = [_entry(row) for row in facts]
    entries += [
        TimelineEntry(
            at=row["created_at"], event="enrolled", campaign_id=row["campaign_id"],
            campaign_name=row["campaign_name"], step=None, detail={},
        )
        for row in await repository.list_lead_enrollments(session, organization_id, lead_id)
    ]  # fmt: skip
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _entry(row: Mapping[str, Any]) -> TimelineEntry:
    data = dict(row["event_data"])
    step = data.pop("step", None)
    return TimelineEntry(
        at=row["created_at"], event=row["event_type"], campaign_id=row["campaign_id"],
        campaign_name=row["campaign_name"], step=step if isinstance(step, int) else row["sequence_number"],
        detail=data,
    )  # fmt: skip
