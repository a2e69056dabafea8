"""Conversations, figures and the pulse, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reachly.data.models.sending import CapUsage
from reachly.data.session import tenant
from reachly.kit import clock
from reachly.services.inbox.service import Mailbox, store_inbound
from tests.api.conftest import Person
from tests.factories.inbound import MAILBOX, letter
from tests.factories.sending import Stage, add_campaign, add_mailbox
from tests.integration.inbox.conftest import add_send

pytestmark = pytest.mark.anyio


@pytest.fixture
async def stage(ada: Person) -> Stage:
    account_id = await add_mailbox(ada.organization_id, 25, address=MAILBOX)
    return await add_campaign(ada.organization_id, [account_id], 2)


async def receive(stage: Stage, raw: bytes) -> None:
    mailbox = Mailbox(stage.organization_id, stage.account_ids[0], MAILBOX)
    assert await store_inbound(mailbox, raw, clock.now())


async def sent(stage: Stage, person: int) -> str:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    return await add_send(stage, person, handed_at=yesterday, sent_at=yesterday, planned_at=yesterday)


@pytest.fixture
async def answered(stage: Stage) -> Stage:
    for person, words in enumerate(("How much is it?", "Sounds good, let's talk.")):
        await receive(
            stage, letter(f"lead{person:04d}@example.com", words, answers=await sent(stage, person))
        )
    return stage


async def get(person: Person, path: str, **params: Any) -> Any:
    answer = await person.http.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def post(person: Person, path: str, body: Any) -> Any:
    answer = await person.http.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_threads_are_listed_the_latest_first_and_in_pages(ada: Person, answered: Stage) -> None:
    page = await get(ada, "/api/inbox/threads", limit=1)
    rest = await get(ada, "/api/inbox/threads", limit=1, cursor=page["next_cursor"])
    emails = [item["contact_email"] for item in page["items"] + rest["items"]]
    assert emails == ["lead0001@example.com", "lead0000@example.com"]
    assert rest["next_cursor"] is None
    asked = await get(ada, "/api/inbox/threads", intent="question")
    assert [item["snippet"] for item in asked["items"]] == ["How much is it?"]
    assert len((await get(ada, "/api/inbox/threads", campaign_id=str(answered.campaign_id)))["items"]) == 2


async def test_conversation_shows_both_sides(ada: Person, answered: Stage) -> None:
    thread = (await get(ada, "/api/inbox/threads"))["items"][0]
    detail = await get(ada, f"/api/inbox/threads/{thread['id']}")
    assert [(m["direction"], m["text"], m["step"]) for m in detail["messages"]] == [
        ("out", "Shall we talk?", 1),
        ("in", "Sounds good, let's talk.", None),
    ]


async def test_conversation_shows_no_link_of_the_recipients(ada: Person, answered: Stage, sql: Any) -> None:
    words = "Shall we talk?\n\n1 Example Street\nUnsubscribe: #unsubscribe\n"
    await sql.execute("UPDATE email_sends SET body_text = $1", words)
    thread = (await get(ada, "/api/inbox/threads"))["items"][0]
    sent = (await get(ada, f"/api/inbox/threads/{thread['id']}"))["messages"][0]["text"]
    assert sent == "Shall we talk?\n\n1 Example Street\nUnsubscribe\n"


async def test_conversation_says_where_they_stand(ada: Person, answered: Stage, sql: Any) -> None:
    thread = (await get(ada, "/api/inbox/threads"))["items"][0]
    detail = await get(ada, f"/api/inbox/threads/{thread['id']}")
    assert (detail["enrollment_status"], detail["held_until"]) == ("replied", None)
    await sql.execute("UPDATE enrollments SET status = 'held', held_until = '2030-01-01T00:00:00Z'")
    detail = await get(ada, f"/api/inbox/threads/{thread['id']}")
    assert (detail["enrollment_status"], detail["held_until"]) == ("held", "2030-01-01T00:00:00Z")


async def test_thread_is_read_judged_and_put_off(ada: Person, answered: Stage) -> None:
    thread = (await get(ada, "/api/inbox/threads"))["items"][0]
    path = f"/api/inbox/threads/{thread['id']}"
    assert thread["unread"] is True
    assert (await post(ada, f"{path}/read", None))["unread"] is False
    assert len((await get(ada, "/api/inbox/threads", unread=True))["items"]) == 1
    assert (await post(ada, f"{path}/read", {"unread": True}))["unread"] is True
    assert (await post(ada, f"{path}/intent", {"intent": "not_interested"}))["intent"] == "not_interested"
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    await post(ada, f"{path}/snooze", {"until": tomorrow})
    assert thread["id"] not in {item["id"] for item in (await get(ada, "/api/inbox/threads"))["items"]}
    assert (await get(ada, "/api/analytics/overview"))["unread_threads"] == 1
    put_off = (await get(ada, "/api/inbox/threads", snoozed=True))["items"]
    assert [item["id"] for item in put_off] == [thread["id"]]
    await post(ada, f"{path}/snooze", {"until": None})
    assert (await get(ada, "/api/inbox/threads", snoozed=True))["items"] == []
    assert len((await get(ada, "/api/inbox/threads"))["items"]) == 2


async def test_snooze_until_a_time_of_no_zone_is_refused(ada: Person, answered: Stage) -> None:
    thread = (await get(ada, "/api/inbox/threads"))["items"][0]
    answer = await ada.http.post(
        f"/api/inbox/threads/{thread['id']}/snooze", json={"until": "2030-01-01T09:00:00"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "naive_time")


async def test_new_answer_wakes_a_snoozed_thread(ada: Person, answered: Stage) -> None:
    thread = (await get(ada, "/api/inbox/threads"))["items"][0]
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    await post(ada, f"/api/inbox/threads/{thread['id']}/snooze", {"until": tomorrow})
    await receive(answered, letter(thread["contact_email"], "Are you there?", subject="Hello"))
    first = (await get(ada, "/api/inbox/threads"))["items"][0]
    assert (first["id"], first["snippet"], first["snoozed_until"]) == (thread["id"], "Are you there?", None)


async def test_figures_of_answers_reach_every_page(ada: Person, answered: Stage) -> None:
    overview = await get(ada, "/api/analytics/overview")
    assert (overview["totals"]["replied"], overview["totals"]["interested"]) == (2, 1)
    campaign = await get(ada, f"/api/analytics/campaigns/{answered.campaign_id}")
    assert (campaign["totals"]["replied"], campaign["progress"]["replied"]) == (2, 2)
    boxes = await get(ada, "/api/analytics/email-accounts")
    assert [(box["email_address"], box["replied"]) for box in boxes] == [(MAILBOX, 2)]
    activity = await get(ada, "/api/analytics/activity")
    assert [fact["event"] for fact in activity["items"]] == ["campaign_completed", "replied", "replied"]
    timeline = await get(ada, f"/api/leads/{answered.lead_ids[0]}/timeline")
    assert [entry["event"] for entry in timeline if entry["event"] != "enrolled"] == ["replied"]
    pulse = await get(ada, "/api/pulse")
    assert (pulse["active_campaigns"], pulse["unread_threads"], pulse["last_seq"]) == (0, 2, 3)


@pytest.mark.parametrize(("form", "kind"), [("csv", "text/csv; charset=utf-8"), ("json", "application/json")])
async def test_export_is_a_file(ada: Person, answered: Stage, form: str, kind: str) -> None:
    answer = await ada.http.get(f"/api/analytics/exports/{answered.campaign_id}", params={"format": form})
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert f'filename="campaign-{answered.campaign_id}.{form}"' in answer.headers["content-disposition"]
    assert answer.text.count("@brightfjord.example") >= 2


async def test_what_a_mailbox_sent_today_stays_counted_when_it_goes(
    ada: Person, answered: Stage, sql: Any
) -> None:
    await sql.execute(
        "UPDATE email_sends SET handed_at = now(), status = 'sent' WHERE campaign_id = $1",
        answered.campaign_id,
    )
    before = (await get(ada, "/api/pulse"))["sent_today"]
    assert before > 0
    gone = await ada.http.delete(f"/api/email-accounts/{answered.account_ids[0]}", params={"people": "stop"})
    assert gone.status_code == 204, gone.text
    assert (await get(ada, "/api/pulse"))["sent_today"] == before


async def test_mailbox_says_what_it_has_sent_today(ada: Person, stage: Stage) -> None:
    async with tenant(ada.organization_id) as session:
        session.add(CapUsage(
            organization_id=ada.organization_id, scope="mailbox", key=MAILBOX, day=datetime.now(UTC).date(), used=7,
        ))  # fmt: skip
    path = f"/api/email-accounts/{stage.account_ids[0]}"
    assert [box["sent_today"] for box in await get(ada, "/api/email-accounts")] == [7]
    assert (await get(ada, path))["sent_today"] == 7
    changed = await ada.http.put(path, json={"daily_limit": 50})
    assert (changed.status_code, changed.json()["sent_today"], changed.json()["daily_limit"]) == (200, 7, 50)
    toggled = await ada.http.put(f"{path}/toggle", json={"is_active": False})
    assert (toggled.json()["sent_today"], toggled.json()["is_active"]) == (7, False)
