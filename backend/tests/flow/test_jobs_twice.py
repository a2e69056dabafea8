"""Every job is idempotent: a worker that runs each one twice leaves the same ledger and the same mail."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from reachly import worker
from reachly.demo.audit import hash_ledger
from reachly.demo.play import judge, prepare
from reachly.demo.run import Options, make_csv
from reachly.demo.story import SPRING
from reachly.kit import clock
from reachly.worker import RoomHandler
from tests.flow.conftest import Perform

pytestmark = pytest.mark.anyio


def twice(handler: RoomHandler) -> RoomHandler:
    async def handle(organization_id: uuid.UUID, args: dict[str, str]) -> None:
        await handler(organization_id, args)
        await handler(organization_id, args)

    return handle


@pytest.fixture
def two_databases(new_database: Callable[[str | None], str], template: str) -> tuple[str, str]:
    return new_database(template), new_database(template)


async def test_each_job_run_twice_is_harmless(
    perform: Perform, monkeypatch: pytest.MonkeyPatch, two_databases: tuple[str, str]
) -> None:
    first, second = two_databases
    once = await _play(perform, first)
    doubled = {name: twice(handler) for name, handler in worker.HANDLERS.items()}
    monkeypatch.setattr(worker, "HANDLERS", doubled)
    assert await _play(perform, second) == once


async def _play(perform: Perform, database: str) -> tuple[str, list[tuple[str, int]]]:
    """Five days; the ledger's hash, and who got which message."""
    async with perform(database=database) as scene:
        content = make_csv(Options(leads=12))
        campaign_id = await prepare(scene.stage, scene.user, SPRING, content, secret=scene.secret, seed=7)
        await clock.sleep(5 * 24 * 3600)
        outcome = await judge(scene.user, SPRING, campaign_id, scene.stage.mail.book)
        assert outcome.audit.findings == []
        imports = (await scene.user.ask("GET", "/api/leads/imports"))["items"]
        assert [(one["rows_read"], one["imported"]) for one in imports] == [(12, 12)]
        received = sorted((fact.recipient, fact.step) for fact in scene.stage.mail.received)
        assert len(received) > 12
        return hash_ledger(outcome.ledger), received
