"""What the client is told has happened, has happened: the commit comes before the response."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx2
import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from reachly.data.session import AsyncSession
from reachly.services.identity.service import signing_in
from tests.api.conftest import Api, Person

pytestmark = pytest.mark.anyio


@pytest.fixture
def failing_commit(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """Commits raise the exception that is put into the list."""
    raised: list[Exception] = []
    plain = AsyncSession.commit

    async def commit(session: AsyncSession) -> None:
        if raised:
            await session.rollback()
            raise raised[0]
        await plain(session)

    monkeypatch.setattr(AsyncSession, "commit", commit)
    return raised


async def test_failing_commit_is_never_a_success(
    api: Api, ada: Person, sql: Any, failing_commit: list[Exception]
) -> None:
    http = await api.client(raises=False)
    http.headers["authorization"] = ada.http.headers["authorization"]
    away = OperationalError("COMMIT", {}, asyncpg.PostgresConnectionError("gone"))
    away.orig.__cause__ = asyncpg.PostgresConnectionError("gone")  # type: ignore[union-attr]
    for error, status in ((away, 503), (RuntimeError("disk"), 500)):
        failing_commit[:] = []
        await signed_in_without_commit(http, failing_commit, error)
        answer = await http.post("/api/campaigns", json={"name": "lost"})
        failing_commit[:] = []
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        if status == 503:
            assert answer.headers["retry-after"]
    assert await sql.fetchval("SELECT count(*) FROM campaigns") == 0


async def signed_in_without_commit(http: Any, failing_commit: list[Exception], error: Exception) -> None:
    """Reading the caller commits too: only the second commit of the request is to fail."""
    plain = signing_in.authenticate_token

    async def authenticate(token: str, *, ip: str = "") -> Any:
        failing_commit[:] = []
        found = await plain(token, ip=ip)
        failing_commit[:] = [error]
        return found

    signing_in.authenticate_token = authenticate


@pytest.fixture(autouse=True)
def put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_in, "authenticate_token", signing_in.authenticate_token)


async def test_row_is_committed_when_the_response_starts(api: Api, ada: Person, sql: Any) -> None:
    """Looked at from another connection in the moment the first byte leaves."""
    seen: list[int] = []

    async def watching(scope: Any, receive: Any, send: Any) -> None:
        async def watched(message: Any) -> None:
            if message["type"] == "http.response.start":
                seen.append(await sql.fetchval("SELECT count(*) FROM campaigns"))
            await send(message)

        await api.app(scope, receive, watched)

    transport = httpx2.ASGITransport(watching)
    async with httpx2.AsyncClient(transport=transport, base_url="http://reachly.test") as http:
        http.headers["authorization"] = ada.http.headers["authorization"]
        assert (await http.post("/api/campaigns", json={"name": "kept"})).status_code == 201
    assert seen == [1]


async def test_refused_request_leaves_nothing(ada: Person, sql: Any) -> None:
    """The step is written before the campaign's mailboxes turn out to be unknown, or the other way round."""
    body = {
        "name": "x",
        "email_template": "Hello",
        "email_account_ids": ["00000000-0000-0000-0000-000000000007"],
    }
    assert (await ada.http.post("/api/campaigns", json=body)).status_code == 422
    assert await sql.fetchval("SELECT count(*) FROM campaigns") == 0
    assert await sql.fetchval("SELECT count(*) FROM email_sequences") == 0


async def test_database_away_is_503_and_comes_back(api: Api, ada: Person, sql: Any) -> None:
    engine = api.product.database.engine

    def refuse(*_: Any) -> None:
        raise asyncpg.CannotConnectNowError("the database system is shutting down")

    event.listen(engine.sync_engine, "do_connect", refuse)
    await engine.dispose()
    http = await api.client(raises=False)
    http.headers["authorization"] = ada.http.headers["authorization"]
    for method, path in (("GET", "/api/campaigns"), ("POST", "/api/auth/refresh"), ("GET", "/ready"),
                         ("POST", "/u/nobody")):  # fmt: skip
        answer = await http.request(method, path, json={"refresh_token": "x"} if "refresh" in path else None)
        if path == "/u/nobody":
            assert answer.status_code == 200, "a token that is not ours needs no database"
        else:
            assert (answer.status_code, answer.json()["code"]) == (503, "database_away"), path
    assert (await http.get("/health")).status_code == 200
    event.remove(engine.sync_engine, "do_connect", refuse)
    assert (await http.get("/api/campaigns")).status_code == 200


async def test_database_that_lost_its_connections_is_asked_again(api: Api, ada: Person, sql: Any) -> None:
    """A restart of the server, as pooled connections see it."""
    await sql.execute("RESET ROLE")
    await sql.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE application_name = 'reachly' AND datname = current_database()"
    )
    assert (await ada.http.get("/api/campaigns")).status_code == 200


async def test_caller_is_looked_up_once_a_request(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    plain = signing_in.authenticate_token

    async def counting(token: str, *, ip: str = "") -> Any:
        asked.append(token)
        return await plain(token, ip=ip)

    monkeypatch.setattr(signing_in, "authenticate_token", counting)
    await ada.http.get("/api/campaigns")
    assert len(asked) == 1


async def test_ready_says_whose_schema_it_is(api: Api, sql: Any) -> None:
    http = await api.client()
    assert (await http.get("/ready")).json() == {"status": "ok"}
    await sql.execute("RESET ROLE")
    await sql.execute("UPDATE alembic_version SET version_num = '9999'")
    answer = await http.get("/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "schema")
