from __future__ import annotations

from collections.abc import Iterator

import pytest

from reachly.infra import outbound


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def nothing_private_is_allowed() -> Iterator[None]:
    outbound.install([])
    yield
    outbound.install([])
