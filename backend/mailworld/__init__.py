"""A small world of mail on the loopback: SMTP, IMAP and DNS, and people who answer, bounce, are away, open and click.

It lets the whole product be tried without a mail provider. Nothing here leaves the machine: names are answered for
reserved domains only (RFC 2606, RFC 6761), and links are fetched only where they point at the loopback.
"""

from __future__ import annotations

from mailworld.config import MailWorldConfig, Rates
from mailworld.record import Delivered, Reaction, Received, Refused
from mailworld.world import MailWorld

__all__ = ["Delivered", "MailWorld", "MailWorldConfig", "Rates", "Reaction", "Received", "Refused"]
