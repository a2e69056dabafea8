"""A lead's own first sentence: out of what is known of them, the same each time, and honest without facts."""

from __future__ import annotations

from typing import Any

import pytest

from reachly.data.session import Database, tenant
from reachly.services.enrichment import service as enrichment
from reachly.services.identity.schemas import Actor
from reachly.services.leads import service as leads
from reachly.services.leads.schemas import LeadIn

pytestmark = pytest.mark.anyio


async def test_the_line_speaks_of_position_and_company(
    database: Database, actor: Actor, settings: Any
) -> None:
    person = LeadIn(email="ines@acme.example", first_name="Inès", company="Acme", position="Plant Manager")
    async with tenant(actor.organization_id) as session:
        known = (await leads.add_lead(session, actor, person)).id
        bare = (await leads.add_lead(session, actor, LeadIn(email="x@nobody.example"))).id
        seeds = {known: "7|ines@acme.example", bare: "7|x@nobody.example"}
        lines = await enrichment.write_opening_lines(session, actor.organization_id, seeds, None)
        again = await enrichment.write_opening_lines(session, actor.organization_id, seeds, None)
    assert "Plant Manager" in lines[known].text
    assert "Acme" in lines[known].text
    assert lines[known].source == "built-in"
    assert "position" in lines[known].facts
    assert lines[bare].source == "fallback"
    assert lines[bare].text
    assert again == lines
