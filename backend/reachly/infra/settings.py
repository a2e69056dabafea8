"""Every setting of the product, read once at the start.

A setting is `REACHLY_<GROUP>__<KEY>` in the environment, for example `REACHLY_SENDING__DAILY_LIMIT=60`; hosts
that only know the bare names may set `DATABASE_URL`, `REDIS_URL` and `PORT`. Durations are seconds unless the
name says otherwise. In development, secrets that are not set are made once and kept in `<data_dir>/secrets.json`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from reachly.infra.crypto import KeyRing
from reachly.infra.secrets_file import keep_secrets
from reachly.infra.setting_types import PROVIDER_LIMITS, Names, ProviderLimits, Proxies
from reachly.infra.startup import CannotStart

CHECKOUT = Path(__file__).resolve().parents[3]
HOME = CHECKOUT if (CHECKOUT / "backend" / "pyproject.toml").is_file() else Path.cwd()
"""Where `var/` and `frontend/out/` lie: the checkout, or the current folder for an installed wheel."""


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DatabaseSettings(_Group):
    """`url` empty: the embedded server is started in the data folder."""

    url: SecretStr | None = None
    listen_url: SecretStr | None = None
    """The direct address for migrations, LISTEN and the job engine where a pooler stands before `url`."""
    pooled: bool = False
    """True behind a transaction pooler: nothing outlives a transaction there. Needs `listen_url`."""
    pool_size: int = Field(10, ge=1, le=200)
    """At least; a worker opens as many as it takes turns and looks side by side (30 by default)."""
    embedded_bin: Path | None = None
    """A folder with `postgres` and `initdb` to use instead of the ones that come with the package."""
    embedded_account: str = "reachly"
    """When root starts the embedded server: the account it drops to, if that account exists."""
    statement_seconds: int = Field(30, ge=1)


class RedisSettings(_Group):
    url: SecretStr | None = None


class WebSettings(_Group):
    no_proxy: bool = False
    """True: this server meets its users without a proxy in front, although its public address is https."""
    host: str = "127.0.0.1"
    root: Path = HOME / "frontend" / "out"
    trusted_proxies: Proxies = ()
    """Addresses or networks whose X-Forwarded-* headers are believed. Behind a proxy that is not named here everybody
    has the proxy's address, and limits of one are limits of all."""
    allowed_origins: Names = ()
    """Further origins that may call the API and open sockets (the front end on another host)."""
    secure_cookies: bool | None = None
    """None: as `public_url` is https or not."""


class SecuritySettings(_Group):
    jwt_secret: SecretStr = SecretStr("")
    pepper: SecretStr = SecretStr("")
    """Keys the pre-hash of passwords and the hashes that survive an erasure."""
    encryption_keys: SecretStr = SecretStr("")
    """`kid:base64,kid:base64`, 32 bytes each; the first one seals, all of them open."""
    tracking_keys: SecretStr = SecretStr("")
    """Same form; the first one signs links, retired ones verify for ever."""
    access_minutes: int = Field(15, ge=1, le=120)
    refresh_days: int = Field(30, ge=1)
    bcrypt_rounds: int = Field(12, ge=4, le=16)

    def encryption_ring(self) -> KeyRing:
        """The key ring that seals tokens and passwords of mailboxes."""
        return KeyRing.parse(self.encryption_keys.get_secret_value())

    def tracking_ring(self) -> KeyRing:
        """The key ring that signs tracking and unsubscribe links."""
        return KeyRing.parse(self.tracking_keys.get_secret_value())


class LimitSettings(_Group):
    """Request-rate limits in the notation of the `limits` package, e.g. `600/minute`."""

    enabled: bool = True
    per_user: str = "600/minute"
    per_api_key: str = "600/minute"
    per_address: str = "1200/minute"
    register_per_address: str = "20/hour"
    edge_per_address: str = "3000/minute"
    """Pixels, links and opt-outs. Wide, for the programs of a mail provider fetch for many people from one address."""


