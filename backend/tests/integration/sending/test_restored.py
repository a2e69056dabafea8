"""A dump taken mid-campaign and restored elsewhere, or over the running one, does not resume by itself."""

from __future__ import annotations

import asyncio
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reachly.data import session as sessions
from reachly.data.server import count_held, held_words, look_at_server
from reachly.data.session import Database, tenant
from reachly.infra.embedded_postgres import EmbeddedPostgres
from reachly.infra.postgres_binaries import find_binaries
from reachly.infra.settings import Settings
from reachly.jobs.sending import SendingLoop
from reachly.kit.errors import Conflict
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor
from reachly.services.scheduling import service as scheduling
from reachly.services.sending import service
from tests.factories.sending import add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay, drain

pytestmark = pytest.mark.anyio


def tool(postgres: EmbeddedPostgres, dsn: str, name: str, *arguments: str) -> None:
    host, database = dsn.partition("host=")[2], dsn.partition("@/")[2].partition("?")[0]
    command = [str(find_binaries(None) / name), "-h", host, "-U", "postgres", "-d", database, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # Of a partition's own constraints `--clean` says that they go with their parent's, and goes on.
    assert done.returncode == 0 or "--clean" in arguments, done.stderr


async def run_on(dsn: str, settings: Settings, loops: int = 1) -> Database:
    """Installs another database and lets workers start on it."""
    opened = Database(dsn, pool_size=5)
    sessions.install(opened)
    for _ in range(3):
        await asyncio.gather(*(SendingLoop(settings, name=f"sending:{n}").run_once() for n in range(loops)))
    return opened


@pytest.fixture
def half_sent(postgres: EmbeddedPostgres, dsn: str, tmp_path: Path) -> Callable[[], Path]:
    def dump() -> Path:
        path = tmp_path / "reachly.dump"
        tool(postgres, dsn, "pg_dump", "-Fc", "-f", str(path))
        return path

    return dump


@pytest.fixture
def elsewhere(new_database: Callable[[str | None], str]) -> str:
    """An empty database on what might be a second host."""
    return new_database(None)


async def explained(actor: Actor, campaign_id: uuid.UUID) -> dict[str, int]:
    async with tenant(actor.organization_id) as session:
        told = await scheduling.explain_campaign(session, actor, campaign_id)
    return {reason.code: reason.count for reason in told.reasons}


async def test_a_restored_dump_sends_nothing_until_an_administrator_says_so(
    relay: Relay, organization_id: uuid.UUID, actor: Actor, settings: Settings, dsn: str, postgres: EmbeddedPostgres,
    elsewhere: str, half_sent: Callable[[], Path],
) -> None:  # fmt: skip
    small = settings.model_copy(
        update={"sending": settings.sending.model_copy(update={"messages_per_claim": 4})}
    )
    account = await add_mailbox(organization_id, relay.port)
    stage = await add_campaign(organization_id, [account], 10)
    await SendingLoop(small).run_once()
    assert len(relay.recipients) == 4
    path = half_sent()
    tool(postgres, elsewhere, "pg_restore", str(path))
    assert await count_held(elsewhere) == (0, True), "known before any worker has run"
    first = sessions.database()
    restored = await run_on(elsewhere, settings, loops=3)
    try:
        assert len(relay.recipients) == 4
        assert await count_held(elsewhere) == (1, False)
        assert held_words(1, False)
        assert await explained(actor, stage.campaign_id) == {"restored": 6}
        async with tenant(organization_id) as session:
            shown = await identity.get_organization(session, actor)
        assert shown.sending_held == "restored"
        assert [held.ledger_ends is not None for held in await service.list_held()] == [True]
        await drain(SendingLoop(settings))  # a restart changes nothing
        assert len(relay.recipients) == 4
        assert await service.find_next_turn() is None, "and no worker turns in circles for it"
        async with tenant(organization_id) as session:
            await service.resume_sending(session, actor)
        await drain(SendingLoop(settings))
        assert len(relay.recipients) == len(set(relay.recipients)) == 10
        assert await count_held(elsewhere) == (0, False)
        async with tenant(organization_id) as session:
            log = await identity.page_audit_log(session, actor, limit=5, cursor=None)
            with pytest.raises(Conflict):
                await service.resume_sending(session, actor)
        assert log.items[0].action == "sending.resumed"
    finally:
        sessions.install(first)
        await restored.close()


async def test_a_dump_restored_over_the_running_database_is_seen_at_once(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, dsn: str, postgres: EmbeddedPostgres,
    half_sent: Callable[[], Path],
) -> None:  # fmt: skip
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 3)
    worker = SendingLoop(settings)
    await service.recognise_database()
    path = half_sent()
    await worker.run_once()
    assert len(relay.recipients) == 3
    tool(postgres, dsn, "pg_restore", "--clean", "--if-exists", str(path))
    sessions.install(Database(dsn, pool_size=2))
    leases = await service.lease_due(settings.sending, 10)
    assert leases == [], "not even before the worker's next look at the installation"
    await drain(SendingLoop(settings))
    assert len(relay.recipients) == 3, "the three would have gone out again"
    assert await service.resume_everywhere() == 1
    await sessions.database().close()


async def test_a_first_start_and_a_restart_never_ask(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, dsn: str, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 2)
    for _ in range(3):
        assert await asyncio.gather(*(service.recognise_database() for _ in range(4))) == [0] * 4
    assert await sql.fetchval("SELECT count(*) FROM installations") == 1
    await drain(SendingLoop(settings))
    assert len(relay.recipients) == 2
    assert await count_held(dsn) == (0, False)


async def test_rows_copied_into_a_database_with_a_life_of_its_own_are_held_too(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 2)
    await service.recognise_database()
    await sql.execute(
        "INSERT INTO installations (mark, since) VALUES ('1/2/3', now())"
    )  # a dump of data only
    await drain(SendingLoop(settings))
    assert relay.recipients == []
    assert await service.resume_everywhere() == 1
    await drain(SendingLoop(settings))
    assert len(relay.recipients) == 2


async def test_a_server_that_does_not_say_which_it_is_names_what_it_lacks(
    postgres: EmbeddedPostgres, dsn: str, sql: Any
) -> None:
    assert (await look_at_server(dsn)).missing == []
    tool(postgres, dsn, "psql", "-c", "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
    assert (await look_at_server(dsn)).missing == ["GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC;"]
