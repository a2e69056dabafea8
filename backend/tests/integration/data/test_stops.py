"""A stop is seen where it is written, and settled between the commit and whatever comes after it."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from typing import Any

import pytest
from sqlalchemy import select, text

from reachly.data import session as sessions
from reachly.data import stops
from reachly.data.session import tenant
from reachly.services.identity.schemas import Actor
from tests.factories.sending import Stage, add_campaign, add_mailbox

pytestmark = pytest.mark.anyio
OTHER = {"status": "paused", "is_active": False}
LEFT = [(model, column) for model, columns in stops.SENDABLE.items() for column in columns]
VALUE = {("Enrollment", "status"): "stopped", ("EmailAccount", "status"): "auth_failed"}


@pytest.fixture
def settled(database: Any) -> list[tuple[uuid.UUID, bool]]:
    """What was waited for."""
    calls: list[tuple[uuid.UUID, bool]] = []

    async def settle(organization_id: uuid.UUID, suppressed: bool) -> None:
        calls.append((organization_id, suppressed))

    stops.install(settle)
    return calls


@pytest.fixture
async def stage(actor: Actor, settled: list[Any]) -> Stage:
    box = await add_mailbox(actor.organization_id, 25)
    made = await add_campaign(actor.organization_id, [box], 1)
    settled.clear()
    return made


@pytest.mark.parametrize(("model", "column"), LEFT)
async def test_a_row_that_may_no_longer_be_sent_from_is_a_stop(
    model: Any, column: str, stage: Stage, settled: list[Any]
) -> None:
    async with tenant(stage.organization_id) as session:
        row = (await session.scalars(select(model))).one()
        setattr(row, column, VALUE.get((model.__name__, column), OTHER[column]))
        await session.flush()
        assert settled == [], "not before the commit"
    assert settled == [(stage.organization_id, False)]


async def test_what_changes_nothing_about_sending_is_none(stage: Stage, settled: list[Any]) -> None:
    async with tenant(stage.organization_id) as session:
        for model in stops.SENDABLE:
            for row in await session.scalars(select(model)):
                row.version = row.sort_key = row.signature = "7"
                if model.__name__ in ("Campaign", "EmailSequence"):
                    row.version = 7
    assert settled == []


async def test_what_is_rolled_back_stops_nothing(stage: Stage, settled: list[Any]) -> None:
    async def fail() -> None:
        async with tenant(stage.organization_id) as session:
            stops.request(session, stage.organization_id)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert settled == []


async def test_one_transaction_waits_once_and_remembers_that_it_suppressed(
    stage: Stage, settled: list[Any]
) -> None:
    async with tenant(stage.organization_id) as session:
        stops.request(session, stage.organization_id)
        stops.request(session, stage.organization_id, suppresses=True)
        stops.request(session, stage.organization_id)
    assert settled == [(stage.organization_id, True)]


async def test_what_nobody_asked_for_is_waited_for_by_nobody(stage: Stage, settled: list[Any]) -> None:
    with stops.unasked():
        async with tenant(stage.organization_id) as session:
            stops.request(session, stage.organization_id)
    assert settled == []


async def test_a_transaction_that_says_nothing_for_too_long_is_ended_with_its_locks(
    stage: Stage, sql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is frozen in the middle of a claim."""
    monkeypatch.setattr(
        sessions, "ENTER", text(str(sessions.ENTER).replace(f"{sessions.IDLE_SECONDS}s", "1s"))
    )
    held = asyncio.Event()

    async def freeze() -> None:
        async with tenant(stage.organization_id) as session:
            await session.execute(text("SELECT FROM campaigns FOR SHARE"))
            held.set()
            await asyncio.sleep(60)

    frozen = asyncio.create_task(freeze())
    await held.wait()
    await sql.execute("UPDATE campaigns SET status = 'paused'", timeout=50)
    frozen.cancel()
    with contextlib.suppress(Exception, asyncio.CancelledError):
        await frozen
