"""Every figure is of the span that was asked for: generated from the router."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from reachly.data import outbox
from reachly.data.session import tenant
from reachly.events import MessageSent, Replied
from reachly.kit import clock
from tests.api.conftest import Person
from tests.api.routes import ROUTES, RouteFacts
from tests.factories.sending import Stage, add_campaign, add_mailbox

pytestmark = pytest.mark.anyio

FIGURES = [route for route in ROUTES if route.method == "GET" and route.path.startswith("/api/analytics/")]
SEND = """
INSERT INTO email_sends (organization_id, id, kind, intent_key, campaign_id, email_account_id, sequence_id, to_email,
                         status, planned_at, claimed_at, handed_at, message_id, created_at, updated_at)
VALUES ($1, gen_random_uuid(), 'campaign', $2, $3, $4, $5, 'amy@example.com', 'sent', $6, $6, $6, $2, $6, $6)
"""


async def happen(stage: Stage, sql: Any, at: datetime) -> None:
    """A message and its answer."""
    ids: dict[str, Any] = {
        "organization_id": stage.organization_id, "at": at, "campaign_id": stage.campaign_id,
        "email_account_id": stage.account_ids[0], "sequence_id": stage.step_ids[0], "variant": "A",
        "lead_id": stage.lead_ids[0],
    }  # fmt: skip
    async with tenant(stage.organization_id) as session:
        await outbox.emit(session, [MessageSent(**ids), Replied(**ids)])
    await sql.execute(
        SEND,
        stage.organization_id,
        f"at {at}",
        stage.campaign_id,
        stage.account_ids[0],
        stage.step_ids[0],
        at,
    )


async def ask(person: Person, stage: Stage, route: RouteFacts, **span: str) -> str:
    answer = await person.http.get(route.fill(campaign_id=stage.campaign_id), params=span)
    assert answer.status_code == 200, (route.name, answer.text)
    return answer.text


def test_every_route_of_figures_takes_a_span() -> None:
    assert len(FIGURES) >= 5
    for route in FIGURES:
        assert {"since", "until"} <= {query["name"] for query in route.queries()}, route.name


async def test_nothing_outside_the_span_shows(ada: Person, sql: Any) -> None:
    account = await add_mailbox(ada.organization_id, 25)
    stage = await add_campaign(ada.organization_id, [account], 2)
    now = clock.now()
    day = now - timedelta(days=30)
    span = {"since": str(day.date()), "until": str(day.date())}
    await happen(stage, sql, day)
    alone = {route.name: await ask(ada, stage, route, **span) for route in FIGURES}
    wide = {
        route.name: await ask(ada, stage, route, since=str((now - timedelta(days=90)).date()))
        for route in FIGURES
    }
    for at in (now, now - timedelta(days=60)):
        await happen(stage, sql, at)
    for route in FIGURES:
        assert await ask(ada, stage, route, **span) == alone[route.name], route.name
        reaching = await ask(ada, stage, route, since=str((now - timedelta(days=90)).date()))
        assert reaching != wide[route.name], f"{route.name} shows nothing of what it was asked"


async def test_a_span_that_ends_before_it_begins_is_refused(ada: Person) -> None:
    stage = await add_campaign(ada.organization_id, [], 0)
    for route in FIGURES:
        span = {"since": "2026-05-02", "until": "2026-05-01"}
        answer = await ada.http.get(route.fill(campaign_id=stage.campaign_id), params=span)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/until"), route.name
