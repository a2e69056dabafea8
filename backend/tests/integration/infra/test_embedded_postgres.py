"""The supervisor of the embedded server, each case in a process of its own, as root and as a plain user."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from reachly.infra import postgres_binaries
from reachly.infra.embedded_postgres import EmbeddedPostgres
from reachly.infra.startup import CannotStart
from tests.programs import NEEDS

pytestmark = pytest.mark.anyio
BACKEND = Path(__file__).resolve().parents[3]

KEEP = """
import asyncio, json, sys
from pathlib import Path
from reachly.infra.embedded_postgres import EmbeddedPostgres
from reachly.infra.startup import CannotStart
async def main():
    server = EmbeddedPostgres(Path(sys.argv[1]))
    try:
        dsn = await server.start()
    except CannotStart as error:
        print(json.dumps({"refused": str(error)}), flush=True)
        return
    print(json.dumps({"dsn": dsn, "owner": server.is_owner}), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await server.stop()
asyncio.run(main())
"""


class Keeper:
    """A process that starts (or adopts) the server and keeps it until it is told to stop."""

    def __init__(self, data_dir: Path, user: str | None = None) -> None:
        python, who = sys.executable, {}
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(BACKEND), *sys.path])}
        if user is not None:
            entry = pwd.getpwnam(user)
            who = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
            python = plain_python()
        self.process = subprocess.Popen(
            [python, "-c", KEEP, str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            cwd="/",
            **who,
        )

    def said(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.communicate(b"\n", timeout=30)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def plain_python() -> str:
    """A Python of the same version that an ordinary account can reach."""
    version = f"python3.{sys.version_info.minor}"
    for candidate in (sys.executable, shutil.which(version, path="/usr/bin:/usr/local/bin")):
        if candidate and postgres_binaries.within_reach(Path(os.path.realpath(candidate)), 65534, 65534):
            return candidate
    pytest.skip("needs a Python that a plain account can reach (Debian package python3)")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path that every account may walk to, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="pg-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


async def query(dsn: str, statement: str) -> Any:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def postmaster(folder: Path) -> int:
    return int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_cluster_is_made_once_and_its_rows_stay(folder: Path) -> None:
    for expected in (0, 1):
        server = EmbeddedPostgres(folder)
        dsn = await server.start()
        await query(dsn, "CREATE TABLE IF NOT EXISTS kept (n int)")
        assert await query(dsn, "SELECT count(*) FROM kept") == expected
        await query(dsn, "INSERT INTO kept VALUES (1)")
        pid = postmaster(folder)
        await server.stop()
        assert not alive(pid)


async def test_app_signs_in_as_no_superuser_and_may_enter_both_roles(folder: Path) -> None:
    server = EmbeddedPostgres(folder, durable=False)
    dsn = await server.start()
    try:
        assert await query(dsn, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        for role in ("reachly_tenant", "reachly_system"):
            assert await query(dsn, f"SELECT pg_has_role(current_user, '{role}', 'SET')") is True
        assert await query(dsn, "SELECT similarity('reachly', 'reachly') = 1") is True
        assert await query(dsn, "SHOW listen_addresses") == ""
    finally:
        await server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason=f"{NEEDS}root, to become somebody else")
async def test_plain_user_can_start_it(folder: Path) -> None:
    os.chown(folder, 65534, 65534)
    keeper = Keeper(folder / "var", user="nobody")
    said = keeper.said()
    assert said.get("owner") is True, said
    assert await query(said["dsn"], "SELECT 1") == 1
    keeper.stop()
    assert (folder / "var" / "postgres").stat().st_uid == 65534


@pytest.mark.skipif(os.geteuid() != 0, reason=f"{NEEDS}root, to drop to another account")
async def test_root_starts_it_in_a_folder_closed_to_others(folder: Path) -> None:
    folder.chmod(0o700)
    server = EmbeddedPostgres(folder / "deep" / "var", durable=False)
    dsn = await server.start()
    try:
        assert await query(dsn, "SELECT 1") == 1
        pid = postmaster(folder / "deep" / "var")
        assert Path(f"/proc/{pid}").stat().st_uid != 0
    finally:
        await server.stop()
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason=f"{NEEDS}root, to drop to another account")
async def test_programs_out_of_reach_are_copied_into_the_data_folder(folder: Path) -> None:
    bin_dir = postgres_binaries.find_binaries()
    hidden = folder / "hidden"
    hidden.mkdir(mode=0o700)
    shutil.copytree(
        bin_dir.parent.parent, hidden / "embedded_postgres", ignore=shutil.ignore_patterns("include", "*.py")
    )
    libraries = bin_dir.parent.parent.with_name("embedded_postgres.libs")
    shutil.copytree(libraries, hidden / "embedded_postgres.libs")
    data_dir = folder / "var"
    server = EmbeddedPostgres(
        data_dir, durable=False, embedded_bin=hidden / "embedded_postgres" / "pginstall" / "bin"
    )
    dsn = await server.start()
    try:
        assert await query(dsn, "SELECT 1") == 1
        assert [path.name for path in data_dir.glob("postgresql-*")] != []
    finally:
        await server.stop()


async def test_long_path_gets_a_short_socket_that_does_not_stay(folder: Path) -> None:
    server = EmbeddedPostgres(folder / ("long" * 30), durable=False)
    dsn = await server.start()
    socket_dir = Path(dsn.partition("?host=")[2])
    try:
        assert await query(dsn, "SELECT 1") == 1
        assert len(str(socket_dir)) < 80
    finally:
        await server.stop()
    assert not socket_dir.exists()


async def test_four_at_once_share_one_server(folder: Path) -> None:
    keepers = [Keeper(folder) for _ in range(4)]
    answers = [keeper.said() for keeper in keepers]
    assert sorted(answer["owner"] for answer in answers) == [False, False, False, True]
    assert len({answer["dsn"] for answer in answers}) == 1
    pid = postmaster(folder)
    for keeper, answer in zip(keepers, answers, strict=True):
        if not answer["owner"]:
            keeper.stop()
    assert alive(pid)
    for keeper in keepers:
        keeper.stop()
    assert not alive(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
@pytest.mark.chaos
async def test_server_dies_with_its_owner_and_the_next_start_loses_nothing(folder: Path) -> None:
    first = Keeper(folder)
    dsn = first.said()["dsn"]
    await query(dsn, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    pid = postmaster(folder)
    first.kill()
    second = Keeper(folder)
    said = second.said()
    assert said.get("owner") is True, said
    assert await query(dsn, "SELECT count(*) FROM kept") == 1000
    assert not alive(pid)
    second.stop()


@pytest.mark.chaos
async def test_killed_server_is_started_again_with_every_committed_row(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    dsn = await server.start()
    try:
        await query(dsn, "CREATE TABLE kept AS SELECT generate_series(1, 20000) AS n")
        pid = postmaster(folder)
        os.kill(pid, signal.SIGKILL)
        rows = None
        deadline = time.monotonic() + 120
        while rows is None and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
            try:
                rows = await query(dsn, "SELECT count(*) FROM kept")
            except (OSError, asyncpg.PostgresError):
                continue
        assert rows == 20000
        assert postmaster(folder) != pid
    finally:
        await server.stop()


async def test_stale_pid_of_another_program_does_not_block_the_start(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    await server.start()
    lines = (folder / "postgres" / "postmaster.pid").read_text().splitlines()
    os.kill(int(lines[0]), signal.SIGSTOP)
    os.kill(int(lines[0]), signal.SIGKILL)
    await server.stop()
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        lines[0] = str(sleeper.pid)
        (folder / "postgres" / "postmaster.pid").write_text("\n".join(lines) + "\n")
        again = EmbeddedPostgres(folder)
        assert await query(await again.start(), "SELECT 1") == 1
        await again.stop()
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


async def test_cluster_of_another_version_is_refused_untouched(folder: Path) -> None:
    server = EmbeddedPostgres(folder, durable=False)
    await server.start()
    await server.stop()
    (folder / "postgres" / "PG_VERSION").write_text("15\n")
    with pytest.raises(
        CannotStart, match=r"is of PostgreSQL 15, the programs are 18\.\d+: dump it"
    ) as refused:
        await server.start()
    assert "\n" not in str(refused.value)
    (folder / "postgres" / "PG_VERSION").write_text("18\n")
    assert await query(await server.start(), "SELECT 1") == 1
    await server.stop()


async def test_folder_that_cannot_be_written_is_named() -> None:
    with pytest.raises(CannotStart, match="/proc/reachly is not writable"):
        await EmbeddedPostgres(Path("/proc/reachly")).start()


async def test_half_made_cluster_is_made_anew(folder: Path) -> None:
    (folder / "postgres.new").mkdir()
    (folder / "postgres.new" / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(folder, durable=False)
    assert await query(await server.start(), "SELECT 1") == 1
    await server.stop()


def test_named_folder_without_programs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="holds no `postgres`"):
        postgres_binaries.find_binaries(tmp_path)
