"""The submission server: sign-in, recipients judged one by one, a 250 only after the message is on record."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

# The library warns about its own use of a name that it is going to drop, once for each sign-in.
logging.getLogger("mail.log").addFilter(lambda record: "login_data" not in record.getMessage())


class PostOffice(Protocol):
    """The answers are whole SMTP replies with enhanced status codes (RFC 3463); "2…" means yes."""

    def knows(self, address: str, password: str) -> bool: ...
    def judge_sender(self, mailbox: str, mail_from: str) -> str: ...
    def judge_recipient(self, mailbox: str, mail_from: str, recipient: str) -> str: ...
    async def accept(self, mailbox: str, mail_from: str, recipients: list[str], raw: bytes) -> str: ...
    def drops_reply(self) -> bool: ...


class _Handler:
    def __init__(self, office: PostOffice) -> None:
        self._office = office

    async def handle_MAIL(  # noqa: N802 - the library's name
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, mail_options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        reply = self._office.judge_sender(_mailbox(session), address)
        if reply.startswith("2"):
            envelope.mail_from = address
            envelope.mail_options.extend(mail_options)
        return reply

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        reply = self._office.judge_recipient(_mailbox(session), envelope.mail_from or "", address)
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(rcpt_options)
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        reply = await self._office.accept(
            _mailbox(session), envelope.mail_from or "", envelope.rcpt_tos, content
        )
        if self._office.drops_reply() and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()  # accepted, and the sender will never hear of it
        return reply


def _mailbox(session: Session) -> str:
    return str(session.auth_data or "")


class SmtpServer:
    """AUTH PLAIN and LOGIN in clear text, for the loopback only."""

    def __init__(self, host: str, port: int, hostname: str, size_limit: int, office: PostOffice) -> None:
        self._host, self._port, self._hostname, self._size_limit = host, port, hostname, size_limit
        self._office = office
        self._server: asyncio.Server | None = None
        self._open: set[SMTP] = set()
        self.port = port

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._factory(loop), self._host, self._port)
        self.port = self._server.sockets[0].getsockname()[1]

    def _factory(self, loop: asyncio.AbstractEventLoop) -> Callable[[], SMTP]:
        handler = _Handler(self._office)

        def make() -> SMTP:
            protocol = SMTP(
                handler, loop=loop, hostname=self._hostname, ident="mailworld", enable_SMTPUTF8=True,
                data_size_limit=self._size_limit, auth_require_tls=False, authenticator=self._sign_in,
            )  # fmt: skip
            self._open = {known for known in self._open if known.transport is not None} | {protocol}
            return protocol

        return make

    def _sign_in(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, auth_data: LoginPassword
    ) -> AuthResult:
        address = auth_data.login.decode("utf-8", "replace").lower()
        if not self._office.knows(address, auth_data.password.decode("utf-8", "replace")):
            return AuthResult(success=False, handled=False)
        return AuthResult(success=True, auth_data=address)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for protocol in self._open:
                if isinstance(protocol.transport, asyncio.Transport):
                    protocol.transport.abort()
            await self._server.wait_closed()
