from __future__ import annotations

import asyncio
import time

import pytest

from reachly.infra import limiter as limiter_module
from reachly.infra import metrics
from reachly.infra.cache import LIFETIME, MEMORY_ENTRIES, RETRY_SECONDS, Cache, Kind, key_of
from reachly.infra.limiter import Limiter
from tests.integration.infra.conftest import RedisServer

pytestmark = pytest.mark.anyio


async def test_kept_value_comes_back_until_it_is_forgotten(cache_url: str | None) -> None:
    cache = Cache(cache_url)
    assert await cache.get(Kind.USER, 1) is None
    await cache.put(Kind.USER, 1, {"name": "Ada", "tags": [1, None]})
    assert await cache.get(Kind.USER, 1) == {"name": "Ada", "tags": [1, None]}
    assert await cache.get(Kind.CAMPAIGN, 1) is None
    await cache.forget(Kind.USER, 1)
    assert await cache.get(Kind.USER, 1) is None
    await cache.close()


async def test_key_heard_on_the_bus_is_forgotten(cache_url: str | None) -> None:
    cache = Cache(cache_url)
    await cache.put(Kind.CAMPAIGN, "c1", 5)
    await cache.hear(key_of(Kind.CAMPAIGN, "c1"))
    assert await cache.get(Kind.CAMPAIGN, "c1") is None
    await cache.close()


async def test_loader_is_asked_once(cache_url: str | None) -> None:
    asked = []

    async def load() -> int:
        asked.append(1)
        return 42

    cache = Cache(cache_url)
    assert [await cache.get_or_load(Kind.ANALYTICS, "x", load) for _ in range(3)] == [42, 42, 42]
    assert len(asked) == 1
    await cache.close()


async def test_a_cache_in_memory_has_nothing_to_do_while_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """No sweep through its keys; what has expired is gone when it is asked for, and the number of keys is bounded."""
    before = asyncio.all_tasks()
    cache = Cache()
    for number in range(MEMORY_ENTRIES + 10):
        await cache.put(Kind.VERIFICATION, number, number)
    assert asyncio.all_tasks() == before
    kept = [n for n in range(MEMORY_ENTRIES + 10) if await cache.get(Kind.VERIFICATION, n) is not None]
    assert kept == list(range(10, MEMORY_ENTRIES + 10))
    later = time.time() + LIFETIME[Kind.VERIFICATION] + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert await cache.get(Kind.VERIFICATION, 100) is None
    await cache.close()


async def test_keys_and_lifetimes_are_the_missions(redis_server: RedisServer) -> None:
    import redis

    cache = Cache(redis_server.url)
    client = redis.Redis.from_url(redis_server.url)
    for kind in Kind:
        await cache.put(kind, "1", "x")
    lifetimes = {name: client.ttl(name) for name in ("user:1", "campaign:1", "analytics:1", "verification:1")}
    client.close()
    await cache.close()
    assert all(
        LIFETIME[Kind(name[:-2])] - 2 <= left <= LIFETIME[Kind(name[:-2])] for name, left in lifetimes.items()
    )
    assert [LIFETIME[kind] for kind in Kind] == [3600, 1800, 300, 86400]


async def test_cache_without_redis_is_an_empty_cache(redis_server: RedisServer) -> None:
    cache = Cache(redis_server.url)
    await cache.put(Kind.USER, 1, "x")
    redis_server.stop()
    began = time.monotonic()
    assert await cache.get(Kind.USER, 1) is None
    await cache.put(Kind.USER, 1, "y")
    await cache.forget(Kind.USER, 1)
    assert time.monotonic() - began < 60
    redis_server.start()
    await asyncio.sleep(RETRY_SECONDS)
    await cache.put(Kind.USER, 1, "z")
    assert await cache.get(Kind.USER, 1) == "z"
    await cache.close()


async def test_exactly_the_allowed_hits_pass_at_once(cache_url: str | None) -> None:
    limiter = Limiter(cache_url)
    verdicts = await asyncio.gather(*(limiter.hit("10/minute", "user", "1") for _ in range(50)))
    assert sum(verdict.allowed for verdict in verdicts) == 10
    refused = await limiter.hit("10/minute", "user", "1")
    assert (refused.limit, refused.remaining) == (10, 0)
    assert 50 <= refused.retry_after <= 60
    assert (await limiter.hit("10/minute", "user", "2")).allowed


async def test_forgotten_window_starts_anew(cache_url: str | None) -> None:
    limiter = Limiter(cache_url)
    assert (await limiter.hit("1/minute", "a")).allowed
    assert not (await limiter.peek("1/minute", "a")).allowed
    await limiter.forget("1/minute", "a")
    assert (await limiter.peek("1/minute", "a")).allowed


async def test_limits_still_hold_when_redis_goes_away(redis_server: RedisServer) -> None:
    limiter = Limiter(redis_server.url)
    assert (await limiter.hit("2/minute", "a")).allowed
    redis_server.stop()
    allowed = [(await limiter.hit("2/minute", "a")).allowed for _ in range(4)]
    assert allowed == [True, True, False, False]
    assert alone() == 1


async def test_a_redis_that_is_slow_is_waited_for_and_counts_for_all(redis_server: RedisServer) -> None:
    """A short time-out would count in the process instead, where a second process knows nothing of it."""
    here, there = Limiter(redis_server.url), Limiter(redis_server.url)
    assert (await here.hit("1/minute", "a")).allowed
    redis_server.freeze()
    asked = asyncio.create_task(there.hit("1/minute", "a"))
    await asyncio.sleep(1.5)
    assert not asked.done()
    redis_server.thaw()
    assert not (await asked).allowed
    assert alone() == 0


async def test_limits_are_shared_again_once_redis_is_back(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiter_module, "RETRY_REDIS_SECONDS", 0.1)
    limiter = Limiter(redis_server.url)
    redis_server.stop()
    await limiter.hit("9/minute", "b")
    assert alone() == 1
    redis_server.start()
    async with asyncio.timeout(60):
        while alone():
            await asyncio.sleep(0.1)
            await limiter.hit("9/minute", "b")


def alone() -> float:
    return metrics.registry.get_sample_value("reachly_limits_alone") or 0.0
