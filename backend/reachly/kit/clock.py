"""Product time: one clock for the whole process, real or virtual.

Every stored business instant (slots, windows, delays, holds) is read from the installed clock, so that a
fortnight can be played in seconds without a second code path. Leases, time-outs and tokens live on *machine
time* (`machine_now`, `steady`), which never jumps.

A task that sleeps in a loop is an *actor*: `async with clock.actor("sending"):`. On the virtual clock one actor
runs at a time and time moves only when nobody runs. An actor that waits for SMTP, IMAP or SQL counts as running,
so real I/O takes no virtual time and its real delay cannot reorder anything.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

Barrier = Callable[[], Awaitable[object]]

# Sleeping until FOREVER means until the next nudge; the virtual clock never jumps there.
FOREVER = datetime.max.replace(tzinfo=UTC)

# The wall clock can be set while we sleep, so a long real sleep is looked at again this often (seconds).
_RECHECK = 30.0


class Clock(Protocol):
    """Product time. All instants are aware UTC datetimes, all durations are seconds.

    `name` of a sleep defaults to the name of the actor that sleeps. `nudge(name)` ends the sleep of that name
    at once; when nobody of that name sleeps, the next such sleep returns at once, so no wake-up is lost.
    """

    def now(self) -> datetime: ...
    async def sleep(self, seconds: float, name: str = "") -> None: ...
    async def sleep_until(self, when: datetime, name: str = "") -> None: ...
    def nudge(self, name: str) -> None: ...
    def actor(self, name: str) -> AbstractAsyncContextManager[None]: ...


def machine_now() -> datetime:
    """The real UTC instant, whatever clock is installed: for leases, tokens, sessions and time-outs."""
    return datetime.now(UTC)


# CLOCK_MONOTONIC stands still while a Linux machine sleeps, and goes on elsewhere.
_STEADY: int | None = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def steady() -> float:
    """Seconds that never jump, and that also pass while the machine sleeps: for how long something is surely ours."""
    return time.monotonic() if _STEADY is None else time.clock_gettime(_STEADY)


_actor_name: contextvars.ContextVar[str] = contextvars.ContextVar("reachly_actor_name", default="")


class RealClock:
    """Product time is the wall clock; actors are only names."""

    def __init__(self) -> None:
        self._sleepers: dict[str, set[asyncio.Future[None]]] = {}
        self._pending: set[str] = set()

    def now(self) -> datetime:
        return machine_now()

    async def sleep(self, seconds: float, name: str = "") -> None:
        """So long by the machine's steady clock, whatever becomes of the wall clock meanwhile."""
        end = time.monotonic() + seconds
        await self._wait(lambda: end - time.monotonic(), name)

    async def sleep_until(self, when: datetime, name: str = "") -> None:
        def seconds_left() -> float:
            return (when - self.now()).total_seconds()

        await self._wait(seconds_left, name)

    async def _wait(self, seconds_left: Callable[[], float], name: str) -> None:
        name = name or _actor_name.get()
        if name in self._pending:
            self._pending.discard(name)
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.setdefault(name, set()).add(future)
        try:
            while (left := seconds_left()) > 0:
                done, _ = await asyncio.wait({future}, timeout=min(left, _RECHECK))
                if done:
                    return
            await asyncio.sleep(0)
        finally:
            waiting = self._sleepers[name]
            waiting.discard(future)
            if not waiting:
                del self._sleepers[name]

    def nudge(self, name: str) -> None:
        waiting = [future for future in self._sleepers.get(name, ()) if not future.done()]
        if not waiting:
            self._pending.add(name)
        for future in waiting:
            future.set_result(None)

    @asynccontextmanager
    async def actor(self, name: str) -> AsyncIterator[None]:
        before = _actor_name.get()
        _actor_name.set(name)
        try:
            yield
        finally:
            _actor_name.set(before)


