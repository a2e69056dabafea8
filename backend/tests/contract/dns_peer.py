"""A DNS server on loopback (UDP), made of dnspython's messages."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import cast

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

Zone = dict[str, dict[str, list[str]]]
"""Name to record type to texts; the type RCODE holds a response code, SILENT keeps the server quiet."""


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone, asked: list[str]) -> None:
        self._zone = zone
        self._asked = asked

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # by shape, not by class (Python 3.11)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name, kind = (
            question.name.to_text(omit_final_dot=True).lower(),
            dns.rdatatype.to_text(question.rdtype),
        )
        self._asked.append(f"{name} {kind}")
        records = self._zone.get(name)
        if records is not None and "SILENT" in records:
            return
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if records is None:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif "RCODE" in records:
            reply.set_rcode(dns.rcode.from_text(records["RCODE"][0]))
        elif records.get(kind):
            reply.answer.append(
                dns.rrset.from_text(question.name, 60, dns.rdataclass.IN, question.rdtype, *records[kind])
            )
        self._transport.sendto(reply.to_wire(), addr)


@contextlib.asynccontextmanager
async def dns_peer(zone: Zone) -> AsyncIterator[tuple[str, list[str]]]:
    """`host:port`, and what was asked."""
    asked: list[str] = []
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Udp(zone, asked), local_addr=("127.0.0.1", 0)
    )
    try:
        yield f"127.0.0.1:{transport.get_extra_info('sockname')[1]}", asked
    finally:
        transport.close()
