"""The gateway with a real Redis for its limits and its cache, and when that goes away in the middle."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import redis

from reachly.infra.settings import LimitSettings, Settings
from tests.api.conftest import Api, open_api, register
from tests.integration.infra.conftest import RedisServer, cache_url, redis_server

pytestmark = pytest.mark.anyio
__all__ = ["cache_url", "redis_server"]


@pytest.fixture
def options(cache_url: str | None) -> dict[str, Any]:
    """Both back ends in turn."""
    return {
        "redis_url": cache_url,
        "limits": LimitSettings(per_user="10/minute", register_per_address="4/hour"),
    }


async def test_limits_and_cache_work_alike_over_memory_and_redis(api: Api) -> None:
    ada = await register(api, "brightfjord")
    answers = await asyncio.gather(*(ada.http.get("/api/users/profile") for _ in range(14)))
    assert sorted(a.status_code for a in answers) == [200] * 10 + [429] * 4
    assert {a.json()["name"] for a in answers if a.status_code == 200} == {"Ada"}
    for n in range(3):
        await register(api, f"org{n}")
    http = await api.client()
    body = {"email": "ada@one-too-many.example", "password": "correct horse battery"}
    assert (await http.post("/api/auth/register", json=body)).status_code == 429


@pytest.mark.parametrize("cache_url", ["redis"], indirect=True)
async def test_limits_are_shared_by_all_processes(
    settings: Settings, dsn: str, redis_server: RedisServer
) -> None:
    async with open_api(settings, dsn) as one:
        ada = await register(one, "brightfjord")
        codes = [(await ada.http.get("/api/auth/me")).status_code for _ in range(6)]
    async with open_api(settings, dsn) as two:
        http = await two.client()
        http.headers["authorization"] = ada.http.headers["authorization"]
        codes += [(await http.get("/api/auth/me")).status_code for _ in range(6)]
    assert codes == [200] * 10 + [429] * 2
    keys = redis.Redis.from_url(redis_server.url).keys("*")
    assert any(b"ratelimit" in key for key in keys)


@pytest.mark.parametrize("cache_url", ["redis"], indirect=True)
async def test_redis_killed_in_the_middle_is_missed_by_nobody(api: Api, redis_server: RedisServer) -> None:
    """P14: signed in, reading, writing; then it is gone, then it is back and empty."""
    ada = await register(api, "brightfjord")
    assert (await ada.http.get("/api/users/profile")).status_code == 200
    redis_server.stop()
    codes = [(await ada.http.get("/api/users/profile")).status_code for _ in range(3)]
    made = await ada.http.post("/api/campaigns", json={"name": "while it was away"})
    body = {"name": "Ada Two"}
    assert (await ada.http.put("/api/users/profile", json=body)).json()["name"] == "Ada Two"
    assert (codes, made.status_code) == ([200] * 3, 201)
    redis_server.start()
    assert (await ada.http.get("/api/users/profile")).json()["name"] == "Ada Two"
    for _ in range(12):
        last = await ada.http.get("/api/auth/me")
    assert last.status_code == 429, "this process went on counting"
