"""Hostile and broken input: always a 4xx that names the place, never a 5xx; what is kept comes back as it was."""

from __future__ import annotations

import base64
import json
from collections import Counter
from typing import Any

import httpx2
import pytest

from reachly.infra.settings import LimitSettings
from tests.api.conftest import Api, Person
from tests.api.hostile import CURSORS, JSON_ABUSE, NAUGHTY
from tests.api.routes import ROUTES, RouteFacts, resolve
from tests.api.test_tenants import _session_of, ids_for
from tests.integration.data.conftest import Populated, fill_organization

pytestmark = pytest.mark.anyio
WORST = {
    name: JSON_ABUSE[name] for name in ("not json", "deep list", "not a number", "longer int", "broken utf-8")
}


@pytest.fixture
def options() -> dict[str, Any]:
    """Thousands of requests a minute, and none of them is to be refused for that."""
    return {"limits": LimitSettings(enabled=False)}


@pytest.fixture
async def mine(ada: Person, sql: Any) -> Populated:
    """Organization A with a row in every table."""
    return await fill_organization(sql, ada.organization_id, await _session_of(ada, sql))


class Caller:
    """Ada, but whoever nobody is for what is public: else she would sign herself out on the way."""

    def __init__(self, ada: Person, nobody: httpx2.AsyncClient, mine: Populated) -> None:
        self.ada, self.nobody, self.mine = ada, nobody, mine
        self.seen: Counter[int] = Counter()

    async def ask(self, route: RouteFacts, **request: Any) -> httpx2.Response:
        http = self.nobody if route.access == "public" else self.ada.http
        path = route.fill(**(ids_for(route, self.mine) if route.path_ids else {}))
        answer = await http.request(route.method, path, **request)
        self.seen[answer.status_code] += 1
        return answer


@pytest.fixture
async def caller(api: Api, ada: Person, mine: Populated) -> Caller:
    return Caller(ada, await api.client(), mine)


def pointers(answer: httpx2.Response) -> list[str]:
    return [error["pointer"] for error in answer.json()["errors"]]


async def test_broken_json_is_a_refusal_on_every_route(caller: Caller) -> None:
    """N6."""
    odd = []
    for route in ROUTES:
        if "application/json" not in route.operation.get("requestBody", {}).get("content", {}):
            continue
        whole = route.name in ("POST /api/campaigns", "POST /api/leads", "POST /api/auth/register")
        for name, body in JSON_ABUSE.items() if whole else WORST.items():
            answer = await caller.ask(route, content=body, headers={"content-type": "application/json"})
            if answer.status_code not in (400, 422) and name in WORST:
                odd.append(f"{route.name} {name}: {answer.status_code}")
            if answer.status_code >= 500 or answer.status_code == 401:
                odd.append(f"{route.name} {name}: {answer.status_code}")
            if answer.status_code >= 400 and "problem" not in answer.headers["content-type"]:
                odd.append(f"{route.name} {name}: {answer.text[:80]}")
    assert odd == []


async def test_wrong_types_in_every_field_are_named(caller: Caller) -> None:
    """Field by field, with values that fit no type of ours, or fit another."""
    wrong: list[Any] = [{"a": [1]}, 2**62, None, [None]]
    odd = []
    for route in ROUTES:
        for name, field in route.body_schema().get("properties", {}).items():
            for value in wrong:
                answer = await caller.ask(route, json={**route.body(), name: value})
                if answer.status_code >= 500 and answer.status_code != 501:
                    kind = resolve(field).get("type")
                    odd.append(f"{route.name} {name}={value!r} ({kind}): {answer.status_code}")
                if answer.status_code == 422 and not all(p == "" or p[0] == "/" for p in pointers(answer)):
                    odd.append(f"{route.name} {name}: {pointers(answer)}")
    assert odd == []
    assert caller.seen[422] > 200
    assert caller.seen[401] < 10, "but for wrong passwords"


async def test_nul_and_half_characters_are_refused_in_every_text_field(caller: Caller) -> None:
    """N5: one rule, told with the place."""
    odd = []
    for route in ROUTES:
        for name, field in route.body_schema().get("properties", {}).items():
            if resolve(field).get("type") != "string":
                continue
            for bad, code in (("a\x00b", "nul"), ("a\ud800b", "surrogate")):
                body = json.dumps({**route.body(), name: bad}).encode()
                answer = await caller.ask(route, content=body, headers={"content-type": "application/json"})
                told = answer.json()["errors"] if answer.status_code == 422 else []
                if (f"/{name}", code) not in [(e["pointer"], e["code"]) for e in told]:
                    odd.append(f"{route.name} {name}: {answer.status_code} {answer.text[:120]}")
    assert odd == []


