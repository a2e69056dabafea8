"""The unit of work that sees every organization. Who may import this is a list held by a test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from reachly.data.session import Session, unit_of_work


@asynccontextmanager
async def system() -> AsyncIterator[Session]:
    """One transaction in the role `reachly_system`, whose policy passes every row.

    For what has no organization yet (sign-in, tokens, leases over all mailboxes, partitions); it enters a role
    rather than relying on ownership, so it works alike where the owner is no superuser.
    """
    async with unit_of_work("reachly_system", None) as session:
        yield session
