"""Our own PostgreSQL beside the product: one cluster in the data folder, on a Unix socket, no port open.

One process *owns* the server (it holds a lock on `postgres.owner`) and stops it; others adopt it. Ready means that
a query was answered, never that a pid exists. On Linux the server dies with its owner, even after `kill -9`; an
orphan found elsewhere is stopped and started anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import IO

import asyncpg
import structlog

from reachly.infra import postgres_binaries as binaries
from reachly.infra import postgres_roles as roles
from reachly.infra.postgres_account import Account, choose_account, launch_command
from reachly.infra.postgres_cluster import check_version, make_cluster, make_socket_dir
from reachly.infra.startup import CannotStart

log = structlog.get_logger(__name__)

# What the log's last line says while the server before this one has not quite gone (both write to that log).
ANOTHER_IS_DYING = ("postmaster.pid", "lock file", "shared memory", "shutting down", "shut down")
START_SECONDS = 60.0
STOP_SECONDS = 5.0
LOG_BYTES = 10_000_000
SERVER = (
    "listen_addresses=", "unix_socket_permissions=0700", "max_connections=400", "shared_buffers=128MB",
    "max_wal_size=2GB", "wal_compression=on", "jit=off", "timezone=UTC", "log_timezone=UTC",
)  # fmt: skip
UNSAFE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class EmbeddedPostgres:
    """`start` returns a DSN for asyncpg; `stop` ends the server if this process owns it.

    `durable=False` is for tests only: a power cut may damage the cluster. Call `start` from the main thread: on
    Linux the server lives as long as the thread that started it.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        embedded_bin: Path | None = None,
        account: str = "reachly",
        durable: bool = True,
        adopters_seconds: float = 2.0,
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.cluster = self.data_dir / "postgres"
        self.is_owner = False
        self._chosen_bin = embedded_bin
        self._preferred_account = account
        self._durable = durable
        self._adopters_seconds = adopters_seconds
        self._socket_dir: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._locks: list[IO[bytes]] = []
        self._watcher: asyncio.Task[None] | None = None

    def dsn(self, database: str = roles.DATABASE, user: str = roles.APP_ROLE) -> str:
        """The address of one database for asyncpg (and, with another scheme, for SQLAlchemy)."""
        assert self._socket_dir is not None, "start() comes first"
        return f"postgresql://{user}@/{database}?host={self._socket_dir}"

    def admin_dsn(self, database: str = "postgres") -> str:
        """The same as superuser, for tests and dumps."""
        return self.dsn(database, roles.SUPERUSER)

    async def start(self) -> str:
        """Starts the server, or adopts the one that runs. Raises CannotStart with one line."""
        self._make_data_dir()
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self._take("postgres.owner", fcntl.LOCK_EX):
                self.is_owner = True
                try:
                    await self._start_own(deadline)
                except BaseException:
                    await self.stop()
                    raise
                return self.dsn()
            if await self._adopt():
                return self.dsn()
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"Another process holds the database in {self.data_dir} but does not start it."
                )
            await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """Ends the server when this process owns it, after waiting a moment for those who adopted it."""
        if self._watcher is not None:
            self._watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watcher
            self._watcher = None
        if self._process is not None:
            await self._wait_for_adopters()
            await self._end_process(self._process)
            self._process = None
            if self._socket_dir is not None and self._socket_dir.parent != self.data_dir:
                with contextlib.suppress(OSError):
                    self._socket_dir.rmdir()  # nothing of ours stays in the temporary folder
        self.is_owner = False
        while self._locks:
            self._locks.pop().close()

    def _make_data_dir(self) -> None:
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            probe = self.data_dir / f".writable.{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            reason = error.strerror or str(error)
            raise CannotStart(f"The data folder {self.data_dir} is not writable: {reason}.") from None

    def _take(self, name: str, kind: int) -> bool:
        """Takes a file lock for the life of this process (the kernel frees it after `kill -9`)."""
        try:
            file = (self.data_dir / name).open("ab")
        except PermissionError:
            raise CannotStart(
                f"{self.data_dir / name} belongs to another account: start Reachly as the one that made it."
            ) from None
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._locks.append(file)
        return True

    # --- adopting -----------------------------------------------------------------------------------------------

    async def _adopt(self) -> bool:
        """Uses the server of the process that holds the owner's lock, once it answers and is prepared."""
        try:
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        except PermissionError:
            raise CannotStart(
                f"{self.cluster} belongs to another account: start Reachly as that one."
            ) from None
        if len(lines) < 5 or not lines[4]:
            return False
        self._socket_dir = Path(lines[4])
        if not await self._answers(roles.APP_ROLE, roles.DATABASE):
            return False
        self._take("postgres.users", fcntl.LOCK_SH)
        return True

    async def _wait_for_adopters(self) -> None:
        deadline = time.monotonic() + self._adopters_seconds
        while not self._take("postgres.users", fcntl.LOCK_EX) and time.monotonic() < deadline:
            await asyncio.sleep(0.1)

    # --- owning -------------------------------------------------------------------------------------------------

    async def _start_own(self, deadline: float) -> None:
        bin_dir = binaries.find_binaries(self._chosen_bin)
        account = choose_account(self.cluster, self._preferred_account)
        if account.dropped:
            places = [self.data_dir, binaries.SHARED_COPY]
            bin_dir = binaries.reachable_binaries(bin_dir, places, account.uid, account.gid)
        try:
            if not (self.cluster / "PG_VERSION").exists():
                await asyncio.to_thread(make_cluster, self.cluster, bin_dir, account, durable=self._durable)
            check_version(self.cluster, bin_dir)
            self._socket_dir = make_socket_dir(self.data_dir, account)
        except OSError as error:
            raise CannotStart(
                f"The folder {self.cluster} cannot be used: {error.strerror or error}."
            ) from None
        await self._launch_until_ready(bin_dir, account, deadline)
        await self._prepare()
        self._watcher = asyncio.create_task(self._watch(bin_dir, account), name="embedded-postgres")

    async def _launch_until_ready(self, bin_dir: Path, account: Account, deadline: float) -> None:
        """Starts the server; waits while the one before it is still dying (its zombie may linger under pid 1)."""
        began = time.monotonic()
        while True:
            self._process = self._launch(bin_dir, account)
            while self._process.poll() is None:
                if await self._answers(roles.SUPERUSER, "postgres"):
                    return
                if time.monotonic() > deadline:
                    break
                await asyncio.sleep(0.02)
            if time.monotonic() > deadline:
                raise CannotStart(f"PostgreSQL did not start: {self._last_words()} (see {self._log_path}).")
            words = self._last_words()
            if not any(sign in words for sign in ANOTHER_IS_DYING):
                raise CannotStart(f"PostgreSQL does not start: {words} (see {self._log_path}).")
            await self._clear_the_way(patient=time.monotonic() - began < 3)

    def _launch(self, bin_dir: Path, account: Account) -> subprocess.Popen[bytes]:
        options = SERVER if self._durable else (*SERVER, *UNSAFE)
        arguments = ["-D", account.cluster_path, "-k", str(self._socket_dir)]
        for option in options:
            arguments += ["-c", option]
        command = launch_command(account, self.cluster, bin_dir / "postgres", arguments, initdb=False)
        if self._log_path.exists() and self._log_path.stat().st_size > LOG_BYTES:
            self._log_path.replace(self._log_path.with_suffix(".log.1"))
        with self._log_path.open("ab") as output:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )

    async def _clear_the_way(self, *, patient: bool) -> None:
        """Another server has the cluster: an orphan is stopped, a dying one is waited for, a stale pid is dropped."""
        pid_file = self.cluster / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(pid_file.read_text().splitlines()[0])
            if await self._answers(roles.SUPERUSER, "postgres"):
                os.kill(pid, signal.SIGINT)
            elif not patient and not _is_postgres(pid):
                pid_file.unlink()  # after a container's restart the number belongs to another program
        await asyncio.sleep(0.25)

    async def _prepare(self) -> None:
        admin = await asyncpg.connect(self.admin_dsn())
        try:
            await roles.prepare_roles(admin)
            await roles.prepare_database(admin)
        finally:
            await admin.close()
        admin = await asyncpg.connect(self.admin_dsn(roles.DATABASE))
        try:
            await roles.prepare_extensions(admin)
        finally:
            await admin.close()

    async def _watch(self, bin_dir: Path, account: Account) -> None:
        """Starts the server again when it dies under us."""
        while self._process is not None:
            if self._process.poll() is not None:
                log.warning("the database server ended and is started again", code=self._process.returncode)
                try:
                    await self._launch_until_ready(bin_dir, account, time.monotonic() + START_SECONDS)
                except CannotStart as error:
                    log.error("the database server does not come back", reason=str(error))
                    await asyncio.sleep(5)
            await asyncio.sleep(0.2)

    async def _end_process(self, process: subprocess.Popen[bytes]) -> None:
        for kind, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 2.0), (signal.SIGKILL, 2.0)):
            if process.poll() is not None:
                return
            process.send_signal(kind)
            deadline = time.monotonic() + seconds
            while process.poll() is None and time.monotonic() < deadline:
                await asyncio.sleep(0.02)

    # --- asking -------------------------------------------------------------------------------------------------

    async def _answers(self, user: str, database: str) -> bool:
        try:
            connection = await asyncpg.connect(self.dsn(database, user), timeout=5)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        try:
            return bool(await connection.fetchval("SELECT true", timeout=5))
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        finally:
            connection.terminate()

    @property
    def _log_path(self) -> Path:
        return self.data_dir / "postgres.log"

    def _last_words(self) -> str:
        """The last complaint of the server."""
        with self._log_path.open("rb") as file:
            file.seek(max(0, self._log_path.stat().st_size - 4000))
            lines = file.read().decode(errors="replace").splitlines()
        told = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
        return (told or lines or ["no reason given"])[-1]


def _is_postgres(pid: int) -> bool:
    """Whether the process is a PostgreSQL one; where that cannot be known, yes."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip() == "postgres"
    except FileNotFoundError:
        return not Path("/proc/self/comm").exists()
