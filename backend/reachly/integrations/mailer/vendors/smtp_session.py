"""Opening a submission session: dial, greeting, encryption, sign-in; each fault gets its cause and its advice."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

from reachly.infra import outbound, trust
from reachly.infra.destinations import ascii_host
from reachly.integrations.mailer.port import Cause, MailerConfig, MailerError
from reachly.integrations.mailer.replies import clean_text
from reachly.integrations.mailer.vendors.smtp_wire import NO_CODE, Reply, Wire, WireLost
from reachly.kit.errors import Invalid, Unavailable

_CAUSES: dict[str, Cause] = {
    "dns": "dns",
    "timeout": "timeout",
    "refused": "refused",
    "unreachable": "refused",
}
_UNKNOWN_MECHANISM = frozenset({500, 502, 504})
_MECHANISMS = ("XOAUTH2", "PLAIN", "LOGIN", "CRAM-MD5")


class _Unexpected(Exception):
    """The peer answered something else than the next step wants."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


@dataclass(slots=True)
class Session:
    """A wire that is greeted, encrypted and signed in as configured, and what the peer said it can do.

    `hello` is the greeting that the peer took. Said again it resets the session like RSET (RFC 5321 4.1.4), and its
    answer cannot be taken for that of another command.
    """

    wire: Wire
    extensions: Mapping[str, str] = field(default_factory=dict)  # lower-case keyword -> its parameters
    encrypted: bool = False
    hello: bytes = b""
    words: str = ""
    is_fresh: bool = True
    """No message was spoken of on it yet."""

    def is_hello(self, reply: Reply) -> bool:
        """Whether a reply answers `hello` and nothing else."""
        if not self.extensions:
            return reply.code == 250 and reply.text == self.words
        return reply.code == 250 and not self.extensions.keys().isdisjoint(_read_extensions(reply.text))


async def open_session(config: MailerConfig) -> Session:
    """A session within `config.connect_seconds`. Raises MailerError; then nothing stays open."""
    wire: Wire | None = None
    try:
        async with asyncio.timeout(config.connect_seconds):
            wire = await _dial(config)
            session = Session(wire, encrypted=config.security == "tls")
            await _greet(session, config)
            await _encrypt(session, config)
            await _sign_in(session, config)
            return session
    except BaseException as error:
        if wire is not None:
            wire.abort("Not opened.")
        fault = _explain(error, config)
        if fault is None:
            raise
        raise fault from None


async def _dial(config: MailerConfig) -> Wire:
    sock = await outbound.open_socket(
        config.host, config.port, purpose="smtp", timeout=config.connect_seconds
    )
    tls = _context(config) if config.security == "tls" else None
    try:
        _, wire = await asyncio.get_running_loop().create_connection(
            Wire, sock=sock, ssl=tls, server_hostname=ascii_host(config.host) if tls else None
        )
    except BaseException:
        sock.close()
        raise
    return wire


def _context(config: MailerConfig) -> ssl.SSLContext:
    return config.tls or trust.system_context("mail")


def _own_name(address: str) -> str:
    domain = address.rpartition("@")[2]
    try:
        return domain.encode("idna").decode() or "localhost"
    except UnicodeError:
        return "localhost"


async def _greet(session: Session, config: MailerConfig) -> None:
    greeting = await session.wire.reply(config.connect_seconds)
    if greeting.code != 220:
        raise _Unexpected(greeting)
    await _hello(session, config)


async def _hello(session: Session, config: MailerConfig) -> None:
    name = _own_name(config.address).encode()
    session.hello = b"EHLO " + name
    reply = await session.wire.command(session.hello, config.connect_seconds)
    if reply.code == 250:
        session.extensions, session.words = _read_extensions(reply.text), reply.text
        return
    if reply.code < 500:  # "not now" is not "unknown command", and without extensions there is no sign-in
        raise _Unexpected(reply)
    session.extensions, session.hello = {}, b"HELO " + name
    reply = await session.wire.command(session.hello, config.connect_seconds)
    if reply.code != 250:
        raise _Unexpected(reply)
    session.words = reply.text


def _read_extensions(text: str) -> dict[str, str]:
    """The lines after the first; `AUTH=PLAIN` is an old spelling of `AUTH PLAIN`."""
    found: dict[str, str] = {}
    for line in text.split("\n")[1:]:
        keyword, _, rest = (
            line.strip().replace("=", " ", 1 if line.upper().startswith("AUTH=") else 0).partition(" ")
        )
        key = keyword.lower()
        found[key] = f"{found[key]} {rest}" if key == "auth" and key in found else rest.strip()
    return found