async def test_nul_in_paths_and_queries_is_refused(ada: Person, mine: Populated) -> None:
    for route in ROUTES:
        for query in route.queries():
            if route.access != "public":
                path = route.fill(**(ids_for(route, mine) if route.path_ids else {}))
                answer = await ada.http.request(route.method, f"{path}?{query['name']}=a%00b")
                assert answer.status_code == 422, f"{route.name} {query['name']}: {answer.status_code}"
    for path in (
        "/api/campaigns/%00",
        "/api/leads/imports/a%00b",
        "/%00",
        "/u/%00",
        "/t/c/%00",
        "/t/o/%00.gif",
    ):
        assert (await ada.http.get(path)).status_code != 500, path


@pytest.mark.parametrize(
    "path", ["/api/leads", "/api/campaigns", "/api/suppressions", "/api/organization/audit-log"]
)
async def test_garbage_cursors_and_limits_are_refused(ada: Person, mine: Populated, path: str) -> None:
    for value in CURSORS:
        answer = await ada.http.get(path, params={"cursor": value})
        assert (answer.status_code, pointers(answer)) == (422, ["/cursor"]), value
    for limit in ("0", "-1", "201", "x", "1e9", "9" * 30):
        answer = await ada.http.get(path, params={"limit": limit})
        assert (answer.status_code, pointers(answer)) == (422, ["/limit"]), limit


async def test_every_query_of_every_list_takes_garbage_without_breaking(ada: Person, mine: Populated) -> None:
    """I9, over all GETs: sort, filter, cursor, dates, whatever they are called."""
    naive = base64.urlsafe_b64encode(
        b'["2026-01-01T00:00:00","00000000-0000-0000-0000-000000000000"]'
    ).decode()
    number, text = (
        base64.urlsafe_b64encode(b"[99999999999999999999]").decode(),
        base64.urlsafe_b64encode(b'["x"]').decode(),
    )
    values = [
        "'; DROP TABLE leads; --", "x" * 200, "%_\\", "(a+)+$", "-1", "0001-01-01", "9999-12-31", naive.rstrip("="),
        number, text, "",
    ]  # fmt: skip
    odd = []
    for route in ROUTES:
        if route.method != "GET" or route.access == "public":
            continue
        path = route.fill(**(ids_for(route, mine) if route.path_ids else {}))
        for query in route.queries():
            for value in values:
                answer = await ada.http.get(path, params={query["name"]: value})
                if answer.status_code >= 500:
                    odd.append(f"{route.name} ?{query['name']}={value[:40]!r}: {answer.status_code}")
    assert odd == []


async def test_naughty_strings_come_back_as_they_went_in(ada: Person) -> None:
    """N5: byte for byte, but for the blanks at either end that a name loses."""
    for text in NAUGHTY:
        name = text[:200] if text.strip() else "x"
        written = {"name": name, "subject_template": text[:998], "email_template": text}
        made = await ada.http.post("/api/campaigns", json=written)
        assert made.status_code == 201, (text, made.text)
        told = made.json()
        assert {key: told[key] for key in written} == {**written, "name": name.strip()}
        shown = await ada.http.post(f"/api/campaigns/{told['id']}/preview", json={})
        assert shown.status_code in (200, 422), (text, shown.text)


async def test_naughty_strings_in_leads(ada: Person) -> None:
    for n, text in enumerate(NAUGHTY):
        if len(text) > 200:
            continue
        fields = {"first_name": text, "company": text, "custom_fields": {"note": text}}
        made = await ada.http.post("/api/leads", json={"email": f"p{n}@example.com", **fields})
        assert made.status_code in (201, 422), (text, made.text)
        if made.status_code == 201:
            assert made.json()["custom_fields"]["note"].strip() == text.strip()
        found = await ada.http.get("/api/leads", params={"q": text[:200]})
        assert found.status_code in (200, 422), (text, found.text)
    everyone = await ada.http.get("/api/leads", params={"q": "%"})
    assert all("%" in json.dumps(lead) for lead in everyone.json()["items"])


async def test_header_injection_is_refused_where_a_header_is_made(ada: Person, mine: Populated) -> None:
    """I1: reply-to goes into a header; an address with a line break inside is no address."""
    path = f"/api/email-accounts/{mine.rows['email_accounts']['id']}"
    for bad in (
        "a@example.com\r\nBcc: x@example.com",
        "a@example.com\x85b",
        "a\u2028@example.com",
        "a@b\r.example",
    ):
        answer = await ada.http.put(path, json={"reply_to": bad})
        assert (answer.status_code, pointers(answer)) == (422, ["/reply_to"]), bad
    for mended in (" a@example.com\n", "mailto:a@example.com\r\n"):
        answer = await ada.http.put(path, json={"reply_to": mended})
        assert (answer.status_code, answer.json()["reply_to"]) == (200, "a@example.com"), mended


async def test_unsaid_content_type_is_no_json(ada: Person) -> None:
    """A form that a browser sends across sites carries no JSON type, so it can start nothing."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        headers = {"content-type": kind} if kind else {}
        answer = await ada.http.post("/api/campaigns", content=b'{"name": "x"}', headers=headers)
        assert answer.status_code == 422, kind
