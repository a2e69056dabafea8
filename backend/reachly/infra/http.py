"""HTTP to the outside: one way to make a client, and a reader that does not let a peer fill the memory."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

import httpx2

from reachly.infra.outbound import guarded_transport
from reachly.kit.errors import Unavailable

USER_AGENT = "Reachly/0.1"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response with its body read, at most the allowed number of bytes; `cut` when there was more."""

    status: int
    headers: httpx2.Headers
    body: bytes
    cut: bool
    url: str

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", errors="replace")


def open_client(
    *, connect_seconds: float = 10.0, read_seconds: float = 30.0, tls: ssl.SSLContext | None = None
) -> httpx2.AsyncClient:
    """A client that dials only what `outbound` allows, follows no redirect by itself and reads no proxy setting."""
    return httpx2.AsyncClient(
        transport=guarded_transport(tls),
        timeout=httpx2.Timeout(read_seconds, connect=connect_seconds),
        headers={"User-Agent": USER_AGENT},
        follow_redirects=False,
        trust_env=False,
    )


async def fetch(client: httpx2.AsyncClient, request: httpx2.Request, *, max_bytes: int) -> Answer:
    """Sends the request and reads at most `max_bytes` of the answer.

    Raises Unavailable when the peer cannot be reached or breaks off, and Invalid when the address is not allowed.
    """
    try:
        response = await client.send(request, stream=True)
        try:
            body, cut = bytearray(), False
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > max_bytes:
                    cut = True
                    break
            return Answer(
                response.status_code, response.headers, bytes(body[:max_bytes]), cut, str(response.url)
            )
        finally:
            await response.aclose()
    except httpx2.TimeoutException:
        raise Unavailable(f"{request.url.host} did not answer in time.", code="timeout") from None
    except httpx2.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise Unavailable(f"{request.url.host} could not be asked: {reason}", code="unreachable") from None
