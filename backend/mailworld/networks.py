"""Where the people of the world sit: each network has an address of its own, also without any proxy's header.

On Linux all of 127.0.0.0/8 is the loopback, so a request may come from an address that is like the person's: a product
that trusts no header still tells people from the gateways that scan their mail.
"""

from __future__ import annotations

import sys
from collections import OrderedDict

import httpx2

KEPT = 30


class Networks:
    """HTTP clients by network, the least used of them closed."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._clients: OrderedDict[str, httpx2.AsyncClient] = OrderedDict()

    async def client_of(self, network: str, host: str) -> httpx2.AsyncClient:
        """For requests of a network to `host`."""
        source = loopback_of(network) if host.startswith("127.") else None
        client = self._clients.get(source or "")
        if client is None:
            # Only the loopback is dialled, and reading the machine's certificates takes a fifth of a second.
            transport = httpx2.AsyncHTTPTransport(local_address=source, trust_env=False, verify=False)
            client = httpx2.AsyncClient(transport=transport, timeout=self._timeout, trust_env=False)
            self._clients[source or ""] = client
        self._clients.move_to_end(source or "")
        while len(self._clients) > KEPT:
            await self._clients.popitem(last=False)[1].aclose()
        return client

    async def aclose(self) -> None:
        while self._clients:
            await self._clients.popitem()[1].aclose()


def loopback_of(network: str) -> str | None:
    """An address of the loopback for one of a network (203.0.113.7: 127.0.113.7); None where there is but one."""
    parts = network.split(".")
    if sys.platform != "linux" or len(parts) != 4:
        return None
    return ".".join(["127", *parts[1:]])
