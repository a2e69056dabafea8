"""The serving process: API, live sockets, tracking edge and the built front end on one port."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from reachly.api.app import build_app
from reachly.api.edge import TrackingEdge
from reachly.api.live import LiveGateway
from reachly.bootstrap import Product
from reachly.infra import cache
from reachly.infra.live_bus import LiveBus
from reachly.infra.startup import CannotStart

CACHE_CHANNEL = "reachly_cache"
GRACE_SECONDS = 5


class _Server(uvicorn.Server):
    """Leaves signals to whoever embeds it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind(host: str, port: int) -> socket.socket:
    """A listening socket, made early so that a taken port is one clear line."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise CannotStart(
            f"Port {port} on {host} cannot be used ({error.strerror}). Stop what uses it, or choose another: PORT=8001."
        ) from None
    listening.listen(2048)
    listening.set_inheritable(True)
    return listening


@asynccontextmanager
async def serving(product: Product, listening: socket.socket) -> AsyncIterator[None]:
    """Serves while the block runs; on leaving, answers what is under way and closes the sockets."""
    live = LiveGateway(list(product.settings.web.allowed_origins))
    edge = TrackingEdge(product.settings)
    bus = LiveBus(product.listen_dsn)
    bus.subscribe(CACHE_CHANNEL, cache.cache().hear)
    await live.start(bus)
    await bus.start()
    await edge.start()
    app = build_app(product.settings, product.limiter, live, edge)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", proxy_headers=False, server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS, ws="websockets-sansio",
    )  # fmt: skip
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]), name="http")
    try:
        while not server.started and not task.done():
            await asyncio.sleep(0.01)
        yield
    finally:
        await live.stop()
        server.should_exit = True
        await task
        await edge.stop()
        await bus.stop()


async def serve(product: Product, listening: socket.socket, stop: asyncio.Event) -> None:
    """Serves until `stop`."""
    async with serving(product, listening):
        await stop.wait()
