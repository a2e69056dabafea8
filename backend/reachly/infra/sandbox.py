"""Work on hostile input in a process beside this one, which can really be ended: by CPU time, by memory, by the clock.

A thread cannot be stopped and holds the interpreter's lock, so the event loop would wait for it; a process can. The
function must be importable, its arguments and its answer picklable. Unix ends a call by itself (`setitimer`, which also
ends a loop inside a C function, and `setrlimit`); elsewhere only the clock does.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import IO, Any

if sys.platform != "win32":
    import resource

START_SECONDS = 120.0  # of a process, beside whatever else the machine does
_HEAD = struct.Struct("!Q")


class OverLimit(Exception):
    """The call was ended; `reason` is `time`, `memory` or `died`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Sandbox:
    """Calls of one function (`package.module:name`), at most `at_once` side by side, each in a process that is kept.

    A process is started when it is first wanted, and anew after one was ended; it holds nothing from call to call and
    ends with this one. May be used from any event loop.
    """

    def __init__(
        self, target: str, *, cpu_seconds: float, wall_seconds: float = 60.0, memory_bytes: int = 1 << 30,
        at_once: int = 2,
    ) -> None:  # fmt: skip
        self._arguments = [target, str(cpu_seconds), str(memory_bytes)]
        self._wall_seconds = wall_seconds
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="sandbox")
        self._own = threading.local()  # each thread has a process of its own
        self._processes: set[subprocess.Popen[bytes]] = set()
        weakref.finalize(self, _end, self._processes)

    async def call(self, *arguments: Any) -> Any:
        """The function's answer. Raises OverLimit."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._call, arguments)

    def close(self) -> None:
        """Ends the processes; calls that are under way are over their limit."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in list(self._processes):
            process.kill()

    def _call(self, arguments: tuple[Any, ...]) -> Any:
        process = self._process()
        timer = _kill_after(self._wall_seconds, process)
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            _write(process.stdin, arguments)
            done, answer = _read(process.stdout)
        except (OSError, EOFError):
            raise OverLimit(self._told(process)) from None
        finally:
            timer.cancel()
        if not done:
            raise OverLimit(answer)
        return answer

    def _process(self) -> subprocess.Popen[bytes]:
        kept: subprocess.Popen[bytes] | None = getattr(self._own, "process", None)
        if kept is None or kept.poll() is not None:
            kept = subprocess.Popen(
                [sys.executable, "-m", __name__, *self._arguments],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
            )  # fmt: skip
            self._processes.add(kept)
            self._own.process = kept
            timer = _kill_after(START_SECONDS, kept)
            with suppress(OSError, EOFError):  # a process that does not start is told by the first call
                assert kept.stdout is not None
                _read(kept.stdout)
            timer.cancel()
        return kept

    def _told(self, process: subprocess.Popen[bytes]) -> str:
        process.kill()
        code = process.wait()
        self._processes.discard(process)
        over = (-getattr(signal, "SIGPROF", 27), -getattr(signal, "SIGKILL", 9))
        return "time" if code in over else "died"


def _kill_after(seconds: float, process: subprocess.Popen[bytes]) -> threading.Timer:
    timer = threading.Timer(seconds, process.kill)
    timer.daemon = True
    timer.start()
    return timer


def _end(processes: set[subprocess.Popen[bytes]]) -> None:
    for process in list(processes):
        process.kill()
        process.wait()


def _write(pipe: IO[bytes], value: Any) -> None:
    data = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(_HEAD.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def _read(pipe: IO[bytes]) -> Any:
    """Raises EOFError where the other side has ended. Both sides are this program, no stranger writes here."""
    head = pipe.read(_HEAD.size)
    if len(head) < _HEAD.size:
        raise EOFError
    (size,) = _HEAD.unpack(head)
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return pickle.loads(data)  # noqa: S301 - see above


def _serve(function: Callable[..., Any], cpu_seconds: float, take: IO[bytes], give: IO[bytes]) -> None:
    """Answers calls until the other side is gone. Over its time the process is ended by the system, mid-work."""
    _write(give, "ready")
    while True:
        try:
            arguments = _read(take)
        except EOFError:
            return
        _arm(cpu_seconds)
        try:
            answer = (True, function(*arguments))
        except MemoryError:
            answer = (False, "memory")
        except Exception:  # noqa: BLE001 - whatever hostile input can cause
            answer = (False, "died")
        _arm(0)
        _write(give, answer)


def _arm(seconds: float) -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def main(target: str, cpu_seconds: float, memory_bytes: int) -> None:
    """The process beside. What the function prints goes to stderr."""
    take, give = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    module, _, name = target.partition(":")
    function = getattr(importlib.import_module(module), name)
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with suppress(ValueError, OSError):  # macOS has no such limit
            resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    _serve(function, cpu_seconds, take, give)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt, BrokenPipeError):
        main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
