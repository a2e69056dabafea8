"""Fixtures for every kind of test: one real PostgreSQL per run, one database per test that asks for one."""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import asyncpg
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from reachly.data import session as sessions
from reachly.data import stops
from reachly.data.session import Database
from reachly.data.system import system
from reachly.infra import cache
from reachly.infra import settings as settings_module
from reachly.infra.embedded_postgres import EmbeddedPostgres
from reachly.infra.postgres_roles import APP_ROLE
from reachly.infra.settings import SecuritySettings, Settings, load_settings

if TYPE_CHECKING:  # a test of the kit need not load the services
    from reachly.services.identity.schemas import Actor

# How quick an example is made depends on the machine, and on whether the sources were read for constants before.
hypothesis_settings.register_profile("reachly", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("reachly")

T = TypeVar("T")
TEMPLATE = "reachly_template"
_numbers = itertools.count()
_started: list[EmbeddedPostgres] = []


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """asyncio everywhere; one loop for the whole run, so that session fixtures may hold connections."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedPostgres:
    """The server of this run: started by the first worker that needs it, adopted by the others."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    server = EmbeddedPostgres(shared / "cluster", durable=False, adopters_seconds=600)
    asyncio.run(server.start())
    _started.append(server)
    return server


def pytest_sessionfinish() -> None:
    """Stops what this worker started. It waits for the others' last tests, so no test's time-out may count it."""
    while _started:
        asyncio.run(_started.pop().stop())


@pytest.fixture(scope="session")
def template(postgres: EmbeddedPostgres) -> str:
    """The name of a migrated database to clone; migrated once per run."""
    with (postgres.data_dir / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        asyncio.run(_make_template(postgres))
    return TEMPLATE


@pytest.fixture
def new_database(postgres: EmbeddedPostgres) -> Iterator[Callable[[str | None], str]]:
    """Makes databases: `new_database(template)` returns the DSN of a clone, `new_database(None)` of an empty one."""
    made: list[str] = []

    def make(source: str | None) -> str:
        name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{next(_numbers)}"
        made.append(name)
        clone = f"TEMPLATE {source or 'template0'} STRATEGY file_copy"  # 20 ms; through the log it takes 110
        _as_admin(postgres, f"CREATE DATABASE {name} OWNER {APP_ROLE} {clone}")
        if source is None:
            _as_admin(postgres, "CREATE EXTENSION pg_trgm", database=name)
        return postgres.dsn(name)

    yield make
    for name in made:
        _as_admin(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def dsn(template: str, new_database: Callable[[str | None], str]) -> str:
    """A migrated database of this test's own. The app's role is no superuser, as in production."""
    return new_database(template)


@pytest.fixture
def empty_dsn(new_database: Callable[[str | None], str]) -> str:
    """A database without any table."""
    return new_database(None)


@pytest.fixture
async def pool(dsn: str, anyio_backend: str) -> AsyncIterator[Any]:
    """An asyncpg pool on `dsn`."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=8) as opened:
        yield opened


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The installed settings; bcrypt at its cheapest."""
    loaded = load_settings(data_dir=tmp_path / "var", security=SecuritySettings(bcrypt_rounds=4))
    settings_module.install(loaded)
    return loaded


@pytest.fixture
async def database(dsn: str, settings: Settings, anyio_backend: str) -> AsyncIterator[Database]:
    """The installed database on `dsn`, with an empty cache: what services need to run."""
    from reachly.services.sending import service as sending

    opened = Database(dsn, pool_size=5)
    sessions.install(opened)
    stops.install(sending.follow_stop)
    cache.install(None)
    yield opened
    stops.install(None)
    sessions.install(None)
    await opened.close()


NewActor: TypeAlias = "Callable[[str], Awaitable[Actor]]"


@pytest.fixture
def new_actor(database: Database) -> NewActor:
    """`await new_actor("brightfjord")` makes an organization of that name and returns its administrator."""
    from reachly.services.identity import service as identity
    from reachly.services.identity.schemas import PERMISSIONS, Actor

    async def make(name: str) -> Actor:
        async with system() as session:
            user = await identity.create_organization(
                session,
                email=f"{name}@{name}.example",
                password_hash="x",
                name=name,
                organization_name=name,
                timezone="UTC",
            )
            return Actor(user.organization_id, user.id, user.email, "admin", PERMISSIONS["admin"])

    return make


@pytest.fixture
async def actor(new_actor: NewActor) -> Actor:
    """The administrator of an organization of this test's own."""
    return await new_actor("brightfjord")


@pytest.fixture
async def sql(dsn: str, database: Database) -> AsyncIterator[Any]:
    """A connection that looks past the tenant's wall, to see what is really there."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("SELECT set_config('role', 'reachly_system', false)")
    yield connection
    await connection.close()


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine reaches a test."""
    for name in list(os.environ):
        if name.startswith("REACHLY_") or name in {"DATABASE_URL", "REDIS_URL", "PORT"}:
            monkeypatch.delenv(name)


async def _make_template(postgres: EmbeddedPostgres) -> None:
    from reachly.data import migrate

    admin = await asyncpg.connect(postgres.admin_dsn())
    try:
        if await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate", TEMPLATE):
            return
        await admin.execute(f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)")
        await admin.execute(f"CREATE DATABASE {TEMPLATE} OWNER {APP_ROLE}")
        inside = await asyncpg.connect(postgres.admin_dsn(TEMPLATE))
        try:
            await inside.execute("CREATE EXTENSION pg_trgm")
        finally:
            await inside.close()
        await migrate.upgrade(postgres.dsn(TEMPLATE))
        await admin.execute(f"ALTER DATABASE {TEMPLATE} IS_TEMPLATE true")
    finally:
        await admin.close()


def _as_admin(postgres: EmbeddedPostgres, statement: str, database: str = "postgres") -> None:
    async def run() -> None:
        admin = await asyncpg.connect(postgres.admin_dsn(database))
        try:
            await admin.execute(statement)
        finally:
            await admin.close()

    _run(run())


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Says at the very end what was done to the workers, and which programs were missing, so that a skipped test is
    not taken for a passed one."""
    from tests.chaos import judged, table
    from tests.programs import NEEDS

    table.tell(terminalreporter)
    judged.tell(terminalreporter)

    missing: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if NEEDS in reason:
            name = reason.partition(NEEDS)[2]
            missing[name] = missing.get(name, 0) + 1
    for name, count in sorted(missing.items()):
        terminalreporter.write_line(f"NOT TESTED: {count} test(s) skipped, missing {name}", yellow=True)
