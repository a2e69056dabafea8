"""An organization's own limits: what was sent before there was one counts, and whoever waited for it looks anew."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from reachly.data import outbox
from reachly.data.repositories.sending import caps, turns
from reachly.data.repositories.sending.rows import CapKey
from reachly.data.session import Session
from reachly.events import Event, OrganizationChanged
from reachly.kit import clock
from reachly.kit.address import company_domain
from reachly.services.email_accounts import service as email_accounts
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor, OrganizationIn, OrganizationOut


async def update_organization(session: Session, actor: Actor, body: OrganizationIn) -> OrganizationOut:
    """Changes the organization; a new limit of its domains holds from the next turn of each mailbox on.

    What left in the 24 hours before counts towards it for 24 hours. Raises Invalid.
    """
    old = await identity.get_organization(session, actor)
    before = identity.domain_limit(old.domain_daily_limit)
    out = await identity.update_organization(session, actor, body)
    now_holds = identity.domain_limit(out.domain_daily_limit)
    events: list[Event] = []
    if out.postal_address != old.postal_address:
        events.append(OrganizationChanged(organization_id=actor.organization_id, at=clock.now()))
    if now_holds == before:
        await outbox.emit(session, events)
        return out
    if now_holds is not None:
        await email_accounts.carry_domains(session, actor.organization_id, clock.now())
    if before is None:
        await _count_domains(session, actor)
    await turns.wake_all(session, actor.organization_id, clock.now())
    await outbox.emit(session, events, wake=True)
    return out


async def _count_domains(session: Session, actor: Actor) -> None:
    """Without a limit nothing is counted for a domain; its mailboxes have counted all the same."""
    since: date = (clock.now() - timedelta(days=1)).date()  # no zone is further behind than that
    sums: dict[CapKey, int] = defaultdict(int)
    for (_, address, day), n in (
        await caps.read_scope(session, actor.organization_id, "mailbox", since)
    ).items():
        if domain := company_domain(address):
            sums["domain", domain, day] += n
    await caps.count_at_least(session, actor.organization_id, sums)
