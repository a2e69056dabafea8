"""A restored database does not send by itself: what left after the dump was made is not in it.

Recognised by where the data lives (see the repository), held per organization, and let go by a person.
"""

from __future__ import annotations

import structlog

from reachly.data import outbox
from reachly.data.repositories.sending import homes
from reachly.data.repositories.sending.homes import Held
from reachly.data.session import Session
from reachly.data.system import system
from reachly.kit import clock
from reachly.kit.errors import Conflict
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor

__all__ = ["Held", "list_held", "recognise_database", "resume_everywhere", "resume_sending"]

log = structlog.get_logger(__name__)


async def recognise_database() -> int:
    """Asked at every start and every minute; how many organizations are newly held."""
    async with system() as session:
        held = await homes.settle_in(session, clock.machine_now())
    if held:
        log.warning(
            "this database was restored: sending is held until somebody resumes it", organizations=len(held)
        )
    return len(held)


async def list_held() -> list[Held]:
    """Organizations whose sending waits for a person, by name."""
    async with system() as session:
        return list(await homes.list_held(session))


async def resume_sending(session: Session, actor: Actor) -> None:
    """An administrator has looked, and lets their organization go on. What is late by more than its grace still asks.

    Raises Conflict where nothing is held.
    """
    if not await homes.release(session, actor.organization_id):
        raise Conflict("Sending is not held.", code="not_held")
    await identity.record(
        session,
        actor.organization_id,
        actor.user_id,
        "sending.resumed",
        detail={"after": "restored"},
        ip=actor.ip,
    )
    await outbox.emit(session, [], wake=True)


async def resume_everywhere() -> int:
    """Whoever runs the server has looked: every organization goes on; how many were held."""
    await recognise_database()  # a copy that no worker has seen yet
    async with system() as session:
        released = await homes.release(session, None)
        await outbox.emit(session, [], wake=True)
    for organization_id in released:
        log.info("sending goes on after a restore", organization=str(organization_id))
    return len(released)
