"""The search field and the bell."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from reachly import events as e
from reachly.data import outbox
from reachly.data.session import tenant
from reachly.kit import clock
from reachly.kit.ids import new_id
from tests.api.conftest import Api, Person, add_member

pytestmark = pytest.mark.anyio


async def tell(person: Person, *facts: e.Event) -> None:
    async with tenant(person.organization_id) as session:
        await outbox.emit(session, list(facts))


def completed(person: Person, name: str) -> e.CampaignCompleted:
    return e.CampaignCompleted(
        organization_id=person.organization_id, at=clock.now(), campaign_id=new_id(), data={"name": name}
    )


async def test_search_finds_of_each_kind_what_one_may_see(ada: Person, bea: Person) -> None:
    for person in (ada, bea):
        await person.http.post("/api/campaigns", json={"name": "Harbour launch"})
        await person.http.post("/api/leads", json={"email": "mira@harbour.example", "first_name": "Mira"})
    found = (await ada.http.get("/api/search", params={"q": "HARBOUR"})).json()
    assert [hit["title"] for hit in found["campaigns"]] == ["Harbour launch"]
    assert [(hit["title"], hit["detail"]) for hit in found["leads"]] == [("Mira", "mira@harbour.example")]
    for nothing in ("", " ", "%", "nobody at all"):
        assert (await ada.http.get("/api/search", params={"q": nothing})).json() == {
            "campaigns": [], "leads": [], "email_accounts": [],
        }  # fmt: skip


async def test_everybody_is_told_and_each_reads_their_own(
    api: Api, ada: Person, bea: Person, sql: Any
) -> None:
    viewer = await add_member(api, sql, ada, "viewer")
    await tell(ada, completed(ada, "Spring"))
    for person in (ada, viewer):
        page = (await person.http.get("/api/notifications")).json()
        assert (page["unread"], [n["kind"] for n in page["items"]]) == (1, ["campaign_completed"])
        assert "Spring" in page["items"][0]["title"]
    theirs = (await viewer.http.get("/api/notifications")).json()["items"][0]["id"]
    assert (await ada.http.post("/api/notifications/read", json={"ids": [theirs]})).status_code == 204
    assert (await ada.http.get("/api/notifications")).json()["unread"] == 1, "another's is passed over"
    assert (await ada.http.post("/api/notifications/read")).status_code == 204
    assert (await ada.http.get("/api/notifications")).json()["unread"] == 0
    assert (await viewer.http.get("/api/notifications")).json()["unread"] == 1
    assert (await bea.http.get("/api/notifications")).json()["items"] == []


async def test_only_what_is_worth_it_is_told(ada: Person, sql: Any) -> None:
    common: dict[str, Any] = {"organization_id": ada.organization_id, "at": clock.now()}
    quiet = [
        e.MessageSent(campaign_id=new_id(), **common),
        e.CampaignPaused(campaign_id=new_id(), data={"name": "x", "reason": "by hand"}, **common),
        e.MailboxChanged(email_account_id=new_id(), data={"status": "connected"}, **common),
    ]
    loud = [
        e.CampaignPaused(campaign_id=new_id(), data={"name": "x", "reason": "ten in a row failed"}, **common),
        e.MailboxChanged(
            email_account_id=new_id(),
            data={"status": "auth_failed", "email_address": "a@b.example"},
            **common,
        ),
        e.LeadsImported(import_id=new_id(), data={"imported": 3, "failed": 1, "suppressed": 2}, **common),
        e.QuotaReached(data={"metric": "sends", "used": 3_000, "limit": 3_000}, **common),
        e.DeliverabilityFell(email_account_id=new_id(), data={"email_address": "a@b.example"}, **common),
    ]
    await tell(ada, *quiet, *loud)
    told = (await ada.http.get("/api/notifications")).json()["items"]
    assert sorted(n["kind"] for n in told) == sorted(fact.name for fact in loud)
    assert {n["detail"] for n in told} >= {"ten in a row failed", "3 imported, 1 failed, 2 do not contact"}


async def test_notices_come_in_pages(ada: Person) -> None:
    for n in range(5):
        fact = e.CampaignCompleted(
            organization_id=ada.organization_id,
            at=clock.now() + timedelta(seconds=n),
            campaign_id=new_id(),
            data={"name": f"c{n}"},
        )
        await tell(ada, fact)
    first = (await ada.http.get("/api/notifications", params={"limit": 3})).json()
    rest = (
        await ada.http.get("/api/notifications", params={"limit": 3, "cursor": first["next_cursor"]})
    ).json()
    titles = [n["title"] for n in first["items"] + rest["items"]]
    assert titles == [f"“c{n}” is complete" for n in (4, 3, 2, 1, 0)]
    assert (first["unread"], rest["next_cursor"]) == (5, None)


async def test_profile_is_kept_in_the_cache_and_never_old(api: Api, ada: Person, sql: Any) -> None:
    assert (await ada.http.get("/api/users/profile")).json()["name"] == "Ada"
    await sql.execute("UPDATE users SET name = 'Changed behind its back'")
    assert (await ada.http.get("/api/users/profile")).json()["name"] == "Ada", "from the cache"
    for n in range(5):
        body = {"name": f"Ada {n}", "timezone": "Europe/Madrid"}
        assert (await ada.http.put("/api/users/profile", json=body)).json()["name"] == f"Ada {n}"
        read = await asyncio.gather(*(ada.http.get("/api/users/profile") for _ in range(4)))
        assert {a.json()["name"] for a in read} == {f"Ada {n}"}
    assert (
        await ada.http.put("/api/users/profile", json={"name": "x", "timezone": "Nowhere"})
    ).status_code == 422
