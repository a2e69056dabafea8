"""Work in a process of its own: its answer, its end, and that it ends with whoever asked."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from pathlib import Path

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from reachly.api.leaving import GONE, while_here
from reachly.infra.offload import OffloadFailed, offload

pytestmark = pytest.mark.anyio


def children() -> set[str]:
    found: set[str] = set()
    for thread in Path("/proc/self/task").iterdir():
        with contextlib.suppress(
            FileNotFoundError, ProcessLookupError
        ):  # a thread may end while it is looked at
            found |= set((thread / "children").read_text().split())
    return found


async def until_a_child_runs(before: set[str]) -> None:
    deadline = time.monotonic() + 60
    while children() <= before:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_what_the_function_answers_or_raises_comes_back() -> None:
    assert await offload("os.path:join", "a", "b") == "a/b"
    with pytest.raises(ValueError, match="invalid literal"):
        await offload("builtins:int", "no number")
    with pytest.raises(OffloadFailed, match="code 3"):
        await offload("os:_exit", 3)
    assert await offload("os:getpid") != os.getpid()


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc")
async def test_whoever_leaves_ends_the_work() -> None:
    before = children()
    gone = asyncio.Event()

    async def receive() -> dict[str, str]:
        await gone.wait()
        return {"type": "http.disconnect"}

    request = Request({"type": "http", "method": "GET", "path": "/", "headers": []}, receive)
    asked = asyncio.create_task(while_here(request, offload("time:sleep", 600)))
    await until_a_child_runs(before)
    gone.set()
    with pytest.raises(HTTPException) as caught:
        await asked
    assert caught.value.status_code == GONE
    assert children() <= before
