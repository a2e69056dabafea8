"""Any SMTP submission server (RFC 6409), on aiosmtplib.

The dialogue is driven command by command, because what matters is *where* it broke: up to the final dot nothing can
have been delivered, after it nobody knows until the peer answers.
"""

from __future__ import annotations

import asyncio
import re
from typing import cast

import aiosmtplib
from aiosmtplib.protocol import normalize_message_line_endings

from reachly.integrations.mailer.port import (
    BeforeBody,
    Envelope,
    MailerConfig,
    MailerError,
    ProbeResult,
    Receipt,
    Stage,
)
from reachly.integrations.mailer.replies import judge, read_loss, read_reply, wire_path
from reachly.integrations.mailer.vendors.smtp_session import open_session

_LEADING_DOT = re.compile(rb"(?m)^\.")
_LOST = (aiosmtplib.SMTPException, OSError)
_SLOWEST_BYTES_A_SECOND = 10_000


class _Withdrawn(Exception):
    def __init__(self, error: BaseException) -> None:
        self.error = error


class SmtpMailer:
    """A Mailer over one submission connection."""

    def __init__(self, config: MailerConfig) -> None:
        self._config = config
        self._client: aiosmtplib.SMTP | None = None
        self._lock = asyncio.Lock()

    async def open(self) -> None:
        async with self._lock:
            await self._connected()

    async def probe(self) -> ProbeResult:
        async with self._lock:
            client = await open_session(self._config)
            try:
                size = client.esmtp_extensions.get("size", "").strip()
                return ProbeResult(
                    leg="smtp",
                    encrypted=client.get_transport_info("sslcontext") is not None,
                    signed_in=bool(self._config.username),
                    max_bytes=int(size) if size.isdigit() and int(size) else None,
                    extensions=tuple(sorted(client.esmtp_extensions)),
                )
            finally:
                await _say_good_bye(client)

    async def close(self) -> None:
        async with self._lock:
            client, self._client = self._client, None
            if client is not None:
                await _say_good_bye(client)

    async def send(self, envelope: Envelope, before_body: BeforeBody | None = None) -> Receipt:
        sender, recipient = wire_path(envelope.mail_from), wire_path(envelope.rcpt_to)
        if sender is None or recipient is None:
            stage, code = ("mail", "5.1.7") if sender is None else ("rcpt", "5.1.3")
            return Receipt(
                "refused",
                None,
                code,
                "The address is not one that mail can be sent to.",
                cast("Stage", stage),
            )
        async with self._lock:
            reused = self._client is not None and self._client.is_connected
            receipt = await self._attempt(envelope, sender, recipient, before_body)
            if reused and receipt.outcome == "connect_failed" and receipt.stage == "mail":
                # The peer had closed the idle connection; nothing was offered on it.
                receipt = await self._attempt(envelope, sender, recipient, before_body)
            return receipt

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is None or not self._client.is_connected:
            self._client = None
            self._client = await open_session(self._config)
        return self._client

    async def _attempt(
        self, envelope: Envelope, sender: str, recipient: str, before_body: BeforeBody | None
    ) -> Receipt:
        try:
            client = await self._connected()
        except MailerError as error:
            return _failed_to_open(error)
        try:
            receipt = await _Dialogue(client, self._config).deliver(envelope, sender, recipient, before_body)
        except _Withdrawn as withdrawn:
            if not await _reset(client):
                self._drop()
            raise withdrawn.error from None
        except BaseException:
            self._drop()
            raise
        if receipt.outcome != "accepted" and not (receipt.code and await _reset(client)):
            self._drop()
        return receipt

    def _drop(self) -> None:
        """Cuts the connection so that no byte that is still buffered can leave."""
        client, self._client = self._client, None
        if client is not None:
            _cut(client)


