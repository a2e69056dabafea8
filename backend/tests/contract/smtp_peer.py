"""A real SMTP server (aiosmtpd) that follows the same script as the fake relay."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword, syntax

from reachly.integrations.mailer.fake import DROP, RelayScript
from reachly.integrations.mailer.port import Envelope, Stage


class _Server(SMTP):
    script: RelayScript

    async def _scripted(self, stage: Stage, address: str = "") -> str | None:
        reply = self.script.next_answer(stage, address)
        if reply == DROP:
            self.transport.abort()
            return "421 gone"
        return reply

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        reply = await self._scripted("data")
        if reply is None:
            await super().smtp_DATA(arg)
        else:
            await self.push(reply)

    @syntax("QUIT")
    async def smtp_QUIT(self, arg: str) -> None:  # noqa: N802
        await super().smtp_QUIT(arg)


class SmtpPeer:
    """Listens on loopback while the block runs."""

    def __init__(
        self, script: RelayScript, *, tls: ssl.SSLContext | None = None, implicit: bool = False
    ) -> None:
        self.script = script
        self.port = 0
        self._tls = tls
        self._implicit = implicit
        self._servers: list[_Server] = []

    # The hooks of aiosmtpd.
    async def handle_MAIL(  # noqa: N802
        self, server: _Server, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        reply = await server._scripted("mail", address)
        if reply is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return reply or "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: _Server, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        reply = await server._scripted("rcpt", address)
        if reply is None:
            envelope.rcpt_tos.append(address)
        return reply or "250 2.1.5 OK"

    async def handle_DATA(self, server: _Server, session: Any, envelope: Any) -> str:  # noqa: N802
        reply = self.script.next_answer("final", envelope.rcpt_tos[0])
        if reply is None or reply == DROP or reply.startswith("2"):
            for rcpt in envelope.rcpt_tos:
                self.script.accepted.append(Envelope(envelope.mail_from, rcpt, envelope.original_content))
        if reply == DROP:
            server.transport.abort()
        return reply or "250 2.0.0 OK"

    def _authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        wanted = (self.script.username.encode(), self.script.password.encode())
        return AuthResult(success=(data.login, data.password) == wanted, handled=False)

    def _make(self) -> _Server:
        server = _Server(
            self,
            enable_SMTPUTF8=self.script.smtputf8,
            hostname="relay.test",
            tls_context=None if self._implicit else self._tls,
            auth_required=bool(self.script.username),
            auth_require_tls=False,
            authenticator=self._authenticate if self.script.username else None,
            loop=asyncio.get_running_loop(),
        )
        server.script = self.script
        self.script.sessions += 1
        self._servers.append(server)
        return server

    def cut(self) -> None:
        """Closes every connection, as a server does with idle ones."""
        for server in self._servers:
            if server.transport is not None:
                server.transport.close()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[SmtpPeer]:
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(
            self._make, "127.0.0.1", 0, ssl=self._tls if self._implicit else None
        )
        self.port = listener.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            listener.close()
            self.cut()
            await asyncio.sleep(0)
