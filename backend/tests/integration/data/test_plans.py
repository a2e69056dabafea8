"""What is asked often stays on an index behind the tenant's wall, where only leak-proof operators may use one."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from reachly.data.repositories import campaigns, identity, live
from reachly.data.repositories.leads import people
from reachly.data.session import Database, Session, raw, tenant
from reachly.data.system import system
from reachly.kit import clock
from reachly.services.identity.schemas import Actor
from tests.conftest import NewActor
from tests.integration.data.conftest import Populated, fill_organization

pytestmark = pytest.mark.anyio
MANY = 5_000

FILL = (
    """INSERT INTO leads (organization_id, id, email, email_key, domain, created_at, updated_at)
       SELECT $1::uuid, gen_random_uuid(), 'p' || n || '@x.example', 'p' || n || '@x.example', 'x.example',
              $2::timestamptz - n * interval '1 minute', $2 FROM generate_series(1, $3::int) n""",
    """INSERT INTO enrollments (organization_id, id, campaign_id, lead_id, status, sort_key, created_at, updated_at)
       SELECT l.organization_id, gen_random_uuid(), c.id, l.id, 'active', l.email_key, $2, $2
       FROM leads l JOIN campaigns c USING (organization_id) WHERE l.organization_id = $1::uuid AND l.email LIKE 'p%@x%'
       LIMIT $3::int""",
    """INSERT INTO analytics_events (organization_id, id, seq, event_type, live_name, created_at)
       SELECT $1::uuid, gen_random_uuid(), n + 10, 'sent', 'email:sent', $2 FROM generate_series(1, $3::int) n""",
    """INSERT INTO audit_log (organization_id, id, action, at)
       SELECT $1::uuid, gen_random_uuid(), 'x', $2::timestamptz - n * interval '1 second'
       FROM generate_series(1, $3::int) n""",
    """INSERT INTO users (organization_id, id, email, email_key, password_hash, role, created_at, updated_at)
       SELECT $1::uuid, gen_random_uuid(), 'u' || n, $1::uuid || '-' || n, 'x', 'user', $2, $2
       FROM generate_series(1, $3::int) n""",
    """INSERT INTO sessions (organization_id, id, user_id, family_id, token_hash, created_at, expires_at)
       SELECT organization_id, gen_random_uuid(), id, gen_random_uuid(), decode(md5(id::text), 'hex'), $2, $2
       FROM users WHERE organization_id = $1::uuid LIMIT $3::int""",
    """INSERT INTO sign_in_attempts (id, email_key, ip, succeeded, at)
       SELECT gen_random_uuid(), $1::uuid || '-' || n, n::text, false, $2 FROM generate_series(1, $3::int) n""",
)


@pytest.fixture
async def filled(actor: Actor, new_actor: NewActor, sql: Any) -> Populated:
    """Two organizations with thousands of rows each."""
    other = await new_actor("quietharbor")
    mine = await fill_organization(sql, actor.organization_id, {})
    await fill_organization(sql, other.organization_id, {})
    for organization_id in (actor.organization_id, other.organization_id):
        for statement in FILL:
            await sql.execute(statement, organization_id, clock.now(), MANY)
    await sql.execute("RESET ROLE")
    await sql.execute("ANALYZE")
    return mine


async def plans_of(
    database: Database, session: Session, work: Callable[[], Awaitable[Any]]
) -> list[dict[str, Any]]:
    """The plans of every statement that `work` executes, in this session's role."""
    asked: list[tuple[str, Any]] = []

    def remember(_c: Any, _cursor: Any, statement: str, parameters: Any, _x: Any, _m: bool) -> None:
        asked.append((statement, parameters))

    event.listen(database.engine.sync_engine, "before_cursor_execute", remember)
    try:
        await work()
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", remember)
    connection = await raw(session)
    plans = []
    for statement, parameters in asked:
        (row,) = await connection.fetch(f"EXPLAIN (FORMAT JSON) {statement}", *(parameters or ()))
        plan = row[0] if not isinstance(row[0], str) else json.loads(row[0])
        plans.append(plan[0]["Plan"])
    assert plans
    return plans


