"""Work side by side on what was leased: so many places, and some beyond them for guests."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from reachly.kit import clock

GUESTS = 5


class Leased(Protocol):
    @property
    def organization_id(self) -> uuid.UUID: ...


T = TypeVar("T", bound=Leased)
Lease = Callable[[int, AbstractSet[uuid.UUID]], Awaitable[Sequence[T]]]
"""Leases up to so many, of other organizations than these."""


class Places(Generic[T]):
    """`size` places for whoever comes first. Where slow servers have them all, organizations that have none of them
    are guests with one each. `name` is the loop's, nudged when a place is free again."""

    def __init__(self, size: int, name: str) -> None:
        self.size = size
        self._name = name
        self._taken: dict[asyncio.Task[Any], T] = {}

    @property
    def taken(self) -> list[T]:
        return list(self._taken.values())

    @property
    def is_full(self) -> bool:
        return len(self._taken) >= self.size

    async def fill(self, lease: Lease[T], work: Callable[[T], Coroutine[Any, Any, Any]]) -> int:
        """Starts `work` on what can be leased; how many were started."""
        free = self.size - len(self._taken)
        found = list(await lease(free, frozenset())) if free > 0 else []
        self._start(found, work)
        started = len(found)
        while self.size <= len(self._taken) < self.size + GUESTS:
            guest = await lease(1, {each.organization_id for each in self._taken.values()})
            if not guest:
                break
            self._start(guest, work)
            started += 1
        return started

    async def finish(self) -> None:
        """Waits for what is in its place."""
        if self._taken:
            await asyncio.wait(self._taken)

    def _start(self, found: Sequence[T], work: Callable[[T], Coroutine[Any, Any, Any]]) -> None:
        for each in found:
            task = asyncio.create_task(work(each))
            self._taken[task] = each
            task.add_done_callback(partial(self._ended, task))

    def _ended(self, task: asyncio.Task[Any], _done: object) -> None:
        del self._taken[task]
        clock.nudge(self._name)