class SendingSettings(_Group):
    """Defaults of a new mailbox, and the engine's own numbers."""

    daily_limit: int = Field(40, ge=1)
    gap_seconds: int = Field(600, ge=0)
    jitter_seconds: int = Field(300, ge=0)
    provider_limits: ProviderLimits = PROVIDER_LIMITS
    """Messages in any 24 hours that a provider takes from one mailbox (Google Workspace, Exchange Online; free Gmail
    takes 500). A provider that is not named has no such limit."""
    domain_daily_limit: int | None = Field(None, ge=1)
    """Messages a day from all mailboxes of one domain together; None: only the mailboxes' own limits hold."""
    ramp_start: int = Field(10, ge=1)
    ramp_step: int = Field(3, ge=0)
    grace_hours: int = Field(48, ge=1)
    """A campaign that is later than this asks before it goes on."""
    pause_after_failures: int = Field(10, ge=1)
    lease_seconds: float = Field(60.0, gt=0)
    poll_seconds: float = Field(1.0, gt=0)
    mailboxes_per_lease: int = Field(20, ge=1)
    messages_per_claim: int = Field(200, ge=1)
    pipelining: int = Field(100, ge=1)
    """At most this many messages of a turn are marked and written together, where the mailbox needs no gap: a wave,
    which costs two commits. Usually fewer: what the mailbox's server takes in about a second."""
    last_look: bool = True
    """Look into the mailbox for an answer right before a follow-up leaves."""
    retry_minutes: tuple[int, ...] = (15, 60, 240)
    greylist_retry_minutes: int = Field(5, ge=1)
    test_sends_an_hour: int = Field(10, ge=1)
    """Test mails to one address, over all senders and organizations."""
    soft_bounces: int = Field(3, ge=1)
    soft_bounce_days: int = Field(30, ge=1)


class MailSettings(_Group):
    connect_seconds: float = Field(10.0, gt=0)
    command_seconds: float = Field(60.0, gt=0)
    max_message_bytes: int = Field(10_000_000, ge=10_000)


class InboxSettings(_Group):
    poll_seconds: float = Field(60.0, gt=0)
    max_message_bytes: int = Field(5_000_000, ge=10_000)
    parse_seconds: float = Field(1.0, gt=0)
    """Of CPU, for one received message. One that takes longer is kept as it came and marked as unread by us."""


class TrackingSettings(_Group):
    group_commit_ms: int = Field(10, ge=1)
    group_commit_hits: int = Field(500, ge=1)
    public_url: str | None = None
    """The host of pixels, links and unsubscribe pages; None: `public_url`."""


class ImportSettings(_Group):
    max_bytes: int = Field(500_000_000, ge=1_000)
    chunk_bytes: int = Field(1_000_000, ge=1_000)
    batch_rows: int = Field(5_000, ge=1)


class OutboundSettings(_Group):
    allow: Names = ()
    """Addresses, networks or host names (`127.0.0.1`, `10.0.0.0/8`, `mail.example.com:2525`) that may be dialled
    although they are private; everything public may."""
    connect_seconds: float = Field(10.0, gt=0)
    max_body_bytes: int = Field(5_000_000, ge=1_000)


class ResolverSettings(_Group):
    nameserver: str | None = None
    """`host:port` of the only DNS server to ask; None: the system's."""
    reserved_nameserver: str | None = None
    """`host:port` that answers for the reserved domains (example.com, .test) while the mail world runs."""
    timeout_seconds: float = Field(5.0, gt=0)


class JobSettings(_Group):
    concurrency: int = Field(10, ge=1)
    heartbeat_seconds: float = Field(60.0, gt=0)
    shutdown_seconds: float = Field(8.0, gt=0)
    keep_log_days: int = Field(14, ge=1)


class LogSettings(_Group):
    level: Literal["debug", "info", "warning", "error"] = "info"
    form: Literal["auto", "json", "pretty"] = "auto"
    """auto: pretty on a terminal, JSON elsewhere."""


class MetricsSettings(_Group):
    """Each process answers `/metrics` on a port of its own when it is given one, without asking who comes: keep it on
    the loopback or a private network. On its public port the API answers it with the token only."""

    token: SecretStr | None = Field(None, min_length=16)
    """For `Authorization: Bearer …` at the API's public port; None: nothing is answered there."""
    web_host: str = "127.0.0.1"
    web_port: int | None = Field(None, ge=1, le=65535)
    worker_host: str = "127.0.0.1"
    worker_port: int | None = Field(None, ge=1, le=65535)