class _Dialogue:
    """One message over an open connection."""

    def __init__(self, client: aiosmtplib.SMTP, config: MailerConfig) -> None:
        self._client = client
        self._seconds = config.command_seconds
        self._stage: Stage = "mail"

    async def deliver(
        self, envelope: Envelope, sender: str, recipient: str, before_body: BeforeBody | None
    ) -> Receipt:
        try:
            return await self._deliver(envelope.data, sender, recipient, before_body)
        except aiosmtplib.SMTPResponseException as error:  # a reply that is none, or far too long
            return read_reply(self._stage, max(0, error.code), error.message)
        except _LOST as error:
            return read_loss(self._stage, str(error) or "The connection was lost.")

    async def _deliver(
        self, data: bytes, sender: str, recipient: str, before_body: BeforeBody | None
    ) -> Receipt:
        body = _LEADING_DOT.sub(b"..", normalize_message_line_endings(data))
        needs_utf8 = not (sender.isascii() and recipient.isascii())
        if needs_utf8 and not self._client.supports_extension("smtputf8"):
            text = "This server does not take addresses with signs outside ASCII (no SMTPUTF8)."
            return Receipt("refused", None, "5.6.7", text, "mail")
        options = self._mail_options(data, len(body), needs_utf8)
        for stage, words in (
            ("mail", (b"MAIL", f"FROM:<{sender}>".encode(), *options)),
            ("rcpt", (b"RCPT", f"TO:<{recipient}>".encode())),
        ):
            self._stage = cast("Stage", stage)
            reply = await self._command(*words)
            if not 200 <= reply.code < 300:
                return read_reply(self._stage, reply.code, reply.message)
        if before_body is not None:
            try:
                await before_body()
            except BaseException as error:
                raise _Withdrawn(error) from error
        self._stage = "data"
        reply = await self._command(b"DATA")
        if reply.code != 354:
            return read_reply("data", reply.code, reply.message)
        self._stage = "body"
        await self._write(body)
        self._stage = "final"
        reply = await self._command(b".")
        return read_reply("final", reply.code, reply.message)

    async def _command(self, *words: bytes) -> aiosmtplib.SMTPResponse:
        return await self._client.execute_command(*words, timeout=self._seconds)

    async def _write(self, body: bytes) -> None:
        """Writes the message without its final dot, and sees it leave: until then a loss is a definite one."""
        transport = self._client.transport
        if transport is None:
            raise aiosmtplib.SMTPServerDisconnected("The connection was lost.")
        writer = cast("asyncio.WriteTransport", transport)
        writer.write(body)
        async with asyncio.timeout(self._seconds + len(body) / _SLOWEST_BYTES_A_SECOND):
            while writer.get_write_buffer_size() and not writer.is_closing():
                await asyncio.sleep(0.01)
        if writer.is_closing() or not self._client.is_connected:
            raise aiosmtplib.SMTPServerDisconnected(
                "The connection was lost before the message was complete."
            )

    def _mail_options(self, data: bytes, size: int, needs_utf8: bool) -> list[bytes]:
        client, options = self._client, []
        if client.supports_extension("size"):
            options.append(f"SIZE={size}".encode())
        header = data.partition(b"\r\n\r\n")[0]
        if client.supports_extension("smtputf8") and (needs_utf8 or not header.isascii()):
            options.append(b"SMTPUTF8")
        if client.supports_extension("8bitmime") and not data.isascii():
            options.append(b"BODY=8BITMIME")
        return options


async def _reset(client: aiosmtplib.SMTP) -> bool:
    """Makes the connection ready for the next message; False when it is not."""
    try:
        return client.is_connected and (await client.execute_command(b"RSET", timeout=10)).code == 250
    except _LOST:
        return False


def _cut(client: aiosmtplib.SMTP) -> None:
    transport = client.transport
    if transport is not None:
        cast("asyncio.WriteTransport", transport).abort()
    client.close()


async def _say_good_bye(client: aiosmtplib.SMTP) -> None:
    try:
        if client.is_connected:
            await client.execute_command(b"QUIT", timeout=2)
    except _LOST:
        pass
    finally:
        client.close()


def _failed_to_open(error: MailerError) -> Receipt:
    stage: Stage = "auth" if error.cause == "auth" else "connect"
    if error.reply_code is not None:
        outcome = judge(stage, error.reply_code, error.reply)
        receipt = read_reply(stage, error.reply_code, error.reply)
        if error.cause == "auth" and outcome != "throttled":
            return Receipt("auth_failed", receipt.code, receipt.enhanced, receipt.text, stage)
        kept = outcome if outcome == "throttled" else "connect_failed"
        return Receipt(kept, receipt.code, receipt.enhanced, receipt.text, stage)
    return Receipt("auth_failed" if stage == "auth" else "connect_failed", None, None, error.detail, stage)
