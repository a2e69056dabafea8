"""The serving process: API, live sockets, tracking edge and the built front end on one port."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager

import uvicorn

from reachly.api.app import build_app
from reachly.api.edge import TrackingEdge
from reachly.api.live import LiveGateway
from reachly.api.wire import GuardedProtocol
from reachly.bootstrap import Product
from reachly.infra import cache, metrics
from reachly.infra.live_bus import LiveBus
from reachly.infra.startup import CannotStart
from reachly.jobs.upkeep import keep_gauges

CACHE_CHANNEL = "reachly_cache"
GRACE_SECONDS = 5


class _Server(uvicorn.Server):
    """Leaves signals to whoever embeds it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


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
        timeout_graceful_shutdown=GRACE_SECONDS, http=GuardedProtocol, ws="websockets-sansio",
    )  # fmt: skip
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]), name="http")
    gauges = asyncio.create_task(keep_gauges(), name="gauges")
    try:
        while not server.started and not task.done():
            await asyncio.sleep(0.01)
        yield
    finally:
        gauges.cancel()
        await live.stop()
        server.should_exit = True
        await task
        await edge.stop()
        await bus.stop()


async def serve(product: Product, listening: socket.socket, stop: asyncio.Event) -> None:
    """Serves until `stop`. Raises CannotStart where a proxy must stand in front and none is named."""
    if told := product.settings.unnamed_proxy:
        raise CannotStart(told)
    with ExitStack() as stack:
        told_metrics = product.settings.metrics
        metrics.serve_beside("web", told_metrics.web_host, told_metrics.web_port, stack)
        async with serving(product, listening):
            await stop.wait()
