"""`reachly up`: one foreground command that owns everything on this machine, and ends everything when it ends.

The port is bound first, so that a taken one changes nothing. Then the database, the schema, the mail world, the demo
organization's past, and at last the API and the worker, each a process of its own that is started again when it dies.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx2

from reachly.data.migrate import SchemaMismatch, SchemaState, upgrade
from reachly.data.server import ServerAway, count_held, held_words, look_at_server
from reachly.infra import logging
from reachly.infra.children import Child
from reachly.infra.embedded_postgres import EmbeddedPostgres
from reachly.infra.listening import ENDING
from reachly.infra.private_files import close_folder
from reachly.infra.processes import stop_on_signals
from reachly.infra.settings import Settings
from reachly.infra.startup import CannotStart

PATIENCE_SECONDS = 6.0  # for children that are asked to end; the database has its own three


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `up` was asked for."""

    mailworld: bool
    demo: bool
    past: bool = True

    @classmethod
    def read(
        cls, settings: Settings, *, empty: bool, mailworld: bool, demo: bool, past: bool = True
    ) -> Wanted:
        """Beside somebody's own database there is neither demo nor mail world unless asked for."""
        beside = settings.database_dsn is None or demo
        return cls(mailworld=mailworld and beside, demo=mailworld and beside and not empty, past=past)


async def run_up(
    settings: Settings,
    listening: socket.socket,
    *,
    empty: bool,
    mailworld: bool,
    demo: bool,
    past: bool = True,
) -> None:
    """Runs until SIGINT or SIGTERM. `listening` is bound to `settings.port`. Raises CannotStart."""
    logging.configure(level="warning", form=settings.log.form)
    wanted = Wanted.read(settings, empty=empty, mailworld=mailworld, demo=demo, past=past)
    ending = settings.data_dir / ENDING
    with stop_on_signals() as stop:
        work = asyncio.create_task(_Up(settings, listening, wanted).run())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if stop.is_set() and not work.done():
            _say("Stopping …")
            listening.close()
            ending.write_text(str(os.getpid()))  # whoever starts meanwhile waits for the port
            work.cancel()
        try:
            await work
        except asyncio.CancelledError:
            _say("Stopped.")
        finally:
            ending.unlink(missing_ok=True)


