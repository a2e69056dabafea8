"""Which addresses may be dialled: judged without any I/O, used by `outbound`.

Sources: the IANA special-purpose address registries (RFC 6890), RFC 6052 and 8215 (NAT64), RFC 3056 (6to4),
RFC 4380 (Teredo).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from reachly.kit.errors import Invalid

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

# What the standard library's `is_global` lets through although nobody has a mail server there.
_NEVER = tuple(
    ipaddress.ip_network(net)
    for net in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's host agent answers here from every machine
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",  # Teredo and the other protocol assignments
        "2002::/16",  # 6to4 carries any IPv4 address inside
    )
)
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

# `2130706433`, `0177.0.0.1`, `0x7f.1`: forms that old resolvers read as addresses. Nobody writes them in good faith.
_NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\.?", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,252}[a-z0-9_])?\.?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Allowed:
    """One entry of the allow-list: a network or a host name, on one port or on all."""

    network: IPNetwork | None
    name: str
    port: int | None

    def covers(self, host: str, address: IPAddress, port: int) -> bool:
        if self.port is not None and self.port != port:
            return False
        if self.network is None:
            return host == self.name
        return address.version == self.network.version and address in self.network


def read_entry(entry: str) -> Allowed:
    text = entry.strip().lower()
    host, port = text, None
    bracketed = re.fullmatch(r"\[([0-9a-f:.]+)\](?::(\d{1,5}))?", text)
    if bracketed:
        host, port = bracketed[1], bracketed[2]
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    try:
        number = int(port) if port else None
        if port == "" or (number is not None and not 0 < number < 65536):
            raise ValueError
        try:
            return Allowed(ipaddress.ip_network(host, strict=False), "", number)
        except ValueError:
            if "/" in host or _NUMERIC.fullmatch(host) or not _HOST.fullmatch(host):
                raise
            return Allowed(None, host.rstrip("."), number)
    except ValueError:
        raise ValueError(f"{entry!r} is no address, network, host or host:port") from None


def refuse() -> Invalid:
    return Invalid(
        "This server does not connect to that address. Use a public host name; whoever runs the server can allow "
        "a private one in REACHLY_OUTBOUND__ALLOW.",
        code="destination_forbidden",
    )


def is_public(address: IPAddress) -> bool:
    """Whether an address is an ordinary one of the public internet, with embedded IPv4 forms unwrapped."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(address.packed[-4:]))
        if address.scope_id is not None or address not in _GLOBAL_UNICAST:
            return False
    blocked = any(address.version == net.version and address in net for net in _NEVER)
    return address.is_global and not address.is_multicast and not blocked


def ascii_host(host: str) -> str:
    """The host in lower case and punycode without the final dot. Raises Invalid for anything that is no host."""
    text = host.strip().lower()
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    if ":" in text:
        try:
            return str(ipaddress.IPv6Address(text))
        except ValueError:
            raise refuse() from None
    try:
        text = text.encode("ascii").decode() if text.isascii() else text.encode("idna").decode()
    except UnicodeError:
        raise refuse() from None
    if _NUMERIC.fullmatch(text):
        try:
            return str(ipaddress.IPv4Address(text))  # strict: four decimal parts, no leading zero
        except ValueError:
            raise refuse() from None
    if not _HOST.fullmatch(text):
        raise refuse()
    return text.rstrip(".")