class AiSettings(_Group):
    provider: Literal["built-in"] = "built-in"
    """Who writes opening lines. A value stands here once this version can do it."""


PREFIX = "REACHLY_"
TOOLS = tuple(f"{PREFIX}{name}" for name in ("E2E_", "CHROMIUM", "API_ORIGIN", "BUILD_ID", "PARENT_PID"))
"""Names that belong to tests, to the build of the front end and to the supervisor."""


class Settings(BaseSettings):
    """All groups. Read-only once loaded; hand it down, never read the environment elsewhere."""

    model_config = SettingsConfigDict(
        env_prefix="REACHLY_", env_nested_delimiter="__", extra="ignore", frozen=True, env_ignore_empty=True
    )

    environment: Literal["development", "production"] = "development"
    data_dir: Path = HOME / "var"
    port: int = Field(8000, ge=0, le=65535, validation_alias=AliasChoices("port", "REACHLY_PORT", "PORT"))
    public_url: str = ""
    """Where people and mail programs reach the server; empty: the loopback address and the port."""
    database_url: SecretStr | None = Field(
        None, validation_alias=AliasChoices("database_url", "DATABASE_URL")
    )
    redis_url: SecretStr | None = Field(None, validation_alias=AliasChoices("redis_url", "REDIS_URL"))

    database: DatabaseSettings = DatabaseSettings()
    redis: RedisSettings = RedisSettings()
    web: WebSettings = WebSettings()
    security: SecuritySettings = SecuritySettings()
    limits: LimitSettings = LimitSettings()
    sending: SendingSettings = SendingSettings()
    mail: MailSettings = MailSettings()
    inbox: InboxSettings = InboxSettings()
    tracking: TrackingSettings = TrackingSettings()
    imports: ImportSettings = ImportSettings()
    outbound: OutboundSettings = OutboundSettings()
    resolver: ResolverSettings = ResolverSettings()
    jobs: JobSettings = JobSettings()
    log: LogSettings = LogSettings()
    metrics: MetricsSettings = MetricsSettings()
    ai: AiSettings = AiSettings()

    @property
    def database_dsn(self) -> str | None:
        """The address of the external server in the form asyncpg takes, or None for the embedded one."""
        secret = self.database.url or self.database_url
        return _plain_dsn(secret)

    @property
    def listen_dsn(self) -> str | None:
        """The direct address for what holds a session (migrations, LISTEN, the job engine); None for the embedded
        server."""
        return _plain_dsn(self.database.listen_url) or self.database_dsn

    @property
    def redis_address(self) -> str | None:
        """The address of Redis, Valkey or Upstash, or None: memory of this process."""
        secret = self.redis.url or self.redis_url
        return secret.get_secret_value() if secret else None

    @property
    def base_url(self) -> str:
        """`public_url` without a slash at the end, or the loopback address."""
        return self.public_url.rstrip("/") or f"http://127.0.0.1:{self.port}"

    @property
    def tracking_base_url(self) -> str:
        """Where pixels, links and unsubscribe pages live, without a slash at the end."""
        return (self.tracking.public_url or self.base_url).rstrip("/")

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies carry the Secure attribute."""
        chosen = self.web.secure_cookies
        return self.base_url.startswith("https://") if chosen is None else chosen

    @property
    def unnamed_proxy(self) -> str | None:
        """What to do where a proxy must stand in front (it speaks https, this program does not) and none is named."""
        if not self.base_url.startswith("https://") or self.web.trusted_proxies or self.web.no_proxy:
            return None
        return (
            "REACHLY_PUBLIC_URL is https, so a proxy stands in front, and REACHLY_WEB__TRUSTED_PROXIES does not name"
            " it: everybody would have its address, and limits of one would be limits of all. Give the address or"
            " network that its connections come from, or set REACHLY_WEB__NO_PROXY=true where there is none."
        )

    def is_public(self) -> bool:
        """Whether mail programs of strangers can reach us: https, and not the loopback address."""
        parts = urlsplit(self.base_url)
        loopback = {"localhost", "127.0.0.1", "::1"}
        return parts.scheme == "https" and (parts.hostname or "") not in loopback


def read_settings(**overrides: Any) -> Settings:
    """The settings from the environment, with `overrides` on top; touches nothing, so secrets may be missing.

    Raises CannotStart with one line when a value is wrong.
    """
    _refuse_unknown(os.environ)
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        raise CannotStart(_first_fault(error)) from None
    _ = settings.database_dsn, settings.listen_dsn  # refuses an address that is not PostgreSQL's
    if settings.database.pooled and settings.database.listen_url is None:
        raise CannotStart(
            "REACHLY_DATABASE__POOLED=true needs REACHLY_DATABASE__LISTEN_URL, the database's own address: migrations,"
            " LISTEN and the job engine hold locks of their session, which a transaction pooler hands to somebody else."
        )
    return settings.model_copy(update={"data_dir": settings.data_dir.expanduser().resolve()})


def _refuse_unknown(environment: Iterable[str]) -> None:
    """A name that is set and means nothing is a slip or a wish that this version cannot grant. Raises CannotStart."""
    named = set(Settings.model_fields) - {"database_url", "redis_url"}  # these two have no prefix
    for name in sorted(environment):
        upper = name.upper()
        if not upper.startswith(PREFIX) or upper.startswith(TOOLS):
            continue
        if upper.removeprefix(PREFIX).partition("__")[0].lower() not in named:
            raise CannotStart(
                f"There is no setting {name}: take it out of the environment, or mend its name."
            )


def load_settings(**overrides: Any) -> Settings:
    """The settings from the environment, with `overrides` (top-level fields) on top.

    Makes the data folder and, in development, the missing secrets.
    Raises CannotStart with one line when a value is wrong, a secret is missing or the folder cannot be written.
    """
    settings = read_settings(**overrides)
    try:
        settings = settings.model_copy(update={"security": _with_secrets(settings)})
        _ = settings.security.encryption_ring(), settings.security.tracking_ring()
    except ValueError as error:
        raise CannotStart(f"A key ring in REACHLY_SECURITY__… cannot be read: {error}") from None
    return settings


def _with_secrets(settings: Settings) -> SecuritySettings:
    security = settings.security
    named = ("jwt_secret", "pepper", "encryption_keys", "tracking_keys")
    missing = [name for name in named if not getattr(security, name).get_secret_value()]
    if not missing:
        return security
    if settings.environment != "development":
        names = ", ".join(f"REACHLY_SECURITY__{name.upper()}" for name in missing)
        raise CannotStart(
            f"Set {names}: outside development no secret has a default (`reachly keys` makes some)."
        )
    kept = keep_secrets(settings.data_dir / "secrets.json")
    return security.model_copy(update={name: SecretStr(kept[name]) for name in missing})


def _plain_dsn(secret: SecretStr | None) -> str | None:
    """`postgres://` and `postgresql+driver://` are what some hosts hand out; asyncpg knows `postgresql://`."""
    if secret is None or not secret.get_secret_value():
        return None
    scheme, found, rest = secret.get_secret_value().partition("://")
    if not found or scheme.partition("+")[0] not in {"postgres", "postgresql"}:
        raise CannotStart("DATABASE_URL must look like postgresql://user:password@host:5432/database.")
    return f"postgresql://{rest}"


def _first_fault(error: ValidationError) -> str:
    """One line without the value, which may be a secret."""
    fault = error.errors(include_input=False, include_url=False)[0]
    path = [str(part) for part in fault["loc"]]
    dotted = "__".join(path).upper()
    name = dotted if dotted in {"PORT", "DATABASE_URL", "REDIS_URL"} else f"REACHLY_{dotted}"
    return f"The setting {name} cannot be used: {fault['msg']}."


_current: Settings | None = None


def install(settings: Settings) -> None:
    """Called once by `bootstrap`, before anything asks for a setting."""
    global _current
    _current = settings


def current_settings() -> Settings:
    """The settings of this process; a programming error before `install`."""
    assert _current is not None, "no settings installed"
    return _current
