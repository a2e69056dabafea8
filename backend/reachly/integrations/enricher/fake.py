"""Facts in memory."""

from __future__ import annotations

from reachly.integrations.enricher.port import Fact, FactName, LeadFields


class FakeEnricher:
    """Gives what stands in `facts` for an address, after what stands on the lead."""

    def __init__(self, facts: dict[str, list[Fact]] | None = None) -> None:
        self.facts = dict(facts or {})

    async def enrich(self, lead: LeadFields) -> list[Fact]:
        given: tuple[tuple[FactName, str], ...] = (
            ("first_name", lead.first_name),
            ("last_name", lead.last_name),
            ("company", lead.company),
            ("position", lead.position),
            ("timezone", lead.timezone),
        )
        known = [Fact(name, value.strip(), "lead", 1.0) for name, value in given if value.strip()]
        names = {fact.name for fact in known}
        return [*known, *(fact for fact in self.facts.get(lead.email, []) if fact.name not in names)]
