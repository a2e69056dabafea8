"""The whole product and the mail world in one process on one virtual clock, so that a fortnight takes seconds.

Everything is real but the time: PostgreSQL, HTTP, SMTP, IMAP, DNS, tokens and jobs. One actor runs at a time and time
moves only when nobody runs and no job is left, so the same seed plays the same fortnight on any machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from mailworld import MailWorld, MailWorldConfig
from mailworld.config import Rates
from reachly.bootstrap import Product, open_product
from reachly.demo.user import Servers
from reachly.infra.listening import bind
from reachly.infra.queue import JobEngine
from reachly.infra.settings import Settings
from reachly.jobs.inbox import InboxLoop
from reachly.jobs.sending import SendingLoop
from reachly.kit import clock
from reachly.kit.clock import VirtualClock
from reachly.main import serving
from reachly.worker import build_engine

ACTORS = ("inbox", "mailworld", "sending", "user")
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the world stands: its database, when it begins, and what the mail world keeps (None: nothing)."""

    dsn: str
    begins: datetime
    seed: int
    log: Path | None = None
    state: Path | None = None
    servers: Servers | None = None
    dns_port: int = 0
    rates: Rates = field(default_factory=Rates)


@dataclass(frozen=True, slots=True)
class Stage:
    """The running world, as the user's actor sees it."""

    product: Product
    mail: MailWorld
    base_url: str

    @property
    def servers(self) -> Servers:
        return Servers(self.mail.smtp_port, self.mail.imap_port)


@asynccontextmanager
async def playing(settings: Settings, ground: Ground) -> AsyncIterator[Stage]:
    """Runs the world; the block is the actor "user" and may `clock.sleep`. The world ends with the block."""
    listening = bind(HOST, 0)
    base_url = f"http://{HOST}:{listening.getsockname()[1]}"
    settings = _for_play(settings, base_url)
    virtual = VirtualClock(ground.begins, actors=len(ACTORS))
    async with AsyncExitStack() as stack:
        stack.enter_context(clock.installed(virtual))
        mail = await stack.enter_async_context(_mail_world(settings, ground, base_url))
        settings = _with_world(settings, mail)
        product = await stack.enter_async_context(open_product(settings, ground.dsn, durable=False))
        await stack.enter_async_context(serving(product, listening))
        stop = asyncio.Event()
        engine = build_engine(product)
        loops = [
            asyncio.create_task(work, name=name)
            for name, work in (
                ("jobs", engine.run(stop)),
                ("sending", SendingLoop(settings).run(stop)),
                ("inbox", InboxLoop(settings).run(stop)),
            )
        ]
        virtual.add_barrier(_Settled(engine, loops))
        try:
            async with clock.actor("user"):
                try:
                    yield Stage(product, mail, base_url)
                finally:
                    # While the user still has the turn: left alone, the others would play on without end.
                    await _end(loops)
                    await mail.__aexit__(None, None, None)
        finally:
            await _end(loops)


class _Settled:
    """The clock's barrier: time waits until the jobs are done, and a loop that broke breaks the play."""

    def __init__(self, engine: JobEngine, loops: list[asyncio.Task[None]]) -> None:
        self._engine, self._loops = engine, loops

    async def __call__(self) -> None:
        for loop in self._loops:
            if loop.done() and not loop.cancelled():
                raise RuntimeError(f"the loop {loop.get_name()} ended") from loop.exception()
        if await self._engine.drain():
            for name in (
                "sending",
                "inbox",
            ):  # as NOTIFY does between processes: what was planned may be due at once
                clock.nudge(name)


def _mail_world(settings: Settings, ground: Ground, base_url: str) -> MailWorld:
    servers = ground.servers or Servers(0, 0)
    return MailWorld(
        MailWorldConfig(
            seed=ground.seed,
            smtp_port=servers.smtp_port,
            imap_port=servers.imap_port,
            dns_port=ground.dns_port,
            base_url=base_url,
            public_url=settings.base_url,
            log=ground.log,
            state=ground.state,
            rates=ground.rates,
            on_delivery=lambda _address: clock.nudge("inbox"),
        )
    )


def _for_play(settings: Settings, base_url: str) -> Settings:
    """No rate limits, no waiting for the wall clock; links keep the address that people will use later."""
    return settings.model_copy(
        update={
            "public_url": settings.public_url or base_url,
            "limits": settings.limits.model_copy(update={"enabled": False}),
            "tracking": settings.tracking.model_copy(update={"group_commit_ms": 1}),
            "sending": settings.sending.model_copy(update={"poll_seconds": 6 * 3600.0}),
            "inbox": settings.inbox.model_copy(update={"poll_seconds": 12 * 3600.0}),
            "log": settings.log.model_copy(update={"level": "warning"}),
            "web": settings.web.model_copy(update={"trusted_proxies": (HOST,)}),
        }
    )


def _with_world(settings: Settings, mail: MailWorld) -> Settings:
    allow = (*settings.outbound.allow, f"{HOST}:{mail.smtp_port}", f"{HOST}:{mail.imap_port}")
    nameserver = f"{HOST}:{mail.dns_port}"
    return settings.model_copy(
        update={
            "outbound": settings.outbound.model_copy(update={"allow": allow}),
            "resolver": settings.resolver.model_copy(update={"reserved_nameserver": nameserver}),
        }
    )


async def _end(loops: list[asyncio.Task[None]]) -> None:
    for loop in loops:
        loop.cancel()
    await asyncio.wait(loops)
