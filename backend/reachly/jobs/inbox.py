"""The loop that reads mailboxes: any number of workers may run it on one PostgreSQL."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta

import structlog

from reachly.infra.settings import Settings
from reachly.jobs.places import Places
from reachly.kit import clock
from reachly.services.email_accounts import service as email_accounts
from reachly.services.email_accounts.service import DueSync
from reachly.services.inbox import service
from reachly.services.inbox.service import ReaderFactory, Readers, open_reader

log = structlog.get_logger(__name__)

SIDE_BY_SIDE = 10
EVERYTHING = 10_000
BEAT_SECONDS = 30.0
SHORTEST_NAP = timedelta(milliseconds=50)
LONGEST_NAP = timedelta(seconds=5)  # a mailbox connected by a process whose wake-up was lost


class InboxLoop:
    """Leases mailboxes that are due and looks into each.

    On the real clock up to ten are read side by side, and some of guests (see `Places`); a slow server holds up no
    other. On the virtual clock the loop is one actor and reads one mailbox after the other by address, so that a
    run can be repeated; there `clock.nudge(name)` (mail has arrived somewhere) means a look into every mailbox,
    while on the real clock it means: see what is due.
    """

    def __init__(
        self, settings: Settings, *, reader_factory: ReaderFactory = open_reader, name: str = "inbox"
    ) -> None:
        self.name = name
        self.readers = Readers(reader_factory)
        self._inbox = settings.inbox
        self._looks: Places[DueSync] = Places(SIDE_BY_SIDE, name)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; looks in progress are finished first."""
        async with clock.actor(self.name):
            beside = [asyncio.create_task(self._heed(stop)), asyncio.create_task(self._beat())]
            nudged = False
            try:
                while not stop.is_set():
                    nudged = await self._pass(everything=nudged)
            finally:
                await self._looks.finish()
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)
                await self.readers.close()

    async def run_once(self, *, everything: bool = False) -> int:
        """Looks into what is due (or into everything), one after the other; whether another round is wanted."""
        limit = EVERYTHING if everything else SIDE_BY_SIDE
        due = await email_accounts.lease_syncs(limit, everything=everything)
        again = [await self._look(each) for each in due]
        return sum(again) + (len(due) == limit)

    async def _pass(self, *, everything: bool) -> bool:
        """One round and a sleep; whether the sleep was ended by a nudge."""
        try:
            if self._is_virtual():
                wanted = await self.run_once(everything=everything) > 0
            else:
                wanted = await self._looks.fill(self._lease, self._look) > 0
            return False if wanted else await self._sleep()
        except Exception:
            log.exception("reading is held up")
            await clock.sleep(1.0, self.name)
            return False

    async def _lease(self, limit: int, besides: Collection[uuid.UUID]) -> list[DueSync]:
        return await email_accounts.lease_syncs(limit, besides=besides)

    async def _look(self, due: DueSync) -> bool:
        """One look; whether more lies there."""
        try:
            return await service.look_into(due, self.readers, self._inbox)
        except Exception as error:  # the place has not moved: it is read again
            log.exception("a look into a mailbox failed", mailbox=due.email_key)
            with suppress(Exception):  # with the database away its lease ends by itself
                await service.put_off(due, "failed", type(error).__name__, self._inbox)
            return False

    async def _sleep(self) -> bool:
        when = await email_accounts.find_next_sync() or clock.FOREVER
        if not self._is_virtual():
            nap = clock.now() + LONGEST_NAP
            when = nap if self._looks.is_full else min(max(when, clock.now() + SHORTEST_NAP), nap)
        await clock.sleep_until(when, self.name)
        return clock.now() < when

    async def _beat(self) -> None:
        """Renews the leases of long looks, on machine time."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            if looks := self._looks.taken:
                with suppress(Exception):
                    await email_accounts.renew_syncs({each.account_id for each in looks})

    async def _heed(self, stop: asyncio.Event) -> None:
        await stop.wait()
        clock.nudge(self.name)

    @staticmethod
    def _is_virtual() -> bool:
        return isinstance(clock.current(), clock.VirtualClock)
