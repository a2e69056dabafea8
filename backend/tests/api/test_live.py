"""Live events over a real server: who hears what, in which order, and for how long."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from reachly import events as e
from reachly.api import live
from reachly.bootstrap import open_product
from reachly.data import outbox
from reachly.data.session import tenant
from reachly.infra.listening import bind
from reachly.infra.settings import Settings, WebSettings
from reachly.kit import clock
from reachly.kit.ids import new_id
from reachly.main import serving
from reachly.services.live.schemas import LiveEvent
from reachly.services.live.service import REPLAY_LIMIT
from tests.api.conftest import PASSWORD

pytestmark = pytest.mark.anyio


@pytest.fixture
def options() -> dict[str, Any]:
    return {"web": WebSettings(allowed_origins=("https://app.example",))}


@pytest.fixture
async def base(settings: Settings, dsn: str, anyio_backend: str) -> AsyncIterator[str]:
    """A serving process of the test's own; its address."""
    listening = bind("127.0.0.1", 0)
    async with open_product(settings, dsn) as product, serving(product, listening):
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


class Caller:
    """Someone signed in over the wire."""

    def __init__(self, http: httpx2.AsyncClient, signed_in: dict[str, Any]) -> None:
        self.http = http
        self.token: str = signed_in["access_token"]
        self.organization_id = uuid.UUID(signed_in["me"]["organization"]["id"])
        http.headers["authorization"] = f"Bearer {self.token}"


async def register(base: str, name: str) -> Caller:
    http = httpx2.AsyncClient(base_url=base, timeout=120)
    body = {"email": f"ada@{name}.example", "password": PASSWORD}
    return Caller(http, (await http.post("/api/auth/register", json=body)).json())


class Refused(Exception):
    """The server did not open the socket."""


