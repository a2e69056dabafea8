"""Verdicts on addresses, and the facts that follow."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from reachly.data.session import tenant
from reachly.integrations.resolver import registry
from reachly.integrations.resolver.fake import FakeResolver
from reachly.integrations.resolver.port import MxAnswer
from reachly.jobs import enrichment as enrichment_jobs
from reachly.jobs import verification as verification_jobs
from reachly.services.identity.schemas import Actor
from reachly.services.leads import service as leads
from reachly.services.leads.schemas import LeadIn, LeadPatch
from reachly.services.suppression import service as suppression
from reachly.services.verification import service
from tests.integration.leads.conftest import NewActor

pytestmark = pytest.mark.anyio
ANSWERS = {
    "good.example": MxAnswer("found", ("mx.good.example",)),
    "bare.example": MxAnswer("no_mx_but_a", ("bare.example",)),
    "null.example": MxAnswer("null_mx"),
    "slow.example": MxAnswer("timeout"),
}


@pytest.fixture
def dns() -> Iterator[FakeResolver]:
    fake = FakeResolver(ANSWERS)
    registry.replace(lambda _config: fake)
    yield fake
    registry.replace(None)


async def add(actor: Actor, email: str, **fields: Any) -> uuid.UUID:
    async with tenant(actor.organization_id) as session:
        return (await leads.add_lead(session, actor, LeadIn(email=email, **fields))).id


async def verify(actor: Actor) -> None:
    await verification_jobs.HANDLERS["verification.verify_batch"](actor.organization_id, {})


async def enrich(actor: Actor) -> None:
    await enrichment_jobs.HANDLERS["enrichment.enrich_batch"](actor.organization_id, {})


async def verdicts(sql: Any) -> dict[str, tuple[str, str]]:
    rows = await sql.fetch("SELECT email_key, verification, verification_reason FROM leads")
    return {row["email_key"]: (row["verification"], row["verification_reason"]) for row in rows}


async def test_each_address_gets_its_verdict(actor: Actor, sql: Any, dns: FakeResolver) -> None:
    for email in ("ann@good.example", "info@good.example", "ann@bare.example", "ann@null.example", "ann@slow.example",
                  "ann@gone.example", "bounced@good.example"):  # fmt: skip
        await add(actor, email)
    async with tenant(actor.organization_id) as session:
        await suppression.suppress(session, actor.organization_id, "bounced@good.example", "bounced", "dsn")
    await verify(actor)
    assert await verdicts(sql) == {
        "ann@good.example": ("deliverable", "mx_found"),
        "info@good.example": ("risky", "role"),
        "ann@bare.example": ("risky", "no_mx"),
        "ann@null.example": ("undeliverable", "null_mx"),
        "ann@slow.example": ("unknown", "dns_timeout"),
        "ann@gone.example": ("undeliverable", "nxdomain"),
        "bounced@good.example": ("undeliverable", "bounced"),
    }
    assert await sql.fetchval("SELECT count(*) FROM leads WHERE verified_at IS NOT NULL") == 7


async def test_a_second_run_asks_nobody_and_says_nothing(actor: Actor, sql: Any, dns: FakeResolver) -> None:
    for n in range(3):
        await add(actor, f"p{n}@good.example")
    await verify(actor)
    await verify(actor)
    assert dns.asked == ["good.example"]
    events = await sql.fetch("SELECT event_data FROM analytics_events WHERE event_type = 'leads_verified'")
    assert [row["event_data"] for row in events] == ['{"verified": 3, "deliverable": 3}']


async def test_an_answer_is_kept_for_the_day_and_silence_is_not(actor: Actor, dns: FakeResolver) -> None:
    await add(actor, "a@good.example")
    await add(actor, "a@slow.example")
    await verify(actor)
    ids = [await add(actor, "b@good.example"), await add(actor, "b@slow.example")]
    await verify(actor)
    assert sorted(dns.asked) == ["good.example", "slow.example", "slow.example"]
    async with tenant(actor.organization_id) as session:
        again = await service.request_verification(session, actor, [*ids, uuid.uuid4()])
    assert again.queued == 2


async def test_asking_for_all_counts_those_that_wait(actor: Actor, sql: Any, dns: FakeResolver) -> None:
    await add(actor, "a@good.example")
    await verify(actor)
    await add(actor, "b@good.example")
    async with tenant(actor.organization_id) as session:
        assert (await service.request_verification(session, actor, None)).queued == 1
    await sql.execute("RESET ROLE")
    waiting = "SELECT count(*) FROM pgqueuer WHERE entrypoint = 'verification.verify_batch'"
    assert await sql.fetchval(waiting) == 1, "one job looks at all that wait when it begins"


async def test_pages_follow_one_another(
    actor: Actor, sql: Any, dns: FakeResolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PAGE", 4)
    for n in range(11):
        await add(actor, f"p{n}@good.example")
    await asyncio.gather(verify(actor), verify(actor))  # two at once do the work twice, and say it once
    assert set((await verdicts(sql)).values()) == {("deliverable", "mx_found")}
    told = await sql.fetchval("SELECT sum((event_data->>'verified')::int) FROM analytics_events")
    assert told == 11


async def test_a_verdict_is_not_given_to_another_address(actor: Actor, sql: Any, dns: FakeResolver) -> None:
    lead_id = await add(actor, "a@null.example")

    class Slow(FakeResolver):
        async def mx(self, domain: str) -> MxAnswer:
            answer = await super().mx(domain)
            if domain == "null.example":
                async with tenant(actor.organization_id) as session:
                    await leads.update_lead(session, actor, lead_id, LeadPatch(email="b@good.example"))
            return answer

    slow = Slow(ANSWERS)
    registry.replace(lambda _config: slow)
    await verify(actor)
    assert await verdicts(sql) == {"b@good.example": ("deliverable", "mx_found")}


async def test_verified_leads_get_facts_once(actor: Actor, sql: Any, dns: FakeResolver) -> None:
    await add(actor, "ann.lee@good.example", position="Head of Sales", country="Germany")
    await enrich(actor)
    assert await sql.fetchval("SELECT count(*) FROM lead_facts") == 0  # not verified yet
    await verify(actor)
    await enrich(actor)
    first = await sql.fetch("SELECT * FROM lead_facts ORDER BY name")
    await enrich(actor)
    assert await sql.fetch("SELECT * FROM lead_facts ORDER BY name") == first
    facts = {row["name"]: (row["value"], row["source"]) for row in first}
    assert facts["company_domain"] == ("good.example", "email_domain")
    assert facts["country"][0] == "DE"
    assert "position" not in facts  # stands on the lead
    async with tenant(actor.organization_id) as session:
        page = await leads.page_leads(session, actor, limit=1)
        lead = await leads.get_lead(session, actor, page.items[0].id)
    assert {fact.name for fact in lead.facts} == set(facts)


async def test_an_edited_lead_is_looked_at_again(actor: Actor, sql: Any, dns: FakeResolver) -> None:
    lead_id = await add(actor, "a@good.example", position="CEO")
    await verify(actor)
    await enrich(actor)
    async with tenant(actor.organization_id) as session:
        await leads.update_lead(session, actor, lead_id, LeadPatch(position=""))
    await enrich(actor)
    assert await sql.fetchval("SELECT count(*) FROM lead_facts WHERE source = 'position'") == 0


async def test_two_enrichments_at_once_keep_each_fact_once(actor: Actor, sql: Any, dns: FakeResolver) -> None:
    for n in range(20):
        await add(actor, f"p{n}.lee@good.example")
    await verify(actor)
    await asyncio.gather(enrich(actor), enrich(actor))
    assert await sql.fetchval("SELECT count(*) = count(DISTINCT (lead_id, name, source)) FROM lead_facts")
    assert await sql.fetchval("SELECT count(DISTINCT lead_id) FROM lead_facts") == 20


async def test_only_ones_own_leads_are_judged(new_actor: NewActor, sql: Any, dns: FakeResolver) -> None:
    one, other = await new_actor("one"), await new_actor("other")
    await add(one, "a@good.example")
    lead_id = await add(other, "b@good.example")
    async with tenant(one.organization_id) as session:
        assert (await service.request_verification(session, one, [lead_id])).queued == 0
    await verify(one)
    assert (await verdicts(sql))["b@good.example"] == ("unverified", None)
