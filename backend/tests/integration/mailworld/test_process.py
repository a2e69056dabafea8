"""The world as a process of its own: ports, accounts, restart, and its parent's death."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import dns.asyncquery
import dns.message
import pytest
from imap_tools import AND, H, MailBoxUnencrypted

from mailworld import MailWorld, MailWorldConfig, Rates
from mailworld.record import read_log
from tests.factories.mail import Letter, hand_in
from tests.integration.mailworld.conftest import MakeWorld

pytestmark = pytest.mark.anyio
BACKEND = Path(__file__).resolve().parents[3]


@asynccontextmanager
async def run_world(
    folder: Path, *more: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, int]]]:
    accounts = folder / "accounts.json"
    if not accounts.exists():
        accounts.write_text(json.dumps([{"address": "anna@reachly.test", "password": "secret"}]))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mailworld", "--accounts", str(accounts), "--state", str(folder / "state"), *more,
        cwd=BACKEND, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield process, json.loads(await asyncio.wait_for(process.stdout.readline(), 120))
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def find(port: int, folder: str, message_id: str) -> tuple[list[str], int]:
    with MailBoxUnencrypted("127.0.0.1", port, timeout=10).login("anna@reachly.test", "secret") as box:
        status = box.folder.status(folder)
        box.folder.set(folder)
        return box.uids(AND(header=H("Message-ID", message_id))), status["UIDVALIDITY"]


async def test_a_killed_world_forgets_nothing_it_accepted(tmp_path: Path) -> None:
    async with run_world(tmp_path) as (process, ports):
        await hand_in(ports["smtp_port"], Letter("amy@acme.test", message_id="<kept@reachly.test>"))
        before = await asyncio.to_thread(find, ports["imap_port"], "Sent", "<kept@reachly.test>")
        process.kill()
    async with run_world(tmp_path) as (process, ports):
        after = await asyncio.to_thread(find, ports["imap_port"], "Sent", "<kept@reachly.test>")
        await hand_in(ports["smtp_port"], Letter("amy@acme.test", message_id="<kept@reachly.test>"))
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 60) == 0
    assert after == before
    assert len(after[0]) == 1
    assert [fact.duplicate for fact in read_log(tmp_path / "state" / "world.jsonl").received] == [False, True]


async def test_plans_survive_a_restart_and_are_carried_out_once(tmp_path: Path) -> None:
    rates = Rates(bounce=1, bounce_in_session=0)
    config = MailWorldConfig(rates=rates, state=tmp_path / "state", log=tmp_path / "world.jsonl")
    async with MailWorld(config) as world:
        world.add_mailbox("anna@reachly.test", "secret")
        await hand_in(world.smtp_port, Letter("amy@acme.test"))
        assert world.waiting == 1
    async with MailWorld(config) as world:
        world.add_mailbox("anna@reachly.test", "secret")
        assert world.waiting == 1


async def test_new_accounts_are_picked_up_while_it_runs(tmp_path: Path) -> None:
    async with run_world(tmp_path) as (_, ports):
        accounts = [
            {"address": name, "password": "secret"} for name in ("anna@reachly.test", "bo@reachly.test")
        ]
        (tmp_path / "accounts.json").write_text(json.dumps(accounts))
        await asyncio.sleep(1.2)
        answer = await hand_in(ports["smtp_port"], Letter("amy@acme.test", sender="bo@reachly.test"))
        assert answer.startswith("2.0.0")


async def test_it_dies_with_its_parent(tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.json"
    accounts.write_text("[]")
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c",
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-m', 'mailworld', '--accounts', sys.argv[1]])\n"
        "print(child.pid, flush=True)\n"
        "child.wait()",
        str(accounts), cwd=BACKEND, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    assert "smtp_port" in json.loads(await asyncio.wait_for(parent.stdout.readline(), 120))
    parent.kill()
    await parent.wait()
    until = time.monotonic() + 60
    while _lives(child) and time.monotonic() < until:
        await asyncio.sleep(0.05)
    assert not _lives(child)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def test_names_are_answered_over_udp_and_tcp(make_world: MakeWorld) -> None:
    query = dns.message.make_query("brightfjord.example", "MX")
    async with make_world() as world:
        for ask in (dns.asyncquery.udp, dns.asyncquery.tcp):
            reply = await ask(query, "127.0.0.1", port=world.dns_port, timeout=5)
            assert reply.answer[0][0].to_text() == "10 mail.brightfjord.example."


async def test_a_taken_port_is_said_in_one_line(tmp_path: Path, make_world: MakeWorld) -> None:
    (tmp_path / "accounts.json").write_text("[]")
    async with make_world() as world:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "mailworld", "--accounts", str(tmp_path / "accounts.json"),
            "--smtp-port", str(world.smtp_port), cwd=BACKEND, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, error = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 1
    assert error.startswith(b"mailworld: ")
    assert len(error.splitlines()) == 1
    assert os.linesep.encode() in error