async def _encrypt(session: Session, config: MailerConfig) -> None:
    if config.security != "starttls":
        return
    if "starttls" not in session.extensions:
        raise MailerError(
            "tls",
            f"The server offers no STARTTLS on port {config.port}. Use port 587 with STARTTLS or port 465 with TLS.",
        )
    reply = await session.wire.command(b"STARTTLS", config.connect_seconds)
    if reply.code != 220:
        raise _told("tls", "The server would not start encryption", reply)
    transport = await asyncio.get_running_loop().start_tls(
        session.wire.transport,
        session.wire,
        _context(config),
        server_hostname=ascii_host(config.host),
    )
    assert transport is not None
    session.wire.replace_transport(transport)
    session.encrypted = True
    await _hello(session, config)


async def _sign_in(session: Session, config: MailerConfig) -> None:
    if not config.username:
        return
    known = set(session.extensions.get("auth", "").upper().split())
    wanted = _MECHANISMS[:1] if config.oauth_token else _MECHANISMS[1:]
    offered = [name for name in wanted if name in known]
    if not offered:
        raise MailerError(
            "auth",
            "The server offers no sign-in with a password on this port. Choose STARTTLS or TLS, "
            "or leave user name and password empty if it needs none.",
        )
    for number, name in enumerate(offered, 1):
        reply = await _authenticate(session.wire, name, config)
        if reply.code == 235:
            return
        if reply.code in _UNKNOWN_MECHANISM and number < len(offered):
            continue
        if reply.code < 500:
            raise _told("refused", "The server takes no sign-in at the moment; try again later", reply)
        raise _told(
            "auth",
            "The server did not accept user name and password. Many providers want an app password here",
            reply,
        )


async def _authenticate(wire: Wire, mechanism: str, config: MailerConfig) -> Reply:
    """RFC 4954. Returns the reply that ended the exchange."""
    seconds, user, password = config.connect_seconds, config.username.encode(), config.password.encode()
    if mechanism == "PLAIN":
        return await wire.command(b"AUTH PLAIN " + _b64(b"\0" + user + b"\0" + password), seconds)
    if mechanism == "XOAUTH2":
        token = b"user=" + user + b"\x01auth=Bearer " + config.oauth_token.encode() + b"\x01\x01"
        reply = await wire.command(b"AUTH XOAUTH2 " + _b64(token), seconds)
        return (
            await wire.command(b"", seconds) if reply.code == 334 else reply
        )  # 334 carries the error; end it
    if mechanism == "CRAM-MD5":
        reply = await wire.command(b"AUTH CRAM-MD5", seconds)
        if reply.code != 334:
            return reply
        challenge = base64.b64decode(reply.text)
        digest = hmac.new(password, challenge, hashlib.md5).hexdigest().encode()
        return await wire.command(_b64(user + b" " + digest), seconds)
    reply = await wire.command(b"AUTH LOGIN " + _b64(user), seconds)
    return await wire.command(_b64(password), seconds) if reply.code == 334 else reply


def _b64(raw: bytes) -> bytes:
    return base64.b64encode(raw)


def _told(cause: Cause, advice: str, reply: Reply) -> MailerError:
    """An error with the peer's own words, one line of them in the advice."""
    words = clean_text(reply.text)
    line = " ".join(words.split())[:200]
    detail = f"{advice}. It said: {reply.code} {line}" if 200 <= reply.code <= 599 else f"{advice}."
    return MailerError(cause, detail, reply_code=reply.code, reply=words)


def _explain(error: BaseException, config: MailerConfig) -> MailerError | None:  # noqa: PLR0911 - one a cause
    """The error in the port's terms; None: not ours to explain."""
    if isinstance(error, MailerError):
        return error
    if isinstance(error, Invalid):
        return MailerError("forbidden", error.detail)
    if isinstance(error, Unavailable):
        return MailerError(_CAUSES.get(error.code, "refused"), error.detail)
    if isinstance(error, ssl.SSLError):
        return MailerError("tls", _tls_advice(error, config))
    if isinstance(error, TimeoutError):
        return MailerError("timeout", _timeout_advice(config))
    if isinstance(error, _Unexpected) and 400 <= error.reply.code <= 599 and error.reply.code != NO_CODE:
        return _told("refused", "The server turned the connection away", error.reply)
    if isinstance(error, WireLost) and "in time" in str(error):
        return MailerError("timeout", _timeout_advice(config))
    if isinstance(error, _Unexpected | WireLost | OSError | ValueError):
        if isinstance(error, ConnectionError | WireLost) and config.security == "tls":
            return MailerError("tls", _tls_advice(ssl.SSLError(), config))
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
