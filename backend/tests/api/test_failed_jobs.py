"""Work that was given up: seen by whose it is, told, and tried again."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from reachly.data.server import list_kept_jobs
from reachly.doctor.health import _failed_jobs
from reachly.infra import queue
from reachly.infra.queue import Job
from reachly.services.webhooks.failures import WORDS, tell_failed
from reachly.worker import HANDLERS
from tests.api.conftest import Api, Person, add_member

pytestmark = pytest.mark.anyio


def test_every_job_has_words() -> None:
    assert set(HANDLERS) == set(WORDS)


async def fail(dsn: str, person: Person, name: str, error: str) -> int:
    """A job as the engine leaves it when it gives up."""
    connection = await asyncpg.connect(dsn)
    try:
        id_ = await queue.enqueue(connection, name, person.organization_id, {"campaign_id": "c1"})
        await connection.execute("UPDATE pgqueuer SET status = 'failed', attempts = 5 WHERE id = $1", id_)
        await connection.execute(
            "INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint, traceback)"
            " VALUES ($1, 'exception', 0, $2, jsonb_build_object('exception_message', $3::text))",
            id_, name, error,
        )  # fmt: skip
        assert id_ is not None
        return id_
    finally:
        await connection.close()


async def test_an_administrator_sees_their_own_and_has_them_tried_again(
    api: Api, ada: Person, bea: Person, dsn: str, sql: Any
) -> None:
    mine = await fail(dsn, ada, "scheduling.plan", "the server went away")
    await fail(dsn, bea, "leads.import", "not yours")
    (shown,) = (await ada.http.get("/api/jobs/failed")).json()
    assert (shown["id"], shown["name"], shown["error"]) == (mine, "scheduling.plan", "the server went away")
    assert (shown["what"], shown["args"]) == (WORDS["scheduling.plan"], {"campaign_id": "c1"})
    viewer = await add_member(api, sql, ada, "user")
    assert (await viewer.http.get("/api/jobs/failed")).status_code == 403
    assert (await bea.http.post(f"/api/jobs/failed/{mine}/retry")).status_code == 404
    assert (await ada.http.post(f"/api/jobs/failed/{mine}/retry")).status_code == 204
    assert (await ada.http.get("/api/jobs/failed")).json() == []
    assert (await ada.http.post(f"/api/jobs/failed/{mine}/retry")).status_code == 404
    connection = await asyncpg.connect(dsn)
    assert await connection.fetchval("SELECT status::text FROM pgqueuer WHERE id = $1", mine) == "queued"
    await connection.close()


async def test_all_of_an_organization_are_tried_again_at_once(
    api: Api, ada: Person, bea: Person, dsn: str, sql: Any
) -> None:
    twice = [await fail(dsn, ada, "leads.import", "no space left") for _ in range(2)]
    theirs = await fail(dsn, bea, "leads.import", "not yours")
    viewer = await add_member(api, sql, ada, "user")
    assert (await viewer.http.post("/api/jobs/failed/retry")).status_code == 403
    answer = await ada.http.post("/api/jobs/failed/retry")
    assert (answer.status_code, answer.json()) == (200, {"retried": 2, "waiting": 0})
    assert (await ada.http.get("/api/jobs/failed")).json() == []
    assert (await ada.http.post("/api/jobs/failed/retry")).json() == {"retried": 0, "waiting": 0}
    connection = await asyncpg.connect(dsn)
    states = await connection.fetch(
        "SELECT id, status::text FROM pgqueuer WHERE id = ANY($1)", [*twice, theirs]
    )
    await connection.close()
    assert dict(states) == {**dict.fromkeys(twice, "queued"), theirs: "failed"}
    (told,) = (await ada.http.get("/api/organization/audit-log")).json()["items"][:1]
    assert (told["action"], told["subject"]) == ("job.retried", "2 jobs")


async def test_a_failure_is_told_and_the_operator_sees_all(ada: Person, bea: Person, dsn: str) -> None:
    await tell_failed(Job(7, "leads.import", ada.organization_id, {}, 5))
    told = (await ada.http.get("/api/notifications")).json()["items"]
    assert [(one["kind"], one["subject"], WORDS["leads.import"] in one["detail"]) for one in told] == [
        ("job_failed", "jobs", True)
    ]
    assert (await bea.http.get("/api/notifications")).json()["items"] == []
    for person in (ada, bea):
        await fail(dsn, person, "leads.import", "no space left")
    finding = _failed_jobs(await list_kept_jobs(dsn))
    assert finding.is_fault
    assert "2 × leads.import (no space left)" in finding.words
    assert not _failed_jobs([]).is_fault
