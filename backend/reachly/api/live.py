"""Live events over Socket.IO: rooms per organization, resume by number, bursts folded.

The event log in PostgreSQL is the truth. This process hears `NOTIFY reachly_live '<organization>:<last>'`, reads
the rows after the last number it pushed, and emits them to its own sockets; so any number of processes work alike.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import socketio
import structlog
from socketio.exceptions import ConnectionRefusedError as Refused

from reachly.api.doorstep import Doorstep, let_in
from reachly.infra import metrics
from reachly.infra.live_bus import LiveBus
from reachly.kit.errors import Unauthenticated
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor
from reachly.services.live import service
from reachly.services.live.schemas import LiveEvent

PATH = "/api/live"
FOLD_SECONDS = 0.3
KEEP_PER_KIND = 3  # of one kind and campaign in one push; the rest is told as a count
CHECK_SECONDS = 2.0
SOCKETS_PER_USER = 40
READ_AT_ONCE = 500
LIVE, VOLATILE = "reachly_live", "reachly_volatile"
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Room:
    """The sockets of one organization. `last` is pushed to all of them; it moves under the lock only."""

    last: int = 0
    heard: int = 0
    sockets: dict[str, _Caller] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    task: asyncio.Task[None] | None = None


@dataclass(frozen=True, slots=True)
class _Caller:
    actor: Actor
    token: str
    expires_at: int


class LiveGateway:
    """The sockets of this process. `allowed_origins` may open them beside pages of our own host."""

    def __init__(self, allowed_origins: list[str] | None = None) -> None:
        self._origins = frozenset(allowed_origins or ())
        self.sio = socketio.AsyncServer(
            async_mode="asgi", transports=["websocket"], cors_allowed_origins=self._allows
        )
        self.asgi = Doorstep(socketio.ASGIApp(self.sio, socketio_path=PATH))
        self._rooms: dict[uuid.UUID, _Room] = defaultdict(_Room)
        self._watch: asyncio.Task[None] | None = None
        metrics.live_sockets.set_function(
            lambda: sum(len(room.sockets) for room in list(self._rooms.values()))
        )
        self.sio.on("connect", self._connect)
        self.sio.on("disconnect", self._disconnect)

    async def start(self, bus: LiveBus) -> None:
        """Begins to listen."""
        bus.subscribe(LIVE, self._on_notify)
        bus.subscribe(VOLATILE, self._on_volatile)
        bus.on_reconnect(self._on_reconnect)
        self._watch = asyncio.create_task(self._watch_sessions())

    async def stop(self) -> None:
        """Closes every socket."""
        tasks = {room.task for room in self._rooms.values() if room.task}
        if self._watch:
            tasks.add(self._watch)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.sio.shutdown()

    def _allows(self, origin: str, environ: dict[str, Any]) -> bool:
        """Our own host under either scheme (a proxy may end TLS), or one of the list."""
        return origin in self._origins or urlsplit(origin).netloc == environ.get("HTTP_HOST", "")

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        details = auth if isinstance(auth, dict) else {}
        token = details.get("token")
        try:
            actor, claims = await identity.authenticate_token(token if isinstance(token, str) else "")
        except Unauthenticated as refusal:
            raise Refused(refusal.code) from None
        room = self._rooms[actor.organization_id]
        if sum(caller.actor.user_id == actor.user_id for caller in room.sockets.values()) >= SOCKETS_PER_USER:
            raise Refused("too_many_sockets")
        # Under the lock nothing is pushed: what the newcomer is replayed ends exactly where its pushes begin.
        async with room.lock:
            await self._catch_up(actor.organization_id, room)
            await self.sio.enter_room(sid, str(actor.organization_id))
            room.sockets[sid] = _Caller(actor, str(token), claims.expires_at)
            let_in(environ)
            last = details.get("last_seq")
            if isinstance(last, int) and not isinstance(last, bool) and last >= 0:
                await self._replay(sid, actor.organization_id, last, room.last)

    async def _catch_up(self, organization_id: uuid.UUID, room: _Room) -> None:
        """Brings those who are here to the latest number, so that one number holds for the whole room."""
        latest = await service.last_number(organization_id)
        room.heard = max(room.heard, latest)
        if not room.sockets:
            room.last = latest
        while room.last < latest:
            await self._push_once(organization_id, room)

    async def _replay(self, sid: str, organization_id: uuid.UUID, after: int, until: int) -> None:
        """What a returning client missed; too much of it, or a number that was never given, is one `resync`, upon
        which it reads everything anew."""
        if after > until:
            await self.sio.emit("resync", {"seq": until}, to=sid)
            return
        missed = await service.read_events(organization_id, after, service.REPLAY_LIMIT + 1)
        if len(missed) > service.REPLAY_LIMIT:
            await self.sio.emit("resync", {"seq": until}, to=sid)
            return
        for event in missed:
            if event.seq <= until:
                await self.sio.emit(event.name, event.payload, to=sid)

    async def _disconnect(self, sid: str, _reason: Any = None) -> None:
        for room in self._rooms.values():
            room.sockets.pop(sid, None)

    async def _on_notify(self, payload: str) -> None:
        organization, _, last = payload.partition(":")
        room = self._rooms.get(uuid.UUID(organization))
        if room is None:
            return
        room.heard = max(room.heard, int(last))
        self._wake(uuid.UUID(organization), room)

    def _wake(self, organization_id: uuid.UUID, room: _Room) -> None:
        if room.sockets and (room.task is None or room.task.done()):
            room.task = asyncio.create_task(self._push(organization_id, room))

    async def _push(self, organization_id: uuid.UUID, room: _Room) -> None:
        while room.last < room.heard and room.sockets:
            try:
                async with room.lock:
                    await self._push_once(organization_id, room)
            except Exception as error:  # noqa: BLE001 - the database is away: the rows are still there later
                log.warning("live events wait", error=repr(error))
                await asyncio.sleep(1)
            await asyncio.sleep(FOLD_SECONDS)

    async def _push_once(self, organization_id: uuid.UUID, room: _Room) -> None:
        """Reads what follows the room's number, pushes it, and moves the number on."""
        heard = room.heard
        events = await service.read_events(organization_id, room.last, READ_AT_ONCE)
        for event in fold(events):
            await self.sio.emit(event.name, event.payload, room=str(organization_id))
        # Numbers without a name for browsers are passed over.
        room.last = (
            events[-1].seq if len(events) == READ_AT_ONCE else max([heard, *(e.seq for e in events[-1:])])
        )

    async def _on_volatile(self, payload: str) -> None:
        body = json.loads(payload)
        await self.sio.emit(body["event"], body, room=body["organization_id"])

    async def _on_reconnect(self) -> None:
        """Notifications of the gap are lost, the rows are not."""
        for organization_id, room in list(self._rooms.items()):
            room.heard = max(room.heard, await service.last_number(organization_id))
            self._wake(organization_id, room)

    async def _watch_sessions(self) -> None:
        """Closes sockets whose token has expired or whose session was ended, within five seconds."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            callers = [item for room in self._rooms.values() for item in room.sockets.items()]
            valid = {token: await self._still_valid(token) for token in {c.token for _, c in callers}}
            for sid, caller in callers:
                if caller.expires_at <= time.time() or not valid[caller.token]:
                    await self._disconnect(sid)
                    try:
                        await self.sio.disconnect(sid)
                    except Exception as error:  # noqa: BLE001 - one that cannot be closed keeps no other open
                        log.warning("a socket could not be closed", error=repr(error))

    @staticmethod
    async def _still_valid(token: str) -> bool:
        try:
            await identity.authenticate_token(token)
        except Unauthenticated:
            return False
        except Exception as error:  # noqa: BLE001 - the database is away: keep the socket, ask again
            log.warning("cannot check a socket's session", error=repr(error))
        return True


def fold(events: list[LiveEvent]) -> list[LiveEvent]:
    """Keeps the last few of one kind and campaign; the last of them says how many were left out."""
    groups: dict[tuple[str, Any], list[LiveEvent]] = defaultdict(list)
    for event in events:
        groups[event.name, event.payload.get("campaign_id")].append(event)
    kept: list[LiveEvent] = []
    for group in groups.values():
        shown = group[-KEEP_PER_KIND:]
        left_out = len(group) - len(shown)
        if left_out:
            shown[-1] = LiveEvent(shown[-1].seq, shown[-1].name, {**shown[-1].payload, "folded": left_out})
        kept += shown
    return sorted(kept, key=lambda event: event.seq)
