"""Connecting mailboxes, and everything their owner may set."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from reachly.data import outbox
from reachly.data.errors import violated_constraint
from reachly.data.models.email_accounts import EmailAccount
from reachly.data.repositories import email_accounts as repository
from reachly.data.session import Session, tenant
from reachly.events import MailboxChanged
from reachly.infra.settings import current_settings
from reachly.kit import clock
from reachly.kit.address import parse_address
from reachly.kit.errors import Conflict, FieldError, Invalid, NotFound
from reachly.kit.ids import new_id
from reachly.services.email_accounts import policy
from reachly.services.email_accounts.schemas import (
    EmailAccountOut,
    EmailAccountPatch,
    Leg,
    SendingLimits,
    ServerIn,
    SmtpConnectIn,
    TestOut,
)
from reachly.services.email_accounts.service import connection, limits
from reachly.services.email_accounts.service.connection import Connection
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor

PARTING_ROUNDS = 10
PLAIN = (
    "daily_limit", "min_gap_seconds", "gap_jitter_seconds", "ramp_enabled", "ramp_start", "ramp_step", "timezone",
    "workday", "signature", "tags",
)  # fmt: skip


async def list_accounts(session: Session, actor: Actor) -> list[EmailAccountOut]:
    """All mailboxes of the organization, the oldest first."""
    return [_out(row) for row in await repository.list_accounts(session, actor.organization_id)]


async def get_account(session: Session, actor: Actor, account_id: uuid.UUID) -> EmailAccountOut:
    return _out(await _get(session, actor.organization_id, account_id))


async def connect_smtp(actor: Actor, body: SmtpConnectIn) -> EmailAccountOut:
    """Tries both legs side by side, then keeps the mailbox. Raises Invalid that names the leg and the cause.

    No transaction is open while strangers' servers are asked.
    """
    try:
        address = parse_address(body.email_address)
    except ValueError as error:
        raise Invalid(
            "The address of the mailbox cannot be used.",
            errors=[FieldError("/email_address", str(error), "address")],
        ) from None
    _check_limits(body)
    await _require_legs(address.wire, body.smtp, body.imap)
    row_id = new_id()
    try:
        async with tenant(actor.organization_id) as session:
            row = _new_row(actor, row_id, address.wire, address.key, body)
            _apply(row, body)
            session.add(row)
            await session.flush()
            await session.refresh(row)
            await limits.carry_new(session, row)
            await take_back_people(session, actor.organization_id, row_id, address.key)
            await _record(session, actor, "mailbox.connected", row)
            await outbox.emit(session, [_changed(row)], wake=True)
            return _out(row)
    except Exception as error:
        if violated_constraint(error) == "uq_email_accounts_email_key":
            # Alike for one's own and another organization's, so that it tells nothing of others.
            fault = FieldError("/email_address", "This mailbox is connected already.", "taken")
            raise Conflict("A mailbox can be connected once only.", code="taken", errors=[fault]) from None
        raise


def _new_row(actor: Actor, row_id: uuid.UUID, address: str, key: str, body: SmtpConnectIn) -> EmailAccount:
    sending, now = current_settings().sending, clock.now()
    imap = body.imap
    return EmailAccount(
        organization_id=actor.organization_id, id=row_id, user_id=actor.user_id, provider="smtp",
        email_address=address, email_key=key, display_name=body.display_name,
        smtp_config=connection.public_part(body.smtp), imap_config=connection.public_part(imap) if imap else None,
        smtp_password=connection.seal(row_id, "smtp_password", body.smtp.password.get_secret_value()),
        imap_password=connection.seal(row_id, "imap_password", imap.password.get_secret_value()) if imap else None,
        daily_limit=sending.daily_limit, min_gap_seconds=sending.gap_seconds,
        gap_jitter_seconds=sending.jitter_seconds, ramp_start=sending.ramp_start, ramp_step=sending.ramp_step,
        ramp_started_at=now, next_sync_at=now if imap else None, created_at=now, updated_at=now,
    )  # fmt: skip


async def update_account(actor: Actor, account_id: uuid.UUID, body: EmailAccountPatch) -> EmailAccountOut:
    """Changes what is named. New server settings are tried first, outside of any transaction."""
    _check_limits(body)
    async with tenant(actor.organization_id) as session:
        known = await _get(session, actor.organization_id, account_id)
        address, email_key = known.email_address, known.email_key
    await _require_legs(address, body.smtp, body.imap)
    async with tenant(actor.organization_id) as session:
        if body.timezone is not None:
            await limits.lock_domain(session, actor.organization_id, email_key)
        row = await _lock(session, actor.organization_id, account_id)
        before, zone = limits.standing_limits(row), row.timezone
        _apply(row, body)
        if body.display_name is not None:
            row.display_name = body.display_name
        for leg, server in (("smtp", body.smtp), ("imap", body.imap)):
            if server:
                setattr(row, f"{leg}_config", connection.public_part(server))
                sealed = connection.seal(row.id, f"{leg}_password", server.password.get_secret_value())
                setattr(row, f"{leg}_password", sealed)
        if body.smtp or body.imap:
            _mend(row)
        row.updated_at = clock.now()
        await session.flush()
        if limits.standing_limits(row) != before:
            await limits.carry(session, row, new_zone=row.timezone != zone)
        await outbox.emit(session, [_changed(row)], wake=True)
        return _out(row)


async def toggle_account(
    session: Session, actor: Actor, account_id: uuid.UUID, is_active: bool | None
) -> EmailAccountOut:
    """Switches sending on or off. What is due is planned anew, never released at once."""
    row = await _lock(session, actor.organization_id, account_id)
    row.is_active = (not row.is_active) if is_active is None else is_active
    if row.is_active:
        _mend(row)
    row.updated_at = clock.now()
    await session.flush()
    await outbox.emit(session, [_changed(row)], wake=True)
    return _out(row)


async def test_account(actor: Actor, account_id: uuid.UUID) -> TestOut:
    """Tries what is kept. A mailbox that was set aside because it failed comes back when both legs work."""
    async with tenant(actor.organization_id) as session:
        conn = connection.connection_of(await _get(session, actor.organization_id, account_id))
    tries = [connection.try_smtp(conn.mailer)]
    if conn.reader:
        tries.append(connection.try_imap(conn.reader))
    legs = list(await asyncio.gather(*tries))
    if all(leg.ok for leg in legs):
        async with tenant(actor.organization_id) as session:
            row = await _lock(session, actor.organization_id, account_id)
            if row.status != "connected":
                _mend(row)
                await session.flush()
                await outbox.emit(session, [_changed(row)], wake=True)
    return TestOut(ok=all(leg.ok for leg in legs), legs=legs)


async def delete_account(
    session: Session, actor: Actor, account_id: uuid.UUID, sender_gone: str | None = None
) -> None:
    """Disconnects. The ledger stays. Nobody is left due in it: who has not been written to gets another mailbox, and
    who has waits for a choice unless one was made (`sender_gone`, else the campaign's own setting)."""
    row = await _part_and_lock(session, actor.organization_id, account_id)
    await _record(session, actor, "mailbox.disconnected", row)
    event = replace(_changed(row, status="disconnected"), sender_gone=sender_gone)
    await repository.delete_account(session, actor.organization_id, account_id)
    await outbox.emit(session, [event])


async def _part_and_lock(session: Session, organization_id: uuid.UUID, account_id: uuid.UUID) -> EmailAccount:
    """The locked mailbox, in which nobody's sequence goes on. Raises NotFound, Conflict.

    People are locked before mailboxes, as everybody locks them; to whom a plan has given this one in between, the lock
    is let go and they part in another round. Under the lock nobody gets it any more.
    """
    for _ in range(PARTING_ROUNDS):
        row = await _get(session, organization_id, account_id)
        await repository.part_from_people(session, organization_id, account_id, row.email_key, clock.now())
        async with session.begin_nested() as kept:
            row = await _lock(session, organization_id, account_id)
            if not await repository.has_people(session, organization_id, account_id):
                return row
            await kept.rollback()
    raise Conflict("People are being given this mailbox just now. Try again in a moment.", code="busy")


async def take_back_people(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID, email_key: str
) -> None:
    """People whom a mailbox of this address left behind in mid-sequence go on in it, in their own threads."""
    await repository.take_back_people(session, organization_id, account_id, email_key, clock.now())


async def switch_all_off(session: Session, organization_id: uuid.UUID) -> None:
    """Before the organization goes: its ledger goes with it, and could not say what is on its way."""
    await repository.switch_off_all(session, organization_id, clock.now())


async def find_connection(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID
) -> Connection | None:
    """How to reach a mailbox, for the rooms that send and read; None when it is gone."""
    row = await repository.find_account(session, organization_id, account_id)
    return connection.connection_of(row) if row else None


async def list_by_ids(
    session: Session, organization_id: uuid.UUID, ids: Sequence[uuid.UUID]
) -> list[EmailAccountOut]:
    """The mailboxes with these ids, by address; unknown ids are left out."""
    return [_out(row) for row in await repository.list_by_ids(session, organization_id, ids)]


async def set_trouble(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID, status: str, reason: str
) -> MailboxChanged | None:
    """Marks a mailbox as failing; the event to emit, or None when it was marked so before."""
    row = await repository.lock_account(session, organization_id, account_id)
    if row is None or row.status == status:
        return None
    row.status, row.status_reason, row.updated_at = status, reason, clock.now()
    await session.flush()
    return _changed(row)


async def end_trouble(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID, status: str, about: str
) -> MailboxChanged | None:
    """A mailbox that was set aside for a reason that begins with `about` and is over; the event to emit, or None."""
    row = await repository.lock_account(session, organization_id, account_id)
    if row is None or row.status != status or not (row.status_reason or "").startswith(about):
        return None
    row.status, row.status_reason, row.updated_at = "connected", None, clock.now()
    await session.flush()
    return _changed(row)


async def _record(session: Session, actor: Actor, action: str, row: EmailAccount) -> None:
    await identity.record(
        session, actor.organization_id, actor.user_id, action, subject=row.email_address, ip=actor.ip
    )


def _mend(row: EmailAccount) -> None:
    row.status, row.status_reason, row.sync_error = "connected", None, None
    row.failures_in_a_row = 0
    row.next_sync_at = clock.now() if row.imap_config else None


def _apply(row: EmailAccount, body: SendingLimits) -> None:
    # Said again with every save of the form; the ramp begins when it is switched on, not at each of them.
    begins = bool(body.ramp_enabled) and not row.ramp_enabled
    for name in PLAIN:
        value = getattr(body, name)
        if value is not None:
            setattr(row, name, value)
    if body.absences is not None:
        row.absences = [absence.model_dump(mode="json") for absence in body.absences]
    if body.reply_to is not None:
        row.reply_to = parse_address(body.reply_to).wire if body.reply_to else None
    if begins:
        row.ramp_started_at = clock.now()


def _check_limits(body: SendingLimits) -> None:
    faults = policy.find_faults(
        timezone=body.timezone,
        workday=body.workday,
        reply_to=body.reply_to,
        absences=[(absence.start, absence.end) for absence in body.absences or []],
    )
    if faults:
        raise Invalid("Mend the settings listed in `errors`.", errors=faults)


def _require_encrypted(smtp: ServerIn | None, imap: ServerIn | None) -> None:
    """Before anything is dialled. Raises Invalid."""
    faults = [
        fault
        for leg, server in (("smtp", smtp), ("imap", imap))
        if server
        and (
            fault := policy.find_exposed(
                leg, server.security, server.host, server.username, allowed=server.allow_unencrypted
            )
        )
    ]
    if faults:
        raise Invalid(faults[0].detail, code="unencrypted", errors=faults)


async def _require_legs(address: str, smtp: ServerIn | None, imap: ServerIn | None) -> None:
    _require_encrypted(smtp, imap)
    tries = []
    if smtp:
        config = connection.mailer_config(
            address,
            connection.public_part(smtp),
            smtp.password.get_secret_value(),
            seconds=connection.PROBE_SECONDS,
        )
        tries.append(connection.try_smtp(config))
    if imap:
        reading = connection.reader_config(
            address,
            connection.public_part(imap),
            imap.password.get_secret_value(),
            seconds=connection.PROBE_SECONDS,
        )
        tries.append(connection.try_imap(reading))
    failed: list[Leg] = [leg for leg in await asyncio.gather(*tries) if not leg.ok]
    if failed:
        words = {"smtp": "Sending (SMTP)", "imap": "Reading (IMAP)"}
        faults = [
            FieldError(f"/{leg.leg}", f"{words[leg.leg]}: {leg.detail}", leg.cause or "failed")
            for leg in failed
        ]
        raise Invalid(faults[0].detail, code=f"{failed[0].leg}_{failed[0].cause}", errors=faults)


async def _get(session: Session, organization_id: uuid.UUID, account_id: uuid.UUID) -> EmailAccount:
    row = await repository.find_account(session, organization_id, account_id)
    if row is None:
        raise NotFound("There is no such mailbox.")
    return row


async def _lock(session: Session, organization_id: uuid.UUID, account_id: uuid.UUID) -> EmailAccount:
    row = await repository.lock_account(session, organization_id, account_id)
    if row is None:
        raise NotFound("There is no such mailbox.")
    return row


def _changed(row: EmailAccount, status: str | None = None) -> MailboxChanged:
    now_is = status or (row.status if row.is_active else "off")
    return MailboxChanged(
        organization_id=row.organization_id, at=clock.now(), email_account_id=row.id,
        data={"status": now_is, "reason": row.status_reason, "email_address": row.email_address},
    )  # fmt: skip


def _out(row: EmailAccount) -> EmailAccountOut:
    shown: dict[str, Any] = {
        name: getattr(row, name) for name in EmailAccountOut.model_fields if hasattr(row, name)
    }
    return EmailAccountOut(
        **{**shown, "smtp": row.smtp_config, "imap": row.imap_config},
        sent_today=0,
        effective_limit_today=policy.limit_today(row.daily_limit, _ramp(row), clock.now()),
        warnings=_warnings(row),
    )


def _warnings(row: EmailAccount) -> list[str]:
    without = [] if row.imap_config or row.provider != "smtp" else [policy.WITHOUT_IMAP]
    return [*without, *policy.tell_exposed({"smtp": row.smtp_config, "imap": row.imap_config})]


def _ramp(row: EmailAccount) -> policy.RampFacts | None:
    if not row.ramp_enabled or row.ramp_started_at is None:
        return None
    return policy.RampFacts(row.ramp_started_at, row.ramp_start, row.ramp_step, row.timezone)
