"""Campaign-like messages, and a client's way of handing them in."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from itertools import count
from typing import Any

import aiosmtplib

_numbers = count(1)


@dataclass(frozen=True)
class Letter:
    to: str
    sender: str = "anna@reachly.test"
    subject: str = "A question about Brightfjord"
    base: str = "http://127.0.0.1:9"
    message_id: str = ""
    references: tuple[str, ...] = ()
    one_click: bool = True
    html: bool = True
    headers: dict[str, str] = field(default_factory=dict)

    def build(self) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = f"Anna Berg <{self.sender}>"
        message["To"] = self.to
        message["Subject"] = self.subject
        message["Message-ID"] = (
            self.message_id or f"<{next(_numbers)}.{self.to.partition('@')[0]}@reachly.test>"
        )
        if self.references:
            message["In-Reply-To"] = self.references[-1]
            message["References"] = " ".join(self.references)
        out = f"{self.base}/u/{self.to}"
        if self.one_click:
            message["List-Unsubscribe"] = f"<{out}>, <mailto:stop@reachly.test>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        for name, value in self.headers.items():
            message[name] = value
        message.set_content(f"Hello,\n\nhave a look: {self.base}/c/{self.to}\n\nUnsubscribe: {out}\n")
        if self.html:
            message.add_alternative(
                f'<p>Hello, <a href="{self.base}/c/{self.to}">have a look</a></p>'
                f'<p><a href="{out}">Unsubscribe</a></p>'
                f'<img src="{self.base}/logo.png" alt="">'
                f'<img src="{self.base}/o/{self.to}" width="1" height="1" alt="">',
                subtype="html",
            )
        return message


async def hand_in(port: int, letter: Letter, *, password: str = "secret", **options: Any) -> str:
    """Submits one letter over a connection of its own and returns the server's last answer."""
    async with aiosmtplib.SMTP(
        hostname="127.0.0.1", port=port, username=letter.sender, password=password, use_tls=False, start_tls=False,
        **options,
    ) as client:  # fmt: skip
        message = letter.build()
        _, answer = await client.send_message(message, sender=letter.sender, recipients=[letter.to])
        return answer