class _Sleeper:
    __slots__ = ("future", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.future: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class _Seat:
    """One actor's place at the virtual clock."""

    __slots__ = ("clock", "closed", "name", "sleeper", "task")

    def __init__(self, clock: VirtualClock, name: str) -> None:
        self.clock = clock
        self.name = name
        self.task = asyncio.current_task()
        self.sleeper: _Sleeper | None = None
        self.closed = False

    def asleep(self) -> bool:
        return self.sleeper is not None and not self.sleeper.future.done()


_seat: contextvars.ContextVar[_Seat | None] = contextvars.ContextVar("reachly_seat", default=None)


class VirtualClock:
    """Product time that jumps to the earliest sleeper when nobody runs.

    `actors` is the number of actors that must have arrived before time starts; without it the first one to
    sleep would jump to its end. Later actors may come and go freely. Ties are broken by name, never by order of
    arrival. One loop only; call everything from that loop's thread.
    """

    def __init__(self, start: datetime, actors: int = 0) -> None:
        if start.tzinfo is None:
            raise ValueError("the virtual clock needs an aware start")
        self._now = start.astimezone(UTC)
        self._expected = actors
        self._running = actors
        self._turns = 0
        self._heap: list[tuple[datetime, str, int, _Sleeper]] = []
        self._order = itertools.count()
        self._seats: dict[str, _Seat] = {}
        self._pending: set[str] = set()
        self._barriers: list[Barrier] = []
        self._moving: asyncio.Handle | asyncio.Task[None] | None = None

    def now(self) -> datetime:
        return self._now

    def expect(self, actors: int) -> None:
        """Holds time until `actors` more have arrived (negative: so many will not come after all)."""
        if self._expected + actors < 0:
            raise ValueError("more actors were called off than were expected")
        self._expected += actors
        self._running += actors
        self._move_if_idle()

    def add_barrier(self, barrier: Barrier) -> None:
        """`barrier` is awaited, with nobody running, before the next actor is woken (so before time moves).

        It may cause work (nudge, let actors arrive). An error in it is raised in every sleeping actor.
        """
        self._barriers.append(barrier)

    @asynccontextmanager
    async def actor(self, name: str) -> AsyncIterator[None]:
        """Takes a seat and waits for its turn; leaving it, by error or cancellation too, frees the clock."""
        if name in self._seats:
            raise RuntimeError(f"an actor named {name!r} is already at the clock; ties are broken by name")
        before = _seat.get()
        if before is not None and before.clock is self and before.task is asyncio.current_task():
            raise RuntimeError(f"{before.name!r} cannot be {name!r} too; give each actor a task of its own")
        seat = _Seat(self, name)
        self._seats[name] = seat
        if self._expected:
            self._expected -= 1
        else:
            self._running += 1
        _seat.set(seat)
        try:
            await self._wait(seat, self._now, name)
            yield
        finally:
            _seat.set(before)
            self._leave(seat)

    async def sleep(self, seconds: float, name: str = "") -> None:
        await self.sleep_until(self._now + timedelta(seconds=seconds), name)

    async def sleep_until(self, when: datetime, name: str = "") -> None:
        """Ends the actor's turn. A child task may sleep for its actor, but only one sleeps at a time."""
        seat = _seat.get()
        if seat is None or seat.clock is not self or seat.closed:
            raise RuntimeError("only an actor may sleep on the virtual clock: async with clock.actor(name)")
        if seat.sleeper is not None:
            raise RuntimeError(f"{seat.name!r} sleeps already; a second sleeper needs an actor of its own")
        await self._wait(seat, when, name or seat.name)

    def nudge(self, name: str) -> None:
        found = False
        for seat in self._seats.values():
            sleeper = seat.sleeper
            if sleeper is not None and not sleeper.future.done() and name in (sleeper.name, seat.name):
                self._push(self._now, sleeper)
                found = True
        if not found:
            self._pending.add(name)
        self._move_if_idle()

    def _push(self, when: datetime, sleeper: _Sleeper) -> None:
        heapq.heappush(self._heap, (max(when, self._now), sleeper.name, next(self._order), sleeper))

    async def _wait(self, seat: _Seat, when: datetime, name: str) -> None:
        nudged = {name, seat.name} & self._pending
        self._pending -= nudged
        sleeper = seat.sleeper = _Sleeper(name)
        if nudged or when < FOREVER:
            self._push(self._now if nudged else when, sleeper)
        self._running -= 1
        self._move_if_idle()
        try:
            await sleeper.future
        except asyncio.CancelledError:
            # Woken and cancelled in the same pass: that turn was already counted when it was granted.
            if sleeper.future.cancelled() and not seat.closed:
                self._begin_turn()
            raise
        finally:
            seat.sleeper = None

    def _begin_turn(self) -> None:
        self._running += 1
        self._turns += 1

    def _leave(self, seat: _Seat) -> None:
        seat.closed = True
        del self._seats[seat.name]
        if seat.sleeper is not None and seat.asleep():
            seat.sleeper.future.cancel()  # a child still slept for this actor: its turn had ended already
        else:
            self._running -= 1
        self._move_if_idle()

    def _move_if_idle(self) -> None:
        if self._running or self._moving is not None or not self._heap:
            return
        loop = asyncio.get_running_loop()
        if self._barriers:
            self._moving = loop.create_task(self._pass_barriers(), context=contextvars.Context())
        else:
            self._moving = loop.call_soon(self._move)

    def _move(self) -> None:
        self._moving = None
        if self._running:
            return
        while self._heap:
            when, _, _, sleeper = heapq.heappop(self._heap)
            if not sleeper.future.done():
                self._now = max(self._now, when)
                self._begin_turn()
                sleeper.future.set_result(None)
                return

    async def _pass_barriers(self) -> None:
        try:
            while not self._running:
                turns = self._turns
                for barrier in tuple(self._barriers):
                    await barrier()
                if turns == self._turns:
                    break
        except Exception as error:  # noqa: BLE001 - raised again in every sleeping actor
            self._moving = None
            self._fail(error)
        else:
            self._move()

    def _fail(self, error: Exception) -> None:
        for seat in self._seats.values():
            if seat.sleeper is not None and seat.asleep():
                self._begin_turn()
                seat.sleeper.future.set_exception(error)


ClockT = TypeVar("ClockT", bound=Clock)
_installed: Clock = RealClock()


def install(clock: Clock) -> Clock:
    """Makes `clock` the product's clock and returns the one before it."""
    global _installed
    before, _installed = _installed, clock
    return before


@contextmanager
def installed(clock: ClockT) -> Iterator[ClockT]:
    """`clock` is the product's clock inside the block; the one before it afterwards."""
    before = install(clock)
    try:
        yield clock
    finally:
        install(before)


def current() -> Clock:
    return _installed


def now() -> datetime:
    return _installed.now()


async def sleep(seconds: float, name: str = "") -> None:
    await _installed.sleep(seconds, name)


async def sleep_until(when: datetime, name: str = "") -> None:
    await _installed.sleep_until(when, name)


def nudge(name: str) -> None:
    _installed.nudge(name)


def actor(name: str) -> AbstractAsyncContextManager[None]:
    return _installed.actor(name)
