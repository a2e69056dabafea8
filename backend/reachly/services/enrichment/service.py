"""Facts about leads, from whoever the enricher port asks; kept with source, confidence and date."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from reachly.data import outbox
from reachly.data.session import Session, tenant
from reachly.events import LeadsEnriched
from reachly.infra.settings import current_settings
from reachly.integrations.ai.port import KnownFact, Tone
from reachly.integrations.ai.registry import make_writer
from reachly.integrations.enricher.port import Enricher, Fact, FactName, LeadFields
from reachly.integrations.enricher.registry import make_enricher
from reachly.kit import clock
from reachly.services.leads import service as leads
from reachly.services.leads.schemas import LeadOut
from reachly.services.leads.service import FoundFact, PersonToEnrich

PAGE = 500
LANGUAGES = frozenset({"de", "en"})
"""In which opening lines are written."""
TONE: Tone = "friendly"
OWN: frozenset[FactName] = frozenset({"first_name", "last_name", "company", "position", "timezone"})
"""What stands on the lead itself is not kept a second time."""


@dataclass(frozen=True, slots=True)
class WrittenLine:
    """A lead's own first sentence, the names of the facts that bear it out, and who wrote it."""

    text: str
    facts: tuple[str, ...]
    source: str
    language: str


async def enrich_waiting(organization_id: uuid.UUID) -> int:
    """Looks at all verified leads that were not looked at yet, page by page; how many there were.

    A lead says by itself that it waits, so a second or a resumed run does what is left and no more.
    """
    enricher = make_enricher()
    done = 0
    while True:
        async with tenant(organization_id) as session:
            people = await leads.list_unenriched(session, organization_id, PAGE)
        if not people:
            return done
        facts = [fact for person in people for fact in await _look_at(enricher, person)]
        async with tenant(organization_id) as session:
            ids = [person.id for person in people]
            done += await leads.save_facts(session, organization_id, ids, facts)


async def tell_enriched(organization_id: uuid.UUID) -> None:
    """Says that the verified leads are ready to be written to."""
    async with tenant(organization_id) as session:
        await outbox.emit(session, [LeadsEnriched(organization_id=organization_id, at=clock.now())])


async def write_opening_lines(
    session: Session, organization_id: uuid.UUID, seeds: Mapping[uuid.UUID, str], language: str | None
) -> dict[uuid.UUID, WrittenLine]:
    """A first sentence for each lead named in `seeds`, out of its facts; a fallback line where there is none.

    It is written in `language`, that of the words around it (None: in the lead's own, else English); in a language that
    the writer does not write it is empty. The same facts and seed give the same line, so a second run changes nothing.
    """
    provider = current_settings().ai.provider
    writer = make_writer(provider)
    found = await leads.list_facts(session, organization_id, list(seeds))
    people = {lead.id: lead for lead in await leads.list_leads(session, organization_id, list(seeds))}
    lines = {}
    for lead_id, seed in seeds.items():
        known: list[KnownFact] = [*_own_facts(people[lead_id]), *found.get(lead_id, [])]
        spoken = next((fact.value for fact in known if fact.name == "language"), "en")
        line = await writer.opening_line(known, TONE, seed, language or spoken)
        source = "fallback" if line.is_fallback else provider
        facts = tuple(claim.fact for claim in line.claims)
        lines[lead_id] = WrittenLine(line.text, facts, source, language or spoken)
    return lines


async def write_for_stranger(fields: LeadFields, seed: str, language: str | None) -> str:
    """The line that somebody with these fields would get, of whom nothing is kept."""
    facts = await make_enricher().enrich(fields)
    spoken = next((fact.value for fact in facts if fact.name == "language"), "en")
    line = await make_writer(current_settings().ai.provider).opening_line(
        facts, TONE, seed, language or spoken
    )
    return line.text


def _own_facts(lead: LeadOut) -> list[Fact]:
    """What stands on the lead itself, which is not kept a second time."""
    return [Fact(name, value, "lead", 1.0) for name in sorted(OWN) if (value := str(getattr(lead, name)))]


async def _look_at(enricher: Enricher, person: PersonToEnrich) -> list[FoundFact]:
    fields = LeadFields(
        email=person.email, first_name=person.first_name, last_name=person.last_name, company=person.company,
        position=person.position, country=person.country, timezone=person.timezone,
        custom_fields=person.custom_fields,
    )  # fmt: skip
    return [
        FoundFact(person.id, fact.name, fact.value, fact.source, fact.confidence)
        for fact in await enricher.enrich(fields)
        if not (fact.source == "lead" and fact.name in OWN)
    ]
