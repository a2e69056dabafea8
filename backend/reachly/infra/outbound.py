"""The only way out: every connection that a tenant can aim is dialled here (HTTP, SMTP, IMAP).

A host name is resolved once, each *address* is judged, and the judged address is the one that is dialled, so a name
that answers differently a second time (DNS rebinding) changes nothing. Private, loopback, link-local, metadata and
other special addresses are refused with one and the same error, before any packet leaves, so nobody can learn from us
what listens inside. The operator may allow entries in `REACHLY_OUTBOUND__ALLOW`; tenants may not.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import httpcore2
import httpx2
import structlog

from reachly.infra import trust
from reachly.infra.destinations import Allowed, ascii_host, is_public, read_entry, refuse
from reachly.kit.errors import Unavailable

log = structlog.get_logger(__name__)

Purpose = Literal["smtp", "imap", "http"]
Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to addresses as text; raises OSError when the name has none."""

MAX_TARGETS = 6


@dataclass(frozen=True, slots=True)
class Target:
    """An address that was judged and may be dialled as it is."""

    ip: str
    port: int

    @property
    def family(self) -> socket.AddressFamily:
        return socket.AF_INET6 if ":" in self.ip else socket.AF_INET


async def _system_lookup(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class _Rules:
    """What is installed for this process."""

    allowed: tuple[Allowed, ...] = ()
    lookup: Lookup = staticmethod(_system_lookup)


def install(allow: Iterable[str], *, lookup: Lookup | None = None) -> None:
    """Replaces the allow-list (`settings.outbound.allow`). Called once by bootstrap.

    Entries: `127.0.0.1`, `127.0.0.1:2525`, `[::1]:2525`, `10.0.0.0/8`, `mail.example.com`, `mail.example.com:587`.
    A name allows whatever that name resolves to. Raises ValueError naming an entry that cannot be read.
    """
    _Rules.allowed = tuple(read_entry(entry) for entry in allow)
    _Rules.lookup = staticmethod(lookup or _system_lookup)


def permit(*entries: str) -> None:
    """Adds entries to the allow-list: `up` and `demo` let the mail world in by this."""
    _Rules.allowed = (*_Rules.allowed, *(read_entry(entry) for entry in entries))


async def resolve_allowed(host: str, port: int, *, purpose: Purpose, timeout: float = 5.0) -> list[Target]:
    """The addresses of `host` that may be dialled, in the resolver's order, at least one, at most six.

    Raises Invalid `destination_forbidden` when there is none, with the same words whatever the reason, and
    Unavailable `dns` when the name is unknown or `timeout` (seconds) is over before DNS answered.
    """
    if not 0 < port < 65536:
        raise refuse()
    name = ascii_host(host)
    try:
        async with asyncio.timeout(timeout):
            texts = [name] if _is_address(name) else list(await _Rules.lookup(name, port))
    except (OSError, UnicodeError):  # TimeoutError is an OSError
        raise Unavailable(
            f"The name {name} could not be resolved. Check how the host is spelled.", code="dns"
        ) from None
    targets: dict[str, Target] = {}
    for text in texts:
        address = ipaddress.ip_address(text)
        if is_public(address) or any(entry.covers(name, address, port) for entry in _Rules.allowed):
            targets.setdefault(text, Target(text, port))
    if not targets:
        log.info("outbound_refused", purpose=purpose, host=name, port=port)
        raise refuse()
    return list(targets.values())[:MAX_TARGETS]


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


async def open_socket(host: str, port: int, *, purpose: Purpose, timeout: float = 10.0) -> socket.socket:
    """A connected, non-blocking TCP socket to a judged address of `host`.

    Raises what `resolve_allowed` raises, and Unavailable with code `refused` (nobody listens), `unreachable` (no
    way there) or `timeout` (no answer within `timeout` seconds, over all addresses together).
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    targets = await resolve_allowed(host, port, purpose=purpose, timeout=timeout / 2)
    fault = _unavailable("timeout", host, port)
    for left, target in zip(range(len(targets), 0, -1), targets, strict=True):
        remaining = deadline - loop.time()
        if remaining <= 0:
            break
        try:
            return await _dial(target, remaining if left == 1 else remaining / 2)
        except TimeoutError:
            fault = _unavailable("timeout", host, port)
        except ConnectionRefusedError:
            fault = _unavailable("refused", host, port)
        except OSError:
            fault = _unavailable("unreachable", host, port)
    raise fault


async def _dial(target: Target, timeout: float) -> socket.socket:
    sock = socket.socket(target.family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        async with asyncio.timeout(timeout):
            await asyncio.get_running_loop().sock_connect(sock, (target.ip, target.port))
    except BaseException:
        sock.close()
        raise
    return sock


def _unavailable(code: Literal["timeout", "refused", "unreachable"], host: str, port: int) -> Unavailable:
    details = {
        "timeout": "did not answer in time. Check host and port, and whether a firewall stands between.",
        "refused": "refused the connection. Check the port, and whether the server is running.",
        "unreachable": "cannot be reached from this server. Check the host, and the network of this server.",
    }
    return Unavailable(f"{host}, port {port}, {details[code]}", code=code)


async def open_connection(
    host: str,
    port: int,
    *,
    purpose: Purpose,
    tls: ssl.SSLContext | None = None,
    timeout: float = 10.0,
    limit: int = 65536,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """As `asyncio.open_connection`, to a judged address; `tls` checks the certificate against `host`.

    Raises what `open_socket` raises, and ssl.SSLError as it comes.
    """
    sock = await open_socket(host, port, purpose=purpose, timeout=timeout)
    server_hostname = ascii_host(host) if tls else None
    try:
        return await asyncio.open_connection(sock=sock, ssl=tls, server_hostname=server_hostname, limit=limit)
    except BaseException:
        sock.close()
        raise


class _GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Dials what was judged, each hop of a redirect and each retry anew."""

    def __init__(self) -> None:
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        targets = await resolve_allowed(host, port, purpose="http", timeout=timeout or 5.0)
        last: Exception | None = None
        for target in targets:
            try:
                return await self._inner.connect_tcp(target.ip, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                last = error
        assert last is not None
        raise last

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002 - the signature of httpcore2
        timeout: float | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore2.AsyncNetworkStream:
        raise refuse()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _GuardedTransport(httpx2.AsyncHTTPTransport):
    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls, trust_env=False)
        # httpx2 offers no argument for the network backend; httpcore2, below it, does.
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=_GuardedBackend(),
        )


def guarded_transport(tls: ssl.SSLContext | None = None) -> httpx2.AsyncBaseTransport:
    """A transport for `httpx2.AsyncClient(transport=…)` that judges each address it dials, redirects included.

    A client with a transport of its own takes no proxy from the environment, so nothing goes around the judge.
    A request to a refused address raises Invalid `destination_forbidden`, an unknown name Unavailable `dns`.
    """
    return _GuardedTransport(tls or trust.system_context("web"))
