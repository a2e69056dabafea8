"""Campaigns and their steps through the API: edits that lose nothing, starts that say everything."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.api.conftest import Person
from tests.api.test_tenants import _session_of
from tests.integration.data.conftest import fill_organization

pytestmark = pytest.mark.anyio
WRITTEN = {"name": "Spring", "subject_template": "A question", "email_template": "Hello there"}


async def make(ada: Person, **more: Any) -> dict[str, Any]:
    answer = await ada.http.post("/api/campaigns", json={**WRITTEN, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_subject_and_text_of_the_campaign_are_its_first_step(ada: Person) -> None:
    made = await make(ada)
    steps = (await ada.http.get(f"/api/campaigns/{made['id']}/sequences")).json()
    assert [(s["sequence_number"], s["subject_template"], s["email_template"]) for s in steps] == [
        (1, "A question", "Hello there")
    ]
    assert (made["status"], made["steps"], made["progress"]["total"]) == ("draft", 1, 0)


async def test_setting_one_thing_leaves_the_others(ada: Person) -> None:
    made = await make(ada, settings={"track_opens": True, "out_of_office_days": 3}, daily_cap=20)
    path = f"/api/campaigns/{made['id']}"
    changed = (await ada.http.put(path, json={"settings": {"track_clicks": True}})).json()
    assert changed["settings"] == {**made["settings"], "track_clicks": True}
    assert (changed["daily_cap"], changed["name"]) == (20, "Spring")
    lifted = (await ada.http.put(path, json={"daily_cap": None})).json()
    assert (lifted["daily_cap"], lifted["settings"]) == (None, changed["settings"])


async def test_edit_on_an_older_version_is_refused(ada: Person) -> None:
    """C6."""
    made = await make(ada)
    path = f"/api/campaigns/{made['id']}"
    tag = (await ada.http.get(path)).headers["etag"]
    first = await ada.http.put(path, json={"name": "Mine"}, headers={"if-match": tag})
    assert first.status_code == 200
    second = await ada.http.put(path, json={"name": "Yours"}, headers={"if-match": tag})
    assert (second.status_code, second.json()["code"]) == (412, "lost_update")
    assert (await ada.http.get(path)).json()["name"] == "Mine"
    for good in (first.headers["etag"], "*"):
        answer = await ada.http.put(path, json={"name": "Next"}, headers={"if-match": good})
        assert answer.status_code == 200
    for garbage in ("x", '"', 'W/"99"', "'; --"):
        assert (await ada.http.put(path, json={}, headers={"if-match": garbage})).status_code == 412


async def test_two_edits_at_once_of_one_version_keep_one(ada: Person) -> None:
    made = await make(ada)
    path, tag = f"/api/campaigns/{made['id']}", {"if-match": f'"{made["version"]}"'}
    answers = await asyncio.gather(
        *(ada.http.put(path, json={"name": f"n{n}"}, headers=tag) for n in range(5))
    )
    assert sorted(a.status_code for a in answers) == [200, 412, 412, 412, 412]


async def test_start_refuses_with_every_reason_at_once(ada: Person) -> None:
    made = (await ada.http.post("/api/campaigns", json={"name": "Empty"})).json()
    answer = await ada.http.post(f"/api/campaigns/{made['id']}/start")
    assert answer.status_code == 409
    codes = {error["code"] for error in answer.json()["errors"]}
    assert {"no_mailbox", "no_steps", "no_postal_address", "no_leads"} <= codes
    check = (await ada.http.post(f"/api/campaigns/{made['id']}/check")).json()
    assert not check["can_start"]
    assert codes == {f["code"] for f in check["findings"] if f["severity"] == "blocks"}


async def ready_campaign(ada: Person, sql: Any) -> str:
    """One that may start: a mailbox that reads, an address, a lead."""
    filled = await fill_organization(sql, ada.organization_id, await _session_of(ada, sql))
    account = filled.rows["email_accounts"]["id"]
    await sql.execute(
        "UPDATE email_accounts SET status = 'connected', smtp_config = $1, imap_config = $1",
        '{"host": "127.0.0.1", "port": 1, "security": "none", "username": "x"}',
    )
    organization = {"name": "Brightfjord", "postal_address": "1 Quay Street, Bergen"}
    assert (await ada.http.put("/api/organization", json=organization)).status_code == 200
    made = await make(ada, email_account_ids=[str(account)])
    lead = await ada.http.post("/api/leads", json={"email": "mira@example.com", "campaign_id": made["id"]})
    assert lead.status_code == 201, lead.text
    return str(made["id"])


@pytest.fixture
def options() -> dict[str, Any]:
    return {"public_url": "https://reachly.example"}


async def test_two_starts_at_once_are_one_start(ada: Person, sql: Any) -> None:
    """E1."""
    campaign = await ready_campaign(ada, sql)
    answers = await asyncio.gather(*(ada.http.post(f"/api/campaigns/{campaign}/start") for _ in range(4)))
    assert [a.status_code for a in answers] == [200] * 4, answers[0].text
    assert {a.json()["version"] for a in answers} == {2}
    events = await sql.fetchval(
        "SELECT count(*) FROM analytics_events WHERE event_type = 'campaign_started' AND campaign_id = $1::uuid",
        campaign,
    )
    assert events == 1


async def test_way_from_draft_to_archived(ada: Person, sql: Any) -> None:
    campaign = await ready_campaign(ada, sql)
    path = f"/api/campaigns/{campaign}"
    assert (await ada.http.post(f"{path}/pause")).status_code == 409
    for action, status in (
        ("start", "active"),
        ("pause", "paused"),
        ("pause", "paused"),
        ("start", "active"),
    ):
        answer = await ada.http.post(f"{path}/{action}")
        assert (answer.status_code, answer.json().get("status")) == (200, status), answer.text
    assert (await ada.http.post(f"{path}/archive")).status_code == 409
    assert (await ada.http.delete(path)).status_code == 409
    await ada.http.post(f"{path}/pause")
    assert (await ada.http.post(f"{path}/archive")).json()["status"] == "archived"
    assert (await ada.http.put(path, json={"name": "x"})).status_code == 409
    assert (await ada.http.post(f"{path}/start")).status_code == 409
    assert (await ada.http.delete(path)).status_code == 204
    assert (await ada.http.get(path)).status_code == 404


async def test_clone_takes_everything_but_the_people(ada: Person, sql: Any) -> None:
    campaign = await ready_campaign(ada, sql)
    step = (await ada.http.get(f"/api/campaigns/{campaign}/sequences")).json()[0]
    variant = {"email_template": "Or so", "subject_template": "Another", "weight": 3}
    assert (await ada.http.post(f"/api/sequences/{step['id']}/variants", json=variant)).status_code == 201
    clone = (await ada.http.post(f"/api/campaigns/{campaign}/clone")).json()
    source = (await ada.http.get(f"/api/campaigns/{campaign}")).json()
    for name in ("send_schedule", "settings", "email_account_ids", "steps", "subject_template", "daily_cap"):
        assert clone[name] == source[name], name
    assert (clone["status"], clone["progress"]["total"], clone["name"]) == ("draft", 0, "Spring (copy)")
    copied = (await ada.http.get(f"/api/campaigns/{clone['id']}/sequences")).json()[0]
    assert copied["id"] != step["id"]
    assert [(v["label"], v["email_template"], v["weight"]) for v in copied["variants"]] == [("B", "Or so", 3)]


async def add_step(ada: Person, campaign: str, text: str) -> str:
    answer = await ada.http.post(
        f"/api/campaigns/{campaign}/sequences", json={"email_template": text, "delay_days": 2}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def numbers(ada: Person, campaign: str) -> list[tuple[int, str]]:
    steps = (await ada.http.get(f"/api/campaigns/{campaign}/sequences")).json()
    return [(step["sequence_number"], step["email_template"]) for step in steps]


async def test_steps_added_at_once_get_numbers_of_their_own(ada: Person) -> None:
    campaign = (await make(ada))["id"]
    await asyncio.gather(*(add_step(ada, campaign, f"step {n}") for n in range(6)))
    assert [n for n, _ in await numbers(ada, campaign)] == [1, 2, 3, 4, 5, 6, 7]


async def test_steps_are_reordered_whole_and_close_up_after_one_is_deleted(ada: Person) -> None:
    campaign = (await make(ada))["id"]
    first = (await ada.http.get(f"/api/campaigns/{campaign}/sequences")).json()[0]["id"]
    ids = [first, *[await add_step(ada, campaign, text) for text in ("two", "three")]]
    path = f"/api/campaigns/{campaign}/sequences/reorder"
    turned = await ada.http.post(path, json={"sequence_ids": ids[::-1]})
    assert [step["email_template"] for step in turned.json()] == ["three", "two", "Hello there"]
    for wrong in (ids[:2], [*ids, ids[0]], [ids[0]] * 3):
        assert (await ada.http.post(path, json={"sequence_ids": wrong})).status_code == 422
    assert (await ada.http.delete(f"/api/sequences/{ids[2]}")).status_code == 204
    assert await numbers(ada, campaign) == [(1, "two"), (2, "Hello there")]
    problems = (await ada.http.get(f"/api/campaigns/{campaign}/sequences")).json()[0]["problems"]
    assert any("Subject" in problem for problem in problems), (
        "what was a follow-up now opens and needs a subject"
    )


async def test_step_with_sends_is_switched_off_and_keeps_its_number(ada: Person, sql: Any) -> None:
    filled = await fill_organization(sql, ada.organization_id, await _session_of(ada, sql))
    campaign, step = filled.rows["campaigns"]["id"], filled.rows["email_sequences"]["id"]
    await sql.execute("UPDATE email_sends SET campaign_id = $1, sequence_id = $2", campaign, step)
    await add_step(ada, str(campaign), "two")
    assert (await ada.http.delete(f"/api/sequences/{step}")).status_code == 204
    steps = (await ada.http.get(f"/api/campaigns/{campaign}/sequences")).json()
    assert [(s["sequence_number"], s["is_active"]) for s in steps] == [(1, False), (2, True)]
    order = {"sequence_ids": [s["id"] for s in steps][::-1]}
    refused = await ada.http.post(f"/api/campaigns/{campaign}/sequences/reorder", json=order)
    assert (refused.status_code, refused.json()["code"]) == (409, "has_sends")
    assert (await ada.http.delete(f"/api/campaigns/{campaign}")).status_code == 409, "the ledger is never cut"


async def test_pages_join_without_gap_or_double(ada: Person) -> None:
    names = [f"c{n}" for n in range(7)]
    for name in names:
        await ada.http.post("/api/campaigns", json={"name": name})
    seen, cursor = [], None
    while True:
        page = (
            await ada.http.get(
                "/api/campaigns", params={"limit": 3, **({"cursor": cursor} if cursor else {})}
            )
        ).json()
        seen += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == names[::-1]
    assert len((await ada.http.get("/api/campaigns", params={"q": "C3"})).json()["items"]) == 1
    assert (await ada.http.get("/api/campaigns", params={"q": "%"})).json()["items"] == []


async def test_mailbox_that_a_campaign_uses_can_go(ada: Person, sql: Any) -> None:
    campaign = await ready_campaign(ada, sql)
    account = (await ada.http.get("/api/email-accounts")).json()[0]["id"]
    assert (await ada.http.delete(f"/api/email-accounts/{account}")).status_code == 204
    assert (await ada.http.get(f"/api/campaigns/{campaign}")).json()["email_account_ids"] == []
