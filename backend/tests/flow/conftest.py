"""The whole product on the virtual clock, and a person at its keyboard."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailworld.config import Rates
from reachly.demo.organization import ensure_organization, keep_sign_in
from reachly.demo.story import FIRST_MONDAY
from reachly.demo.user import User
from reachly.demo.world import Ground, Stage, playing
from reachly.infra import settings as settings_module
from reachly.infra.settings import SecuritySettings, Settings, load_settings


@dataclass(frozen=True)
class Scene:
    """`user` is signed in to an organization that may write to the mail world on `stage`."""

    stage: Stage
    user: User
    secret: str


Perform = Callable[..., AbstractAsyncContextManager[Scene]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    loaded = load_settings(data_dir=tmp_path / "var", port=0, security=SecuritySettings(bcrypt_rounds=4))
    settings_module.install(loaded)
    return loaded


@pytest.fixture
def perform(settings: Settings, dsn: str, anyio_backend: str) -> Perform:
    """`async with perform(rates) as scene:` the test is the user's actor, and lets time pass by `clock.sleep`.

    A second performance needs a database of its own.
    """

    @asynccontextmanager
    async def play(rates: Rates | None = None, database: str = dsn) -> AsyncIterator[Scene]:
        ground = Ground(database, FIRST_MONDAY, 7, rates=rates or Rates())
        sign_in = keep_sign_in(settings.data_dir, "")
        async with playing(settings, ground) as stage:
            await ensure_organization(sign_in)
            async with User(stage.base_url, sign_in.email, sign_in.password) as user:
                yield Scene(stage, user, secrets.token_urlsafe(8))

    return play
