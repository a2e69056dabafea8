"""A name server (RFC 1035) for which every domain has mail: the product wants to know before it writes to anybody."""

from __future__ import annotations

import asyncio
import struct

_A, _MX, _IN = 1, 15, 1


class NameServer(asyncio.DatagramProtocol):
    """UDP on loopback; `port` is known once it has started."""

    port = 0

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port = self._transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(data) > 12:
            self._transport.sendto(answer(data), addr)

    def stop(self) -> None:
        self._transport.close()


def answer(query: bytes) -> bytes:
    """One MX or A record; for any other question: the name exists and has none."""
    end = 12
    while query[end]:
        end += 1 + query[end]
    question = query[12 : end + 5]
    (kind,) = struct.unpack(">H", query[end + 1 : end + 3])
    record = b""
    if kind == _MX:
        record = _record(_MX, struct.pack(">H", 10) + b"\x02mx\xc0\x0c")
    elif kind == _A:
        record = _record(_A, bytes((192, 0, 2, 1)))
    head = query[:2] + struct.pack(">HHHHH", 0x8580, 1, bool(record), 0, 0)
    return head + question + record


def _record(kind: int, data: bytes) -> bytes:
    return b"\xc0\x0c" + struct.pack(">HHIH", kind, _IN, 60, len(data)) + data
