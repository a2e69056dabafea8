"""What later stages read of leads and write about them: verification, enrichment, campaigns."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from reachly.data.repositories.leads import findings, imports, people
from reachly.data.session import Session
from reachly.kit import clock
from reachly.services.leads.schemas import FactOut, LeadOut, Verification
from reachly.services.leads.service.outputs import describe_fact, describe_leads


@dataclass(frozen=True, slots=True)
class UnverifiedLead:
    id: uuid.UUID
    email_key: str
    email: str


@dataclass(frozen=True, slots=True)
class VerdictOn:
    """What was found about a lead; `email_key` is the address it was found about."""

    lead_id: uuid.UUID
    email_key: str
    verification: Verification
    reason: str
    mail_provider: str = ""  # whose servers its domain's mail goes to, where it is a large one


@dataclass(frozen=True, slots=True)
class PersonToEnrich:
    id: uuid.UUID
    email: str
    first_name: str
    last_name: str
    company: str
    position: str
    country: str
    timezone: str
    custom_fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class FoundFact:
    lead_id: uuid.UUID
    name: str
    value: str
    source: str
    confidence: float


async def list_unverified(session: Session, organization_id: uuid.UUID, limit: int) -> list[UnverifiedLead]:
    """Those that wait for a verdict, the oldest first."""
    rows = await findings.list_unverified(session, organization_id, limit)
    return [UnverifiedLead(*row) for row in rows]


async def count_unverified(session: Session, organization_id: uuid.UUID) -> int:
    return await findings.count_unverified(session, organization_id)


async def save_verdicts(
    session: Session, organization_id: uuid.UUID, verdicts: Sequence[VerdictOn]
) -> dict[uuid.UUID, str]:
    """Writes verdicts on leads that still wait under that address; returns those written."""
    if not verdicts:
        return {}
    rows = [
        (each.lead_id, each.email_key, each.verification, each.reason, each.mail_provider)
        for each in verdicts
    ]
    return await findings.save_verdicts(session, organization_id, rows, clock.now())


async def list_unenriched(session: Session, organization_id: uuid.UUID, limit: int) -> list[PersonToEnrich]:
    """Verified leads that enrichment has not looked at."""
    rows = await findings.list_unenriched(session, organization_id, limit)
    return [
        PersonToEnrich(
            lead.id, lead.email, lead.first_name, lead.last_name, lead.company, lead.position, lead.country,
            lead.timezone, lead.custom_fields,
        )
        for lead in rows
    ]  # fmt: skip


async def save_facts(
    session: Session, organization_id: uuid.UUID, lead_ids: Sequence[uuid.UUID], facts: Sequence[FoundFact]
) -> int:
    """Marks the leads as looked at and puts these facts in the place of theirs; how many were not marked yet.
    Those that were are left alone: somebody else has just looked at them."""
    now = clock.now()
    mine = await findings.mark_enriched(session, organization_id, lead_ids, now)
    unique = {(each.lead_id, each.name, each.source): each for each in facts if each.lead_id in mine}
    rows = [(each.lead_id, each.name, each.value, each.source, each.confidence) for each in unique.values()]
    await findings.replace_facts(session, organization_id, sorted(mine), rows, now)
    return len(mine)


async def list_facts(
    session: Session, organization_id: uuid.UUID, lead_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[FactOut]]:
    """Facts by lead; leads without any are left out."""
    by_lead: dict[uuid.UUID, list[FactOut]] = {}
    for row in await people.list_facts(session, organization_id, lead_ids):
        by_lead.setdefault(row.lead_id, []).append(describe_fact(row))
    return by_lead


async def list_leads(
    session: Session, organization_id: uuid.UUID, lead_ids: Sequence[uuid.UUID]
) -> list[LeadOut]:
    """Those that exist, by id, each with the reason why it must not be written to."""
    rows = await people.list_by_ids(session, organization_id, lead_ids)
    return await describe_leads(session, organization_id, [(lead, None) for lead in rows])


async def list_imported_leads(
    session: Session, organization_id: uuid.UUID, import_id: uuid.UUID, *, limit: int, after: uuid.UUID | None
) -> list[uuid.UUID]:
    """Leads that an import added or met again, in the order of their ids, behind `after`."""
    return await imports.list_taken(session, organization_id, import_id, limit, after)


async def record_enrolled(
    session: Session, organization_id: uuid.UUID, import_id: uuid.UUID, enrolled: int
) -> None:
    """Adds to the number of leads that came into the campaign of their import, in the transaction that enrols them."""
    await imports.add_enrolled(session, organization_id, import_id, enrolled)
