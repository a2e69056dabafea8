"""An organization's own limit of what all mailboxes of a domain send a day: from its setting to the wire."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from reachly.data.session import tenant
from reachly.infra import settings as settings_module
from reachly.infra.settings import Settings
from reachly.jobs.sending import SendingLoop
from reachly.services.identity.schemas import Actor, OrganizationIn
from reachly.services.scheduling import service as scheduling
from reachly.services.sending import service as sending
from tests.factories.sending import add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay, SetClock, drain

pytestmark = pytest.mark.anyio
TWO = ("mira@brightfjord.example", "sol@mail.brightfjord.example")


@pytest.fixture
def server_says_90(settings: Settings) -> Iterator[Settings]:
    numbers = settings.sending.model_copy(update={"domain_daily_limit": 90})
    made = settings.model_copy(update={"sending": numbers})
    settings_module.install(made)
    yield made
    settings_module.install(settings)


async def set_limit(actor: Actor, limit: int | None) -> None:
    body = OrganizationIn(name="Brightfjord", postal_address="1 Example Street", domain_daily_limit=limit)
    async with tenant(actor.organization_id) as session:
        await sending.update_organization(session, actor, body)


async def domain_caps(actor: Actor, account: uuid.UUID) -> list[tuple[int, int, int, str]]:
    async with tenant(actor.organization_id) as session:
        told = await scheduling.explain_mailbox(session, actor, account)
    return [(cap.limit, cap.used, cap.left, cap.set_in) for cap in told.caps if cap.code == "domain_cap"]


async def test_what_left_before_there_was_a_limit_counts_and_a_raised_one_holds_at_once(
    relay: Relay, actor: Actor, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    accounts = [await add_mailbox(organization_id, relay.port, address=one, daily_limit=15) for one in TWO]
    elsewhere = await add_mailbox(organization_id, relay.port, address="mira@quietharbor.example")
    stage = await add_campaign(organization_id, accounts, 90)
    await add_campaign(organization_id, [elsewhere], 35, prefix="other")
    await drain(loop)
    assert len([name for name in relay.recipients if name.startswith("lead")]) == 30, "each its own 15"
    assert await sql.fetch("SELECT FROM cap_usage WHERE scope = 'domain'") == []
    assert await domain_caps(actor, accounts[0]) == []

    await sql.execute("UPDATE email_accounts SET daily_limit = 100")
    await set_limit(actor, 40)
    assert await domain_caps(actor, accounts[0]) == [(40, 30, 10, "organization")]
    turns = await sql.fetch("SELECT next_turn_at FROM email_accounts WHERE email_key = ANY($1)", list(TWO))
    assert [row["next_turn_at"] for row in turns] == [at.at] * 2, "nobody waits for the next day"
    await drain(loop)
    sent = Counter(name[:4] for name in relay.recipients)
    assert sent == {"lead": 40, "othe": 35}, "the limit binds each domain by itself"
    assert await domain_caps(actor, accounts[1]) == [(40, 40, 0, "organization")]
    async with tenant(organization_id) as session:
        told = await scheduling.explain_campaign(session, actor, stage.campaign_id)
        plan = await scheduling.simulate_campaign(session, actor, stage.campaign_id)
    assert {reason.code: reason.count for reason in told.reasons} == {"domain_cap": 50}
    assert Counter(one.planned_at.date() - at.at.date() for one in plan.messages) == {
        timedelta(days=1): 40, timedelta(days=2): 10,
    }  # fmt: skip

    await set_limit(actor, 45)
    await drain(loop)
    assert len(relay.recipients) == 45 + 35
    await set_limit(actor, None)  # no limit of the server's either
    await drain(loop)
    assert len(relay.recipients) == 90 + 35


async def test_without_a_number_of_its_own_the_servers_holds(
    relay: Relay, actor: Actor, organization_id: uuid.UUID, server_says_90: Settings, sql: Any, at: SetClock
) -> None:
    accounts = [await add_mailbox(organization_id, relay.port, address=one) for one in TWO]
    await add_campaign(organization_id, accounts, 100)
    loop = SendingLoop(server_says_90)
    await set_limit(actor, 20)
    assert await domain_caps(actor, accounts[0]) == [(20, 0, 20, "organization")]
    await drain(loop)
    assert len(relay.recipients) == 20
    await set_limit(actor, None)
    assert await domain_caps(actor, accounts[0]) == [(90, 20, 70, "server")]
    await drain(loop)
    assert len(relay.recipients) == 90
    await loop.tools.close()


async def test_a_limit_of_one_organization_is_not_anothers(
    relay: Relay, actor: Actor, new_actor: Any, organization_id: uuid.UUID, sql: Any, at: SetClock
) -> None:
    other = await new_actor("Quietharbor")
    account = await add_mailbox(organization_id, relay.port, address=TWO[0])
    theirs = await add_mailbox(other.organization_id, relay.port, address=TWO[1])
    await set_limit(other, 3)
    assert await domain_caps(actor, account) == []
    assert await domain_caps(other, theirs) == [(3, 0, 3, "organization")]
