"""Who may do what: generated from the router, so that a new route is judged the day it is written."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from reachly.services.identity.schemas import PERMISSIONS, Permission
from tests.api.conftest import Api, Person, add_member
from tests.api.routes import ROUTES, RouteFacts

pytestmark = pytest.mark.anyio
PUBLIC = {
    "POST /api/auth/register", "POST /api/auth/login", "POST /api/auth/refresh", "POST /api/auth/logout",
    "GET /health", "GET /ready",
}  # fmt: skip
DESTRUCTIVE = {"DELETE /api/users/account", "PUT /api/users/password"}


async def call(http: httpx2.AsyncClient, route: RouteFacts, **ids: Any) -> httpx2.Response:
    files = {"file": ("a.csv", b"email\nx@example.com\n", "text/csv")} if route.is_form else None
    return await http.request(route.method, route.fill(**ids), json=route.body(), files=files)


def test_every_route_says_who_may_call_it() -> None:
    assert [route.name for route in ROUTES if route.access is None] == []


def test_only_the_known_routes_are_public() -> None:
    assert {route.name for route in ROUTES if route.access == "public"} == PUBLIC


def test_routes_name_permissions_that_exist() -> None:
    named = {route.access for route in ROUTES} - {"public", "signed_in"}
    assert named == {str(permission) for permission in Permission}


def test_reading_needs_no_writing_permission_and_writing_does() -> None:
    """`preview` and `check` are POSTs that change nothing."""
    odd = [
        route.name
        for route in ROUTES
        if route.access not in ("public", "signed_in", "org:admin")
        and (route.method == "GET") != str(route.access).endswith((":read", ":view"))
        and not route.path.endswith(("/preview", "/check"))
    ]
    assert odd == []


async def test_nobody_gets_in_without_a_token(client: httpx2.AsyncClient) -> None:
    for route in ROUTES:
        if route.access == "public":
            continue
        answer = await call(client, route)
        assert answer.status_code == 401, f"{route.name}: {answer.status_code} {answer.text[:200]}"
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("role", ["admin", "user", "viewer"])
async def test_role_may_call_exactly_what_its_permissions_say(
    api: Api, ada: Person, sql: Any, role: str
) -> None:
    person = ada if role == "admin" else await add_member(api, sql, ada, role)
    odd = []
    for route in ROUTES:
        if route.access == "public" or route.name in DESTRUCTIVE:
            continue
        answer = await call(person.http, route)
        may = route.access == "signed_in" or route.access in PERMISSIONS[role]
        refused = answer.status_code == 403 and answer.json()["code"] == "missing_permission"
        broken = answer.status_code >= 500 and answer.status_code != 501
        if refused == may or broken:
            odd.append(f"{route.name}: {answer.status_code} {answer.text[:200]}")
    assert odd == []


async def test_demotion_holds_at_the_next_request(api: Api, ada: Person, sql: Any) -> None:
    """The role in the token is for clients; the row is what counts."""
    user = await add_member(api, sql, ada, "user")
    assert (await user.http.post("/api/campaigns", json={"name": "x"})).status_code == 201
    await sql.execute("UPDATE users SET role = 'viewer' WHERE id = $1", user.user_id)
    assert (await user.http.post("/api/campaigns", json={"name": "x"})).status_code == 403
    assert (await user.http.get("/api/campaigns")).status_code == 200
