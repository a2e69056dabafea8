"""Whether everything is there that Reachly needs, one line a thing."""

from __future__ import annotations

import asyncio
import platform
import shutil
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from reachly.data.migrate import SchemaState, schema_state
from reachly.data.server import (
    ServerAway,
    count_exposed,
    count_held,
    held_words,
    list_kept_jobs,
    look_at_server,
    look_through_pooler,
)
from reachly.infra import cache
from reachly.infra.embedded_postgres import EmbeddedPostgres
from reachly.infra.mail_world import HOST, read_ports
from reachly.infra.private_files import find_open
from reachly.infra.queue import KeptJob
from reachly.infra.settings import CHECKOUT, Settings, load_settings
from reachly.infra.startup import CannotStart

OLDEST_PYTHON = (3, 11)
STATES = {
    SchemaState.EMPTY: "no schema yet: `reachly up` and `reachly migrate` make it",
    SchemaState.BEHIND: "an older schema: run `reachly migrate`, or `reachly up`",
    SchemaState.CURRENT: "the schema is this version's",
    SchemaState.AHEAD: "made by a newer Reachly: update this program",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """`words` say what is, and what to do where it is not good."""

    what: str
    words: str
    state: Literal["good", "note", "fault"] = "good"

    @property
    def mark(self) -> str:
        return {"good": "✓", "note": "·", "fault": "✗"}[self.state]

    @property
    def is_fault(self) -> bool:
        return self.state == "fault"


async def examine() -> list[Finding]:
    """All findings, in the order in which things are needed."""
    found = [_python()]
    try:
        settings = load_settings()
    except CannotStart as error:
        return [*found, Finding("settings", str(error), "fault")]
    found += [_front_end(settings), _proxy(settings), _data_folder(settings), *await _database(settings)]
    found += [await check(settings) for check in (_redis, _mail_world)]
    return found


def _python() -> Finding:
    version = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        return Finding("Python", f"{version} is too old: use 3.11 or newer", "fault")
    return Finding("Python", version)


def _front_end(settings: Settings) -> Finding:
    root = settings.web.root
    if (root / "index.html").is_file():
        return Finding("front end", f"built, in {root}")
    if not (CHECKOUT / "frontend").is_dir():
        return Finding("front end", f"not in {root}; the API is served alone", "note")
    if shutil.which("node") is None:
        return Finding("front end", "not built, and Node.js is missing: install Node.js 20 or newer", "fault")
    return Finding(
        "front end", "not built: run `make run`, or `npm ci && npm run build` in frontend/", "fault"
    )


def _proxy(settings: Settings) -> Finding:
    if told := settings.unnamed_proxy:
        return Finding("proxy", told, "fault")
    named = ", ".join(settings.web.trusted_proxies)
    return Finding(
        "proxy", f"{named} is believed who asks" if named else "none; callers are who they connect as"
    )


def _data_folder(settings: Settings) -> Finding:
    folder = settings.data_dir
    probe = folder / ".doctor"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        return Finding("data folder", f"{folder} is not writable: {error.strerror}", "fault")
    if left_open := list(find_open(folder)):
        told = f"{len(left_open)} files in {folder} can be read by other accounts, such as {left_open[0]}"
        return Finding(
            "data folder", f"{told}: `reachly up` closes them, or `chmod -R go= {folder}`", "fault"
        )
    free = shutil.disk_usage(folder).free / 2**30
    if free < 1:
        return Finding("data folder", f"{folder} is writable, but only {free:.1f} GB are free", "note")
    return Finding("data folder", f"{folder} is writable, {free:.0f} GB free")


async def _database(settings: Settings) -> list[Finding]:
    try:
        async with _reached(settings) as dsn:
            server = await look_at_server(dsn)
            found = [Finding("PostgreSQL", f"{server.version} answers")]
            found += [
                Finding("PostgreSQL", f"its administrator must run: {line}", "fault")
                for line in server.missing
            ]
            state = await schema_state(dsn)
            fault = state in (SchemaState.BEHIND, SchemaState.AHEAD)
            found.append(Finding("schema", STATES[state], "fault" if fault else "good"))
            found += await _pooler(settings)
            if state is SchemaState.CURRENT and (words := held_words(*await count_held(dsn))):
                found.append(Finding("sending", words, "fault"))
            if state is SchemaState.CURRENT and (exposed := await count_exposed(dsn)):
                told = f"{exposed} mailboxes send their password over an unencrypted connection: change their security"
                found.append(Finding("mailboxes", f"{told} to TLS or STARTTLS (Mailboxes, Servers)", "note"))
            if state is SchemaState.CURRENT:
                found.append(_failed_jobs(await list_kept_jobs(dsn)))
            return found
    except (ServerAway, CannotStart) as error:
        return [Finding("PostgreSQL", str(error), "fault")]


async def _pooler(settings: Settings) -> list[Finding]:
    """Whether the application's own way to the database works, where a pooler stands in it."""
    if not settings.database.pooled or settings.database_dsn is None:
        return []
    try:
        await look_through_pooler(settings.database_dsn)
    except ServerAway as error:
        return [Finding("pooler", f"DATABASE_URL: {error}", "fault")]
    return [Finding("pooler", "it answers, and lets a role be entered")]


def _failed_jobs(kept: list[KeptJob]) -> Finding:
    """Work that was given up, by what it is, with the last error of each."""
    if not kept:
        return Finding("jobs", "none has failed")
    counts = Counter(job.name for job in kept)
    last = {job.name: job.error for job in reversed(kept)}
    told = "; ".join(
        f"{n} × {name}{f' ({first_line(last[name])})' if last[name] else ''}"
        for name, n in counts.most_common()
    )
    return Finding(
        "jobs",
        f"{len(kept)} failed and are kept: {told}. Mend the cause; administrators try theirs again under Settings",
        "fault",
    )


def first_line(error: str) -> str:
    """As much of an error as fits a line."""
    return " ".join(error.split())[:120]


@asynccontextmanager
async def _reached(settings: Settings) -> AsyncIterator[str]:
    """The configured server as it is; the embedded one is adopted, or started for this look."""
    if settings.database_dsn is not None:
        yield settings.listen_dsn or settings.database_dsn
        return
    server = EmbeddedPostgres(
        settings.data_dir,
        embedded_bin=settings.database.embedded_bin,
        account=settings.database.embedded_account,
    )
    dsn = await server.start()
    try:
        yield dsn
    finally:
        await server.stop()


async def _redis(settings: Settings) -> Finding:
    if settings.redis_address is None:
        return Finding("Redis", "not set: cache and rate limits are kept in memory", "note")
    trouble = await cache.find_trouble(settings.redis_address)
    if trouble:
        return Finding("Redis", f"does not answer ({trouble}); rate limits fall back to memory", "fault")
    return Finding("Redis", "answers")


async def _mail_world(settings: Settings) -> Finding:
    ports = read_ports(settings.data_dir)
    if ports is None:
        return Finding("mail world", "was never started here", "note")
    try:
        for port in (ports.smtp_port, ports.imap_port):
            _, writer = await asyncio.open_connection(HOST, port)
            writer.close()
    except OSError:
        return Finding("mail world", "is not running; `reachly up` starts it", "note")
    return Finding("mail world", f"answers (SMTP {ports.smtp_port}, IMAP {ports.imap_port})")
