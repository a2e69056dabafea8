"""Stop means stop: after the answer nothing of it begins, however much was claimed ahead, and nothing of it is lost.

*Begun*: the server read MAIL FROM. The product is asked through its API while a real worker writes to a slow server.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

import pytest

from reachly import worker
from reachly.infra.settings import InboxSettings, OutboundSettings, SendingSettings
from reachly.jobs.sending import SendingLoop
from reachly.kit import clock
from reachly.services.inbox.service.matching import Mailbox
from reachly.services.inbox.service.storing import store_inbound
from reachly.services.scheduling.service import plan_campaign
from reachly.services.sending import tokens
from reachly.services.sending.service import withdraw
from tests.api.conftest import Api, Person
from tests.factories.sending import Stage, Step, add_campaign, add_mailbox
from tests.factories.slow import SlowPeer

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

PEOPLE, SECONDS, AHEAD = 40, 0.1, 5
STEPS = (Step(), Step(subject="Once more", days=1))
MAILBOX = "mira@brightfjord.example"


@pytest.fixture
def options() -> dict[str, Any]:
    return {
        "outbound": OutboundSettings(allow=("127.0.0.1",)),
        "sending": SendingSettings(poll_seconds=0.1, last_look=False),
        "inbox": InboxSettings(poll_seconds=3600),
    }


@dataclass
class Scene:
    """A wave is on the wire: the second message of everybody, `SECONDS` each."""

    api: Api
    ada: Person
    sql: Any
    peer: SlowPeer
    stage: Stage

    @property
    def campaign(self) -> str:
        return f"/api/campaigns/{self.stage.campaign_id}"

    async def late(self) -> tuple[int, str]:
        """Who comes next: claimed, and perhaps on the wire already, but not read by the server."""
        begun = {visit.recipient for visit in self.peer.visits[PEOPLE:]}
        number = next(n for n in range(PEOPLE) if _address(n) not in begun)
        return number, _address(number)

    async def first(self, number: int) -> Any:
        return await self.sql.fetchrow(
            "SELECT id, message_id FROM email_sends WHERE enrollment_id = $1 AND step = 1",
            self.stage.enrollment_ids[number],
        )


def _address(number: int) -> str:
    return f"lead{number:04d}@example.com"


@asynccontextmanager
async def working(api: Api) -> AsyncIterator[None]:
    """A worker of its own, with all of its loops."""
    stop = asyncio.Event()
    task = asyncio.create_task(worker.work(api.product, stop))
    try:
        yield
    finally:
        stop.set()
        await task


@pytest.fixture
async def scene(api: Api, ada: Person, sql: Any) -> AsyncIterator[Scene]:
    await sql.execute("UPDATE organizations SET postal_address = '1 Example Street, Oslo'")
    async with SlowPeer().running() as peer:
        box = await add_mailbox(ada.organization_id, peer.port)
        stage = await add_campaign(ada.organization_id, [box], PEOPLE, steps=STEPS)
        async with working(api):
            await peer.until(PEOPLE)
            await settled(sql)
            peer.seconds = SECONDS
            now = clock.now() - timedelta(seconds=1)
            sent_at = now - timedelta(days=2)
            await sql.execute("UPDATE enrollments SET next_due_at = $1, last_sent_at = $2", now, sent_at)
            await sql.execute("UPDATE email_accounts SET next_turn_at = $1", now)
            await sql.execute("SELECT pg_notify('reachly_wake', '')")
            await peer.until(PEOPLE + AHEAD)
            yield Scene(api, ada, sql, peer, stage)


async def settled(sql: Any) -> None:
    """Nothing is in flight."""
    async with asyncio.timeout(60):
        while await sql.fetchval("SELECT count(*) FROM open_sends") or not await sql.fetchval(
            "SELECT count(*) FROM email_sends"
        ):
            await asyncio.sleep(0.05)


Stop: TypeAlias = Callable[[Scene], Awaitable[Callable[[str], bool]]]
"""Stops something and says to whom it does."""


async def pause(scene: Scene) -> Callable[[str], bool]:
    answer = await scene.ada.http.post(f"{scene.campaign}/pause")
    assert answer.status_code == 200, answer.text
    return bool


async def pause_twice(scene: Scene) -> Callable[[str], bool]:
    """The second answer says the same, and so means the same."""
    first = asyncio.create_task(scene.ada.http.post(f"{scene.campaign}/pause"))
    while await scene.sql.fetchval("SELECT status FROM campaigns") != "paused":
        await asyncio.sleep(0.005)
    await pause(scene)
    scene.api.stack.push_async_callback(lambda: asyncio.wait([first]))
    return bool


async def switch_off(scene: Scene) -> Callable[[str], bool]:
    url = f"/api/email-accounts/{scene.stage.account_ids[0]}/toggle"
    answer = await scene.ada.http.put(url, json={"is_active": False})
    assert answer.status_code == 200, answer.text
    return bool


async def delete_mailbox(scene: Scene) -> Callable[[str], bool]:
    answer = await scene.ada.http.delete(f"/api/email-accounts/{scene.stage.account_ids[0]}")
    assert answer.status_code == 204, answer.text
    return bool


async def stop_person(scene: Scene) -> Callable[[str], bool]:
    number, address = await scene.late()
    url = f"{scene.campaign}/enrollments/{scene.stage.enrollment_ids[number]}/stop"
    assert (await scene.ada.http.post(url)).status_code == 200
    return address.__eq__


async def delete_lead(scene: Scene) -> Callable[[str], bool]:
    number, address = await scene.late()
    assert (await scene.ada.http.delete(f"/api/leads/{scene.stage.lead_ids[number]}")).status_code == 204
    return address.__eq__


async def delete_leads(scene: Scene) -> Callable[[str], bool]:
    number, address = await scene.late()
    body = {"action": "delete", "lead_ids": [str(scene.stage.lead_ids[number])]}
    assert (await scene.ada.http.post("/api/leads/bulk", json=body)).status_code == 200
    return address.__eq__


async def suppress_leads(scene: Scene) -> Callable[[str], bool]:
    number, address = await scene.late()
    body = {"action": "suppress", "lead_ids": [str(scene.stage.lead_ids[number])]}
    assert (await scene.ada.http.post("/api/leads/bulk", json=body)).status_code == 200
    return address.__eq__


async def suppress_address(scene: Scene) -> Callable[[str], bool]:
    _, address = await scene.late()
    assert (await scene.ada.http.post("/api/suppressions", json={"value": address})).status_code == 201
    return address.__eq__


async def suppress_domain(scene: Scene) -> Callable[[str], bool]:
    answer = await scene.ada.http.post("/api/suppressions", json={"value": "example.com"})
    assert answer.status_code == 201
    return bool


async def unsubscribe(scene: Scene) -> Callable[[str], bool]:
    number, address = await scene.late()
    row = await scene.first(number)
    url = tokens.unsubscribe_url(scene.ada.organization_id, row["id"])
    http = await scene.api.client()
    answer = await http.post(url[url.index("/u/") :], data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    return address.__eq__


async def reply(scene: Scene) -> Callable[[str], bool]:
    number, address = await scene.late()
    await read(scene, number, address, "Thank you, let us talk on Tuesday.")
    return address.__eq__


async def ask_out_by_reply(scene: Scene) -> Callable[[str], bool]:
    number, address = await scene.late()
    await read(scene, number, address, "Please remove me from your list.")
    return address.__eq__


async def read(scene: Scene, number: int, address: str, words: str) -> None:
    row = await scene.first(number)
    raw = (
        f"From: <{address}>\r\nTo: <{MAILBOX}>\r\nSubject: Re: A question\r\nMessage-ID: <{uuid.uuid4()}@example.com>"
        f"\r\nIn-Reply-To: {row['message_id']}\r\n\r\n{words}\r\n"
    )
    mailbox = Mailbox(scene.ada.organization_id, scene.stage.account_ids[0], MAILBOX)
    assert await store_inbound(mailbox, raw.encode(), clock.now()) is not None


async def delete_organization(scene: Scene) -> Callable[[str], bool]:
    answer = await scene.ada.http.delete("/api/users/account?organization=true")
    assert answer.status_code == 204, answer.text
    return bool


STOPS: tuple[Stop, ...] = (
    pause, pause_twice, switch_off, delete_mailbox, stop_person, delete_lead, delete_leads, suppress_leads,
    suppress_address, suppress_domain, unsubscribe, reply, ask_out_by_reply, delete_organization,
)  # fmt: skip


async def got(scene: Scene, addresses: list[str]) -> None:
    """Each of these has the second message once, and nobody has it twice."""
    async with asyncio.timeout(60):
        while set(addresses) - {visit.recipient for visit in scene.peer.kept[PEOPLE:]}:
            await asyncio.sleep(0.05)
    await settled(scene.sql)
    assert set(Counter(visit.recipient for visit in scene.peer.kept[PEOPLE:]).values()) == {1}


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.__name__)
async def test_after_the_answer_nothing_of_it_begins(scene: Scene, stop: Stop) -> None:
    before = len(scene.peer.visits)
    among = await stop(scene)
    answered = time.time()
    waiting = PEOPLE - (len(scene.peer.visits) - PEOPLE)
    assert waiting > 5, f"the answer came when nearly all of the wave had begun ({before} before it)"
    await asyncio.sleep(4 * SECONDS)
    assert scene.peer.begun_after(answered, among) == []
    if among is bool:
        return
    await got(scene, [_address(n) for n in range(PEOPLE) if not among(_address(n))])
    assert scene.peer.begun_after(answered, among) == []


async def test_what_was_taken_back_goes_on_after_a_resume_exactly_once(scene: Scene) -> None:
    await pause(scene)
    rows = await scene.sql.fetch(
        "SELECT s.status, s.reason, e.blocked_reason FROM email_sends s JOIN enrollments e ON e.id = s.enrollment_id"
        " WHERE s.step = 2 AND s.status <> 'sent'"
    )
    assert len(rows) > 5
    assert set(map(tuple, rows)) == {("deferred", "campaign_paused", "campaign_paused")}
    assert await scene.sql.fetchval("SELECT count(*) FROM open_sends") == 0
    assert await scene.sql.fetchval("SELECT sum(reserved) FROM cap_usage") == 0
    scene.peer.seconds = 0.0
    # What a start does besides asking whether everything is in order for one.
    await scene.sql.execute("UPDATE campaigns SET status = 'active', version = version + 1")
    await plan_campaign(scene.ada.organization_id, scene.stage.campaign_id)
    await got(scene, [_address(n) for n in range(PEOPLE)])
    counts = await scene.sql.fetchrow(
        "SELECT count(*) AS rows, count(DISTINCT enrollment_id) AS people, max(attempts) AS attempts FROM email_sends"
        " WHERE step = 2 AND status = 'sent'"
    )
    assert tuple(counts) == (PEOPLE, PEOPLE, 1), (
        "one intent each, and no attempt is counted that never was one"
    )


async def test_a_mailbox_that_comes_back_goes_on_exactly_once(scene: Scene) -> None:
    await switch_off(scene)
    scene.peer.seconds = 0.0
    url = f"/api/email-accounts/{scene.stage.account_ids[0]}/toggle"
    assert (await scene.ada.http.put(url, json={"is_active": True})).status_code == 200
    await got(scene, [_address(n) for n in range(PEOPLE)])


async def test_without_a_call_the_answer_only_takes_longer(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that hears nothing (LISTEN is lost) asks by itself."""
    monkeypatch.setattr(SendingLoop, "hear", lambda _self, _payload: None)
    await pause(scene)
    answered = time.time()
    assert PEOPLE - (len(scene.peer.visits) - PEOPLE) > 5, "it did not wait for the end of the wave"
    await asyncio.sleep(4 * SECONDS)
    assert scene.peer.begun_after(answered) == []


