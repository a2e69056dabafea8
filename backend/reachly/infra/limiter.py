"""Request-rate limits: a moving window in this process or, with `REDIS_URL`, in Redis.

These protect the server from haste. Caps on sending and the count of wrong passwords are rows in PostgreSQL and hold
whatever becomes of Redis. While Redis is away each process counts alone, so that n processes let n times as much pass;
that state is logged at its beginning and end, and is the gauge `reachly_limits_alone`.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import lru_cache

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.storage import storage_from_string

from reachly.infra import metrics

log = structlog.get_logger(__name__)

NAMESPACE = "ratelimit"
REDIS_SECONDS = 10.0  # a busy machine is no reason to count alone; one that is gone refuses at once
RETRY_REDIS_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the hit is allowed; `retry_after` is in whole seconds, 0 when allowed."""

    allowed: bool
    limit: int
    remaining: int
    retry_after: int


class Limiter:
    """Counts hits. When Redis does not answer, this process counts alone for a while."""

    def __init__(self, url: str | None = None) -> None:
        self._memory = MovingWindowRateLimiter(MemoryStorage())
        self._shared: MovingWindowRateLimiter | None = None
        self._away_until = 0.0
        if url:
            storage = storage_from_string(
                f"async+{url}",
                implementation="redispy",
                socket_timeout=REDIS_SECONDS,
                socket_connect_timeout=REDIS_SECONDS,
            )
            assert isinstance(storage, Storage)
            self._shared = MovingWindowRateLimiter(storage)
        self._is_alone = False
        metrics.limits_alone.set(0)

    async def hit(self, limit: str, *identity: str) -> Verdict:
        """Counts one hit of `identity` against `limit`, e.g. `600/minute`. Never raises because of Redis."""
        return await self._ask(_item(limit), identity, count=True)

    async def peek(self, limit: str, *identity: str) -> Verdict:
        """The same without counting."""
        return await self._ask(_item(limit), identity, count=False)

    async def forget(self, limit: str, *identity: str) -> None:
        """Starts the window of `identity` anew, e.g. after the right password."""
        item = _item(limit)
        await self._memory.clear(item, *identity)
        if self._shared is not None and self._may_ask():
            try:
                await self._shared.clear(item, *identity)
                self._found()
            except Exception as error:  # noqa: BLE001 - the libraries below raise their own kinds
                self._note(error)

    async def _ask(self, item: RateLimitItem, identity: tuple[str, ...], *, count: bool) -> Verdict:
        if self._shared is not None and self._may_ask():
            try:
                verdict = await _verdict(self._shared, item, identity, count=count)
                self._found()
                return verdict
            except Exception as error:  # noqa: BLE001 - see forget
                self._note(error)
        return await _verdict(self._memory, item, identity, count=count)

    def _may_ask(self) -> bool:
        """Always while Redis answers; else one call in a while finds out, and the others do not wait for it."""
        now = time.monotonic()
        if now < self._away_until:
            return False
        if self._is_alone:
            self._away_until = now + REDIS_SECONDS + RETRY_REDIS_SECONDS
        return True

    def _found(self) -> None:
        if self._is_alone:
            self._is_alone, self._away_until = False, 0.0
            metrics.limits_alone.set(0)
            log.warning("Redis answers again; rates are counted for all processes together")

    def _note(self, error: Exception) -> None:
        self._away_until = time.monotonic() + RETRY_REDIS_SECONDS
        metrics.limits_alone.set(1)
        if not self._is_alone:
            self._is_alone = True
            log.warning("Redis does not answer; rates are counted in this process alone", error=repr(error))


async def _verdict(
    limiter: MovingWindowRateLimiter, item: RateLimitItem, identity: tuple[str, ...], *, count: bool
) -> Verdict:
    allowed = await (limiter.hit(item, *identity) if count else limiter.test(item, *identity))
    reset, remaining = await limiter.get_window_stats(item, *identity)
    wait = 0 if allowed else max(1, math.ceil(reset - time.time()))
    return Verdict(allowed, item.amount, remaining, wait)


@lru_cache(maxsize=256)
def _item(limit: str) -> RateLimitItem:
    parsed = parse(limit)
    parsed.namespace = NAMESPACE
    return parsed
