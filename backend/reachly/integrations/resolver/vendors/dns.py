"""DNS itself, on dnspython: the system's servers or configured ones."""

from __future__ import annotations

import ipaddress

import dns.asyncresolver
import dns.exception
import dns.name
import dns.nameserver
import dns.resolver

from reachly.integrations.resolver.names import ascii_domain, is_reserved
from reachly.integrations.resolver.port import MxAnswer, ResolverConfig

_REMEMBERED_NAMES = 5_000


class DnsResolver:
    """A Resolver that asks one server, or the system's; another one for the reserved names."""

    def __init__(self, config: ResolverConfig) -> None:
        self._config = config
        self._made: dict[str | None, dns.asyncresolver.Resolver] = {}

    async def mx(self, domain: str) -> MxAnswer:
        name = ascii_domain(domain)
        if name is None:
            return MxAnswer("nxdomain")
        try:
            return await self._ask(name)
        except dns.resolver.NXDOMAIN:
            return MxAnswer("nxdomain")
        except (dns.exception.Timeout, TimeoutError):
            return MxAnswer("timeout")
        except (dns.exception.DNSException, OSError, EOFError, ValueError):
            return MxAnswer("error")

    async def _ask(self, name: str) -> MxAnswer:
        resolver = self._resolver_for(name)
        absolute = dns.name.from_text(name)  # no search list of the system is ever appended
        try:
            answer = await resolver.resolve(absolute, "MX", search=False)
        except dns.resolver.NoAnswer:
            return await self._ask_for_address(resolver, absolute, name)
        found = sorted((int(r.preference), r.exchange.to_text(omit_final_dot=True).lower()) for r in answer)
        hosts = tuple(host for _, host in found if host not in {"", "."})
        return MxAnswer("found", hosts) if hosts else MxAnswer("null_mx")

    async def _ask_for_address(
        self, resolver: dns.asyncresolver.Resolver, absolute: dns.name.Name, name: str
    ) -> MxAnswer:
        for kind in ("A", "AAAA"):
            try:
                await resolver.resolve(absolute, kind, search=False)
            except dns.resolver.NoAnswer:
                continue
            return MxAnswer("no_mx_but_a", (name,))
        return MxAnswer("nxdomain")

    def _resolver_for(self, name: str) -> dns.asyncresolver.Resolver:
        config = self._config
        server = config.nameserver
        if config.reserved_nameserver and is_reserved(name):
            server = config.reserved_nameserver
        if server not in self._made:
            resolver = dns.asyncresolver.Resolver(configure=server is None)
            if server is not None:
                resolver.nameservers = [_read_server(server)]
            resolver.timeout = config.timeout_seconds / 2
            resolver.lifetime = config.timeout_seconds
            resolver.cache = dns.resolver.LRUCache(_REMEMBERED_NAMES)
            self._made[server] = resolver
        return self._made[server]


def _read_server(text: str) -> dns.nameserver.Nameserver:
    """`127.0.0.1`, `127.0.0.1:5353` or `[::1]:5353`. Raises ValueError for a host name: it would need a resolver."""
    host, _, port = text.rpartition(":") if text.count(":") == 1 or "]:" in text else (text, "", "")
    address = ipaddress.ip_address((host or text).strip("[]"))
    return dns.nameserver.Do53Nameserver(str(address), int(port or 53))
