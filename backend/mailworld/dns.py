"""The name server of the reserved domains: MX, A, AAAA and TXT over UDP and TCP.

Every reserved name exists and takes mail, except those that the configuration lists as missing (NXDOMAIN), refusing
mail (null MX, RFC 7505), without MX, or silent. Other names are refused, so that a resolver asks elsewhere.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from mailworld.config import MailWorldConfig

_TTL = 300


def answer(config: MailWorldConfig, wire: bytes) -> bytes | None:
    """The answer to one query in wire format; None for no answer at all."""
    try:
        query = dns.message.from_wire(wire)
    except (dns.exception.DNSException, ValueError):
        return None
    if query.flags & dns.flags.QR or len(query.question) != 1:
        return None
    question = query.question[0]
    name = question.name.to_text(omit_final_dot=True).lower()
    domain = _mail_domain(config, name)
    if domain in config.silent_domains:
        return None
    response = dns.message.make_response(query)
    response.flags |= dns.flags.AA
    if not config.is_ours(name):
        response.set_rcode(dns.rcode.REFUSED)
    elif domain in config.missing_domains:
        response.set_rcode(dns.rcode.NXDOMAIN)
    else:
        texts = _records(config, name, dns.rdatatype.to_text(question.rdtype))
        if texts:
            rrset = dns.rrset.from_text(question.name, _TTL, dns.rdataclass.IN, question.rdtype, *texts)
            response.answer.append(rrset)
    return response.to_wire()


def _mail_domain(config: MailWorldConfig, name: str) -> str:
    """`name` itself or the listed domain above it (mail.gone.example is as missing as gone.example)."""
    listed = config.silent_domains | config.missing_domains | config.null_mx_domains
    return next((domain for domain in listed if name == domain or name.endswith(f".{domain}")), name)


def _records(config: MailWorldConfig, name: str, kind: str) -> list[str]:
    if kind == "A":
        return [config.host]
    if kind == "MX":
        if name in config.null_mx_domains:
            return ["0 ."]
        return [] if name in config.no_mx_domains else [f"10 mail.{name}."]
    if kind == "TXT":
        if name.startswith("_dmarc."):
            return ['"v=DMARC1; p=none"']
        if "._domainkey." in f".{name}":
            return []
        return ['"v=spf1 a mx -all"']
    return []


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, config: MailWorldConfig) -> None:
        self._config = config

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # In Python 3.11 the loop's own transport does not inherit from DatagramTransport.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = answer(self._config, data)
        if reply is not None:
            self._transport.sendto(reply, addr)


class DnsServer:
    def __init__(self, config: MailWorldConfig) -> None:
        self._config = config
        self._udp: asyncio.BaseTransport | None = None
        self._tcp: asyncio.Server | None = None
        self.port = config.dns_port

    async def start(self) -> None:
        """Takes one port for both transports; with port 0, one that is free for both."""
        loop = asyncio.get_running_loop()
        for attempt in range(20):
            self._tcp = await asyncio.start_server(self._connected, self._config.host, self._config.dns_port)
            self.port = self._tcp.sockets[0].getsockname()[1]
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            udp.setblocking(False)
            try:
                udp.bind((self._config.host, self.port))
            except OSError:
                udp.close()
                self._tcp.close()
                if self._config.dns_port or attempt == 19:
                    raise
                continue
            self._udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(self._config), sock=udp)
            return

    async def stop(self) -> None:
        if self._udp is not None:
            self._udp.close()
        if self._tcp is not None:
            self._tcp.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                (length,) = struct.unpack("!H", await reader.readexactly(2))
                reply = answer(self._config, await reader.readexactly(length))
                if reply is not None:
                    writer.write(struct.pack("!H", len(reply)) + reply)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
