"""Long work for somebody who may leave before it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request

T = TypeVar("T")
GONE = 499  # nobody reads it; the log does


async def while_here(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What the work answers; it is cancelled when the asker closes the connection. For routes without a body."""
    task, left = asyncio.create_task(work), asyncio.create_task(_leaves(request))
    try:
        await asyncio.wait({task, left}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise HTTPException(GONE, "The asker has left.")
        return task.result()
    finally:
        for each in (task, left):
            each.cancel()
        await asyncio.gather(task, left, return_exceptions=True)


async def _leaves(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
