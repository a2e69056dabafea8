"""What may vanish: answers kept for a while, in this process or, with `REDIS_URL`, in Redis.

Keys and lifetimes are the mission's. Values are JSON, never pickles. Nothing here raises when Redis is away: a
cache that does not answer is a cache that holds nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any

import structlog
from cashews import Cache as Backend
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

CHANNEL = "reachly_cache"
"""NOTIFY on this channel, inside the writing transaction, with `key_of(kind, id)`: every process forgets it."""


class Kind(StrEnum):
    """What is cached; the value is the first part of the key."""

    USER = "user"
    CAMPAIGN = "campaign"
    ANALYTICS = "analytics"
    VERIFICATION = "verification"


LIFETIME: dict[Kind, int] = {
    Kind.USER: 3600,
    Kind.CAMPAIGN: 1800,
    Kind.ANALYTICS: 300,
    Kind.VERIFICATION: 86_400,
}
"""Seconds."""

MEMORY_ENTRIES = 20_000
RETRY_SECONDS = 2.0


def key_of(kind: Kind, id_: object) -> str:
    """`user:<id>` and so on, as the mission writes them."""
    return f"{kind}:{id_}"


class Cache:
    """One cache over memory (`url` None) or Redis."""

    def __init__(self, url: str | None = None) -> None:
        self._backend = Backend()
        self._away_until = 0.0
        if url:
            options: dict[str, Any] = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
            self._backend.setup(url, suppress=False, pickle_type="null", **options)
        else:
            # No sweep for what has expired: it would read every key each second. A key is judged when it is asked for,
            # and the least used one goes when there are too many.
            self._backend.setup("mem://", size=MEMORY_ENTRIES, check_interval=0)

    async def get(self, kind: Kind, id_: object) -> Any | None:
        """The value kept under the key, or None."""
        kept = await self._quietly(lambda: self._backend.get(key_of(kind, id_)))
        return None if kept is None else json.loads(kept)

    async def put(self, kind: Kind, id_: object, value: Any) -> None:
        """Keeps a JSON value for the lifetime of its kind."""
        body = json.dumps(value, default=str).encode()  # bytes pass the library's serializer as they are
        await self._quietly(lambda: self._backend.set(key_of(kind, id_), body, LIFETIME[kind]))

    async def forget(self, kind: Kind, id_: object) -> None:
        """Drops the key here (and in Redis); other processes' memory hears of it over `CHANNEL`."""
        await self._quietly(lambda: self._backend.delete(key_of(kind, id_)))

    async def hear(self, payload: str) -> None:
        """What came over `CHANNEL`: a key to forget."""
        await self._quietly(lambda: self._backend.delete(payload))

    async def get_or_load(self, kind: Kind, id_: object, load: Callable[[], Awaitable[Any]]) -> Any:
        """The kept value, else what `load` returns, which is then kept; None is not kept."""
        kept = await self.get(kind, id_)
        if kept is not None:
            return kept
        value = await load()
        if value is not None:
            await self.put(kind, id_, value)
        return value

    async def close(self) -> None:
        await self._quietly(self._backend.close)

    async def _quietly(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """The result, or None when the back end does not answer; then it is left alone for a while."""
        if time.monotonic() < self._away_until:
            return None
        try:
            return await work()
        except Exception as error:  # noqa: BLE001 - the library raises many kinds; a broken cache is an empty one
            self._away_until = time.monotonic() + RETRY_SECONDS
            log.warning("the cache does not answer", error=repr(error))
            return None


async def find_trouble(url: str) -> str | None:
    """What keeps the server at `url` from answering, in its own words; None when it answers."""
    client = Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3)
    try:
        await client.ping()
    except (RedisError, OSError, ValueError) as error:
        return str(error) or type(error).__name__
    finally:
        await client.aclose()
    return None


class _Installed:
    cache: Cache | None = None


def install(cache: Cache | None) -> None:
    """Called once by bootstrap (and by test fixtures)."""
    _Installed.cache = cache


def cache() -> Cache:
    """The installed cache; memory of this process when nothing was installed."""
    if _Installed.cache is None:
        _Installed.cache = Cache()
    return _Installed.cache