class Ear:
    """A socket that writes down what it hears: Engine.IO 4 and Socket.IO 5 by hand, as a browser speaks them."""

    def __init__(self, wire: ClientConnection) -> None:
        self._wire = wire
        self.connected = False
        self.heard: list[tuple[str, dict[str, Any]]] = []

    async def open(self, auth: dict[str, Any]) -> None:
        assert str(await self._wire.recv()).startswith("0")
        await self._wire.send(f"40{json.dumps(auth)}")
        while not self.connected:
            self._take(str(await self._wire.recv()))

    async def listen(self) -> None:
        try:
            async for text in self._wire:
                if text == "2":
                    await self._wire.send("3")
                else:
                    self._take(str(text))
        except ConnectionClosed:
            pass
        self.connected = False

    def _take(self, text: str) -> None:
        if text.startswith("42"):
            name, payload = json.loads(text[2:])
            self.heard.append((name, payload))
        elif text.startswith("40"):
            self.connected = True
        elif text.startswith("44"):
            raise Refused(text)
        elif text.startswith("41"):
            self.connected = False

    async def say(self, event: str, payload: Any) -> None:
        await self._wire.send(f"42{json.dumps([event, payload])}")

    @property
    def numbers(self) -> list[int]:
        return [payload["seq"] for _, payload in self.heard]

    async def wait(self, many: int, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while len(self.heard) < many and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        assert len(self.heard) >= many, self.heard


@asynccontextmanager
async def listening(base: str, token: Any, *, origin: str | None = None, **auth: Any) -> AsyncIterator[Ear]:
    address = base.replace("http", "ws", 1) + "/api/live/?EIO=4&transport=websocket"
    try:
        wire = await connect(address, origin=origin)  # type: ignore[arg-type]
    except InvalidStatus as error:
        raise Refused(str(error)) from None
    ear = Ear(wire)
    try:
        await ear.open({"token": token, **auth})
        hearing = asyncio.create_task(ear.listen())
        yield ear
        hearing.cancel()
    finally:
        await wire.close()


async def emit(organization_id: uuid.UUID, many: int = 1, campaign_id: uuid.UUID | None = None) -> None:
    facts = [
        e.MessageSent(
            organization_id=organization_id,
            at=clock.now(),
            campaign_id=campaign_id or new_id(),
            send_id=new_id(),
        )
        for _ in range(many)
    ]
    async with tenant(organization_id) as session:
        await outbox.emit(session, facts)


@pytest.mark.parametrize("token", ["", "x", None, 7, {"a": 1}, "a.b.c"])
async def test_wrong_token_is_refused(base: str, token: Any) -> None:
    with pytest.raises(Refused):
        async with listening(base, token):
            pass


async def test_foreign_page_cannot_open_a_socket(base: str) -> None:
    """A12: the browser sends the cookie or the token of nobody, but it says where the page comes from."""
    ada = await register(base, "brightfjord")
    for origin in ("https://evil.example", "http://127.0.0.1:1", "null", "https://app.example.evil.example"):
        with pytest.raises(Refused):
            async with listening(base, ada.token, origin=origin):
                pass
    for origin in ("https://app.example", base):
        async with listening(base, ada.token, origin=origin) as ear:
            assert ear.connected


async def test_long_polling_is_not_offered(base: str) -> None:
    async with httpx2.AsyncClient(base_url=base, timeout=120) as http:
        answer = await http.get("/api/live/", params={"EIO": "4", "transport": "polling"})
    assert answer.status_code == 400


async def test_event_reaches_its_own_organization_only(base: str) -> None:
    ada, bea = await register(base, "brightfjord"), await register(base, "quietharbor")
    async with listening(base, ada.token) as hers, listening(base, bea.token) as theirs:
        campaign = new_id()
        await emit(ada.organization_id, campaign_id=campaign)
        await hers.wait(1)
        await theirs.say("join", str(ada.organization_id))
        await theirs.say("enter_room", {"room": str(ada.organization_id)})
        await emit(ada.organization_id)
        await hers.wait(2)
        await asyncio.sleep(0.5)
    assert theirs.heard == []
    name, payload = hers.heard[0]
    assert name == "email:sent"
    assert payload["seq"] == 1
    assert payload["campaign_id"] == str(campaign)
    assert payload["organization_id"] == str(ada.organization_id)


async def test_whoever_comes_back_gets_what_they_missed_once(base: str) -> None:
    ada = await register(base, "brightfjord")
    async with listening(base, ada.token) as before:
        await emit(ada.organization_id)
        await before.wait(1)
    for _ in range(5):
        await emit(ada.organization_id)
    async with listening(base, ada.token, last_seq=before.numbers[-1]) as after:
        await after.wait(5)
        await emit(ada.organization_id)
        await after.wait(6)
    assert after.numbers == [2, 3, 4, 5, 6, 7]
    async with listening(base, ada.token) as newcomer:
        await emit(ada.organization_id)
        await newcomer.wait(1)
    assert newcomer.numbers == [8], "who names no number begins now"


async def test_neither_gap_nor_double_while_coming_and_going_under_load(
    base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "FOLD_SECONDS", 0.01)
    monkeypatch.setattr(live, "KEEP_PER_KIND", 10_000)
    ada = await register(base, "brightfjord")
    done = asyncio.Event()

    async def write() -> None:
        for _ in range(60):
            await emit(ada.organization_id, many=3)
            await asyncio.sleep(0.01)
        done.set()

    async def come_and_go() -> list[int]:
        seen: list[int] = [0]
        while not done.is_set():
            async with listening(base, ada.token, last_seq=seen[-1]) as ear:
                await asyncio.sleep(0.15)
            seen += ear.numbers
        async with listening(base, ada.token, last_seq=seen[-1]) as ear:
            await asyncio.sleep(0.5)
        return seen + ear.numbers

    async with listening(base, ada.token) as steady:
        *wanderers, _ = await asyncio.gather(come_and_go(), come_and_go(), write())
        await steady.wait(180)
    assert steady.numbers == list(range(1, 181))
    for numbers in wanderers:
        assert numbers == list(range(181))


async def test_too_much_missed_is_one_resync(base: str) -> None:
    ada = await register(base, "brightfjord")
    await emit(ada.organization_id, many=REPLAY_LIMIT + 5)
    async with listening(base, ada.token, last_seq=1) as ear:
        await ear.wait(1)
    assert ear.heard == [("resync", {"seq": REPLAY_LIMIT + 5})]


async def test_burst_is_folded(base: str) -> None:
    ada = await register(base, "brightfjord")
    async with listening(base, ada.token) as ear:
        await emit(ada.organization_id, many=200, campaign_id=new_id())
        await ear.wait(3)
        await asyncio.sleep(0.5)
    assert ear.numbers == [198, 199, 200]
    assert ear.heard[-1][1]["folded"] == 197


async def test_progress_is_heard_by_who_is_there(base: str) -> None:
    ada = await register(base, "brightfjord")
    progress = e.ImportProgressed(
        organization_id=ada.organization_id, at=clock.now(), import_id=new_id(), data={"read": 10}
    )
    async with listening(base, ada.token) as ear:
        async with tenant(ada.organization_id) as session:
            await outbox.emit(session, [progress])
        await ear.wait(1)
    assert ear.heard[0][0] == "import:progress"
    assert ear.heard[0][1]["import_id"] == str(progress.import_id)


@pytest.mark.parametrize("ending", ["logout", "session", "password"])
async def test_socket_closes_soon_after_its_session_is_ended(base: str, ending: str) -> None:
    """A4. A machine with nothing to do needs a moment; five seconds are promised."""
    ada = await register(base, "brightfjord")
    async with listening(base, ada.token) as ear:
        if ending == "logout":
            await ada.http.post("/api/auth/logout")
        elif ending == "session":
            session_id = (await ada.http.get("/api/auth/sessions")).json()[0]["id"]
            await ada.http.delete(f"/api/auth/sessions/{session_id}")
        else:
            body = {"current_password": PASSWORD, "new_password": "another long password"}
            await ada.http.put("/api/users/password", json=body)
        began = time.monotonic()
        while ear.connected and time.monotonic() - began < 60:
            await asyncio.sleep(0.05)
        assert not ear.connected


async def test_one_person_cannot_take_all_sockets(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SOCKETS_PER_USER", 2)
    ada = await register(base, "brightfjord")
    async with listening(base, ada.token), listening(base, ada.token):
        with pytest.raises(Refused):
            async with listening(base, ada.token):
                pass
    async with listening(base, ada.token) as ear:
        assert ear.connected


async def test_events_of_an_outage_of_the_bus_arrive_after_it(base: str, sql_of_server: Any) -> None:
    ada = await register(base, "brightfjord")
    async with listening(base, ada.token) as ear:
        await sql_of_server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'reachly-live' AND datname = current_database()"
        )
        await emit(ada.organization_id, many=2)
        await ear.wait(2)
    assert ear.numbers == [1, 2]


@pytest.fixture
async def sql_of_server(dsn: str) -> AsyncIterator[Any]:
    import asyncpg

    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


def test_folding_keeps_the_last_of_each_kind_and_campaign() -> None:
    def event(seq: int, name: str, campaign: str) -> LiveEvent:
        return LiveEvent(seq, name, {"seq": seq, "campaign_id": campaign})

    many = [event(n, "email:sent", "a" if n % 2 else "b") for n in range(1, 11)] + [
        event(11, "email:replied", "a")
    ]
    folded = live.fold(many)
    assert [f.seq for f in folded] == [5, 6, 7, 8, 9, 10, 11]
    assert {f.seq: f.payload.get("folded") for f in folded} == {
        5: None,
        6: None,
        7: None,
        8: None,
        9: 2,
        10: 2,
        11: None,
    }
    assert live.fold([]) == []
