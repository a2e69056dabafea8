"""Waiting for a child: as long as it works, and with its own words when it does not."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from reachly.infra import children
from reachly.infra.children import Child
from reachly.infra.listening import bind
from reachly.infra.processes import PARENT
from reachly.infra.startup import CannotStart

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]
BUSY = "while True: pass"
STUCK = "print('I wait for a lock', flush=True); import time; time.sleep(600)"
DEAD = "import sys; [print('line', n) for n in range(30)]; sys.exit('no such database')"


@asynccontextmanager
async def running(tmp_path: Path, program: str, said: list[str]) -> AsyncIterator[Child]:
    child = Child("API", ["-c", program], log_path=tmp_path / "api.log", say=said.append)
    child.start()
    try:
        yield child
    finally:
        await child.end(0)


async def test_who_works_is_waited_for_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "TELL_SECONDS", 0.01)
    said: list[str] = []

    async def is_up() -> bool:
        return len(said) > 3

    async with running(tmp_path, BUSY, said) as child:
        await asyncio.wait_for(child.wait_for(is_up, "its port"), 60)
    assert said[0].startswith("Still waiting for its port")


async def never() -> bool:
    return False


async def test_who_does_nothing_is_given_up_with_its_last_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "STUCK_SECONDS", 0.5)
    async with running(tmp_path, STUCK, []) as child:
        with pytest.raises(CannotStart, match="its port is still missing") as caught:
            await asyncio.wait_for(child.wait_for(never, "its port"), 60)
    assert str(caught.value).endswith("  I wait for a lock")


async def test_who_dies_tells_the_cause_and_the_last_lines(tmp_path: Path) -> None:
    async with running(tmp_path, DEAD, []) as child:
        with pytest.raises(CannotStart, match=r"does not start \(code 1\): no such database") as caught:
            await asyncio.wait_for(child.wait_for(never, "its port"), 60)
    lines = str(caught.value).splitlines()
    assert lines[-3:] == ["  line 28", "  line 29", "  no such database"]
    assert len(lines) == 2 + children.LAST_LINES


HOLD = """
import socket, sys
held = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def hold(port: int, parent: int | None) -> subprocess.Popen[str]:
    environment = {} if parent is None else {PARENT: str(parent)}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


async def test_a_port_that_a_dying_reachly_holds_is_waited_for(free_port: int) -> None:
    said = asyncio.Event()
    loop = asyncio.get_running_loop()
    say: Callable[[str], None] = lambda _words: loop.call_soon_threadsafe(said.set)  # noqa: E731
    with hold(free_port, parent=1 << 22) as left_behind:  # no process has this number
        bound = asyncio.create_task(asyncio.to_thread(bind, "127.0.0.1", free_port, say=say))
        await asyncio.wait_for(said.wait(), 60)
        assert not bound.done()
        assert left_behind.stdin is not None
        left_behind.stdin.close()
        (await asyncio.wait_for(bound, 60)).close()


async def test_a_port_of_somebody_else_is_refused_at_once(free_port: int) -> None:
    with hold(free_port, parent=None) as stranger:
        with pytest.raises(CannotStart, match="cannot be used"):
            bind("127.0.0.1", free_port)
        stranger.kill()
