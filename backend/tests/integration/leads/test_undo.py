"""A large import is taken back by a job."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from reachly.data.session import tenant
from reachly.kit.errors import Conflict
from reachly.services.identity.schemas import Actor
from reachly.services.leads import service
from reachly.services.leads.schemas import ImportOut
from reachly.services.leads.service import imports
from reachly.worker import HANDLERS
from tests.integration.leads.test_imports import bring, people, send_to

pytestmark = pytest.mark.anyio


@pytest.fixture
async def large(actor: Actor, monkeypatch: pytest.MonkeyPatch) -> ImportOut:
    monkeypatch.setattr(imports, "UNDO_AT_ONCE", 2)
    return await bring(actor, people(3))


async def ask(actor: Actor, import_id: uuid.UUID) -> ImportOut:
    async with tenant(actor.organization_id) as session:
        return await service.undo_import(session, actor, import_id)


async def run_jobs(actor: Actor, sql: Any) -> ImportOut:
    """What was enqueued, twice, as it may happen."""
    await sql.execute("RESET ROLE")
    jobs = await sql.fetch("SELECT payload FROM pgqueuer WHERE entrypoint = 'leads.undo'")
    await sql.execute("SET ROLE reachly_system")
    (args,) = [json.loads(job["payload"])["args"] for job in jobs]
    for _ in range(2):
        await HANDLERS["leads.undo"](actor.organization_id, args)
    async with tenant(actor.organization_id) as session:
        return await service.get_import(session, actor, uuid.UUID(args["import_id"]))


async def test_large_import_is_undone_behind_the_request(actor: Actor, large: ImportOut, sql: Any) -> None:
    asked = await ask(actor, large.id)
    assert (asked.status, asked.can_undo) == ("undoing", False)
    assert await sql.fetchval("SELECT count(*) FROM leads") == 3
    with pytest.raises(Conflict, match="undoing"):
        await ask(actor, large.id)
    done = await run_jobs(actor, sql)
    assert (done.status, done.error, await sql.fetchval("SELECT count(*) FROM leads")) == ("undone", None, 0)


async def test_large_import_stays_once_somebody_was_written_to(
    actor: Actor, large: ImportOut, sql: Any
) -> None:
    await ask(actor, large.id)
    await send_to(sql, actor, "p1@example.com")
    done = await run_jobs(actor, sql)
    assert (done.status, await sql.fetchval("SELECT count(*) FROM leads")) == ("completed", 3)
    assert "written to" in (done.error or "")
    with pytest.raises(Conflict, match="written to"):
        await ask(actor, large.id)
