"""Connections that are kept open: nobody waits for the good-bye of another mailbox's server."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

import pytest

from reachly.kit.ids import new_id
from reachly.services.email_accounts.service.connection import Connection
from reachly.services.sending.service import tools
from reachly.services.sending.service.tools import Kept

pytestmark = pytest.mark.anyio


class Line:
    """A connection whose server answers a good-bye only when it is told to."""

    def __init__(self) -> None:
        self.asked = self.closed = False
        self.answers = asyncio.Event()

    async def close(self) -> None:
        self.asked = True
        await self.answers.wait()
        self.closed = True


def mailbox() -> Connection:
    return cast("Connection", SimpleNamespace(account_id=new_id(), config=1))


def keep(busy: Counter[uuid.UUID]) -> Kept[Line]:
    return Kept(lambda _: Line(), lambda connection: cast("Any", connection).config, busy)


async def test_nobody_waits_for_a_slow_good_bye(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, slow, other = keep(Counter()), mailbox(), mailbox()
    line = await kept.of(slow)
    monkeypatch.setattr(tools, "IDLE_SECONDS", 0.0)
    async with asyncio.timeout(60):
        await kept.of(other)
    await asyncio.sleep(0)
    assert line.asked
    assert not line.closed
    line.answers.set()
    assert await kept.of(slow) is not line


async def test_a_line_that_somebody_is_at_work_on_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    busy: Counter[uuid.UUID] = Counter()
    kept, slow, other = keep(busy), mailbox(), mailbox()
    line = await kept.of(slow)
    busy[slow.account_id] += 1
    monkeypatch.setattr(tools, "IDLE_SECONDS", 0.0)
    await kept.of(other)
    await asyncio.sleep(0)
    assert not line.asked
    assert await kept.of(slow) is line


async def test_all_are_closed_side_by_side_at_the_end() -> None:
    kept = keep(Counter())
    lines = [await kept.of(mailbox()) for _ in range(3)]
    closing = asyncio.create_task(kept.close())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert all(line.asked for line in lines)
    for line in lines:
        line.answers.set()
    await closing
