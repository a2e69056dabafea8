"""The routes of leads and suppressions through the gateway's own application."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from reachly.api.app import build_api
from reachly.api.deps import current_actor
from reachly.jobs.leads import HANDLERS
from reachly.services.identity.schemas import Actor
from tests.integration.leads.conftest import NewActor

pytestmark = pytest.mark.anyio


def connect(actor: Actor) -> httpx2.AsyncClient:
    api = build_api()
    api.dependency_overrides[current_actor] = lambda: actor
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=api), base_url="http://reachly.test")


@pytest.fixture
async def http(actor: Actor) -> AsyncIterator[httpx2.AsyncClient]:
    async with connect(actor) as client:
        yield client


async def test_a_lead_lives_and_goes(http: httpx2.AsyncClient) -> None:
    made = await http.post("/api/leads", json={"email": "Ada@example.com", "first_name": "Ada"})
    assert made.status_code == 201
    path = f"/api/leads/{made.json()['id']}"
    found = await http.get(path)
    assert (found.headers["etag"], found.json()["email"]) == ('"1"', "Ada@example.com")
    edited = await http.put(path, json={"company": "Acme"}, headers={"If-Match": found.headers["etag"]})
    assert edited.json()["version"] == 2
    late = await http.put(path, json={"company": "Other"}, headers={"If-Match": found.headers["etag"]})
    assert (late.status_code, late.json()["code"]) == (412, "lost_update")
    listed = await http.get("/api/leads", params={"q": "acme", "verification": "unverified"})
    assert [lead["company"] for lead in listed.json()["items"]] == ["Acme"]
    assert (await http.delete(path)).status_code == 204
    assert (await http.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"email": "nobody"}, "/email"),
        ({"email": "a@example.com", "first_name": "A\x00"}, "/first_name"),
        ({"email": "a@example.com", "custom_fields": {"k": "\x00"}}, "/custom_fields/k"),
        ({"email": "a@example.com", "company": "x" * 501}, "/company"),
        ({"email": "a@example.com", "timezone": "../etc/passwd"}, "/timezone"),
        ({"email": "a@example.com", "timezone": "Mars"}, "/timezone"),
        ({}, "/email"),
    ],
)
async def test_bad_input_is_422_with_a_pointer(
    http: httpx2.AsyncClient, body: dict[str, Any], pointer: str
) -> None:
    answer = await http.post("/api/leads", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_odd_queries_are_answered(http: httpx2.AsyncClient) -> None:
    for params in ({"q": "%_\\"}, {"q": "   "}, {"q": "' OR 1=1"}):
        assert (await http.get("/api/leads", params=params)).status_code == 200
        assert (await http.get("/api/suppressions", params=params)).status_code == 200
    for params in ({"cursor": "nonsense"}, {"cursor": "WyJhIiwiYiJd"}, {"status": "sent"}, {"verification": "x"},
                   {"q": "\x00"}):  # fmt: skip
        assert (await http.get("/api/leads", params=params)).status_code == 422, params
    for cursor in ("WzFd", "WyJhIl0", "\x00"):
        assert (await http.get("/api/suppressions", params={"cursor": cursor})).status_code == 422, cursor


async def test_an_import_over_the_routes(http: httpx2.AsyncClient, actor: Actor) -> None:
    data = b"email,first_name\nada@example.com,Ada\nbroken,=1+1\n"
    seen = await http.post("/api/leads/import/preview", files={"file": ("people.csv", data, "text/csv")})
    assert (seen.status_code, seen.json()["mapping"]["email"]) == (200, "email")
    taken = await http.post(
        "/api/leads/import",
        files={"file": ("people.csv", data, "text/csv")},
        data={"options": '{"source": "fair"}'},
    )
    assert (taken.status_code, taken.json()["status"]) == (202, "queued")
    import_id = taken.json()["id"]
    await HANDLERS["leads.import"](actor.organization_id, {"import_id": import_id})
    done = (await http.get(f"/api/leads/imports/{import_id}")).json()
    assert (done["status"], done["imported"], done["failed"]) == ("completed", 1, 1)
    rows = (await http.get(f"/api/leads/imports/{import_id}/rows")).json()["items"]
    assert [(row["line"], row["code"], row["raw"]) for row in rows] == [
        (3, "bad_address", ["broken", "=1+1"])
    ]
    failed = await http.get(f"/api/leads/imports/{import_id}/failed.csv")
    assert failed.headers["content-type"].startswith("text/csv")
    assert "broken,'=1+1,3,failed," in failed.text
    assert [row["id"] for row in (await http.get("/api/leads/imports")).json()["items"]] == [import_id]
    assert (await http.post(f"/api/leads/imports/{import_id}/undo")).json()["status"] == "undone"
    assert (await http.post(f"/api/leads/imports/{import_id}/undo")).status_code == 409
    assert (await http.get("/api/leads")).json()["items"] == []


async def test_a_preview_of_something_else_says_what_to_do(http: httpx2.AsyncClient) -> None:
    answer = await http.post(
        "/api/leads/import/preview", files={"file": ("people.csv", b"PK\x03\x04" + b"x" * 99)}
    )
    assert answer.status_code == 422
    assert "CSV" in answer.json()["detail"]


async def test_verifying_and_bulk_over_the_routes(http: httpx2.AsyncClient) -> None:
    ids = [
        (await http.post("/api/leads", json={"email": f"p{n}@example.com"})).json()["id"] for n in range(3)
    ]
    queued = await http.post("/api/leads/verify-emails", json={"lead_ids": ids})
    assert (queued.status_code, queued.json()) == (202, {"queued": 3})
    assert (await http.post("/api/leads/verify-emails", json={})).json() == {"queued": 3}
    enrolling = await http.post("/api/leads/bulk", json={"lead_ids": ids, "action": "enroll"})
    assert enrolling.status_code == 422
    gone = await http.post(
        "/api/leads/bulk", json={"lead_ids": [*ids, str(uuid.uuid4())], "action": "delete"}
    )
    assert gone.json() == {"done": 3, "skipped": 1}


async def test_enrolling_over_the_leads_routes_is_one_transaction(http: httpx2.AsyncClient) -> None:
    nowhere = str(uuid.uuid4())
    refused = await http.post("/api/leads", json={"email": "a@example.com", "campaign_id": nowhere})
    assert refused.status_code == 404
    assert (await http.get("/api/leads")).json()["items"] == []  # nothing half done
    campaign = (await http.post("/api/campaigns", json={"name": "Spring"})).json()
    made = await http.post("/api/leads", json={"email": "a@example.com", "campaign_id": campaign["id"]})
    assert made.status_code == 201
    other = (await http.post("/api/leads", json={"email": "b@example.com"})).json()
    body = {"lead_ids": [made.json()["id"], other["id"]], "action": "enroll", "campaign_id": campaign["id"]}
    assert (await http.post("/api/leads/bulk", json=body)).json() == {"done": 1, "skipped": 1}
    listed = (await http.get("/api/leads", params={"campaign_id": campaign["id"]})).json()["items"]
    assert {(lead["email"], lead["status"], lead["campaigns"]) for lead in listed} == {
        ("a@example.com", "pending", 1), ("b@example.com", "pending", 1),
    }  # fmt: skip


async def test_suppressions_over_the_routes(http: httpx2.AsyncClient) -> None:
    made = await http.post("/api/suppressions", json={"value": "@Example.ORG", "reason": "asked"})
    assert (made.status_code, made.json()["kind"], made.json()["value"]) == (201, "domain", "example.org")
    assert (await http.post("/api/suppressions", json={"value": "no\x00body"})).status_code == 422
    assert (await http.post("/api/suppressions", json={"value": "no body"})).status_code == 422
    lead = await http.post("/api/leads", json={"email": "x@mail.example.org"})
    assert lead.json()["suppressed"] == "asked"
    path = f"/api/suppressions/{made.json()['id']}"
    assert [(await http.delete(path)).status_code for _ in range(2)] == [204, 404]


async def test_a_stranger_gets_404_everywhere(http: httpx2.AsyncClient, new_actor: NewActor) -> None:
    lead = (await http.post("/api/leads", json={"email": "a@example.com"})).json()["id"]
    taken = await http.post("/api/leads/import", files={"file": ("a.csv", b"email\nb@example.com\n")})
    import_id = taken.json()["id"]
    block = (await http.post("/api/suppressions", json={"value": "c@example.com"})).json()["id"]
    async with connect(await new_actor("stranger")) as other:
        for method, path in (
            ("GET", f"/api/leads/{lead}"), ("DELETE", f"/api/leads/{lead}"), ("GET", f"/api/leads/{lead}/timeline"),
            ("GET", f"/api/leads/imports/{import_id}"), ("GET", f"/api/leads/imports/{import_id}/rows"),
            ("GET", f"/api/leads/imports/{import_id}/failed.csv"), ("POST", f"/api/leads/imports/{import_id}/undo"),
            ("DELETE", f"/api/suppressions/{block}"),
        ):  # fmt: skip
            assert (await other.request(method, path)).status_code == 404, path
        assert (await other.put(f"/api/leads/{lead}", json={"company": "x"})).status_code == 404
