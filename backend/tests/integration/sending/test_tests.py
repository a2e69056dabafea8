"""A test mail is no way around a limit: not at once, not under another spelling, not past the mailbox's day."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest

from reachly.kit.address import inbox_key
from reachly.kit.errors import Conflict, RateLimited
from reachly.services.campaigns.schemas import TestSendIn
from reachly.services.email_accounts import service as email_accounts
from reachly.services.email_accounts.schemas import EmailAccountPatch
from reachly.services.identity import policy
from reachly.services.identity.schemas import Actor
from reachly.services.sending import service
from reachly.services.sending.service import testing
from tests.factories.sending import add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def named(organization_id: uuid.UUID) -> uuid.UUID:
    """With the postal address that every message needs."""
    return organization_id


async def stage_of(actor: Actor, relay: Relay, address: str, **mailbox: Any) -> uuid.UUID:
    account = await add_mailbox(actor.organization_id, relay.port, address=address, **mailbox)
    return (await add_campaign(actor.organization_id, [account], 1)).campaign_id


async def ask(actor: Actor, campaign_id: uuid.UUID, to: str) -> str:
    try:
        return (
            "sent" if (await service.send_test(actor, campaign_id, TestSendIn(to_email=to))).ok else "refused"
        )
    except RateLimited as error:
        return error.code
    except Conflict as error:
        return error.code


async def test_thirty_at_once_from_two_organizations_are_ten(
    relay: Relay, actor: Actor, new_actor: Any, sql: Any
) -> None:
    """H5: counted and written in one transaction, under a lock of the recipient's inbox."""
    other = await new_actor("otherfirm")
    await sql.execute("UPDATE organizations SET postal_address = '2 Example Street'")
    ours = await stage_of(actor, relay, "mira@brightfjord.example", daily_limit=1000)
    theirs = await stage_of(other, relay, "x@otherfirm.example", daily_limit=1000)
    spelled = [f"Vic.Tim+{n}@GoogleMail.com" if n % 2 else f"v.i.ctim+{n}@gmail.com" for n in range(15)]
    told = await asyncio.gather(
        *(ask(actor, ours, to) for to in spelled), *(ask(other, theirs, to) for to in spelled)
    )
    assert sorted(told) == ["sent"] * 10 + ["too_many_tests"] * 20
    assert len(relay.recipients) == 10
    assert await ask(actor, ours, "somebody.else@gmail.com") == "sent"


async def test_a_test_asks_the_mailboxs_day_and_spends_it(relay: Relay, actor: Actor, sql: Any) -> None:
    campaign_id = await stage_of(actor, relay, "mira@brightfjord.example", daily_limit=3)
    told = await asyncio.gather(*(ask(actor, campaign_id, f"me{n}@brightfjord.example") for n in range(8)))
    assert sorted(told) == ["mailbox_full"] * 5 + ["sent"] * 3
    assert len(relay.recipients) == 3
    rows = await sql.fetch("SELECT scope, reserved, used FROM cap_usage")
    assert [tuple(row) for row in rows] == [("mailbox", 0, 3)]


async def test_a_test_asks_the_domains_day_and_the_plan(
    relay: Relay, actor: Actor, sql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_id = await stage_of(actor, relay, "mira@brightfjord.example")
    await sql.execute("""UPDATE organizations SET settings = settings || '{"domain_daily_limit": 1}'""")
    assert await ask(actor, campaign_id, "a@brightfjord.example") == "sent"
    assert await ask(actor, campaign_id, "b@brightfjord.example") == "mailbox_full"
    await sql.execute("UPDATE organizations SET settings = '{}', plan_type = 'free'")
    assert await ask(actor, campaign_id, "c@brightfjord.example") == "sent"
    monkeypatch.setattr(policy, "PLAN_LIMITS", {"free": {"sends": 0}})
    assert await ask(actor, campaign_id, "d@brightfjord.example") == "quota_reached"


async def test_a_test_that_was_chosen_under_other_limits_is_not_sent(
    relay: Relay, actor: Actor, sql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The edit has counted what left until then, and this has not."""
    campaign_id = await stage_of(actor, relay, "mira@brightfjord.example", daily_limit=3)
    inner = testing.world.read_state

    async def edited(session: Any, mailbox: Any, now: Any) -> Any:
        change = EmailAccountPatch(timezone="Pacific/Kiritimati")
        await email_accounts.update_account(actor, mailbox.id, change)
        return await inner(session, mailbox, now)

    monkeypatch.setattr(testing.world, "read_state", edited)
    assert await ask(actor, campaign_id, "me@brightfjord.example") == "limits_changed"
    assert await sql.fetchval("SELECT count(*) FROM email_sends") == 0
    monkeypatch.setattr(testing.world, "read_state", inner)
    assert await ask(actor, campaign_id, "me@brightfjord.example") == "sent"


async def test_a_refused_test_gives_its_place_back(relay: Relay, actor: Actor, sql: Any) -> None:
    campaign_id = await stage_of(actor, relay, "mira@brightfjord.example", daily_limit=1)
    relay.script.answer("rcpt", "550 5.1.1 No such user")
    assert await ask(actor, campaign_id, "me@brightfjord.example") == "refused"
    assert await ask(actor, campaign_id, "me@brightfjord.example") == "sent"
    assert await ask(actor, campaign_id, "me@brightfjord.example") == "mailbox_full"


@pytest.mark.parametrize(
    ("key", "inbox"),
    [
        ("victim+13@firm.example", "victim@firm.example"),
        ("v.i.c.tim+x@googlemail.com", "victim@gmail.com"),
        ("vic.tim@firm.example", "vic.tim@firm.example"),
        ("+odd@firm.example", "+odd@firm.example"),
    ],
)
def test_spellings_of_one_inbox_have_one_key(key: str, inbox: str) -> None:
    assert inbox_key(key) == inbox
