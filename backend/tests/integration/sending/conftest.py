"""A relay that follows a script, and the organization that sends through it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import pytest

from reachly.infra import outbound
from reachly.infra.settings import Settings
from reachly.integrations.mailer.fake import RelayScript
from reachly.integrations.mailer.port import UNWATCHED, Envelope, ProbeResult, Receipt, Watch
from reachly.jobs.sending import SendingLoop
from reachly.kit import clock
from reachly.services.email_accounts.service import Connection
from reachly.services.identity.schemas import Actor
from reachly.services.sending.service import open_mailer
from tests.contract.smtp_peer import SmtpPeer

Hook: TypeAlias = Callable[[], Awaitable[None]]


class Relay:
    """A real SMTP server on the loopback, what it answers, and what it took."""

    def __init__(self, script: RelayScript, port: int) -> None:
        self.script = script
        self.port = port

    @property
    def recipients(self) -> list[str]:
        return [envelope.rcpt_to for envelope in self.script.accepted]


@pytest.fixture
async def relay(anyio_backend: str) -> AsyncIterator[Relay]:
    script = RelayScript()
    outbound.install(["127.0.0.1"])
    async with SmtpPeer(script).running() as peer:
        yield Relay(script, peer.port)


@pytest.fixture
async def organization_id(actor: Actor, sql: Any) -> uuid.UUID:
    await sql.execute("UPDATE organizations SET postal_address = '1 Example Street, Oslo'")
    return actor.organization_id


@pytest.fixture
async def loop(database: Any, settings: Settings) -> AsyncIterator[SendingLoop]:
    made = SendingLoop(settings)
    yield made
    await made.tools.close()


def one_at_a_time(settings: Settings, **more: Any) -> Settings:
    return settings.model_copy(
        update={"sending": settings.sending.model_copy(update={"pipelining": 1, **more})}
    )


async def drain(loop: SendingLoop, most: int = 200) -> int:
    """Passes until no mailbox has its turn; how many turns were taken."""
    taken = 0
    for _ in range(most):
        turns = await loop.run_once()
        taken += turns
        if not turns:
            return taken
    raise AssertionError("the loop does not come to rest")


class SetClock:
    """Product time that stands still until a test moves it."""

    def __init__(self, now: datetime) -> None:
        self.at = now

    def now(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)

    async def sleep(self, seconds: float, name: str = "") -> None:
        raise AssertionError("nothing sleeps here")

    async def sleep_until(self, when: datetime, name: str = "") -> None:
        raise AssertionError("nothing sleeps here")

    def nudge(self, name: str) -> None:
        return None

    def actor(self, name: str) -> AbstractAsyncContextManager[None]:
        return nullcontext()


@pytest.fixture
def at(anyio_backend: str) -> Iterator[SetClock]:
    """Monday, 5 October 2026, noon UTC."""
    with clock.installed(SetClock(datetime(2026, 10, 5, 12, tzinfo=UTC))) as set_clock:
        yield set_clock


class Held:
    """A mailer around the real one that calls `before` before it connects or before the n-th message."""

    def __init__(self, connection: Connection, before_open: Hook | None, before_send: Hook | None) -> None:
        self._inner = open_mailer(connection)
        self._before_open, self._before_send = before_open, before_send

    async def open(self) -> None:
        if self._before_open:
            await self._before_open()
        await self._inner.open()

    async def send(self, envelope: Envelope, watch: Watch = UNWATCHED) -> Receipt:
        if self._before_send:
            await self._before_send()
        return await self._inner.send(envelope, watch)

    async def send_many(self, envelopes: Sequence[Envelope], watch: Watch = UNWATCHED) -> list[Receipt]:
        if self._before_send:
            await self._before_send()
        return await self._inner.send_many(envelopes, watch)

    async def probe(self) -> ProbeResult:
        return await self._inner.probe()

    async def close(self) -> None:
        await self._inner.close()


def hold_mailers(
    *, before_open: Hook | None = None, before_send: Hook | None = None
) -> Callable[[Connection], Held]:
    return lambda connection: Held(connection, before_open, before_send)


async def end_leases(sql: Any) -> None:
    """What a minute without a heartbeat does."""
    for table in ("email_accounts", "open_sends"):
        await sql.execute(
            f"UPDATE {table} SET lease_until = now() - interval '1 s' WHERE lease_until IS NOT NULL"
        )
