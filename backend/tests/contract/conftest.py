from __future__ import annotations

from collections.abc import Iterator

import pytest

from reachly.infra import outbound


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def loopback_is_allowed() -> Iterator[None]:
    """The peers of these tests live on loopback; outside of the tests only an operator can allow that."""
    outbound.install(["127.0.0.0/8"])
    yield
    outbound.install([])
