"""The campaign that sends live to the mail world, and the new people who sign up for it all day long."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx2

from mailworld.people import Lead, invent
from reachly.demo.organization import SignIn, write_private
from reachly.demo.post_office import PostOffice
from reachly.demo.story import LIVE, OFFICE, STUDIO
from reachly.demo.user import Refused, Servers, User
from reachly.kit import clock

SEED = 20_011
EVERY_SECONDS = 5.0
A_DAY = 2_000
AHEAD = 12  # people who wait for their first message; more than this are not added
CHUNK = 200
LOOK_SECONDS = 30.0
FIELDS = ("email", "first_name", "last_name", "company", "position", "country", "timezone")


@dataclass(slots=True)
class Memory:
    """What is kept over restarts: the campaign, how many people were taken, and how many of them today."""

    campaign_id: str = ""
    taken: int = 0
    day: str = ""
    today: int = 0

    @classmethod
    def load(cls, path: Path) -> Memory:
        try:
            return cls(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError):
            return cls()

    def save(self, path: Path) -> None:
        write_private(path, json.dumps(asdict(self)))


class Feeder:
    """Runs beside the product and uses its API as a person would. It respects what people do with its campaign:

    paused, it waits; ended or deleted, it stops for good.
    """

    def __init__(self, base_url: str, sign_in: SignIn, office: PostOffice, servers: Servers) -> None:
        self._base_url, self._sign_in, self._servers = base_url, sign_in, servers
        self._path = office.folder / "feeder.json"
        self._memory = Memory.load(self._path)
        self._waiting: deque[Lead] = deque()

    async def run(self, say: Callable[[str], None]) -> None:
        """Until cancelled, or until its campaign is no more. The API may come and go meanwhile."""
        delay = 1.0
        while True:
            try:
                async with User(self._base_url, self._sign_in.email, self._sign_in.password) as user:
                    await self._set_up(user)
                    delay = 1.0
                    await self._feed(user)
                    return
            except (Refused, httpx2.HTTPError) as error:
                if isinstance(error, Refused) and error.status < 500 and error.status != 429:
                    say(f"The live demo campaign stands still: {error.detail}")
                    return
                await asyncio.sleep(delay)
                delay = min(delay * 2, 30.0)

    async def _set_up(self, user: User) -> None:
        """The mailboxes where the mail world listens now; the campaign, once."""
        # The past looks into its mailboxes twice a day; from now on they are read as everybody's are.
        first = not self._memory.campaign_id
        mailboxes = await user.connect(
            (*OFFICE, STUDIO), self._servers, self._sign_in.mailbox_secret, anew=first
        )
        if self._memory.campaign_id:
            return
        left = await user.find_campaign(LIVE.name)
        if left is not None and left["status"] == "draft":  # cut off in the middle of making it
            await user.ask("DELETE", f"/api/campaigns/{left['id']}")
            left = None
        campaign_id = left["id"] if left else await user.write_campaign(LIVE, mailboxes)
        if left is None:
            await self._add_one(user, campaign_id)
            await user.start(campaign_id)
        self._memory.campaign_id = campaign_id
        self._memory.save(self._path)

    async def _feed(self, user: User) -> None:
        looked, room = -LOOK_SECONDS, 0
        while True:
            if time.monotonic() - looked > LOOK_SECONDS:
                try:
                    campaign = await user.ask("GET", f"/api/campaigns/{self._memory.campaign_id}")
                except Refused as refusal:
                    if refusal.status == 404:
                        return
                    raise
                if campaign["status"] == "archived":
                    return
                looked, room = time.monotonic(), await _find_room(user, campaign)
            if room > 0 and self._has_quota():
                await self._add_one(user, self._memory.campaign_id)
                room -= 1
            await asyncio.sleep(EVERY_SECONDS)

    def _has_quota(self) -> bool:
        today = clock.now().date()
        if self._memory.day != today.isoformat():
            self._memory.day, self._memory.today = today.isoformat(), 0
        return self._memory.today < A_DAY

    async def _add_one(self, user: User, campaign_id: str) -> None:
        """The next invented person; one that is known already is passed over."""
        while True:
            lead = self._next()
            body = {name: getattr(lead, name) for name in FIELDS}
            try:
                await user.ask(
                    "POST", "/api/leads", {**body, "source": "sign-up form", "campaign_id": campaign_id}
                )
            except Refused as refusal:
                if refusal.status != 409:
                    raise
                continue
            self._memory.today += 1
            self._memory.save(self._path)
            return

    def _next(self) -> Lead:
        if not self._waiting:
            self._waiting.extend(invent(SEED, CHUNK, start=self._memory.taken))
        self._memory.taken += 1
        return self._waiting.popleft()


async def _find_room(user: User, campaign: dict[str, Any]) -> int:
    """How many more people the campaign can take before they queue up."""
    if campaign["status"] not in ("active", "completed"):
        return 0
    waiting = await user.ask("GET", f"/api/campaigns/{campaign['id']}/explain")
    return AHEAD - max(int(campaign["progress"]["not_yet"]), int(waiting["due"]))
