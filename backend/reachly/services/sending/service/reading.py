"""The ledger as the doors see it."""

from __future__ import annotations

import uuid

from reachly.data.repositories.sending import reads
from reachly.data.session import Session
from reachly.kit.errors import FieldError, Invalid, NotFound
from reachly.kit.pagination import Page, cut_page, encode_cursor, read_id_cursor
from reachly.services.campaigns.schemas import SendOut
from reachly.services.identity.schemas import Actor

STATES = ("claimed", "sending", "sent", "refused", "deferred", "unknown", "cancelled", "quarantined")


async def page_sends(
    session: Session,
    actor: Actor,
    campaign_id: uuid.UUID,
    *,
    limit: int,
    cursor: str | None,
    status: str | None,
) -> Page[SendOut]:
    """One campaign's messages, the newest first. Raises NotFound, or Invalid for an unknown status."""
    if status is not None and status not in STATES:
        fault = FieldError("/status", f"Use one of {', '.join(STATES)}.", "status")
        raise Invalid("There is no such state of a message.", errors=[fault])
    if not await reads.has_campaign(session, actor.organization_id, campaign_id):
        raise NotFound("There is no such campaign.")
    before = read_id_cursor(cursor) if cursor else None
    found = await reads.page_sends(
        session, actor.organization_id, campaign_id, limit=limit + 1, before=before, status=status
    )
    rows, more = cut_page(found, limit)
    next_cursor = encode_cursor(str(rows[-1]["id"])) if more else None
    return Page(items=[SendOut.model_validate(dict(row)) for row in rows], next_cursor=next_cursor)
