"""The mission's e-mail campaign flow, from "create campaign" to "show progress", through the API alone."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from mailworld.config import Rates
from reachly.demo.play import prepare
from reachly.demo.story import FIRST_MONDAY, SPRING
from reachly.kit import clock
from tests.flow.conftest import Perform

pytestmark = pytest.mark.anyio

PEOPLE = b"""email,first_name,last_name,company,position
amy@fjord-labs.example,Amy,Berg,Fjord Labs,Head of Operations
ben@ruta-sur.example,Ben,Sol,Ruta Sur,Buyer
cleo@north-mill.test,Cleo,Ito,North Mill,Founder
dora@north-mill.test,Dora,Ek,North Mill,Planner
"""


async def test_campaign_from_its_creation_to_its_progress(perform: Perform, dsn: str) -> None:
    async with perform(Rates.quiet()) as scene:
        stage, user = scene.stage, scene.user
        stage.mail.cast("amy@fjord-labs.example", answer_step=1, answer="keen", image_proxy="")
        stage.mail.cast("ben@ruta-sur.example", fate="bounces", bounce="5.1.1 550 5.1.1 User unknown")
        stage.mail.cast("dora@north-mill.test", unsubscribe_step=1)

        campaign_id = await prepare(stage, user, SPRING, PEOPLE, secret=scene.secret, seed=7)
        assert (await user.ask("GET", f"/api/campaigns/{campaign_id}"))["status"] == "active"
        await clock.sleep(14 * 24 * 3600)

        received = [(fact.recipient, fact.step) for fact in stage.mail.received]
        assert sorted(received) == [
            ("amy@fjord-labs.example", 1),
            ("ben@ruta-sur.example", 1),
            ("cleo@north-mill.test", 1),
            ("cleo@north-mill.test", 2),
            ("cleo@north-mill.test", 3),
            ("dora@north-mill.test", 1),
        ]

        campaign = await user.ask("GET", f"/api/campaigns/{campaign_id}")
        assert campaign["status"] == "completed"
        progress = {name: n for name, n in campaign["progress"].items() if n}
        assert progress == {"total": 4, "replied": 1, "bounced": 1, "unsubscribed": 1, "completed": 1}
        figures = {name: campaign["figures"][name] for name in ("sent", "replied", "bounced", "unsubscribed")}
        assert figures == {"sent": 6, "replied": 1, "bounced": 1, "unsubscribed": 1}

        sends = (await user.ask("GET", f"/api/campaigns/{campaign_id}/sends"))["items"]
        assert {send["status"] for send in sends} == {"sent"}
        assert {send["message_id"] for send in sends} == {fact.message_id for fact in stage.mail.received}

        told = (await user.ask("GET", "/api/analytics/activity", params={"campaign_id": campaign_id}))[
            "items"
        ]
        events = {entry["event"] for entry in told}
        assert {
            "campaign_started",
            "sent",
            "replied",
            "bounced",
            "unsubscribed",
            "campaign_completed",
        } <= events
        assert [entry["seq"] for entry in told] == sorted((entry["seq"] for entry in told), reverse=True)

    await _each_message_carries_its_own_line(dsn)


async def _each_message_carries_its_own_line(dsn: str) -> None:
    """What was written for a person is kept on the enrollment, and stands in the first message as it left."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("SELECT set_config('role', 'reachly_system', false)")
    rows = await connection.fetch(
        "SELECT e.personalization ->> 'opening_line' AS line, s.body_text FROM enrollments e"
        " JOIN email_sends s ON s.enrollment_id = e.id AND s.step = 1"
    )
    await connection.close()
    assert len(rows) == 4
    assert all(row["line"] and row["line"] in " ".join(row["body_text"].split()) for row in rows)


async def test_slots_keep_the_gap_and_the_window(perform: Perform) -> None:
    async with perform(Rates.quiet()) as scene:
        await prepare(scene.stage, scene.user, SPRING, PEOPLE, secret=scene.secret, seed=7)
        await clock.sleep_until(FIRST_MONDAY + timedelta(days=1))
        at: dict[str, list[Any]] = {}
        for fact in scene.stage.mail.received:
            at.setdefault(fact.mailbox, []).append(fact.at)
        assert sum(len(times) for times in at.values()) == 4
        for times in at.values():
            gaps = [(later - sooner).total_seconds() for sooner, later in itertools.pairwise(sorted(times))]
            assert all(gap >= 240 for gap in gaps)
            assert all(8 <= moment.hour < 16 for moment in times)  # 9 to 17 o'clock in Oslo
