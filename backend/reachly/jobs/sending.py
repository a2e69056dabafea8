"""The loop of mailbox turns: any number of workers on any number of machines may run it on one PostgreSQL."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

import structlog

from reachly.data import stops
from reachly.infra.settings import Settings
from reachly.jobs.places import Places
from reachly.kit import clock
from reachly.services.sending import service
from reachly.services.sending.service import MailerFactory, ReaderFactory, Tools, open_mailer, open_reader

log = structlog.get_logger(__name__)

TIDY_SECONDS = 60.0
ASKED_AT_ONCE = 10  # organizations whose mailboxes are asked at a time about what is in doubt
SHORTEST_NAP = 0.05
ASK_AGAIN_SECONDS = 1.0
"""How long a wave may last before it is asked whether it may still go, without having been called back."""


class SendingLoop:
    """Leases mailboxes whose turn has come and gives each its turn.

    On the real clock turns run side by side, up to `mailboxes_per_lease` of them and some for guests (see
    `Places`); a slow one holds up no other. Mailboxes are asked about what is in doubt beside it all. On the virtual
    clock the loop is one actor and turns go one after the other by address, so that a run can be repeated.
    `clock.nudge(name)` (the worker's answer to NOTIFY) ends its sleep.
    """

    def __init__(
        self, settings: Settings, *, mailer_factory: MailerFactory = open_mailer,
        reader_factory: ReaderFactory = open_reader, name: str = "sending",
    ) -> None:  # fmt: skip
        self.name = name
        self.tools = Tools(settings, mailer_factory, reader_factory)
        self._sending = settings.sending
        self._turns: Places[service.Lease] = Places(self._sending.mailboxes_per_lease, name)
        self._reconciling: asyncio.Task[None] | None = None
        self._rescue_at = self._tidy_at = 0.0
        self._reconcile_at: datetime | None = None  # None: nothing is in doubt
        self._calls: dict[uuid.UUID, set[uuid.UUID]] = {}
        self._called = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set: then what is in flight finishes, the rest is given back, and it returns."""
        with stops.unasked():
            await self._run(stop)

    async def _run(self, stop: asyncio.Event) -> None:
        self.tools.stopping = stop.is_set
        async with clock.actor(self.name):
            works = (self._beat(), self._heed(stop), self._recall())
            beside = [asyncio.create_task(work) for work in works]
            try:
                while not stop.is_set():
                    await self._pass()
            finally:
                await self._turns.finish()
                ending = [*beside, *([self._reconciling] if self._reconciling else [])]
                for task in ending:
                    task.cancel()
                await asyncio.gather(*ending, return_exceptions=True)
                await self.tools.close()

    async def run_once(self) -> int:
        """One pass without sleeping; how many turns were taken, all of them finished."""
        with stops.unasked():
            return await self._take_turns()

    def hear(self, payload: str) -> None:
        """Something in flight may no longer go (`stops.STOP_CHANNEL`)."""
        organization_id, _, named = payload.partition(":")
        ids = {uuid.UUID(send_id) for send_id in named.split(",") if send_id}
        self._calls.setdefault(uuid.UUID(organization_id), set()).update(ids)
        self._called.set()

    def missed_something(self) -> None:
        """Calls may have been lost: everything in flight is asked about."""
        for wave in self.tools.waves.values():
            self._calls.setdefault(wave.organization_id, set())
        self._called.set()

    async def _take_turns(self) -> int:
        await self._keep_house(beside=False)
        leases = await service.lease_due(self._sending, self._sending.mailboxes_per_lease)
        if self._is_virtual():
            for lease in leases:
                await self._turn(lease)
        else:
            await asyncio.gather(*(self._turn(lease) for lease in leases))
        return len(leases)

    async def _pass(self) -> None:
        try:
            if self._is_virtual():
                await self.run_once()
                await self._sleep()
            elif not await self._start_turns():
                await self._sleep()
        except Exception:
            log.exception("sending is held up")
            await clock.sleep(max(1.0, self._sending.poll_seconds), self.name)

    async def _start_turns(self) -> int:
        await self._keep_house(beside=True)
        return await self._turns.fill(self._lease, self._turn)

    async def _lease(self, limit: int, besides: Collection[uuid.UUID]) -> list[service.Lease]:
        return await service.lease_due(self._sending, limit, besides)

    async def _turn(self, lease: service.Lease) -> int:
        try:
            with self.tools.at_work_for(lease.email_account_id):
                return await service.take_turn(lease, self.tools)
        except Exception:
            log.exception("a mailbox turn failed", mailbox=lease.email_key)
            with suppress(Exception):  # with the database away its lease ends by itself
                await service.abandon(lease)
            return 0

    async def _sleep(self) -> None:
        when = await service.find_next_turn()
        if self._is_virtual():
            times = [at for at in (when, self._reconcile_at) if at is not None]
            await clock.sleep_until(min(times, default=clock.FOREVER), self.name)
            return
        nap = self._sending.poll_seconds
        if when is not None and not self._turns.is_full:
            nap = min(nap, max(SHORTEST_NAP, (when - clock.now()).total_seconds()))
        await clock.sleep(nap, self.name)

    async def _keep_house(self, *, beside: bool) -> None:
        """`beside`: mailboxes are asked about what is in doubt while turns go on."""
        machine, now = time.monotonic(), clock.now()
        if machine >= self._rescue_at:
            self._rescue_at = machine + self._sending.lease_seconds / 4
            recovered = await service.recover_journals(self.tools.settings)
            if (
                await service.rescue_expired() or recovered
            ):  # what has just become unknown may be found at once
                self.tools.unsettled = True
        if machine >= self._tidy_at:
            self._tidy_at = machine + TIDY_SECONDS
            self.tools.unsettled = True  # other workers leave something in doubt too
            await service.recognise_database()
            await service.complete_done_campaigns()
            await service.wake_sleepers()
            self.tools.close_idle()
        if self.tools.unsettled or (self._reconcile_at is not None and now >= self._reconcile_at):
            if not beside:
                await self._reconcile(1)
            elif self._reconciling is None or self._reconciling.done():
                self._reconciling = asyncio.create_task(self._reconcile_beside())

    async def _reconcile_beside(self) -> None:
        try:
            await self._reconcile(ASKED_AT_ONCE)
        except Exception:
            log.exception("what is in doubt could not be asked")

    async def _reconcile(self, side_by_side: int) -> None:
        """Each mailbox has its own pace; this only says when to ask which of them is next."""
        self.tools.unsettled, self._reconcile_at = (
            False,
            None,
        )  # the next tidying asks again, whatever comes of it
        self._reconcile_at = (await service.reconcile_due(self.tools, side_by_side)).next_at

    async def _beat(self) -> None:
        """Renews the leases of turns in progress, on machine time."""
        while True:
            await asyncio.sleep(self._sending.lease_seconds / 3)
            held, began = self.tools.held_until, clock.steady()
            for ended in held.keys() - self.tools.attempts:
                del held[ended]
            if self.tools.attempts:
                try:
                    renewed = await service.renew_leases(self._sending, set(self.tools.attempts))
                    held |= dict.fromkeys(renewed, began + self._sending.lease_seconds)
                except Exception:
                    log.exception("leases could not be renewed")

    async def _recall(self) -> None:
        """Takes back what was stopped: at once where it is called back, and within a second where no call arrives."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._called.wait(), ASK_AGAIN_SECONDS)
            self._called.clear()
            for wave in self.tools.waves.values():
                if wave.age >= ASK_AGAIN_SECONDS:
                    self._calls.setdefault(wave.organization_id, set())
            while self._calls:
                organization_id, named = self._calls.popitem()
                try:
                    await service.recall(self.tools, organization_id, named)
                except Exception:
                    log.exception("what is in flight could not be asked about")

    async def _heed(self, stop: asyncio.Event) -> None:
        await stop.wait()
        clock.nudge(self.name)

    @staticmethod
    def _is_virtual() -> bool:
        return isinstance(clock.current(), clock.VirtualClock)
