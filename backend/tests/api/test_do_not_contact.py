"""Whoever is put on the list is out of every campaign when the answer comes, however they were put there."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from reachly.services.campaigns import service as campaigns
from reachly.services.leads import service as leads
from tests.api.conftest import Person
from tests.api.test_campaigns import make
from tests.api.test_enrollments import enroll

pytestmark = pytest.mark.anyio

ADDRESS = "amy@mail.acme.example"


async def by_address(ada: Person, _lead: str) -> None:
    answer = await ada.http.post("/api/suppressions", json={"value": ADDRESS.upper()})
    assert answer.status_code == 201, answer.text


async def by_domain(ada: Person, _lead: str) -> None:
    assert (await ada.http.post("/api/suppressions", json={"value": "acme.example"})).status_code == 201


async def in_bulk(ada: Person, lead: str) -> None:
    body = {"lead_ids": [lead], "action": "suppress"}
    assert (await ada.http.post("/api/leads/bulk", json=body)).status_code == 200


async def by_import(ada: Person, _lead: str) -> None:
    file = f"email,unsubscribed\n{ADDRESS},yes\n".encode()
    answer = await ada.http.post("/api/leads/import", files={"file": ("list.csv", file, "text/csv")})
    assert answer.status_code == 202, answer.text
    await leads.run_import(ada.organization_id, uuid.UUID(answer.json()["id"]))


WAYS: list[Callable[[Person, str], Awaitable[None]]] = [by_address, by_domain, in_bulk, by_import]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_out_of_every_campaign_at_once_and_every_page_says_so(
    ada: Person, bea: Person, sql: Any, way: Callable[[Person, str], Awaitable[None]]
) -> None:
    people = {}
    for person in (ada, bea):
        added = await person.http.post("/api/leads", json={"email": ADDRESS, "first_name": "Amy"})
        people[person.email] = added.json()["id"]
    other = (await ada.http.post("/api/leads", json={"email": "ben@notacme.example"})).json()["id"]
    first, second, theirs = (await make(ada))["id"], (await make(ada))["id"], (await make(bea))["id"]
    for campaign in (first, second):
        await enroll(ada, campaign, lead_ids=[people[ada.email], other])
    await enroll(bea, theirs, lead_ids=[people[bea.email]])
    await sql.execute("UPDATE enrollments SET status = 'active' WHERE campaign_id = $1::uuid", second)

    await way(ada, people[ada.email])

    lead = (await ada.http.get(f"/api/leads/{people[ada.email]}")).json()
    assert lead["suppression"]["words"]
    assert lead["suppression"]["since"]
    assert lead["suppressed"] == lead["suppression"]["reason"]
    (line,) = (await ada.http.get("/api/suppressions")).json()["items"]
    assert line["words"] == lead["suppression"]["words"]
    assert {stay["state"] for stay in lead["enrollments"]} <= {"stopped", "unsubscribed"}
    assert len(lead["enrollments"]) == 2
    for campaign in (first, second):
        page = (await ada.http.get(f"/api/campaigns/{campaign}/enrollments")).json()["items"]
        told = {one["email"]: (one["state"], one["suppression"]) for one in page}
        assert told[ADDRESS][1] == lead["suppression"]
        assert told[ADDRESS][0] in ("stopped", "unsubscribed")
        assert told["ben@notacme.example"] == ("not_yet", None)
        enrollment = next(one["id"] for one in page if one["email"] == ADDRESS)
        again = await ada.http.post(f"/api/campaigns/{campaign}/enrollments/{enrollment}/resume")
        assert (again.status_code, again.json()["code"]) == (409, "suppressed")
    listed = (await ada.http.get("/api/leads")).json()["items"]
    assert [one["email"] for one in listed if one["suppression"]] == [ADDRESS]
    strangers = (await bea.http.get(f"/api/leads/{people[bea.email]}")).json()
    assert strangers["suppression"] is None
    assert [stay["state"] for stay in strangers["enrollments"]] == ["not_yet"]


async def test_a_bounce_in_one_campaign_ends_the_others_by_a_job(ada: Person, sql: Any) -> None:
    lead = (await ada.http.post("/api/leads", json={"email": ADDRESS})).json()["id"]
    campaign = (await make(ada))["id"]
    await enroll(ada, campaign, lead_ids=[lead])
    await sql.execute(
        "INSERT INTO suppressions (organization_id, id, kind, value, reason, source, created_at)"
        " VALUES ($1, gen_random_uuid(), 'email', $2, 'bounced', 'sending', now())",
        ada.organization_id, ADDRESS,
    )  # fmt: skip
    wanted = await sql.fetchval("SELECT id FROM leads WHERE organization_id = $1", ada.organization_id)
    for _ in range(2):
        await campaigns.end_suppressed(ada.organization_id, wanted)
        page = (await ada.http.get(f"/api/campaigns/{campaign}/enrollments")).json()["items"]
        assert [one["state"] for one in page] == ["bounced"]
