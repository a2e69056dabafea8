"""The command line: `reachly up` for one machine; `serve`, `work` and `migrate` for many."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import uvloop
from cyclopts import App, Parameter

from reachly.infra.embedded_postgres import EmbeddedPostgres
from reachly.infra.processes import die_with_parent, stop_on_signals
from reachly.infra.settings import Settings, load_settings
from reachly.infra.startup import CannotStart

app = App(name="reachly", help="Cold-email outreach that anyone can host.", help_on_error=False)


def main() -> None:
    """Entry point: what stands in the way is one clear line and exit code 1."""
    try:
        app()
    except CannotStart as error:
        print(f"reachly: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


@app.command
def up(*, empty: bool = False, mailworld: bool = True, demo: bool = False) -> None:
    """Everything on this machine: database, API with the front end, worker, and a world of mail to try it on.

    Parameters
    ----------
    empty
        Start without the demo organization.
    mailworld
        Start the loopback mail world (SMTP, IMAP, DNS) that the demo organization writes to.
    demo
        With DATABASE_URL set: make the demo organization and the mail world there too.
    """
    from reachly.supervisor import run_up

    uvloop.run(run_up(load_settings(), empty=empty, mailworld=mailworld, demo=demo))


@app.command
def serve(*, fd: Annotated[int | None, Parameter(show=False)] = None) -> None:
    """API and front end only, on a database that is migrated (`DATABASE_URL`)."""
    from reachly.main import bind
    from reachly.main import serve as run_serving

    die_with_parent()
    settings = load_settings()
    listening = socket.socket(fileno=fd) if fd is not None else bind(settings.web.host, settings.port)
    _run(settings, lambda product, stop: run_serving(product, listening, stop))


@app.command
def work() -> None:
    """A worker only: jobs, sending and reading. Start as many as you like, on as many machines."""
    from reachly.worker import work as run_working

    die_with_parent()
    _run(load_settings(), run_working)


@app.command
def migrate() -> None:
    """Brings the database's schema up to this version."""
    from reachly.data.migrate import SchemaMismatch, upgrade

    async def run() -> None:
        settings = load_settings()
        async with _OpenDatabase(settings) as dsn:
            try:
                before = await upgrade(dsn)
            except SchemaMismatch as error:
                raise CannotStart(str(error)) from None
            print(f"The schema was {before.value} and is now current.")

    uvloop.run(run())


@app.command
def keys() -> None:
    """Prints fresh secrets as settings, for a server outside development. Keep them: they open what they sealed."""
    from reachly.infra.secrets_file import make_secrets

    for name, value in make_secrets().items():
        print(f"REACHLY_SECURITY__{name.upper()}={value}")


@app.command(show=False)
def openapi() -> None:
    """Prints the API's OpenAPI document."""
    from reachly.api.app import build_api

    print(json.dumps(build_api().openapi(), indent=1, sort_keys=True))


class _OpenDatabase:
    """The DSN of the configured server, or of the embedded one while the block runs."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.embedded: EmbeddedPostgres | None = None

    async def __aenter__(self) -> str:
        dsn = self.settings.database_dsn
        if dsn is not None:
            return dsn
        chosen = self.settings.database
        self.embedded = EmbeddedPostgres(
            self.settings.data_dir, embedded_bin=chosen.embedded_bin, account=chosen.embedded_account
        )
        return await self.embedded.start()

    async def __aexit__(self, *exc: object) -> None:
        if self.embedded:
            await self.embedded.stop()


def _run(settings: Settings, body: Callable[[Any, asyncio.Event], Awaitable[None]]) -> None:
    """Runs a process body on an open product until a signal; the schema must be current."""
    from reachly.bootstrap import open_product
    from reachly.data.migrate import SchemaMismatch, require_current

    async def run() -> None:
        async with _OpenDatabase(settings) as dsn:
            try:
                await require_current(dsn)
            except SchemaMismatch as error:
                raise CannotStart(str(error)) from None
            with stop_on_signals() as stop:
                async with open_product(settings, dsn, settings.listen_dsn) as product:
                    await body(product, stop)

    uvloop.run(run())


if __name__ == "__main__":
    main()
