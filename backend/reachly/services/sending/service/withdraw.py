"""Stop means stop: what is in flight and may no longer go is taken back, and whoever stopped it waits until that is so.

Both sides ask the same question, `find_withdrawn`: the worker of its waves, whoever waits of the whole organization.
What became of the messages is the acknowledgement; there is no other. A worker that cannot be reached holds a lease,
and begins nothing once that has run out.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from reachly.data.errors import is_collision, is_database_away
from reachly.data.repositories.sending import flight
from reachly.data.repositories.sending.enrollments import Change
from reachly.data.repositories.sending.flight import Flight, Standing
from reachly.data.session import Session, tenant
from reachly.infra.settings import current_settings
from reachly.kit import clock
from reachly.kit.address import address_key
from reachly.kit.errors import Unavailable
from reachly.services.sending.policy import Verdict
from reachly.services.suppression import service as suppression

__all__ = [
    "Flight",
    "Withdrawal",
    "answered",
    "await_withdrawn",
    "call_back",
    "find_flights",
    "find_withdrawn",
]

T = TypeVar("T")
SHORTEST_PAUSE, LONGEST_PAUSE = 0.02, 0.25
LEEWAY = timedelta(seconds=2)  # the clocks of two machines may differ by so much
ENDS = {"unsubscribed": "unsubscribed", "bounced": "bounced", "complained": "unsubscribed"}
AFTER_REPLY = timedelta(minutes=2)
SEEN = "A message of this person has just arrived; it is read before anything else goes."


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Why a message in flight may no longer go, and what becomes of its enrollment (None: somebody has seen to it)."""

    verdict: Verdict
    change: Change | None = None


async def await_withdrawn(organization_id: uuid.UUID, suppressed: bool) -> None:
    """Returns when no message in flight of the organization that may no longer go can begin: each has its outcome, or
    its worker has lost its lease. `suppressed`: claims in progress are waited for first, which touch no row that a
    suppression touches. Without anything in flight this is one small statement.

    Holds no connection while it waits. Raises Unavailable when the database is away for longer than a lease.
    """

    async def look(session: Session) -> set[Flight]:
        if suppressed:
            await flight.await_claims(session, organization_id)
        flights = await flight.list_open(session, organization_id, _void_before())
        withdrawn = await find_withdrawn(session, organization_id, {one.send_id for one in flights})
        if withdrawn:
            await flight.call_back(session, organization_id)
        return {one for one in flights if one.send_id in withdrawn}

    await _until_down(organization_id, await _persist(organization_id, look))


async def call_back(organization_id: uuid.UUID, flights: Collection[Flight]) -> None:
    """Has these messages taken back as far as they have not begun, and returns when none of them is in flight."""

    async def call(session: Session) -> None:
        await flight.call_back(session, organization_id, {one.send_id for one in flights})

    await _persist(organization_id, call)
    await _until_down(organization_id, set(flights))


async def find_flights(
    session: Session, organization_id: uuid.UUID, enrollment_ids: Collection[uuid.UUID]
) -> set[Flight]:
    """What is in flight to people whose enrollments are locked by this transaction; once none is, none can come."""
    if not enrollment_ids:
        return set()
    return await flight.list_to_enrollments(session, organization_id, enrollment_ids, _void_before())


async def find_withdrawn(
    session: Session, organization_id: uuid.UUID, send_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, Withdrawal]:
    """Which of these messages in flight may no longer go, by the conditions of the claim."""
    if not send_ids:
        return {}
    standings = await flight.list_standings(session, organization_id, sorted(send_ids))
    keys = {one.send_id: address_key(one.to_email) for one in standings}
    suppressed = await suppression.find_reasons(session, organization_id, set(keys.values()))
    found = {one.send_id: _judge(one, suppressed.get(keys[one.send_id])) for one in standings}
    return {send_id: withdrawal for send_id, withdrawal in found.items() if withdrawal}


def _judge(one: Standing, suppressed: str | None) -> Withdrawal | None:
    person, is_test = one.enrollment_id, one.kind != "campaign"
    if not is_test and one.campaign != "active":
        reason = "campaign_paused" if one.campaign == "paused" else "campaign_not_active"
        return Withdrawal(_taken_back("deferred", reason), Change(person, None, reason) if person else None)
    if not is_test and one.enrollment not in ("active", "held"):
        return Withdrawal(_taken_back("cancelled", "stopped"))
    if suppressed is not None:
        told = f"suppressed: {suppressed}"
        end = Change(person, None, status=ENDS.get(suppressed, "stopped"), stopped=told) if person else None
        return Withdrawal(_taken_back("cancelled", told), end)
    if not one.mailbox:
        return Withdrawal(_taken_back("deferred", "mailbox_paused"))
    if not is_test and not one.step:
        return Withdrawal(_taken_back("deferred", "step_off"))
    return None


def answered(enrollment_id: uuid.UUID) -> Withdrawal:
    """A message that was called back because something of its person is being read."""
    until = clock.now() + AFTER_REPLY
    return Withdrawal(
        _taken_back("deferred", "reply_seen"), Change(enrollment_id, until, "reply_seen", SEEN, until)
    )


def _taken_back(status: str, reason: str) -> Verdict:
    return Verdict("withdrawn", status, reason, counts=False)


async def _until_down(organization_id: uuid.UUID, flights: set[Flight]) -> None:
    pause = SHORTEST_PAUSE
    while flights:
        await asyncio.sleep(pause)
        pause = min(LONGEST_PAUSE, pause * 1.5)
        flights = await _persist(organization_id, _still_open(organization_id, flights))


def _still_open(
    organization_id: uuid.UUID, flights: set[Flight]
) -> Callable[[Session], Awaitable[set[Flight]]]:
    async def look(session: Session) -> set[Flight]:
        return await flight.list_still_open(session, organization_id, _void_before(), flights)

    return look


def _void_before() -> datetime:
    """Whose lease ended before this cannot begin anything, whichever machine wrote it."""
    return clock.machine_now() - LEEWAY


async def _persist(organization_id: uuid.UUID, work: Callable[[Session], Awaitable[T]]) -> T:
    """In a transaction of its own, again while the database is away: the stop is committed, the answer can wait."""
    patience = time.monotonic() + current_settings().sending.lease_seconds
    while True:
        try:
            async with tenant(organization_id) as session:
                return await work(session)
        except Exception as error:
            if not (isinstance(error, OSError) or is_database_away(error) or is_collision(error)):
                raise
            if time.monotonic() > patience:
                told = "It is stopped. Whether something of it was on its way cannot be asked at the moment."
                raise Unavailable(told, code="not_confirmed") from None
            await asyncio.sleep(LONGEST_PAUSE)
