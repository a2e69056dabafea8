"""Child processes that cannot outlive their parent, and signals as events."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

PARENT = "REACHLY_PARENT_PID"
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Called by a child at its start: when the parent named in the environment is gone, this process ends.

    Linux tells by a signal, at once; elsewhere a thread looks every second.
    """
    wanted = os.environ.get(PARENT)
    if not wanted:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    else:
        threading.Thread(target=_watch, args=(int(wanted),), daemon=True).start()
    if os.getppid() != int(wanted):
        sys.exit(9)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def stop_on_signals(*, limit_seconds: float | None = None) -> Iterator[asyncio.Event]:
    """An event that SIGINT and SIGTERM set; inside a running loop.

    Who has not come to an end `limit_seconds` after the signal is ended with exit code 1: waiting for a database that
    does not come back helps nobody. What was still on the wire then is in doubt, as after any crash.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    limits: list[threading.Timer] = []

    def ask() -> None:
        if limit_seconds is not None and not stop.is_set():
            limits.append(threading.Timer(limit_seconds, os._exit, [1]))
            limits[0].daemon = True
            limits[0].start()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask)
    try:
        yield stop
    finally:
        for limit in limits:
            limit.cancel()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def spare_the_collector() -> None:
    """What is loaded now stays to the end, and a turn makes thousands of objects that no cycle holds: looking through
    all of them every few hundred would cost a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
