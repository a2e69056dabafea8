"""Two of each process behind a real PgBouncer in transaction mode, configured as the guide says."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest

from mailworld.people import invent
from mailworld.record import read_log
from reachly.demo.organization import ensure_organization, keep_sign_in
from reachly.demo.user import Servers, User
from reachly.infra.settings import load_settings
from tests.flow import processes
from tests.flow.test_worker_killed import _prepare, _takes_mail, mail_world
from tests.programs import require_program

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(600)]

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guides" / "operating.md"
PEOPLE = 500
__all__ = ["mail_world"]


@pytest.fixture
def pooler(dsn: str) -> Iterator[str]:
    """The address of a PgBouncer before the test's database."""
    with tempfile.TemporaryDirectory(
        prefix="reachly-pooler-"
    ) as folder:  # the tests' own are closed to its user
        yield from _pooler(dsn, Path(folder))


def _pooler(dsn: str, folder: Path) -> Iterator[str]:
    program = require_program("pgbouncer", "pgbouncer")
    url, port = urlsplit(dsn), processes.free_port()
    database = url.path.lstrip("/")
    users = folder / "userlist.txt"
    users.write_text(f'"{url.username}" ""\n')
    here = {
        "reachly": f"host={parse_qs(url.query)['host'][0]} dbname={database}", "listen_port": str(port),
        "auth_type": "trust", "auth_file": str(users),
    }  # fmt: skip
    (written,) = re.findall(r"```ini\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    lines = [
        f"{name} = {here[name]}" if (name := line.partition(" = ")[0]) in here else line
        for line in written.splitlines()
    ]
    assert "pool_mode = transaction" in lines
    config = folder / "pgbouncer.ini"
    config.write_text("\n".join([*lines, "unix_socket_dir ="]))
    config.chmod(0o644)
    users.chmod(0o644)
    folder.chmod(0o755)
    owner = Path(parse_qs(url.query)["host"][0]).stat()
    is_root = os.geteuid() == 0  # it refuses to be root, and the database's socket is its owner's
    as_owner: dict[str, Any] = (
        {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if is_root else {}
    )
    log = folder / "pgbouncer.log"
    with log.open("wb") as output:
        process = subprocess.Popen([program, str(config)], stdout=output, stderr=output, **as_owner)
    try:
        ended = lambda: process.poll() is not None  # noqa: E731
        processes.wait_for(lambda: b"process up" in log.read_bytes() or ended(), "PgBouncer")
        assert not ended(), log.read_text()
        yield f"postgresql://{url.username}@127.0.0.1:{port}/reachly"
    finally:
        process.terminate()
        process.wait()


async def test_a_campaign_goes_through_a_pooler_and_nothing_is_lost_or_doubled(
    mail_world: tuple[Servers, dict[str, str]], pooler: str, database: Any, dsn: str, sql: Any, tmp_path: Path
) -> None:
    servers, environment = mail_world
    ports = [processes.free_port() for _ in range(2)]
    environment |= {
        "DATABASE_URL": pooler, "REACHLY_DATABASE__POOLED": "true", "REACHLY_DATABASE__LISTEN_URL": dsn,
        "REACHLY_DATA_DIR": str(tmp_path / "var"),
    }  # fmt: skip
    load_settings(data_dir=tmp_path / "var")
    sign_in = keep_sign_in(tmp_path / "var", "")
    await ensure_organization(sign_in)
    assert _run("migrate", tmp_path, environment) == 0, "it uses the direct address"
    running = [
        processes.start(["-m", "reachly.cli", verb], tmp_path / f"{verb}.log", **environment, PORT=str(port))
        for port in ports
        for verb in ("serve", "work")
    ]
    try:
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        for url in urls:
            processes.wait_for(lambda url=url: processes.is_ready(url), "the API")  # type: ignore[misc]
        async with User(urls[0], sign_in.email, sign_in.password) as user:
            leads = [lead for lead in invent(3, 3 * PEOPLE) if _takes_mail(lead)][:PEOPLE]
            campaign_id = await _prepare(user, servers, leads)
            await user.start(campaign_id)
        async with User(urls[1], sign_in.email, sign_in.password) as user:
            await _until_nothing_is_open(sql, campaign_id)
            assert (await user.ask("GET", f"/api/campaigns/{campaign_id}"))["status"] == "completed"
            assert (await user.ask("GET", f"/api/campaigns/{campaign_id}/simulation"))["total"] == 0
        _run("doctor", tmp_path, environment)
        told = (tmp_path / "doctor.log").read_text()
        assert re.search(r"✓ +pooler", told), told
        assert re.search(r"✓ +schema", told), told
        assert _run("audit", tmp_path, environment, campaign_id) == 0, (tmp_path / "audit.log").read_text()
    finally:
        for process in running:
            processes.end(process, 60)
    got = Counter(fact.message_id for fact in read_log(tmp_path / "world.jsonl").received)
    sent = await sql.fetch("SELECT message_id, status FROM email_sends WHERE campaign_id = $1", campaign_id)
    assert Counter(row["status"] for row in sent) == {"sent": PEOPLE}
    assert got == Counter(row["message_id"] for row in sent)
    assert all(
        "prepared statement" not in (tmp_path / f"{name}.log").read_text() for name in ("serve", "work")
    )


def _run(verb: str, folder: Path, environment: dict[str, str], *arguments: str) -> int:
    process = processes.start(["-m", "reachly.cli", verb, *arguments], folder / f"{verb}.log", **environment)
    return process.wait(180)


async def _until_nothing_is_open(sql: Any, campaign_id: str) -> None:
    query = "SELECT status FROM campaigns WHERE id = $1"
    deadline = time.monotonic() + 400
    while await sql.fetchval(query, campaign_id) != "completed":
        assert time.monotonic() < deadline, await sql.fetch(
            "SELECT status, count(*) FROM email_sends WHERE campaign_id = $1 GROUP BY 1", campaign_id
        )
        await anyio.sleep(0.5)
