"""Organizations are invisible to each other on every route: generated from the document."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from tests.api.conftest import Person
from tests.api.routes import ROUTES, RouteFacts, resolve
from tests.integration.data.conftest import TENANT_TABLES, Populated, fill_organization

pytestmark = pytest.mark.anyio

TABLE_OF = {
    "account_id": "email_accounts", "campaign_id": "campaigns", "enrollment_id": "enrollments", "import_id": "imports",
    "lead_id": "leads", "send_id": "email_sends", "sequence_id": "email_sequences", "variant_id": "sequence_variants",
    "suppression_id": "suppressions", "thread_id": "threads", "notification_id": "notifications",
}  # fmt: skip
BODY_TABLE_OF = {
    "lead_ids": "leads",
    "email_account_ids": "email_accounts",
    "sequence_ids": "email_sequences",
}
WITH_IDS = [route for route in ROUTES if route.path_ids]
FORBIDDEN_FIELDS = {
    "id": str(uuid.UUID(int=9)), "organization_id": str(uuid.UUID(int=9)), "user_id": str(uuid.UUID(int=9)),
    "role": "admin", "is_demo": True, "plan_type": "pro", "version": 77, "sent_at": "2020-01-01T00:00:00Z",
    "password_hash": "x", "session_version": 99, "status": "archived", "verification": "deliverable",
    "created_at": "2020-01-01T00:00:00Z", "seed": 7, "email_key": "x@example.com", "failures_in_a_row": 5,
}  # fmt: skip


@pytest.fixture
async def theirs(bea: Person, sql: Any) -> Populated:
    """Organization B with a row in every table, its ids known to A."""
    return await fill_organization(sql, bea.organization_id, await _session_of(bea, sql))


async def _session_of(person: Person, sql: Any) -> dict[str, uuid.UUID]:
    family = await sql.fetchval("SELECT family_id FROM sessions WHERE user_id = $1", person.user_id)
    return {"session_id": family}


async def snapshot(sql: Any, organization_id: uuid.UUID) -> dict[str, Any]:
    """Every row of an organization, in one value."""
    found = {}
    for table in TENANT_TABLES:
        rows = await sql.fetch(f"SELECT * FROM {table.name} WHERE organization_id = $1", organization_id)
        found[table.name] = sorted(repr(dict(row)) for row in rows)
    return found


def ids_for(route: RouteFacts, theirs: Populated) -> dict[str, Any]:
    known = {name: theirs.rows[table]["id"] for name, table in TABLE_OF.items()} | theirs.extra
    return {name: known[name] for name in route.path_ids}


async def test_another_organizations_id_is_not_found_and_nothing_happens(
    ada: Person, theirs: Populated, sql: Any
) -> None:
    assert len(WITH_IDS) > 25
    before = await snapshot(sql, theirs.id)
    jobs = await job_count(sql)
    odd = []
    for route in WITH_IDS:
        path = route.fill(**ids_for(route, theirs))
        answer = await ada.http.request(route.method, path, json=route.body())
        if answer.status_code != 404 or any(str(v) in answer.text for v in ids_for(route, theirs).values()):
            odd.append(f"{route.name}: {answer.status_code} {answer.text[:200]}")
    assert odd == []
    assert await snapshot(sql, theirs.id) == before
    assert await job_count(sql) == jobs


async def job_count(sql: Any) -> int:
    await sql.execute("RESET ROLE")
    count = await sql.fetchval("SELECT count(*) FROM pgqueuer")
    await sql.execute("SET ROLE reachly_system")
    return int(count)


async def test_own_row_of_a_stranger_parent_is_not_found(ada: Person, theirs: Populated, sql: Any) -> None:
    """Two ids in one path: one's own campaign does not open a stranger's enrollment, nor the other way round."""
    mine = await fill_organization(sql, ada.organization_id, await _session_of(ada, sql))
    for route in WITH_IDS:
        if len(route.path_ids) < 2:
            continue
        for name in route.path_ids:
            mixed = ids_for(route, mine) | {name: ids_for(route, theirs)[name]}
            answer = await ada.http.request(route.method, route.fill(**mixed), json=route.body())
            assert answer.status_code == 404, f"{route.name} {name}: {answer.status_code} {answer.text[:200]}"


async def test_strangers_ids_in_bodies_and_queries_find_nothing(
    ada: Person, theirs: Populated, sql: Any
) -> None:
    """T2: nested references are refused, or name nothing; either way nothing of theirs is read or written."""
    mine = await fill_organization(sql, ada.organization_id, await _session_of(ada, sql))
    before = await snapshot(sql, theirs.id)
    strangers = {str(row["id"]) for row in theirs.rows.values() if "id" in row}
    odd, tried = [], 0
    for route in ROUTES:
        if route.access == "public":
            continue
        properties = route.body_schema().get("properties", {})
        for name, schema in properties.items():
            table = TABLE_OF.get(name) or BODY_TABLE_OF.get(name)
            if table is None:
                continue
            stranger = str(theirs.rows[table]["id"])
            value = [stranger] if resolve(schema).get("type") == "array" else stranger
            body = {**route.body(), name: value}
            answer = await ada.http.request(route.method, route.fill(**ids_for(route, mine)), json=body)
            tried += 1
            if answer.status_code >= 500 or strangers & set(_ids_in(answer.text)):
                odd.append(f"{route.name} {name}: {answer.status_code} {answer.text[:200]}")
        for query in route.queries():
            if query["name"] in TABLE_OF:
                found = await ada.http.get(
                    route.fill(**ids_for(route, mine)),
                    params={query["name"]: str(theirs.rows[TABLE_OF[query["name"]]]["id"])},
                )
                tried += 1
                if found.status_code >= 500 or strangers & set(_ids_in(found.text)):
                    odd.append(f"{route.name} ?{query['name']}: {found.status_code} {found.text[:200]}")
    assert odd == []
    assert tried >= 10
    assert await snapshot(sql, theirs.id) == before
    linked = await sql.fetchval(
        "SELECT count(*) FROM campaign_email_accounts WHERE organization_id = $1 AND email_account_id = $2",
        mine.id, theirs.rows["email_accounts"]["id"],
    )  # fmt: skip
    assert linked == 0


def _ids_in(text: str) -> list[str]:
    try:
        waiting, found = [json.loads(text)], []
    except ValueError:
        return []
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
        elif isinstance(each, str):
            found.append(each)
    return found


async def test_lists_and_figures_show_nothing_of_others(ada: Person, theirs: Populated) -> None:
    """T5: every GET without an id, read whole."""
    strangers = {str(row["id"]) for row in theirs.rows.values() if "id" in row} | {str(theirs.id)}
    for route in ROUTES:
        if route.method == "GET" and not route.path_ids and route.access != "public":
            answer = await ada.http.get(route.fill())
            assert answer.status_code in (200, 422), f"{route.name}: {answer.text[:200]}"
            assert not [each for each in strangers if each in answer.text], route.name


async def test_fields_that_are_not_the_clients_are_ignored(ada: Person, sql: Any) -> None:
    """T3: the same requests with and without forbidden fields leave the same values behind."""
    mine = await fill_organization(sql, ada.organization_id, await _session_of(ada, sql))
    guarded = {
        "campaigns": ("status", "user_id", "seed", "failures_in_a_row"), "leads": ("email_key", "verification"),
        "users": ("role", "session_version", "password_hash"), "organizations": ("plan_type",),
    }  # fmt: skip
    own = {
        "PUT /api/campaigns/{campaign_id}", "PUT /api/leads/{lead_id}", "PUT /api/users/profile",
        "PUT /api/organization", "POST /api/campaigns", "POST /api/leads", "PUT /api/sequences/{sequence_id}",
        "POST /api/campaigns/{campaign_id}/sequences",
    }  # fmt: skip
    before = {
        table: [
            dict(row)
            for row in await sql.fetch(
                f"SELECT {', '.join(columns)} FROM {table} ORDER BY created_at LIMIT 1"
            )
        ]
        for table, columns in guarded.items()
    }
    seen = 0
    for route in ROUTES:
        if route.name not in own:
            continue
        extra = {k: v for k, v in FORBIDDEN_FIELDS.items() if k not in route.body_schema()["properties"]}
        body = {**route.body(), **extra}
        if "email" in body:
            body["email"] = "somebody@example.com"
        answer = await ada.http.request(route.method, route.fill(**ids_for(route, mine)), json=body)
        assert answer.status_code in (200, 201, 422), f"{route.name}: {answer.text[:300]}"
        seen += 1
        if answer.status_code < 300:
            told = answer.json()
            assert told.get("id") != FORBIDDEN_FIELDS["id"]
            assert told.get("status") != "archived"
            assert told.get("role", "admin") == "admin"
    assert seen == len(own)
    for table, columns in guarded.items():
        rows = await sql.fetch(f"SELECT {', '.join(columns)} FROM {table} ORDER BY created_at LIMIT 1")
        assert [dict(row) for row in rows] == before[table]
    assert await sql.fetchval("SELECT count(*) FROM organizations WHERE plan_type = 'pro'") == 0
    strangers = await sql.fetchval("SELECT count(*) FROM campaigns WHERE user_id = $1", uuid.UUID(int=9))
    assert strangers == 0
