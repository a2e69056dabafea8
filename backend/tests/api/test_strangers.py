"""What the door asks of strangers before anything else: a named proxy, a limit on every path that works, one origin."""

from __future__ import annotations

import asyncio
import socket
from types import SimpleNamespace
from typing import Any

import pytest

from reachly.api.site import POLICY
from reachly.infra.settings import LimitSettings, Settings
from reachly.infra.startup import CannotStart
from reachly.main import serve
from tests.api.conftest import Api

pytestmark = pytest.mark.anyio


@pytest.fixture
def options() -> dict[str, Any]:
    return {"limits": LimitSettings(edge_per_address="3/minute", per_address="4/minute")}


async def test_pixels_links_and_opt_outs_have_a_limit_of_their_own(api: Api) -> None:
    http = await api.client(ip="2001:db8::1")
    codes = [(await http.get(path)).status_code for path in ("/t/o/x.gif", "/u/x", "/t/c/x", "/u/x")]
    assert codes[3] == 429
    assert 429 not in codes[:3]
    assert (await (await api.client(ip="2001:db8::ffff")).get("/u/x")).status_code == 429, "the same customer"
    assert (await (await api.client(ip="2001:db9::1")).get("/u/x")).status_code != 429
    assert (await http.get("/api/auth/me")).status_code == 401, "counted apart"


async def test_whatever_asks_the_database_is_limited_and_being_alive_is_not(api: Api) -> None:
    http = await api.client()
    assert [(await http.get("/ready")).status_code for _ in range(5)][-1] == 429
    assert [(await http.get("/health")).status_code for _ in range(9)] == [200] * 9


async def test_nothing_is_served_behind_a_proxy_that_is_not_named(settings: Settings) -> None:
    published = settings.model_copy(update={"public_url": "https://reach.example"})
    product: Any = SimpleNamespace(settings=published)
    with socket.socket() as listening, pytest.raises(CannotStart, match="TRUSTED_PROXIES"):
        await serve(product, listening, asyncio.Event())


def test_a_page_may_connect_to_its_own_origin_only() -> None:
    (rule,) = [part.strip() for part in POLICY.split(";") if part.strip().startswith("connect-src")]
    assert rule == "connect-src 'self'"
