"""What people may decide about the engine, through the door."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from reachly.kit import clock
from tests.api.conftest import Person, add_member
from tests.api.test_campaigns import ready_campaign
from tests.api.test_enrollments import enroll

pytestmark = pytest.mark.anyio


@pytest.fixture
def options() -> dict[str, Any]:
    return {"public_url": "https://reachly.example"}


async def test_a_late_campaign_says_so_and_wants_to_be_confirmed(ada: Person, sql: Any) -> None:
    campaign = await ready_campaign(ada, sql)
    path = f"/api/campaigns/{campaign}"
    await ada.http.post(f"{path}/start")
    paused = (await ada.http.post(f"{path}/pause")).json()
    assert (paused["paused_for"], paused["is_late"]) == ("hand", False)
    await sql.execute(
        "UPDATE campaigns SET paused_at = $1, paused_for = 'late'", clock.now() - timedelta(minutes=1)
    )
    shown = (await ada.http.get(path)).json()
    assert (shown["paused_for"], shown["is_late"]) == ("late", True)
    explained = (await ada.http.get(f"{path}/explain")).json()
    assert {reason["code"] for reason in explained["reasons"]} <= {"campaign_late"}
    refused = await ada.http.post(f"{path}/start")
    assert (refused.status_code, refused.json()["code"]) == (409, "late")
    resumed = await ada.http.post(f"{path}/start", params={"confirm_late": True})
    assert (resumed.status_code, resumed.json()["is_late"]) == (200, False), resumed.text


async def test_an_administrator_lets_a_restored_organization_go_on(ada: Person, sql: Any) -> None:
    path = "/api/organization/resume-sending"
    assert (await ada.http.post(path)).status_code == 409
    await sql.execute("UPDATE organizations SET sending_held = 'restored', sending_held_at = now()")
    assert (await ada.http.get("/api/organization")).json()["sending_held"] == "restored"
    assert (await ada.http.post(path)).status_code == 204
    assert (await ada.http.get("/api/organization")).json()["sending_held"] is None
    log = (await ada.http.get("/api/organization/audit-log")).json()["items"]
    assert log[0]["action"] == "sending.resumed"


async def test_weights_of_mailboxes_are_set_shown_and_cloned(ada: Person, sql: Any) -> None:
    campaign = await ready_campaign(ada, sql)
    path = f"/api/campaigns/{campaign}"
    (account,) = (await ada.http.get(path)).json()["email_account_ids"]
    assert (await ada.http.get(path)).json()["email_account_weights"] == {account: 1}
    changed = await ada.http.put(path, json={"email_account_weights": {account: 7}})
    assert changed.json()["email_account_weights"] == {account: 7}, changed.text
    assert (await ada.http.post(f"{path}/clone")).json()["email_account_weights"] == {account: 7}
    stranger = await ada.http.put(path, json={"email_account_weights": {str(uuid.uuid4()): 1}})
    assert stranger.status_code == 422
    assert (await ada.http.put(path, json={"email_account_weights": {account: -1}})).status_code == 422
    nobody = await ada.http.put(path, json={"email_account_weights": {account: 0}})
    assert nobody.status_code == 422
    assert nobody.json()["errors"][0]["pointer"] == "/email_account_weights"


async def test_each_person_and_each_mailbox_is_explained(ada: Person, sql: Any) -> None:
    campaign = await ready_campaign(ada, sql)
    path = f"/api/campaigns/{campaign}"
    people = (await ada.http.get(f"{path}/enrollments")).json()["items"]
    why = (await ada.http.get(f"{path}/enrollments/{people[0]['id']}/explain")).json()
    assert why["held"]["code"] == "campaign_not_active"
    assert why["held"]["change"]
    assert why["timezone"] == (await ada.http.get(path)).json()["send_schedule"]["timezone"]
    boxes = (await ada.http.get(f"{path}/explain")).json()["mailboxes"]
    assert [(box["sent_today"], box["limited_by"]) for box in boxes] == [(0, boxes[0]["limited_by"])]


async def test_a_mailbox_tells_its_caps_with_the_least_room_first(ada: Person, sql: Any) -> None:
    campaign = await ready_campaign(ada, sql)
    (box,) = (await ada.http.get(f"/api/campaigns/{campaign}")).json()["email_account_ids"]
    day = clock.now().date()
    await sql.execute(
        "UPDATE email_accounts SET timezone = 'UTC', provider = 'gmail', daily_limit = 40, ramp_enabled = true,"
        " ramp_start = 12, ramp_step = 0, ramp_started_at = $1",
        clock.now(),
    )
    await sql.execute(
        "INSERT INTO cap_usage (organization_id, scope, key, day, reserved, used)"
        " SELECT organization_id, 'mailbox', email_key, $1, 1, 4 FROM email_accounts",
        day,
    )
    path = f"/api/email-accounts/{box}/explain"
    why = (await ada.http.get(path)).json()
    assert [(cap["code"], cap["limit"], cap["used"], cap["left"]) for cap in why["caps"]] == [
        ("ramp", 12, 5, 7), ("mailbox_cap", 40, 5, 35), ("provider_cap", 2000, 0, 2000),
    ]  # fmt: skip
    assert (why["limit_today"], why["limited_by"], why["timezone"]) == (12, "ramp", "UTC")
    assert why["campaigns"] == []  # a draft waits for nobody
    await ada.http.post(f"/api/campaigns/{campaign}/start")
    assert [one["campaign_id"] for one in (await ada.http.get(path)).json()["campaigns"]] == [campaign]
    await sql.execute("UPDATE email_accounts SET is_active = false")
    assert (await ada.http.get(path)).json()["held"]["code"] == "mailbox_paused"
    assert (await ada.http.get(f"/api/email-accounts/{uuid.uuid4()}/explain")).status_code == 404


async def test_an_administrator_limits_what_a_domain_sends_a_day(ada: Person, api: Any, sql: Any) -> None:
    path, body = "/api/organization", {"name": "Brightfjord", "timezone": "UTC"}
    shown = (await ada.http.get(path)).json()
    assert (shown["domain_daily_limit"], shown["server_domain_daily_limit"]) == (None, None)
    changed = await ada.http.put(path, json={**body, "domain_daily_limit": 60})
    assert (changed.status_code, changed.json()["domain_daily_limit"]) == (200, 60), changed.text
    log = (await ada.http.get(f"{path}/audit-log")).json()["items"]
    assert (log[0]["action"], log[0]["detail"]) == ("organization.changed", {"domain_daily_limit": 60})
    for odd in (0, -1, 1_000_001, 10**30, "60", True, 1.5):
        refused = await ada.http.put(path, json={**body, "domain_daily_limit": odd})
        assert refused.status_code == 422, odd
        assert refused.json()["errors"][0]["pointer"] == "/domain_daily_limit"
    told = (await ada.http.put(path, json={**body, "domain_daily_limit": 0})).json()["errors"][0]["detail"]
    assert told == "Give a whole number from 1 to 1,000,000, or null for the server's own limit."
    await ada.http.put(path, json=body)  # a client that does not know it changes nothing of it
    user = await add_member(api, sql, ada, "user")
    assert (await user.http.get(path)).json()["domain_daily_limit"] == 60
    assert (await user.http.put(path, json={**body, "domain_daily_limit": 5})).status_code == 403
    most = await ada.http.put(path, json={**body, "domain_daily_limit": 1_000_000})
    assert most.json()["domain_daily_limit"] == 1_000_000
    none = await ada.http.put(path, json={**body, "domain_daily_limit": None})
    assert none.json()["domain_daily_limit"] is None


async def test_what_a_server_said_of_one_person_is_not_told_of_a_group(ada: Person, sql: Any) -> None:
    campaign = await ready_campaign(ada, sql)
    leads = [
        (await ada.http.post("/api/leads", json={"email": f"{name}@example.com"})).json()["id"]
        for name in ("una", "vera")
    ]
    await enroll(ada, campaign, lead_ids=leads)
    await sql.execute("UPDATE campaigns SET status = 'active', started_at = now()")
    block = (
        "UPDATE enrollments SET status = 'active', blocked_reason = 'deferred', blocked_detail = $1"
        " WHERE lead_id = $2::uuid"
    )

    async def told() -> str:
        reasons = (await ada.http.get(f"/api/campaigns/{campaign}/explain")).json()["reasons"]
        (reason,) = [one for one in reasons if one["code"] == "deferred"]
        assert reason["count"] == 2
        return str(reason["detail"])

    await sql.execute(block, "451 <una@example.com> later", leads[0])
    await sql.execute(block, "451 <vera@example.com> later", leads[1])
    assert "@" not in await told()
    await sql.execute(block, "451 greylisted", leads[0])
    await sql.execute(block, "451 greylisted", leads[1])
    assert "451 greylisted" in await told()
