"""A message as it goes on the wire: its envelope with the options that the peer offers, its body with the final dot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from reachly.integrations.mailer.port import Envelope, Receipt
from reachly.integrations.mailer.replies import (
    BAD_RECIPIENT,
    BAD_SENDER,
    NO_UTF8,
    NO_UTF8_FOR_US,
    wire_path,
)

_find_dotted_line = re.compile(rb"\n\.").search


class Item(NamedTuple):
    """One message ready for the wire: `envelope` is MAIL, RCPT and DATA, `body` ends with the final dot."""

    envelope: bytes
    body: bytes


class Packer:
    """Packs messages for one session: what all of them share is found out once."""

    def __init__(self, extensions: Mapping[str, str]) -> None:
        self._size = "size" in extensions
        self._eight_bits = " BODY=8BITMIME" if "8bitmime" in extensions else ""
        self._utf8 = "smtputf8" in extensions
        self._from = ""
        self._sender: str | None = None

    def pack(self, envelope: Envelope) -> Item | Receipt:
        """The message for this peer, or a refusal because it cannot go to it at all."""
        if envelope.mail_from != self._from:
            self._from, self._sender = envelope.mail_from, wire_path(envelope.mail_from)
        sender, recipient = self._sender, wire_path(envelope.rcpt_to)
        if sender is None:
            return BAD_SENDER
        if recipient is None:
            return BAD_RECIPIENT
        needs_utf8 = not (sender.isascii() and recipient.isascii())
        if needs_utf8 and not self._utf8:
            return NO_UTF8 if sender.isascii() else NO_UTF8_FOR_US
        body = to_wire(envelope.data)
        options = f" SIZE={len(body) - 3}" if self._size else ""
        if needs_utf8 or not body.isascii():
            options += self._beyond_ascii(body, needs_utf8)
        return Item(f"MAIL FROM:<{sender}>{options}\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode(), body)

    def _beyond_ascii(self, body: bytes, needs_utf8: bool) -> str:
        if body.isascii():
            return " SMTPUTF8"
        if self._utf8 and not body.partition(b"\r\n\r\n")[0].isascii():
            needs_utf8 = True
        return self._eight_bits + (" SMTPUTF8" if needs_utf8 else "")


def to_wire(data: bytes) -> bytes:
    """CRLF line ends, dots doubled, the final dot behind (RFC 5321 4.5.2).

    Nearly all messages are well formed, and to see that is most of the work: replacing single bytes and searching by
    a literal expression take a third of the time of counting line ends and of `in`.
    """
    if data.replace(b"\r", b"").replace(b"\n", b"\r\n") != data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    if _find_dotted_line(data):
        data = data.replace(b"\n.", b"\n..")
    if data.startswith(b"."):
        data = b"." + data
    return data + b".\r\n" if data.endswith(b"\r\n") else data + b"\r\n.\r\n"