class _Up:
    """One run. Whatever is opened goes onto the stack, which closes it in the opposite order."""

    def __init__(self, settings: Settings, listening: socket.socket, wanted: Wanted) -> None:
        self.settings, self.listening, self.wanted = settings, listening, wanted
        self.url = _local_url(settings)
        self.environment: dict[str, str] = {
            "REACHLY_DATA_DIR": str(settings.data_dir),
            "REACHLY_PORT": str(settings.port),
            "PORT": str(settings.port),
            "REACHLY_JOBS__SHUTDOWN_SECONDS": str(min(settings.jobs.shutdown_seconds, PATIENCE_SECONDS - 2)),
        }
        self.watchers: list[asyncio.Task[None]] = []
        self.past: Child | None = None

    async def run(self) -> None:
        close_folder(self.settings.data_dir)
        async with AsyncExitStack() as stack:
            self._ready_past(stack)
            await self._open_database(stack)
            if self.wanted.mailworld:
                await self._open_world(stack)
            await self._serve(stack)
            self._announce()
            await asyncio.gather(*self.watchers)

    # --- database ---------------------------------------------------------------------------------------------------

    async def _open_database(self, stack: AsyncExitStack) -> None:
        dsn = self.settings.database_dsn
        if dsn is None:
            chosen = self.settings.database
            server = EmbeddedPostgres(
                self.settings.data_dir, embedded_bin=chosen.embedded_bin, account=chosen.embedded_account,
                adopters_seconds=1,
            )  # fmt: skip
            dsn = await server.start()
            if not server.is_owner:
                raise CannotStart(f"Reachly runs already on {self.settings.data_dir}. Stop it first.")
            stack.push_async_callback(server.stop)
            self.environment["DATABASE_URL"] = dsn
        direct = self.settings.listen_dsn or dsn
        await prepare_schema(direct)
        self.held = await count_held(direct)

    held: tuple[int, bool] = (0, False)

    # --- mail world and demo ----------------------------------------------------------------------------------------

    async def _open_world(self, stack: AsyncExitStack) -> None:
        from reachly.demo.feeder import Feeder
        from reachly.demo.organization import keep_sign_in
        from reachly.demo.post_office import PostOffice
        from reachly.demo.user import Servers
        from reachly.infra.mail_world import HOST

        office = PostOffice(self.settings.data_dir / "mailworld")
        sign_in = keep_sign_in(self.settings.data_dir, self.settings.base_url)
        ports = office.keep_ports()
        office.keep_accounts(sign_in.mailbox_secret)
        self.environment |= {
            "REACHLY_OUTBOUND__ALLOW": ",".join((*self.settings.outbound.allow, *ports.allowed)),
            "REACHLY_RESOLVER__RESERVED_NAMESERVER": f"{HOST}:{ports.dns_port}",
        }
        if "REACHLY_INBOX__POLL_SECONDS" not in os.environ:
            self.environment["REACHLY_INBOX__POLL_SECONDS"] = "15"  # nobody likes to wait for a demo
        if self.past is not None:
            await self._play_past(self.past)
            office.note_past()
        world = self._child(
            "mail world", office.arguments(ports, self.url, self.settings.base_url), "mailworld"
        )
        await self._start(stack, world, lambda: _listens(HOST, ports.imap_port), "the mail world's IMAP port")
        if self.wanted.demo:
            feeder = Feeder(self.url, sign_in, office, Servers(ports.smtp_port, ports.imap_port))
            self.feed = lambda: feeder.run(_say)
            self.sign_in_words = f"{sign_in.email}   {sign_in.password}"

    feed: Callable[[], Awaitable[None]] | None = None
    sign_in_words: str | None = None

    def _ready_past(self, stack: AsyncExitStack) -> None:
        """Loads the player of the demo's past, where one will be wanted, while the database is being made."""
        from reachly.demo.post_office import PostOffice

        office = PostOffice(self.settings.data_dir / "mailworld")
        if not self.wanted.demo or office.has_past:
            return
        arguments = ["-m", "reachly.cli", "play-past", *([] if self.wanted.past else ["--bare"])]
        past = self._child("demo's past", arguments, "past")
        with contextlib.suppress(OSError):  # whoever opens the database says what is wrong with the folder
            past.start(waits=True)
            stack.push_async_callback(past.end, PATIENCE_SECONDS)
            self.past = past

    async def _play_past(self, past: Child) -> None:
        """A failed play is told and is no reason not to start."""
        began = time.monotonic()
        _say(
            f"First start: {'playing a fortnight of' if self.wanted.past else 'making'} the demo organization …"
        )
        past.tell(self.environment)
        with contextlib.suppress(CannotStart):  # told below
            await past.wait_for(past.has_ended_well, "the demo's past")
            _say(f"  done in {time.monotonic() - began:.0f} s")
            return
        await past.end(PATIENCE_SECONDS)
        _say(f"The demo's past could not be played ({past.last_words()}); see {past.log_path}")

    # --- the product ------------------------------------------------------------------------------------------------

    async def _serve(self, stack: AsyncExitStack) -> None:
        number = self.listening.fileno()
        api = self._child("API", ["-m", "reachly.cli", "serve", "--fd", str(number)], "api", (number,))
        worker = self._child("worker", ["-m", "reachly.cli", "work"], "worker")
        stack.push_async_callback(self._end_together, [api, worker])
        worker.start()
        await self._start(None, api, lambda: _is_ready(self.url), f"an answer at {self.url}/ready")
        self.watchers.append(asyncio.create_task(worker.keep()))
        if self.feed is not None:
            self.watchers.append(asyncio.ensure_future(_run(self.feed)))

    async def _end_together(self, children: list[Child]) -> None:
        await self._drop_watchers()
        await asyncio.gather(*(child.end(PATIENCE_SECONDS) for child in children))

    async def _drop_watchers(self) -> None:
        for watcher in self.watchers:
            watcher.cancel()
        await asyncio.gather(*self.watchers, return_exceptions=True)

    def _child(self, name: str, arguments: list[str], log: str, fds: tuple[int, ...] = ()) -> Child:
        path = self.settings.data_dir / "log" / f"{log}.log"
        return Child(name, arguments, log_path=path, environment=self.environment, pass_fds=fds, say=_say)

    async def _start(
        self, stack: AsyncExitStack | None, child: Child, is_up: Callable[[], Awaitable[bool]], what: str
    ) -> None:
        """Starts a child, waits until it answers, and keeps it running from then on."""
        child.start()
        if stack is not None:
            stack.push_async_callback(child.end, PATIENCE_SECONDS)
        await child.wait_for(is_up, what)
        self.watchers.append(asyncio.create_task(child.keep()))

    def _announce(self) -> None:
        _say("")
        _say(f"  Reachly is running:  {self.settings.base_url}")
        if self.sign_in_words:
            _say(f"  Sign in with:        {self.sign_in_words}")
        elif not self.wanted.demo:
            _say("  Register the first account there.")
        if words := held_words(*self.held):
            _say(f"  Sending {words}.")
        _say(f"  Logs:                {self.settings.data_dir / 'log'}")
        _say("  Stop with Ctrl-C.")
        _say("")


async def prepare_schema(dsn: str) -> SchemaState:
    """Brings the schema up to this version. Raises CannotStart with one line; nothing is changed then."""
    try:
        server = await look_at_server(dsn)
        if server.missing:
            raise CannotStart(
                f"The database lacks something. Its administrator must run: {' '.join(server.missing)}"
            )
        return await upgrade(dsn)
    except ServerAway as error:
        raise CannotStart(f"The database does not answer: {error}") from None
    except SchemaMismatch as error:
        raise CannotStart(str(error)) from None


def _say(words: str) -> None:
    print(words, flush=True)


async def _run(work: Callable[[], Awaitable[None]]) -> None:
    await work()


def _local_url(settings: Settings) -> str:
    """Where this machine reaches the API, whatever its public address is."""
    host = settings.web.host
    local = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{local}:{settings.port}"


async def _is_ready(url: str) -> bool:
    try:
        async with httpx2.AsyncClient(trust_env=False, verify=False, timeout=5) as client:
            return (await client.get(f"{url}/ready")).status_code == 200
    except httpx2.HTTPError:
        return False


async def _listens(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True