async def test_workers_side_by_side_all_take_back_what_is_theirs(scene: Scene) -> None:
    box = await add_mailbox(scene.ada.organization_id, scene.peer.port, address="jonas@brightfjord.example")
    async with working(scene.api):
        await add_campaign(scene.ada.organization_id, [box], PEOPLE, prefix="more")
        await scene.sql.execute("SELECT pg_notify('reachly_wake', '')")
        async with asyncio.timeout(60):
            while not any(visit.recipient.startswith("more") for visit in scene.peer.visits):
                await asyncio.sleep(0.01)
        among = await suppress_domain(scene)
        answered = time.time()
        await asyncio.sleep(4 * SECONDS)
        assert scene.peer.begun_after(answered, among) == []
        assert len(scene.peer.visits) < 3 * PEOPLE - 5


async def test_a_stop_with_nothing_in_flight_asks_one_small_question(
    api: Api, ada: Person, sql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_campaign(ada.organization_id, [], 0)
    asked: list[str] = []
    plain = withdraw.flight.list_open

    async def counted(*args: Any) -> Any:
        asked.append("open")
        return await plain(*args)

    monkeypatch.setattr(withdraw.flight, "list_open", counted)
    monkeypatch.setattr(withdraw.flight, "list_standings", None)
    campaign = await sql.fetchval("SELECT id FROM campaigns")
    assert (await ada.http.post(f"/api/campaigns/{campaign}/pause")).status_code == 200
    assert asked == ["open"]
