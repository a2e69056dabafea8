"""People in a campaign: coming in once, being looked at, being steered."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from reachly.services.campaigns import service as campaigns
from reachly.services.scheduling import service as scheduling
from tests.api.conftest import Person
from tests.api.test_campaigns import make, ready_campaign

pytestmark = pytest.mark.anyio


@pytest.fixture
def options() -> dict[str, Any]:
    return {"public_url": "https://reachly.example"}


async def add_leads(person: Person, many: int) -> list[str]:
    ids = []
    for n in range(many):
        answer = await person.http.post(
            "/api/leads", json={"email": f"p{n}@example.com", "first_name": f"P{n}"}
        )
        assert answer.status_code == 201, answer.text
        ids.append(answer.json()["id"])
    return ids


async def enroll(person: Person, campaign: str, **body: Any) -> Any:
    return await person.http.post(f"/api/campaigns/{campaign}/enrollments", json=body)


async def test_people_come_in_once_and_strangers_and_the_suppressed_do_not(ada: Person, bea: Person) -> None:
    campaign = (await make(ada))["id"]
    mine, theirs = await add_leads(ada, 4), await add_leads(bea, 1)
    await ada.http.post("/api/suppressions", json={"value": "p3@example.com"})
    told = (await enroll(ada, campaign, lead_ids=[*mine, theirs[0]])).json()
    assert told == {"enrolled": 3, "already": 0, "skipped": 2}
    assert (await enroll(ada, campaign, all_leads=True)).json() == {"enrolled": 0, "already": 3, "skipped": 1}
    assert (await ada.http.get(f"/api/campaigns/{campaign}")).json()["progress"]["not_yet"] == 3


async def test_people_added_twice_at_once_are_in_it_once(ada: Person, sql: Any) -> None:
    campaign = (await make(ada))["id"]
    ids = await add_leads(ada, 5)
    answers = await asyncio.gather(*(enroll(ada, campaign, lead_ids=ids) for _ in range(4)))
    assert sum(a.json()["enrolled"] for a in answers) == 5
    assert await sql.fetchval("SELECT count(*) FROM enrollments") == 5


@pytest.mark.parametrize("body", [{}, {"all_leads": False}, {"all_leads": True, "lead_ids": []}])
async def test_exactly_one_way_of_naming_them(ada: Person, body: dict[str, Any]) -> None:
    campaign = (await make(ada))["id"]
    assert (await enroll(ada, campaign, **body)).status_code == 422


async def test_pages_narrow_by_state_and_words(ada: Person) -> None:
    campaign = (await make(ada))["id"]
    await enroll(ada, campaign, lead_ids=await add_leads(ada, 5))
    path, seen, cursor = f"/api/campaigns/{campaign}/enrollments", [], None
    while True:
        page = (
            await ada.http.get(path, params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        ).json()
        seen += [row["email"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == [f"p{n}@example.com" for n in range(5)]
    for q, found in (("P3@", 1), ("p", 5), ("%", 0), ("_", 0), ("zz", 0)):
        assert len((await ada.http.get(path, params={"q": q})).json()["items"]) == found, q
    assert len((await ada.http.get(path, params={"state": "not_yet"})).json()["items"]) == 5
    assert (await ada.http.get(path, params={"state": "between_steps"})).json()["items"] == []


async def test_people_are_found_by_name_company_and_domain_within_the_campaign(ada: Person) -> None:
    campaign = (await make(ada))["id"]
    person = {
        "email": "rc@stella.example", "first_name": "Ruggero", "last_name": "Cantù", "company": "Meccanica S.r.l.",
    }  # fmt: skip
    inside = (await ada.http.post("/api/leads", json=person)).json()["id"]
    await ada.http.post("/api/leads", json={**person, "email": "elsewhere@stella.example"})
    await enroll(ada, campaign, lead_ids=[inside, *await add_leads(ada, 2)])
    for q in ("ruggero", "Cantù", "Ruggero Cantù", "meccanica", "stella.example", "rc@"):
        page = await ada.http.get(f"/api/campaigns/{campaign}/enrollments", params={"q": q})
        assert [row["email"] for row in page.json()["items"]] == ["rc@stella.example"], q


async def test_a_lead_is_stopped_by_hand_and_goes_on(ada: Person) -> None:
    campaign = (await make(ada))["id"]
    await enroll(ada, campaign, lead_ids=await add_leads(ada, 1))
    path = f"/api/campaigns/{campaign}/enrollments"
    enrollment = (await ada.http.get(path)).json()["items"][0]["id"]
    refused = await ada.http.post(f"{path}/{enrollment}/resume")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_held")
    assert (await ada.http.post(f"{path}/{enrollment}/stop")).json()["status"] == "stopped"
    assert (await ada.http.post(f"{path}/{enrollment}/stop")).json()["status"] == "stopped"
    assert (await ada.http.post(f"{path}/{enrollment}/resume")).json()["status"] == "pending"
    other = (await make(ada))["id"]
    stranger = await ada.http.post(f"/api/campaigns/{other}/enrollments/{enrollment}/stop")
    assert stranger.status_code == 404
    assert (await ada.http.post(f"{path}/{enrollment}/explode")).status_code == 422


async def test_started_campaign_plans_its_checked_leads_and_says_why_others_wait(
    ada: Person, sql: Any
) -> None:
    """Start, personalise, plan; a second run of each changes nothing."""
    campaign = await ready_campaign(ada, sql)
    await enroll(ada, campaign, lead_ids=await add_leads(ada, 2))
    await sql.execute("UPDATE leads SET verification = 'deliverable' WHERE email LIKE 'p%'")
    assert (await ada.http.post(f"/api/campaigns/{campaign}/start")).status_code == 200
    wanted = await sql.fetchval("SELECT id FROM campaigns WHERE id = $1::uuid", campaign)
    states = []
    for _ in range(2):
        await campaigns.personalise(ada.organization_id, wanted)
        await scheduling.plan_campaign(ada.organization_id, wanted)
        rows = await sql.fetch(
            "SELECT sort_key, status, next_due_at, email_account_id, blocked_reason FROM enrollments"
            " WHERE campaign_id = $1 ORDER BY sort_key", wanted,
        )  # fmt: skip
        states.append([tuple(row) for row in rows])
    assert states[0] == states[1]
    by_key = {
        key: (status, due is not None, account is not None, why)
        for key, status, due, account, why in states[0]
    }
    assert by_key["p0@example.com"] == by_key["p1@example.com"] == ("active", True, True, None)
    assert by_key["mira@example.com"] == ("pending", False, False, "awaiting_verification")
    explained = (await ada.http.get(f"/api/campaigns/{campaign}/explain")).json()
    assert "awaiting_verification" in {reason["code"] for reason in explained["reasons"]}
    assert (await ada.http.get(f"/api/campaigns/{campaign}/simulation")).status_code == 200


async def test_archived_campaign_takes_nobody_and_a_completed_one_goes_on(ada: Person, sql: Any) -> None:
    campaign = (await make(ada))["id"]
    ids = await add_leads(ada, 2)
    await sql.execute("UPDATE campaigns SET status = 'completed', completed_at = created_at")
    assert (await enroll(ada, campaign, lead_ids=ids[:1])).json()["enrolled"] == 1
    told = (await ada.http.get(f"/api/campaigns/{campaign}")).json()
    assert (told["status"], told["completed_at"]) == ("active", None)
    await sql.execute("UPDATE campaigns SET status = 'archived'")
    assert (await enroll(ada, campaign, lead_ids=ids)).status_code == 409
