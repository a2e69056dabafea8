"""Mailboxes."""

from __future__ import annotations

import uuid

from fastapi import APIRouter

from reachly.api.deps import Caller, Db, require
from reachly.api.idempotency import ONCE_OUTSIDE, KeepingRoute
from reachly.data.session import Session, tenant
from reachly.services.analytics import service as analytics
from reachly.services.campaigns.schemas import SenderGone
from reachly.services.email_accounts import service
from reachly.services.email_accounts.schemas import (
    EmailAccountOut,
    EmailAccountPatch,
    ProviderOut,
    SmtpConnectIn,
    TestOut,
    ToggleIn,
)
from reachly.services.identity.schemas import Actor, Permission
from reachly.services.scheduling import service as scheduling
from reachly.services.scheduling.schemas import MailboxExplainOut

router = APIRouter(prefix="/api/email-accounts", tags=["email accounts"], route_class=KeepingRoute)
READ, WRITE = require(Permission.ACCOUNTS_READ), require(Permission.ACCOUNTS_WRITE)


@router.get("", dependencies=[READ])
async def list_accounts(session: Db, actor: Caller) -> list[EmailAccountOut]:
    return await analytics.with_sent_today(session, actor, await service.list_accounts(session, actor))


@router.get("/providers", dependencies=[READ])
async def list_providers() -> list[ProviderOut]:
    """The ways to connect a mailbox, and which of them this version has."""
    return list(service.PROVIDERS)


@router.post("/connect/smtp", status_code=201, dependencies=[WRITE, ONCE_OUTSIDE])
async def connect_smtp(body: SmtpConnectIn, actor: Caller) -> EmailAccountOut:
    """Both legs are tried before anything is kept; an error names the leg and the cause."""
    return await service.connect_smtp(actor, body)


@router.post("/connect/gmail", status_code=201, dependencies=[WRITE])
async def connect_gmail() -> EmailAccountOut:
    raise service.refuse_provider("gmail")


@router.post("/connect/outlook", status_code=201, dependencies=[WRITE])
async def connect_outlook() -> EmailAccountOut:
    raise service.refuse_provider("outlook")


@router.get("/{account_id}", dependencies=[READ])
async def get_account(account_id: uuid.UUID, session: Db, actor: Caller) -> EmailAccountOut:
    return await _complete(session, actor, await service.get_account(session, actor, account_id))


@router.get("/{account_id}/explain", dependencies=[READ])
async def explain_account(account_id: uuid.UUID, session: Db, actor: Caller) -> MailboxExplainOut:
    """What keeps the mailbox from sending now, its caps with the room left, and which campaigns wait for it."""
    return await scheduling.explain_mailbox(session, actor, account_id)


@router.put("/{account_id}", dependencies=[WRITE])
async def update_account(account_id: uuid.UUID, body: EmailAccountPatch, actor: Caller) -> EmailAccountOut:
    """New server settings are tried before they replace the old ones."""
    account = await service.update_account(actor, account_id, body)
    async with tenant(actor.organization_id) as session:  # none is open while strangers' servers are asked
        return await _complete(session, actor, account)


@router.put("/{account_id}/toggle", dependencies=[WRITE])
async def toggle_account(
    account_id: uuid.UUID, session: Db, actor: Caller, body: ToggleIn | None = None
) -> EmailAccountOut:
    account = await service.toggle_account(session, actor, account_id, body.is_active if body else None)
    return await _complete(session, actor, account)


@router.post("/{account_id}/test", dependencies=[WRITE])
async def test_account(account_id: uuid.UUID, actor: Caller) -> TestOut:
    """Tries both legs now with what is kept."""
    return await service.test_account(actor, account_id)


@router.delete("/{account_id}", status_code=204, dependencies=[WRITE])
async def disconnect_account(
    account_id: uuid.UUID, session: Db, actor: Caller, people: SenderGone | None = None
) -> None:
    """Disconnects the mailbox. Its ledger stays. People in mid-sequence whom it has written to wait, go on from
    another mailbox as a new thread, or stop: as `people` says, else as each campaign's `sender_gone` does."""
    await service.delete_account(session, actor, account_id, people)


async def _complete(session: Session, actor: Actor, account: EmailAccountOut) -> EmailAccountOut:
    """With what it has sent today, which a later room knows."""
    return (await analytics.with_sent_today(session, actor, [account]))[0]
