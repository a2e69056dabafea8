"""The product as one ASGI application on a database of the test's own, and people signed in to two organizations."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest
from starlette.types import ASGIApp

from reachly.api.app import build_app
from reachly.api.edge import TrackingEdge
from reachly.api.live import LiveGateway
from reachly.bootstrap import Product, open_product
from reachly.infra.settings import SecuritySettings, Settings, WebSettings, load_settings
from reachly.kit import clock
from reachly.kit.ids import new_id
from reachly.services.identity import passwords

PASSWORD = "correct horse battery"


@pytest.fixture
def options() -> dict[str, Any]:
    """Settings that a test file wants otherwise: it overrides this fixture."""
    return {}


@pytest.fixture
def settings(tmp_path: Path, options: dict[str, Any]) -> Settings:
    given = {"security": SecuritySettings(bcrypt_rounds=4), "data_dir": tmp_path / "var", **options}
    web = given.get("web", WebSettings()).model_copy(update={"root": tmp_path / "no-front-end"})
    return load_settings(**{**given, "web": web})


@dataclass
class Api:
    """An open product and what it serves. `client()` has no cookies of its own and nobody signed in."""

    product: Product
    app: ASGIApp
    edge: TrackingEdge
    stack: AsyncExitStack

    async def client(self, *, ip: str = "198.51.100.7", raises: bool = True) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(self.app, client=(ip, 4_321), raise_app_exceptions=raises)
        made = httpx2.AsyncClient(transport=transport, base_url="http://reachly.test")
        return await self.stack.enter_async_context(made)


@asynccontextmanager
async def open_api(settings: Settings, dsn: str) -> AsyncIterator[Api]:
    """The parts of `main.serving` without sockets and server."""
    async with open_product(settings, dsn) as product, AsyncExitStack() as stack:
        edge = TrackingEdge(settings)
        await edge.start()
        app = build_app(settings, product.limiter, LiveGateway(list(settings.web.allowed_origins)), edge)
        yield Api(product, app, edge, stack)
        await edge.stop()


@pytest.fixture
async def api(settings: Settings, dsn: str, anyio_backend: str) -> AsyncIterator[Api]:
    async with open_api(settings, dsn) as opened:
        yield opened


@pytest.fixture
async def client(api: Api) -> httpx2.AsyncClient:
    """Nobody is signed in."""
    return await api.client()


@pytest.fixture
async def sql(dsn: str, api: Api) -> AsyncIterator[Any]:
    """A connection that looks past the tenant's wall, to see what is really there."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("SET ROLE reachly_system")
    yield connection
    await connection.close()


@dataclass
class Person:
    """Someone signed in: `http` sends their access token, and keeps their refresh cookie."""

    http: httpx2.AsyncClient
    email: str
    signed_in: dict[str, Any]
    rows: dict[str, uuid.UUID] = field(default_factory=dict)

    @property
    def organization_id(self) -> uuid.UUID:
        return uuid.UUID(self.signed_in["me"]["organization"]["id"])

    @property
    def user_id(self) -> uuid.UUID:
        return uuid.UUID(self.signed_in["me"]["user"]["id"])

    @property
    def token(self) -> str:
        return str(self.signed_in["access_token"])


Register = Callable[..., Any]


async def register(api: Api, name: str) -> Person:
    """A new organization and its administrator."""
    http = await api.client()
    email = f"ada@{name}.example"
    body = {"email": email, "password": PASSWORD, "name": "Ada", "organization_name": name}
    answer = await http.post("/api/auth/register", json=body)
    assert answer.status_code == 201, answer.text
    return _person(http, email, answer.json())


async def sign_in(api: Api, email: str, *, password: str = PASSWORD, ip: str = "198.51.100.7") -> Person:
    http = await api.client(ip=ip)
    answer = await http.post("/api/auth/login", json={"email": email, "password": password})
    assert answer.status_code == 200, answer.text
    return _person(http, email, answer.json())


def _person(http: httpx2.AsyncClient, email: str, signed_in: dict[str, Any]) -> Person:
    http.headers["authorization"] = f"Bearer {signed_in['access_token']}"
    return Person(http, email, signed_in)


async def add_member(api: Api, sql: Any, admin: Person, role: str) -> Person:
    """A further person of the organization, who has accepted an invitation."""
    email = f"{role}@{admin.organization_id.hex}.example"
    now = clock.machine_now()
    await sql.execute(
        "INSERT INTO users (organization_id, id, email, email_key, password_hash, role, created_at, updated_at)"
        " VALUES ($1, $2, $3, $3, $4, $5, $6, $6)",
        admin.organization_id, new_id(), email, await passwords.hash_password(PASSWORD), role, now,
    )  # fmt: skip
    return await sign_in(api, email)


@pytest.fixture
async def ada(api: Api) -> Person:
    """The administrator of organization A."""
    return await register(api, "brightfjord")


@pytest.fixture
async def bea(api: Api) -> Person:
    """The administrator of organization B."""
    return await register(api, "quietharbor")
