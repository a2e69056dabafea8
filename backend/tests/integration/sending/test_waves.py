"""Several messages on the wire at once: a broken connection leaves one message in doubt, the rest goes again."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from mailworld.faults import Act, Faults, Step
from mailworld.hostile import HostileServer
from reachly.infra import outbound
from reachly.infra import settings as settings_module
from reachly.infra.settings import Settings
from reachly.jobs.sending import SendingLoop
from tests.factories.sending import add_campaign, add_mailbox
from tests.integration.sending.conftest import SetClock, drain

pytestmark = pytest.mark.anyio
ADDRESS = "mira@brightfjord.example"


@pytest.fixture
async def server(anyio_backend: str) -> AsyncIterator[HostileServer]:
    outbound.install(["127.0.0.1"])
    async with HostileServer(Faults(), accounts={ADDRESS: "secret"}) as running:
        yield running


@pytest.fixture
def quick(settings: Settings) -> Settings:
    mail = settings.mail.model_copy(update={"connect_seconds": 2.0, "command_seconds": 0.5})
    settings = settings.model_copy(update={"mail": mail})
    settings_module.install(settings)
    return settings


async def test_a_wave_takes_one_connection_and_everybody_gets_one(
    server: HostileServer, organization_id: uuid.UUID, settings: Settings, sql: Any
) -> None:
    account = await add_mailbox(organization_id, server.port)
    await add_campaign(organization_id, [account], 50)
    await drain(SendingLoop(settings))
    assert server.connections == 1
    assert set(Counter(one.recipient for one in server.ledger.stored).values()) == {1}
    assert len(server.ledger.stored) == 50
    assert await sql.fetchval("SELECT status FROM campaigns") == "completed"


@pytest.mark.parametrize(("step", "act", "doubtful"), [
    ("mail", "drop", 0), ("rcpt", "drop", 0), ("data", "drop", 0), ("dot", "drop", 1), ("stored", "drop", 1),
    ("stored", "garble", 1), ("mail", "garble", 0), ("stored", "stall", 1),
])  # fmt: skip
async def test_a_break_in_a_wave_leaves_one_in_doubt_and_sends_the_rest(
    server: HostileServer, organization_id: uuid.UUID, quick: Settings, sql: Any, at: SetClock,
    step: Step, act: Act, doubtful: int,
) -> None:  # fmt: skip
    server.faults.tell(step, None, None, None, act)
    account = await add_mailbox(organization_id, server.port)
    await add_campaign(organization_id, [account], 20)
    loop = SendingLoop(quick)
    await drain(loop)
    assert await sql.fetchval("SELECT count(*) FROM email_sends WHERE status = 'unknown'") == doubtful
    assert await sql.fetchval("SELECT failures_in_a_row FROM email_accounts") == 0, (
        "the others were never offered"
    )
    at.move(minutes=20)  # what was broken off before its end is tried again later
    await drain(loop)
    copies = Counter(one.recipient for one in server.ledger.stored)
    assert set(copies.values()) == {1}
    assert await sql.fetchval("SELECT count(*) FROM email_sends WHERE status = 'sent'") == 20 - doubtful
    assert len(copies) == 20 - (step == "dot")
    assert await sql.fetchval("SELECT sum(reserved) FROM cap_usage") == 0


async def test_what_is_in_doubt_is_settled_in_the_sent_folder(
    server: HostileServer, organization_id: uuid.UUID, quick: Settings, sql: Any, at: SetClock
) -> None:
    server.faults.tell("stored", None, "drop")
    server.faults.tell("dot", None, None, None, "drop")
    account = await add_mailbox(
        organization_id,
        server.port,
        imap_port=server.imap_port,
        password="secret",
        address=ADDRESS,
        files_sent=True,
    )
    await add_campaign(organization_id, [account], 12)
    loop = SendingLoop(quick)
    for _ in range(3):
        await drain(loop)
        at.move(minutes=5)
    assert Counter(one.recipient for one in server.ledger.stored).most_common(1)[0][1] == 1
    assert len(server.ledger.stored) == 12
    states = await sql.fetch(
        "SELECT status, settled_by, count(*) AS n FROM email_sends GROUP BY 1, 2 ORDER BY 2"
    )
    assert sorted((row["status"], row["settled_by"], row["n"]) for row in states if row["settled_by"]) == [
        ("sent", "sent_folder", 2)
    ]
    assert await sql.fetchval("SELECT status FROM campaigns") == "completed"
    await loop.tools.readers.close()
