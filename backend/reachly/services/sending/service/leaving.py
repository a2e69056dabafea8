"""Who leaves for good: nothing of an organization may be on its way when it is deleted, for its ledger goes with it."""

from __future__ import annotations

import asyncio

from reachly.data.errors import is_collision
from reachly.data.session import tenant
from reachly.services.email_accounts import service as email_accounts
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor

COLLIDED_SECONDS = (0.1, 0.3, 1.0, 3.0)
"""Jobs and turns of the organization may touch its rows in another order than their deletion does."""


async def delete_account(actor: Actor, *, organization: bool) -> None:
    """Removes the person; with `organization` an administrator removes everything. Raises Conflict.

    The mailboxes are switched off first, in a transaction of its own: after its commit what is in flight is taken back
    and waited for, which nobody could do once the rows are gone.
    """
    if organization:
        async with tenant(actor.organization_id) as session:
            await identity.require_administrator(session, actor)
            await email_accounts.switch_all_off(session, actor.organization_id)
    for wait in (*COLLIDED_SECONDS, None):
        try:
            async with tenant(actor.organization_id) as session:
                await identity.delete_account(session, actor, organization=organization)
        except Exception as error:
            if wait is None or not is_collision(error):
                raise
            await asyncio.sleep(wait)
        else:
            return
