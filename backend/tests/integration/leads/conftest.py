"""One organization on a database of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from reachly.data import session as sessions
from reachly.data.session import Database
from reachly.data.system import system
from reachly.infra import cache
from reachly.infra import settings as settings_module
from reachly.infra.settings import ImportSettings, Settings, load_settings
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import PERMISSIONS, Actor

NewActor = Callable[[str], Any]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Small batches, so that a test file has several."""
    loaded = load_settings(
        data_dir=tmp_path, imports=ImportSettings(max_bytes=2_000_000, chunk_bytes=1_000, batch_rows=10)
    )
    settings_module.install(loaded)
    return loaded


@pytest.fixture
async def database(dsn: str, settings: Settings, anyio_backend: str) -> AsyncIterator[Database]:
    opened = Database(dsn, pool_size=5)
    sessions.install(opened)
    cache.install(None)
    yield opened
    sessions.install(None)
    await opened.close()


@pytest.fixture
def new_actor(database: Database) -> NewActor:
    """Makes an organization of its own and its administrator."""

    async def make(name: str) -> Actor:
        async with system() as session:
            user = await identity.create_organization(
                session, email=f"{name}@{name}.example", password_hash="x", name=name, organization_name=name,
                timezone="UTC",
            )  # fmt: skip
            return Actor(user.organization_id, user.id, user.email, "admin", PERMISSIONS["admin"])

    return make


@pytest.fixture
async def actor(new_actor: NewActor) -> Actor:
    made: Actor = await new_actor("brightfjord")
    return made


@pytest.fixture
async def sql(dsn: str, database: Database) -> AsyncIterator[Any]:
    """A connection that looks past the tenant's wall, to check what is really there."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("SELECT set_config('role', 'reachly_system', false)")
    yield connection
    await connection.close()
