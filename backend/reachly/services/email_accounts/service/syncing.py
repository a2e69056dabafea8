"""Which mailboxes are to be read now, and where reading stopped. The room `inbox` reads them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from reachly.data.repositories import email_accounts as repository
from reachly.data.repositories.email_accounts import DueSync
from reachly.data.session import Session
from reachly.data.system import system
from reachly.kit import clock

__all__ = ["DueSync", "find_next_sync", "find_own", "finish_sync", "lease_syncs", "renew_syncs"]

LEASE_SECONDS = 90.0  # machine time; renewed while the look goes on


async def lease_syncs(
    limit: int, *, everything: bool = False, besides: Collection[uuid.UUID] = ()
) -> list[DueSync]:
    """Leases mailboxes whose look is due on product time (or all that are read), by address; commits the lease.

    `besides`: organizations whose mailboxes are passed over.
    """
    machine = clock.machine_now()
    async with system() as session:
        return await repository.lease_syncs(
            session, now=clock.now(), machine=machine, until=machine + timedelta(seconds=LEASE_SECONDS), limit=limit,
            everything=everything, besides=besides,
        )  # fmt: skip


async def renew_syncs(account_ids: Collection[uuid.UUID]) -> None:
    """Keeps the leases of looks that go on."""
    until = clock.machine_now() + timedelta(seconds=LEASE_SECONDS)
    async with system() as session:
        await repository.renew_syncs(session, account_ids, until)


async def find_next_sync() -> datetime | None:
    """When the next look is due in any organization; None: nothing is read."""
    async with system() as session:
        return await repository.find_next_sync(session, clock.machine_now())


async def finish_sync(
    session: Session,
    due: DueSync,
    *,
    place: Mapping[str, Any],
    next_at: datetime | None,
    error: str | None = None,
) -> None:
    """Keeps the place, sets the next look and gives the lease back; with an `error` the mailbox was not read."""
    await repository.finish_sync(
        session,
        due,
        place=dict(place),
        error=error,
        synced_at=None if error else clock.now(),
        next_at=next_at,
    )


async def find_own(session: Session, organization_id: uuid.UUID, addresses: Collection[str]) -> set[str]:
    """Those of the addresses (in lower case) that are the organization's own mailboxes."""
    return await repository.find_keys(session, organization_id, addresses)
