"""Rows become what the doors see."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from reachly.data.models.leads import Lead, LeadFact, LeadImport
from reachly.data.repositories.leads import people
from reachly.data.session import Session
from reachly.kit.pagination import encode_cursor, read_time_cursor
from reachly.services.leads.schemas import FactOut, ImportOut, LeadOut
from reachly.services.suppression import service as suppression

_PLAIN = (
    "id", "email", "first_name", "last_name", "company", "position", "country", "timezone", "custom_fields",
    "verification", "verification_reason", "verified_at", "source", "lawful_basis", "import_id", "version",
    "created_at", "updated_at",
)  # fmt: skip
_IMPORT = tuple(name for name in ImportOut.model_fields if name != "can_undo")


async def describe_leads(
    session: Session, organization_id: uuid.UUID, rows: Sequence[tuple[Lead, str | None]]
) -> list[LeadOut]:
    """Leads with what other tables say of them: suppression and number of campaigns."""
    ids = [lead.id for lead, _ in rows]
    told = await suppression.describe(session, organization_id, [lead.email_key for lead, _ in rows])
    campaigns = await people.count_campaigns(session, organization_id, ids) if ids else {}
    return [
        LeadOut(
            **lead_values(lead), suppressed=told[lead.email_key].reason if lead.email_key in told else None,
            suppression=told.get(lead.email_key), campaigns=campaigns.get(lead.id, 0), status=status,
        )
        for lead, status in rows
    ]  # fmt: skip


async def describe_lead(session: Session, lead: Lead) -> LeadOut:
    return (await describe_leads(session, lead.organization_id, [(lead, None)]))[0]


def lead_values(lead: Lead) -> dict[str, Any]:
    """The lead's own columns."""
    return {name: getattr(lead, name) for name in _PLAIN}


def describe_fact(row: LeadFact) -> FactOut:
    return FactOut(
        name=row.name,
        value=row.value,
        source=row.source,
        confidence=row.confidence,
        observed_at=row.observed_at,
    )


def describe_import(row: LeadImport) -> ImportOut:
    return ImportOut(
        **{name: getattr(row, name) for name in _IMPORT},
        can_undo=row.status == "completed" and row.imported + row.updated > 0,
    )


def write_cursor(created_at: datetime, id_: uuid.UUID) -> str:
    return encode_cursor(created_at.isoformat(), str(id_))


def read_cursor(cursor: str | None) -> tuple[datetime, uuid.UUID] | None:
    """The key of the last row seen. Raises Invalid when the cursor is not one of ours."""
    return read_time_cursor(cursor) if cursor else None
