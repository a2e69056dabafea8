"""Opening a submission session: dial, greeting, encryption, sign-in; each fault gets its cause and its advice."""

from __future__ import annotations

import asyncio
import ssl

import aiosmtplib

from reachly.infra import outbound
from reachly.integrations.mailer.port import Cause, MailerConfig, MailerError
from reachly.integrations.mailer.replies import clean_text
from reachly.kit.errors import Invalid, Unavailable

_CAUSES: dict[str, Cause] = {
    "dns": "dns",
    "timeout": "timeout",
    "refused": "refused",
    "unreachable": "refused",
}
_UNKNOWN_MECHANISM = frozenset({500, 502, 504})


async def open_session(config: MailerConfig) -> aiosmtplib.SMTP:
    """A signed-in client within `config.connect_seconds`. Raises MailerError; then nothing stays open."""
    client: aiosmtplib.SMTP | None = None
    try:
        async with asyncio.timeout(config.connect_seconds):
            sock = await outbound.open_socket(
                config.host, config.port, purpose="smtp", timeout=config.connect_seconds
            )
            client = aiosmtplib.SMTP(
                hostname=config.host,
                sock=sock,
                use_tls=config.security == "tls",
                start_tls=False,
                tls_context=config.tls or ssl.create_default_context(),
                local_hostname=_own_name(config.address),
                timeout=config.connect_seconds,
            )
            await _greet(client, config)
            await _encrypt(client, config)
            await _sign_in(client, config)
            return client
    except BaseException as error:
        if client is not None:
            client.close()
        fault = _explain(error, config)
        if fault is None:
            raise
        raise fault from None


def _own_name(address: str) -> str:
    domain = address.rpartition("@")[2]
    try:
        return domain.encode("idna").decode() or "localhost"
    except UnicodeError:
        return "localhost"


async def _greet(client: aiosmtplib.SMTP, config: MailerConfig) -> None:
    await client.connect(timeout=config.connect_seconds)
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        await client.helo()


async def _encrypt(client: aiosmtplib.SMTP, config: MailerConfig) -> None:
    if config.security != "starttls":
        return
    if not client.supports_extension("starttls"):
        raise MailerError(
            "tls",
            f"The server offers no STARTTLS on port {config.port}. Use port 587 with STARTTLS or port 465 with TLS.",
        )
    try:
        await client.starttls()
    except aiosmtplib.SMTPResponseException as error:
        raise _told("tls", "The server would not start encryption", error) from None
    await client.ehlo()


async def _sign_in(client: aiosmtplib.SMTP, config: MailerConfig) -> None:
    if not config.username:
        return
    steps = {"plain": client.auth_plain, "login": client.auth_login, "cram-md5": client.auth_crammd5}
    offered = [name for name in steps if name in client.server_auth_methods]
    if not offered:
        raise MailerError(
            "auth",
            "The server offers no sign-in with a password on this port. Choose STARTTLS or TLS, "
            "or leave user name and password empty if it needs none.",
        )
    for number, name in enumerate(offered, 1):
        try:
            await steps[name](config.username, config.password)
        except aiosmtplib.SMTPAuthenticationError as error:
            if error.code in _UNKNOWN_MECHANISM and number < len(offered):
                continue
            if error.code < 500:
                raise _told(
                    "refused", "The server takes no sign-in at the moment; try again later", error
                ) from None
            advice = (
                "The server did not accept user name and password. Many providers want an app password here"
            )
            raise _told("auth", advice, error) from None
        return


def _told(cause: Cause, advice: str, error: aiosmtplib.SMTPResponseException) -> MailerError:
    """An error with the peer's own words, one line of them in the advice."""
    reply = clean_text(error.message)
    line = " ".join(reply.split())[:200]
    detail = f"{advice}. It said: {error.code} {line}" if 200 <= error.code <= 599 else f"{advice}."
    return MailerError(cause, detail, reply_code=error.code, reply=reply)


def _explain(error: BaseException, config: MailerConfig) -> MailerError | None:
    """The error in the port's terms; None: not ours to explain."""
    tls = error if isinstance(error, ssl.SSLError) else error.__cause__
    if isinstance(error, MailerError):
        return error
    if isinstance(error, Invalid):
        return MailerError("forbidden", error.detail)
    if isinstance(error, Unavailable):
        return MailerError(_CAUSES.get(error.code, "refused"), error.detail)
    if isinstance(tls, ssl.SSLError):
        return MailerError("tls", _tls_advice(tls, config))
    if isinstance(error, TimeoutError):
        return MailerError("timeout", _timeout_advice(config))
    turned_away = (aiosmtplib.SMTPConnectResponseError, aiosmtplib.SMTPHeloError)
    if isinstance(error, turned_away) and 400 <= error.code <= 599:
        return _told("refused", "The server turned the connection away", error)
    if isinstance(error, aiosmtplib.SMTPException | OSError):
        return MailerError("protocol", _protocol_advice(config))
    return None


def _tls_advice(error: ssl.SSLError, config: MailerConfig) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"The certificate of {config.host} is not valid for it ({error.verify_message}). "
            "Use the host name that the provider documents."
        )
    if config.security == "tls":
        return f"Port {config.port} does not speak TLS from the first byte. Choose STARTTLS, or port 465."
    return "Encryption could not be started. The server's TLS settings are too old or broken."


def _timeout_advice(config: MailerConfig) -> str:
    hint = ""
    if config.security != "tls":
        hint = " If the port expects TLS from the first byte (465), choose TLS."
    return f"{config.host}, port {config.port}, did not answer in time. Check host and port.{hint}"


def _protocol_advice(config: MailerConfig) -> str:
    return f"What answers on {config.host}, port {config.port}, is not a mail server as expected. Check the port."
