"""Long reading work in a process of its own: the event loop stays free, and the memory returns when it ends.

A thread would hold the interpreter's lock in turn with the loop, keep what it took, and could not be stopped. The
function must be importable, its arguments and its answer picklable; it may be a coroutine function. What comes from
strangers belongs into `infra/sandbox.py`, which bounds it besides.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import os
import pickle
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from reachly.infra.processes import PARENT, die_with_parent

AT_ONCE = 2
"""Such processes of one process at a time; more wait their turn."""

_HEAD = struct.Struct("!Q")
_turns: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}


class OffloadFailed(Exception):
    """The process ended without an answer."""


async def offload(target: str, *arguments: Any) -> Any:
    """What the function `package.module:name` answers. Raises what it raises, or OffloadFailed.

    When the caller is cancelled, the process is ended.
    """
    async with _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, target, env={**os.environ, PARENT: str(os.getpid())},
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            data, _ = await process.communicate(pickle.dumps(arguments, protocol=pickle.HIGHEST_PROTOCOL))
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await asyncio.shield(process.wait())
    if len(data) < _HEAD.size or len(data) != _HEAD.size + _HEAD.unpack_from(data)[0]:
        raise OffloadFailed(f"{target} ended with code {process.returncode}")
    is_answer, value = pickle.loads(data[_HEAD.size :])  # noqa: S301 - both sides are this program
    if not is_answer:
        raise value
    return value


def _call(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[bool, Any]:
    try:
        answer = function(*arguments)
        return True, asyncio.run(answer) if inspect.iscoroutine(answer) else answer
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets it
        return False, error


def main(target: str) -> None:
    """The process beside. What the function prints goes to stderr."""
    die_with_parent()
    give = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    module, _, name = target.partition(":")
    function = getattr(importlib.import_module(module), name)
    answer = pickle.dumps(_call(function, pickle.loads(sys.stdin.buffer.read())))  # noqa: S301 - see above
    give.write(_HEAD.pack(len(answer)) + answer)
    give.flush()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt, BrokenPipeError):
        main(sys.argv[1])
