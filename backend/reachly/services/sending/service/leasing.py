"""Which mailboxes have their turn, over all organizations."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from reachly.data.repositories.sending import leases
from reachly.data.repositories.sending.rows import Lease
from reachly.data.system import system
from reachly.infra.settings import SendingSettings
from reachly.kit import clock


async def lease_due(
    settings: SendingSettings, limit: int, besides: Collection[uuid.UUID] = ()
) -> list[Lease]:
    """Up to `limit` mailboxes whose turn has come, ours for `lease_seconds`; the earliest first, then by address.

    `besides`: organizations whose mailboxes are passed over.
    """
    machine_now = clock.machine_now()
    until = machine_now + timedelta(seconds=settings.lease_seconds)
    async with system() as session:
        return await leases.lease_mailboxes(session, clock.now(), machine_now, until, limit, besides)


async def find_next_turn() -> datetime | None:
    """The earliest turn of a mailbox that nobody holds."""
    async with system() as session:
        return await leases.find_next_turn(session, clock.machine_now())


async def renew_leases(settings: SendingSettings, attempts: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """The heartbeat of a worker that lives; the leases on messages that had not run out before."""
    async with system() as session:
        machine_now = clock.machine_now()
        until = machine_now + timedelta(seconds=settings.lease_seconds)
        return await leases.extend_leases(session, list(attempts), machine_now, until)
