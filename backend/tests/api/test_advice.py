"""Every advice of `explain`, followed through the API, changes the decision: alone, and among other rules that hold."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from reachly.infra import outbound
from reachly.infra.settings import SendingSettings, Settings
from reachly.integrations.reader.fake import FakeReader, MailboxScript
from reachly.jobs.inbox import InboxLoop
from reachly.jobs.sending import SendingLoop
from reachly.services.scheduling.policy import BlockReason
from tests.api.advices import BOX, CASES, NOT_PRODUCED, PROVIDER_LIMIT
from tests.api.advising import OPEN, PERSON, Deed, World
from tests.api.conftest import Person
from tests.factories.sending import add_mailbox
from tests.integration.sending.conftest import Relay, SetClock, at, relay

__all__ = ["at", "relay"]
pytestmark = pytest.mark.anyio


@pytest.fixture
def options() -> dict[str, Any]:
    sending = SendingSettings(domain_daily_limit=100, provider_limits={"smtp": PROVIDER_LIMIT})
    return {"public_url": "https://reachly.example", "sending": sending}


@pytest.fixture
async def world(
    ada: Person, sql: Any, dsn: str, relay: Relay, at: SetClock, settings: Settings
) -> AsyncIterator[World]:
    """One person whose first message is due in a campaign that runs; every limit is set and none is reached."""
    box = MailboxScript()
    reader = lambda connection: FakeReader(connection.reader, box)  # noqa: E731
    outbound.install(["127.0.0.1"])
    sending, inbox = SendingLoop(settings, reader_factory=reader), InboxLoop(settings, reader_factory=reader)
    made = World(ada, sql, dsn, relay, box, at, sending, inbox)
    await made.ask("PUT", "/api/organization", {"postal_address": "1 Quay Street, Bergen"})
    account = await add_mailbox(
        ada.organization_id,
        relay.port,
        address=BOX,
        daily_limit=100,
        min_gap_seconds=600,
        gap_jitter_seconds=0,
    )
    campaign = await made.ask("POST", "/api/campaigns", {
        "name": "Spring", "subject_template": "A question", "email_template": "Hello there", "send_schedule": OPEN,
        "email_account_ids": [str(account)], "daily_cap": 100, "new_leads_cap": 100, "company_cap": 100,
        "settings": {"recipient_hours": True},
    })  # fmt: skip
    lead = await made.ask(
        "POST", "/api/leads", {"email": PERSON, "campaign_id": campaign["id"], "timezone": "UTC"}
    )
    (step,) = await made.ask("GET", f"/api/campaigns/{campaign['id']}/sequences")
    made.ids |= {
        "account": str(account),
        "campaign": campaign["id"],
        "lead": lead["id"],
        "step": step["id"],
        "address": PERSON,
    }
    await sql.execute("UPDATE leads SET verification = 'deliverable'")
    await made.ask("POST", f"{made.path}/start")
    await made.run_jobs()
    (person,) = (await made.ask("GET", f"{made.path}/enrollments"))["items"]
    made.ids["enrollment"] = person["id"]
    yield made
    await sending.tools.close()


def test_every_reason_has_its_deeds_and_its_words() -> None:
    told = {code_of(name) for name in CASES} | NOT_PRODUCED | {"waiting_turn"}
    assert told == {code.value for code in BlockReason}


def code_of(name: str) -> str:
    return name.partition(",")[0]


def deeds_of(held: Mapping[str, Any]) -> Mapping[str, Deed]:
    """By its code and its words."""
    (deeds,) = [
        case.deeds
        for name, case in CASES.items()
        if (code_of(name), case.advice) == (held["code"], held["change"])
    ]
    return deeds


SINGLE = [(name, deed) for name, case in CASES.items() for deed in case.deeds]


TOGETHER = sorted(name for name, case in CASES.items() if not case.alone)


@pytest.mark.parametrize("seed", range(16))
async def test_whoever_follows_every_advice_sends_the_message_in_the_end(world: World, seed: int) -> None:
    """Several rules hold at once, and explain is followed until nothing does; no advice is needed twice but to wait."""
    draw = random.Random(seed)
    for name in draw.sample(TOGETHER, k=draw.randint(2, 5)):
        await CASES[name].arrange(world)
    await world.settle()
    followed: list[tuple[str, str]] = []
    while not world.kept():
        held = await world.why()
        assert held is not None
        deeds = deeds_of(held)
        deed = draw.choice(sorted(deeds))
        assert (held["code"], deed) not in followed or deed == "wait", f"{held} after {followed}"
        followed.append((held["code"], deed))
        assert len(followed) < 20, followed
        await deeds[deed](world)
        await world.settle()
    assert world.kept() == 1


@pytest.mark.parametrize(("name", "deed"), SINGLE)
async def test_an_advice_that_is_followed_changes_the_decision(
    world: World, sql: Any, name: str, deed: str
) -> None:
    case, code = CASES[name], code_of(name)
    if case.needs_first:
        await sql.execute("UPDATE email_accounts SET imap_config = smtp_config")
        await world.send_first()
    await case.arrange(world)
    if code != "awaiting_personalization":  # a job of which it waits for
        await world.run_jobs()
    held = await world.why()
    assert held is not None
    assert (held["code"], held["change"]) == (code, case.advice)
    before = world.kept()
    await world.turns()
    assert world.kept() == before, "it is held, indeed"
    still = await world.why()
    assert still is not None
    await case.deeds[deed](world)
    await world.settle()
    now = await world.why()
    assert world.kept() > before or now is None or now["code"] not in (code, still["code"]), now
