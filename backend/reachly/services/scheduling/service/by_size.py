"""The same answers for a small campaign here, for a large one in a process of its own: the loop stays free."""

from __future__ import annotations

import uuid

from reachly.data.apart import read_by_size
from reachly.data.repositories import scheduling as repository
from reachly.data.session import Session
from reachly.services.identity.schemas import Actor
from reachly.services.scheduling.schemas import ExplainOut, SimulationOut
from reachly.services.scheduling.service import facts
from reachly.services.scheduling.service.explaining import explain_campaign
from reachly.services.scheduling.service.simulating import simulate_campaign

FEW = 400
"""People whose calendar is drawn within a few hundredths of a second."""


async def simulate_by_size(actor: Actor, campaign_id: uuid.UUID) -> SimulationOut:
    """`simulate_campaign`. Raises NotFound."""

    async def is_large(session: Session) -> bool:
        return await repository.has_more_than(session, actor.organization_id, campaign_id, FEW)

    return await read_by_size(actor.organization_id, is_large, simulate_campaign, actor, campaign_id)


async def explain_by_size(actor: Actor, campaign_id: uuid.UUID) -> ExplainOut:
    """`explain_campaign`. Raises NotFound. Due messages are told in groups; only where each person's own clock,
    country or company counts are there as many groups as people."""

    async def is_large(session: Session) -> bool:
        found = await repository.list_campaigns(session, actor.organization_id, [campaign_id])
        if not found or not facts.tells_people_apart(found[0]):
            return False
        return await repository.has_more_than(session, actor.organization_id, campaign_id, FEW)

    return await read_by_size(actor.organization_id, is_large, explain_campaign, actor, campaign_id)
