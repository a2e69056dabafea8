"""From a mailbox's row to what the ports of sending and reading want, secrets opened; and the trial of both legs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Literal

from reachly.data.models.email_accounts import EmailAccount
from reachly.infra import crypto
from reachly.infra.settings import current_settings
from reachly.integrations.mailer import registry as mailers
from reachly.integrations.mailer.port import MailerConfig, MailerError
from reachly.integrations.reader import registry as readers
from reachly.integrations.reader.port import ReaderConfig, ReaderError
from reachly.services.email_accounts.schemas import Leg, ServerIn

TABLE = "email_accounts"
PROBE_SECONDS = 8.0  # each leg; both together stay under ten seconds, as they are tried side by side
Provider = Literal["smtp", "gmail", "outlook"]


@dataclass(frozen=True, slots=True)
class Connection:
    """How to send through a mailbox and to read it; `reader` is None where it cannot be read."""

    organization_id: uuid.UUID
    account_id: uuid.UUID
    provider: Provider
    mailer: MailerConfig
    reader: ReaderConfig | None

    @property
    def reader_provider(self) -> Literal["imap", "gmail", "outlook"]:
        return "imap" if self.provider == "smtp" else self.provider


def seal(row_id: uuid.UUID, column: str, secret: str) -> str:
    """A secret for a column of this row; it opens nowhere else."""
    ring = current_settings().security.encryption_ring()
    return crypto.seal(secret, ring=ring, table=TABLE, column=column, row_id=row_id)


def connection_of(row: EmailAccount) -> Connection:
    """Opens the row's secrets. Raises crypto.CannotOpen when a key is gone."""
    ring = current_settings().security.encryption_ring()

    def secret(column: str) -> str:
        sealed = getattr(row, column)
        return (
            crypto.open_sealed(sealed, ring=ring, table=TABLE, column=column, row_id=row.id) if sealed else ""
        )

    mailer = mailer_config(row.email_address, row.smtp_config or {}, secret("smtp_password"))
    reader = (
        reader_config(row.email_address, row.imap_config, secret("imap_password"))
        if row.imap_config
        else None
    )
    provider: Any = row.provider
    return Connection(row.organization_id, row.id, provider, mailer, reader)


def mailer_config(
    address: str, server: dict[str, Any], password: str, *, seconds: float | None = None
) -> MailerConfig:
    """The sending leg."""
    mail = current_settings().mail
    return MailerConfig(
        address=address, host=server["host"], port=server["port"], security=server["security"],
        username=server["username"], password=password, connect_seconds=seconds or mail.connect_seconds,
        command_seconds=seconds or mail.command_seconds,
    )  # fmt: skip


def reader_config(
    address: str, server: dict[str, Any], password: str, *, seconds: float | None = None
) -> ReaderConfig:
    """The reading leg."""
    settings = current_settings()
    return ReaderConfig(
        address=address, host=server["host"], port=server["port"], security=server["security"],
        username=server["username"], password=password, connect_seconds=seconds or settings.mail.connect_seconds,
        command_seconds=seconds or settings.mail.command_seconds,
        max_message_bytes=settings.inbox.max_message_bytes,
    )  # fmt: skip


def public_part(server: ServerIn) -> dict[str, Any]:
    """What may stand in a JSON column."""
    return server.model_dump(exclude={"password", "allow_unencrypted"})


async def try_smtp(config: MailerConfig) -> Leg:
    """Connects and signs in; sends nothing."""
    mailer = mailers.make_mailer("smtp", config)
    try:
        await mailer.probe()
    except MailerError as error:
        return Leg(leg="smtp", ok=False, cause=error.cause, detail=error.detail)
    finally:
        await mailer.close()
    return Leg(leg="smtp", ok=True, detail="Connected and signed in.")


async def try_imap(config: ReaderConfig) -> Leg:
    """Connects, signs in, looks for the Sent folder."""
    reader = readers.make_reader("imap", config)
    try:
        probe = await reader.probe()
    except ReaderError as error:
        return Leg(leg="imap", ok=False, cause=error.cause, detail=error.detail)
    finally:
        await reader.close()
    where = (
        f"sent mail lies in {probe.sent_folder}" if probe.sent_folder else "no folder for sent mail was found"
    )
    return Leg(leg="imap", ok=True, detail=f"Connected and signed in; {where}.")
