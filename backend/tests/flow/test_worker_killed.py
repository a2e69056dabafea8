"""`kill -9` of the worker in mid-campaign, on the real clock: nobody is forgotten, nobody is written to twice."""

from __future__ import annotations

import io
import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen
from typing import Any

import anyio
import pytest

from mailworld.config import MailWorldConfig, Rates
from mailworld.people import Lead, invent, write_csv
from mailworld.persona import meet
from mailworld.record import read_log
from reachly.demo.organization import ensure_organization, keep_sign_in
from reachly.demo.story import ALL_HOURS, Box, StepText, Story
from reachly.demo.user import Servers, User
from reachly.infra.settings import load_settings
from tests.flow import processes

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(1200)]

PEOPLE, KILLS, ON_THE_WIRE = 60, 3, 4
BOXES = (
    Box("mira@brightfjord.example", "Mira", daily_limit=1_000, gap=0),
    Box("jonas@brightfjord.example", "Jonas", daily_limit=1_000, gap=0),
)
BLAST = Story(
    "All at once", BOXES, (StepText(subject="Hello {{ first_name }}", body="Hi,\n\na word."),), ALL_HOURS
)


@pytest.fixture
def mail_world(tmp_path: Path) -> Iterator[tuple[Servers, dict[str, str]]]:
    """A mail world as a process; where it listens, and the settings that let the product in."""
    accounts = [{"address": box.address, "password": "secret", "files_sent": True} for box in BOXES]
    (tmp_path / "accounts.json").write_text(json.dumps(accounts))
    log = tmp_path / "mailworld.log"
    process = processes.start(
        [
            "-m",
            "mailworld",
            "--accounts",
            str(tmp_path / "accounts.json"),
            "--log",
            str(tmp_path / "world.jsonl"),
        ],
        log,
    )
    processes.wait_for(lambda: log.exists() and b"}" in log.read_bytes(), "the mail world")
    ports = json.loads(log.read_text().splitlines()[0])
    allowed = ",".join(f"127.0.0.1:{ports[name]}" for name in ("smtp_port", "imap_port"))
    yield (
        Servers(ports["smtp_port"], ports["imap_port"]),
        {
            "REACHLY_OUTBOUND__ALLOW": allowed,
            "REACHLY_RESOLVER__RESERVED_NAMESERVER": f"127.0.0.1:{ports['dns_port']}",
        },
    )
    processes.end(process)


async def test_killed_worker_loses_nothing_and_repeats_nothing(
    mail_world: tuple[Servers, dict[str, str]], database: Any, dsn: str, tmp_path: Path
) -> None:
    servers, environment = mail_world
    port = processes.free_port()
    environment |= {
        "DATABASE_URL": dsn, "REACHLY_DATA_DIR": str(tmp_path / "var"), "PORT": str(port),
        "REACHLY_SENDING__LEASE_SECONDS": "3", "REACHLY_SENDING__PIPELINING": str(ON_THE_WIRE),
        "REACHLY_SENDING__MESSAGES_PER_CLAIM": "12", "REACHLY_JOBS__HEARTBEAT_SECONDS": "2",
    }  # fmt: skip
    load_settings(data_dir=tmp_path / "var")
    sign_in = keep_sign_in(tmp_path / "var", "")
    await ensure_organization(sign_in)
    api = processes.start(["-m", "reachly.cli", "serve"], tmp_path / "api.log", **environment)
    worker = _start_worker(tmp_path, environment)
    try:
        url = f"http://127.0.0.1:{port}"
        processes.wait_for(lambda: processes.is_ready(url), "the API")
        async with User(url, sign_in.email, sign_in.password) as user:
            leads = [lead for lead in invent(3, 2 * PEOPLE) if _takes_mail(lead)][:PEOPLE]
            campaign_id = await _prepare(user, servers, leads)
            await user.start(campaign_id)
            for kill in range(1, KILLS + 1):
                await _wait_for_messages(tmp_path, kill * PEOPLE // (KILLS + 2))
                worker.kill()
                worker.wait()
                worker = _start_worker(tmp_path, environment)
            ledger = await _wait_for_the_end(user, campaign_id, tmp_path)
    finally:
        for process in (worker, api):
            processes.end(process)
    got = Counter(fact.message_id for fact in read_log(tmp_path / "world.jsonl").received)
    assert set(got.values()) == {1}
    assert len({send["lead_id"] for send in ledger}) == len(ledger) == PEOPLE
    sent = {send["message_id"] for send in ledger if send["status"] == "sent"}
    assert sent == set(got), "the ledger says sent exactly where a message arrived"
    unknown = [send for send in ledger if send["status"] == "unknown"]  # the mailbox has no copy (yet)
    assert len(sent) + len(unknown) == PEOPLE
    assert len(unknown) <= KILLS * ON_THE_WIRE * len(BOXES)


def _takes_mail(lead: Lead) -> bool:
    """In the world of the default seed."""
    return meet(MailWorldConfig().seed, Rates(), lead.email).fate in ("accepts", "bounces")


def _start_worker(folder: Path, environment: dict[str, str]) -> Popen[bytes]:
    return processes.start(["-m", "reachly.cli", "work"], folder / "worker.log", **environment)


async def _prepare(user: User, servers: Servers, leads: list[Lead]) -> str:
    mailboxes = await user.connect(BOXES, servers, "secret")
    campaign_id = await user.write_campaign(BLAST, mailboxes)
    text = io.StringIO(newline="")
    write_csv(leads, text)
    await user.import_leads(text.getvalue().encode(), campaign_id, lambda: anyio.sleep(0.2))
    return campaign_id


async def _wait_for_messages(folder: Path, n: int) -> None:
    log = folder / "world.jsonl"
    with anyio.fail_after(processes.PATIENCE):
        while not log.exists() or log.read_text().count('"kind": "received"') < n:
            await anyio.sleep(0.01)


async def _wait_for_the_end(user: User, campaign_id: str, folder: Path) -> list[dict[str, Any]]:
    """The ledger once nothing is under way, and what the mailboxes have a copy of is no longer unknown."""
    deadline = time.monotonic() + processes.PATIENCE
    while True:
        page = await user.ask("GET", f"/api/campaigns/{campaign_id}/sends", params={"limit": 200})
        ledger: list[dict[str, Any]] = page["items"]
        arrived = {fact.message_id for fact in read_log(folder / "world.jsonl").received}
        unsettled = {send["message_id"] for send in ledger if send["status"] == "unknown"} & arrived
        states = Counter(send["status"] for send in ledger)
        if states["sent"] + states["unknown"] == PEOPLE and not unsettled:
            return ledger
        assert time.monotonic() < deadline, f"still open: {states}, unsettled: {unsettled}"
        await anyio.sleep(0.5)
