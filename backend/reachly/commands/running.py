"""Verbs that run the product or a part of it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import uvloop
from cyclopts import Parameter

from reachly.infra.embedded_postgres import EmbeddedPostgres
from reachly.infra.listening import bind
from reachly.infra.processes import die_with_parent, spare_the_collector, stop_on_signals
from reachly.infra.settings import Settings, load_settings, read_settings
from reachly.infra.startup import CannotStart

LAST_SECONDS = 120.0  # twice a lease, and twice what a server may take for one answer


def up(
    *, empty: bool = False, mailworld: bool = True, demo: bool = False,
    past: Annotated[bool, Parameter(show=False)] = True,
) -> None:  # fmt: skip
    """Everything on this machine: database, API with the front end, worker, and a world of mail to try it on.

    What it keeps lies in the folder `var` beside the program (REACHLY_DATA_DIR names another). It listens on
    127.0.0.1:8000; PORT takes another port, REACHLY_WEB__HOST another address.

    Parameters
    ----------
    empty
        Start without the demo organization.
    mailworld
        Start the loopback mail world (SMTP, IMAP, DNS) that the demo organization writes to.
    demo
        With DATABASE_URL set: make the demo organization and the mail world there too.
    past
        Let the demo organization have a fortnight behind it.
    """
    from reachly.supervisor import run_up

    wanted = read_settings()
    listening = bind(wanted.web.host, wanted.port)  # first of all: a taken port changes nothing
    settings = load_settings(port=listening.getsockname()[1])
    uvloop.run(run_up(settings, listening, empty=empty, mailworld=mailworld, demo=demo, past=past))


def serve(*, fd: Annotated[int | None, Parameter(show=False)] = None) -> None:
    """API and front end only, on a database that is migrated (`DATABASE_URL`)."""
    from reachly.main import serve as run_serving

    die_with_parent()
    settings = load_settings()
    listening = socket.socket(fileno=fd) if fd is not None else bind(settings.web.host, settings.port)
    _run(settings, lambda product, stop: run_serving(product, listening, stop))


def work() -> None:
    """A worker only: jobs, sending and reading. Start as many as you like, on as many machines."""
    from reachly.worker import with_room
    from reachly.worker import work as run_working

    die_with_parent()
    _run(with_room(load_settings()), run_working)


def migrate() -> None:
    """Brings the database's schema up to this version."""
    from reachly.supervisor import prepare_schema

    async def run() -> None:
        settings = load_settings()
        async with open_database(settings) as dsn:
            before = await prepare_schema(settings.listen_dsn or dsn)
            print(f"The schema was {before.value} and is now current.")

    uvloop.run(run())


def resume_sending() -> None:
    """After a restore: lets sending go on, for every organization.

    What left after the dump was made is not in the ledger and would leave again: look first.
    """
    from reachly.services.sending import service as sending

    async def run() -> None:
        async with open_current(quiet(load_settings())):
            held = await sending.list_held()
            for one in held:
                ends = f"{one.ledger_ends:%Y-%m-%d %H:%M} UTC" if one.ledger_ends else "nothing was ever sent"
                print(f"{one.name}: the ledger's last message is of {ends}")
            await sending.resume_everywhere()
            print("Sending goes on." if held else "Sending was not held.")

    uvloop.run(run())


def quiet(settings: Settings) -> Settings:
    """The same, with the log's warnings only: for verbs that answer on the terminal."""
    return settings.model_copy(update={"log": settings.log.model_copy(update={"level": "warning"})})


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[str]:
    """The DSN of the configured server, or of the embedded one (started, or adopted from a running `up`)."""
    dsn = settings.database_dsn
    if dsn is not None:
        yield dsn
        return
    chosen = settings.database
    server = EmbeddedPostgres(
        settings.data_dir, embedded_bin=chosen.embedded_bin, account=chosen.embedded_account
    )
    dsn = await server.start()
    try:
        yield dsn
    finally:
        await server.stop()


@asynccontextmanager
async def open_current(settings: Settings) -> AsyncIterator[Any]:
    """An open product on a database whose schema is this version's. Raises CannotStart."""
    from reachly.bootstrap import open_product
    from reachly.data.errors import is_database_away
    from reachly.data.migrate import SchemaMismatch, require_current

    async with open_database(settings) as dsn:
        try:
            await require_current(settings.listen_dsn or dsn)
        except SchemaMismatch as error:
            raise CannotStart(str(error)) from None
        except Exception as error:
            if isinstance(error, OSError) or is_database_away(error):
                raise CannotStart(f"The database does not answer: {error}") from None
            raise
        async with open_product(settings, dsn, settings.listen_dsn) as product:
            yield product


def _run(settings: Settings, body: Callable[[Any, asyncio.Event], Awaitable[None]]) -> None:
    """Runs a process body on an open product until a signal; the schema must be current."""

    async def run() -> None:
        with stop_on_signals(limit_seconds=LAST_SECONDS) as stop:
            async with open_current(settings) as product:
                spare_the_collector()
                await body(product, stop)

    uvloop.run(run())
