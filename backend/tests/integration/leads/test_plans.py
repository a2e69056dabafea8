"""Hot queries stay on their indexes, as the tenant's role and under its policy."""

from __future__ import annotations

import json
import re
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from reachly.data.repositories.leads import people
from reachly.data.repositories.leads.people import LeadFilter
from reachly.data.session import Session, tenant
from reachly.services.identity.schemas import Actor
from tests.integration.leads.conftest import NewActor

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
MANY = 30_000
AT = datetime(2026, 5, 1, tzinfo=UTC)

FILL = """
INSERT INTO leads (organization_id, id, email, email_key, domain, first_name, company, verification, created_at,
                   updated_at)
SELECT $1, gen_random_uuid(), e, e, 'example.com', 'Ann' || n, 'Acme ' || n % 5000,
       CASE WHEN n % 200 = 0 THEN 'risky' ELSE 'deliverable' END, $2::timestamptz - n * interval '1 second', $2
FROM generate_series(1, $3) n, LATERAL (SELECT 'p' || n || '@example.com' e) x
"""


async def plan(session: Session, statement: str) -> str:
    """Node types and indexes of the plan, as one line."""
    found = (await session.execute(text(f"EXPLAIN (FORMAT JSON) {statement}"))).scalar_one()
    tree = found if isinstance(found, list) else json.loads(found)
    nodes: list[str] = []

    def walk(node: dict[str, Any]) -> None:
        if "Index Name" in node or "Scan" in node["Node Type"]:
            nodes.append(f"{node['Node Type']} {node.get('Index Name', '')}".strip())
        for child in node.get("Plans", []):
            walk(child)

    walk(tree[0]["Plan"])
    return ", ".join(nodes)


def page_sql(actor: Actor, before: tuple[datetime, uuid.UUID] | None = None, **wanted: Any) -> str:
    query = people.page_query(actor.organization_id, 51, LeadFilter(**wanted), before)
    compiled = query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[no-untyped-call]
    return re.sub(r"ARRAY\[([^\]]*)\]", r"ARRAY[\1]::uuid[]", str(compiled)).replace(":", "\\:")


@pytest.fixture
async def crowd(new_actor: NewActor, sql: Any) -> Actor:
    """Two organizations with many leads each; the first one's administrator."""
    actors = [await new_actor(name) for name in ("one", "other")]
    for actor in actors:
        await sql.execute(FILL, actor.organization_id, AT, MANY)
    await sql.execute("RESET ROLE")
    await sql.execute("ANALYZE leads")
    first: Actor = actors[0]
    return first


async def test_lists_use_their_indexes(crowd: Actor) -> None:
    by_time, by_verdict = "ix_leads_organization_id_created_at_id", "ix_leads_verification"
    wanted = {
        page_sql(crowd): by_time,
        page_sql(crowd, before=(AT, uuid.uuid4())): by_time,
        page_sql(crowd, verification="risky"): by_verdict,
        page_sql(crowd, verification="unverified"): by_verdict,
        page_sql(crowd, import_id=uuid.uuid4()): "ix_leads_import",
        page_sql(crowd, ids=[uuid.uuid4() for _ in range(20)]): "pk_leads",
        f"SELECT id FROM leads WHERE organization_id = '{crowd.organization_id}' AND email_key = any(array['a', 'b'])":
            "uq_leads_organization_id_email_key",
        f"SELECT id FROM leads WHERE organization_id = '{crowd.organization_id}' AND enriched_at IS NULL"
        " AND verification <> 'unverified' ORDER BY id LIMIT 500": "ix_leads_unenriched",
    }  # fmt: skip
    async with tenant(crowd.organization_id) as session:
        for statement, index in wanted.items():
            found = await plan(session, statement)
            assert index in found, (statement, found)
            assert "Seq Scan" not in found, (statement, found)


async def test_search_finds_the_rare_and_the_common_alike_quickly(crowd: Actor, sql: Any) -> None:
    """Blocks read, which do not depend on how busy the machine is: a scan of the organization reads hundreds."""

    async def blocks(session: Session, q: str) -> int:
        statement = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT search_leads(:o, :q, 500)"
        found = (await session.execute(text(statement), {"o": crowd.organization_id, "q": q})).scalar_one()
        plan_ = (found if isinstance(found, list) else json.loads(found))[0]["Plan"]
        return int(plan_["Shared Hit Blocks"] + plan_["Shared Read Blocks"])

    whole = await sql.fetchval("SELECT pg_relation_size('leads') / 8192")
    async with tenant(crowd.organization_id) as session:
        await blocks(session, "warm")
        for q in ("example", "p29999@ex", "acme 4711", "nobody at all"):
            for _ in range(6):  # a generic plan would take over after the fifth
                assert await blocks(session, q) < whole / 2, q
        assert len(await people.search(session, crowd.organization_id, "p29999@ex")) == 1
        assert len(await people.search(session, crowd.organization_id, "acme 4711")) == 6
        newest = await people.search(session, crowd.organization_id, "example")
        assert len(newest) == people.SEARCH_REACH


async def test_search_sees_one_organization_even_when_asked_for_another(
    crowd: Actor, new_actor: NewActor
) -> None:
    stranger = await new_actor("stranger")
    async with tenant(stranger.organization_id) as session:
        assert await people.search(session, crowd.organization_id, "example") == []
