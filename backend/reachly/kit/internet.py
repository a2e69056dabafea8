"""Addresses of the Internet as limits count them."""

from __future__ import annotations

import ipaddress

PREFIX = 64  # bits of an IPv6 address that belong to one customer: the rest they choose anew as they like


def limit_key(address: str) -> str:
    """What one caller cannot easily change: an IPv4 address, the /64 of an IPv6 one; what is no address, as it is."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, PREFIX), strict=False))


def read_hop(text: str) -> str | None:
    """The address in one part of X-Forwarded-For, with or without a port; None for what is none."""
    bare = text.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Whether the host of a server is this very machine, by its address; a name but `localhost` may be anything."""
    if host.strip().lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip()).is_loopback
    except ValueError:
        return False
