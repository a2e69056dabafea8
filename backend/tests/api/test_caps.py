"""No edit begins a new day early, asked through the door: 50 of 50 have left, and another zone brings no more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reachly.infra.settings import OutboundSettings, SendingSettings
from reachly.integrations.mailer.fake import RelayScript
from reachly.jobs.sending import SendingLoop
from reachly.kit import clock
from reachly.services.scheduling.service import plan_campaign
from tests.api.conftest import Api, Person
from tests.contract.smtp_peer import SmtpPeer
from tests.factories.sending import ALWAYS, Stage, add_campaign, add_mailbox
from tests.integration.sending.conftest import SetClock, drain

pytestmark = pytest.mark.anyio
LATE = datetime(2026, 10, 5, 22, 1, tzinfo=UTC)  # in Helsinki a day has just begun


@pytest.fixture
def options() -> dict[str, Any]:
    return {"outbound": OutboundSettings(allow=("127.0.0.1",)), "sending": SendingSettings(last_look=False)}


@pytest.fixture
def at(anyio_backend: str) -> Iterator[SetClock]:
    with clock.installed(SetClock(LATE)) as set_clock:
        yield set_clock


class Scene:
    def __init__(self, api: Api, ada: Person, sql: Any, at: SetClock, stage: Stage) -> None:
        self.ada, self.sql, self.at, self.stage = ada, sql, at, stage
        self.loop = SendingLoop(api.product.settings)

    async def put(self, path: str, body: dict[str, Any]) -> None:
        answer = await self.ada.http.put(path, json=body)
        assert answer.status_code == 200, answer.text
        await plan_campaign(
            self.stage.organization_id, self.stage.campaign_id
        )  # the job that the edit starts

    async def sent(self, **by: float) -> int:
        self.at.move(**by)
        await self.sql.execute("UPDATE email_accounts SET next_turn_at = $1", self.at.at)
        await drain(self.loop)
        return int(await self.sql.fetchval("SELECT count(*) FROM email_sends WHERE status = 'sent'"))

    async def why(self) -> tuple[str, str]:
        told = (await self.ada.http.get(f"/api/campaigns/{self.stage.campaign_id}/explain")).json()
        (reason,) = told["reasons"]
        return reason["code"], reason["until"]


@pytest.mark.parametrize("what", ["mailbox", "campaign", "domain"])
async def test_fifty_of_fifty_and_another_zone(
    what: str, at: SetClock, api: Api, ada: Person, sql: Any
) -> None:
    await sql.execute("UPDATE organizations SET postal_address = '1 Example Street, Oslo'")
    async with AsyncExitStack() as stack:
        peer = await stack.enter_async_context(SmtpPeer(RelayScript()).running())
        box = await add_mailbox(ada.organization_id, peer.port, daily_limit=50 if what == "mailbox" else 500)
        cap = 50 if what == "campaign" else None
        scene = Scene(api, ada, sql, at, await add_campaign(ada.organization_id, [box], 130, daily_cap=cap))
        if what == "domain":
            await scene.put("/api/organization", {"name": "Brightfjord", "domain_daily_limit": 50})
        assert await scene.sent() == 50
        mailbox, campaign = f"/api/email-accounts/{box}", f"/api/campaigns/{scene.stage.campaign_id}"
        if what == "campaign":
            await scene.put(campaign, {"send_schedule": {**ALWAYS, "timezone": "Europe/Helsinki"}})
        else:
            await scene.put(mailbox, {"timezone": "Europe/Helsinki"})
        until = (LATE + timedelta(days=1)).isoformat().replace("+00:00", "Z")
        assert await scene.sent() == 50
        assert await scene.why() == (f"{what}_cap", until)
        for hours in (1, 8, 14.9):  # 23.9 in all
            assert await scene.sent(hours=hours) == 50
        assert await scene.sent(hours=0.2) == 100
        await scene.loop.tools.close()
