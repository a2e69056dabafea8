"""A worker takes back what it has in flight and may no longer send."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from reachly.data.session import tenant
from reachly.services.sending.service.tools import Tools
from reachly.services.sending.service.withdraw import answered, find_withdrawn


async def recall(tools: Tools, organization_id: uuid.UUID, named: Collection[uuid.UUID] = ()) -> None:
    """Asks of this worker's waves of the organization what may still go, and takes the rest back.

    `named`: messages that wait in any case, for something of their person is being read.
    """
    waves = [wave for wave in tools.waves.values() if wave.organization_id == organization_id]
    people = {send_id: person for wave in waves for send_id, person in wave.people().items()}
    if not people:
        return
    async with tenant(organization_id) as session:
        found = await find_withdrawn(session, organization_id, people)
    found |= {
        send_id: answered(people[send_id]) for send_id in named if send_id in people.keys() - found.keys()
    }
    for wave in waves if found else ():
        await wave.take_back(found)
