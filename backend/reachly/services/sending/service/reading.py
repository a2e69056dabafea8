"""The ledger as the doors and the audit see it."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from datetime import UTC
from typing import cast

from reachly.data.repositories.sending import reads
from reachly.data.repositories.sending.reads import LedgerRow
from reachly.data.session import Session, tenant
from reachly.kit.errors import FieldError, Invalid, NotFound
from reachly.kit.pagination import Page, cut_page, decode_cursor, encode_cursor
from reachly.services.campaigns.schemas import SendOut
from reachly.services.identity.schemas import Actor

STATES = ("claimed", "sending", "sent", "refused", "deferred", "unknown", "cancelled", "quarantined")


async def page_sends(
    session: Session, actor: Actor, campaign_id: uuid.UUID, *, limit: int, cursor: str | None, status: str | None
) -> Page[SendOut]:
    """One campaign's messages, the newest first. Raises NotFound, or Invalid for an unknown status."""
    if status is not None and status not in STATES:
        fault = FieldError("/status", f"Use one of {', '.join(STATES)}.", "status")
        raise Invalid("There is no such state of a message.", errors=[fault])
    if not await reads.has_campaign(session, actor.organization_id, campaign_id):
        raise NotFound("There is no such campaign.")
    before = _read_cursor(cursor) if cursor else None
    found = await reads.page_sends(
        session, actor.organization_id, campaign_id, limit=limit + 1, before=before, status=status
    )
    rows, more = cut_page(found, limit)
    next_cursor = encode_cursor(str(rows[-1]["id"])) if more else None
    return Page(items=[SendOut.model_validate(dict(row)) for row in rows], next_cursor=next_cursor)


def _read_cursor(cursor: str) -> uuid.UUID:
    (last,) = decode_cursor(cursor, 1)
    try:
        return uuid.UUID(cast("str", last))
    except (ValueError, TypeError, AttributeError):
        raise Invalid("Leave `cursor` out to begin at the first page.", code="bad_cursor") from None


async def audit_rows(organization_id: uuid.UUID, campaign_id: uuid.UUID) -> list[LedgerRow]:
    """Every intent of a campaign, for the comparison with what the other side received."""
    async with tenant(organization_id) as session:
        return await reads.list_ledger(session, organization_id, campaign_id)


def ledger_hash(rows: Sequence[LedgerRow]) -> str:
    """SHA-256 (hex) over the sorted (lead, step, mailbox, planned_at, status, content hash): no id is in it."""
    lines = sorted(
        json.dumps([
            row.lead or row.to_email, row.step, row.mailbox or "", row.planned_at.astimezone(UTC).isoformat(),
            row.status, row.content_hash,
        ])
        for row in rows
    )  # fmt: skip
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