def scans(plan: dict[str, Any]) -> list[tuple[str, str]]:
    """(node, table) of every scan in a plan."""
    found = [(plan["Node Type"], plan.get("Relation Name", ""))] if "Scan" in plan["Node Type"] else []
    for part in plan.get("Plans", []):
        found += scans(part)
    return found


def large() -> set[str]:
    """The tables that were filled; of the events, this month's."""
    tables = {"leads", "enrollments", "audit_log", "sessions", "sign_in_attempts", "users"}
    return tables | {f"analytics_events_{clock.now():%Y_%m}"}


def test_a_sequential_scan_would_be_seen() -> None:
    plan = {"Node Type": "Limit", "Plans": [{"Node Type": "Seq Scan", "Relation Name": "leads"}]}
    assert scans(plan) == [("Seq Scan", "leads")]


async def test_hot_queries_of_a_tenant_stay_on_indexes(
    filled: Populated, database: Database, actor: Actor
) -> None:
    organization, now = filled.id, clock.now()
    campaign, lead = filled.rows["campaigns"]["id"], filled.rows["leads"]["id"]
    some = uuid.UUID(int=7)
    async with tenant(organization) as session:
        hot: dict[str, Callable[[], Awaitable[Any]]] = {
            "who is signed in": lambda: identity.find_signed_in_user(session, organization, actor.user_id, some, now),
            "first page of leads": lambda: people.page(session, organization, 51, people.LeadFilter(), None),
            "a later page of leads": lambda: people.page(
                session, organization, 51, people.LeadFilter(), (now - timedelta(days=2), lead)
            ),
            "a lead by its address": lambda: people.find_by_key(session, organization, "p7@x.example"),
            "a lead": lambda: people.find(session, organization, lead),
            "enrollments of a campaign": lambda: campaigns.page_enrollments(
                session, organization, campaign, limit=51, after=some,
                wanted=campaigns.EnrollmentFilter(state="not_yet"),
            ),
            "missed events": lambda: live.list_events(session, organization, MANY - 50, 100),
            "audit log": lambda: identity.page_audit(session, organization, 51, (now - timedelta(hours=1), some)),
            "sessions of a person": lambda: identity.list_live_sessions(session, organization, actor.user_id, now),
        }  # fmt: skip
        odd = []
        for name, work in hot.items():
            for plan in await plans_of(database, session, work):
                bad = [scan for scan in scans(plan) if scan[0] == "Seq Scan" and scan[1] in large()]
                if bad:
                    odd.append(f"{name}: {bad}")
    assert odd == []


async def test_look_ups_over_all_organizations_stay_on_indexes(filled: Populated, database: Database) -> None:
    since = clock.now() - timedelta(minutes=15)
    async with system() as session:
        hot: dict[str, Callable[[], Awaitable[Any]]] = {
            "sign-in": lambda: identity.find_user_by_email(session, "ada@brightfjord.example"),
            "refresh": lambda: identity.lock_session_by_hash(session, b"x"),
            "failures": lambda: identity.count_failures(session, email_key="x", ip="y", since=since),
            "known addresses": lambda: identity.list_known_addresses(session, "ada@brightfjord.example"),
        }
        for name, work in hot.items():
            for plan in await plans_of(database, session, work):
                assert [s for s in scans(plan) if s[0] == "Seq Scan" and s[1] in large()] == [], name


async def test_search_by_a_part_of_a_word_stays_quick(filled: Populated, actor: Actor) -> None:
    """Through the function that owns the trigram index; a policy alone would look at every row of the organization."""
    async with tenant(filled.id) as session:
        connection = await raw(session)
        (row,) = await connection.fetch(
            "EXPLAIN (ANALYZE, FORMAT JSON) SELECT search_leads($1, $2, 100)", filled.id, "p777@"
        )
        plan = row[0] if not isinstance(row[0], str) else json.loads(row[0])
        assert await people.search(session, filled.id, "P777@X") != []
    assert plan[0]["Execution Time"] < 100
