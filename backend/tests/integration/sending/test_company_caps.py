"""Campaigns share what a company gets a day, and each keeps to its own cap on it."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any

import pytest

from reachly.jobs.sending import SendingLoop
from reachly.services.identity.schemas import Actor
from reachly.services.sending.service.counting import summed
from tests.factories.sending import add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay, SetClock
from tests.integration.sending.test_across_edits import edit_campaign, go_on

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]
COMPANY = "globex.example"
KEY = ("company", COMPANY, date(2026, 10, 5))


@pytest.fixture
def at(at: SetClock) -> SetClock:
    at.at = datetime(2026, 10, 5, 22, 1, tzinfo=UTC)
    return at


@pytest.mark.parametrize("caps", [(1, 5), (5, 1)])
async def test_a_small_cap_of_one_campaign_holds_no_other(
    caps: tuple[int, int], relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port, daily_limit=50)
    for cap, prefix in zip(caps, "ab", strict=True):
        await add_campaign(organization_id, [account], 6, prefix=prefix, domain=COMPANY, company_cap=cap)
    assert await go_on(loop, sql, at) == 5
    await add_campaign(organization_id, [account], 6, prefix="c")
    assert await go_on(loop, sql, at, minutes=1) == 11


async def test_an_edit_of_one_campaign_holds_no_other(
    relay: Relay, actor: Actor, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port, daily_limit=50)
    edited = await add_campaign(organization_id, [account], 6, domain=COMPANY, company_cap=2)
    assert await go_on(loop, sql, at) == 2
    await edit_campaign(actor, edited, daily_cap=90)
    await add_campaign(organization_id, [account], 6, prefix="b", domain=COMPANY, company_cap=2)
    assert await go_on(loop, sql, at, hours=3) == 4, "its own day has begun"


def test_a_counter_with_several_caps_is_reserved_up_to_each() -> None:
    assert summed([(KEY, 5), (KEY, 5), (KEY, 1)]) == {KEY: (3, 3)}, "one of three, while nothing is counted"
    assert summed([(KEY, 5)] * 4 + [(KEY, 1)]) == {KEY: (5, 5)}
    assert summed([(KEY, 3), (KEY, 3), (KEY, 9)]) == {KEY: (3, 4)}
