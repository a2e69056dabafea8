"""Mailboxes. Their turn, lease and counters of use belong to the repository of `sending`."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import delete, select

from reachly.data.models.email_accounts import EmailAccount
from reachly.data.session import Session


async def list_accounts(session: Session, organization_id: uuid.UUID) -> Sequence[EmailAccount]:
    query = select(EmailAccount).where(EmailAccount.organization_id == organization_id)
    return (await session.scalars(query.order_by(EmailAccount.created_at, EmailAccount.id))).all()


async def list_by_ids(
    session: Session, organization_id: uuid.UUID, ids: Sequence[uuid.UUID]
) -> Sequence[EmailAccount]:
    query = select(EmailAccount).where(
        EmailAccount.organization_id == organization_id, EmailAccount.id.in_(ids)
    )
    return (await session.scalars(query.order_by(EmailAccount.email_key))).all()


async def find_account(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID
) -> EmailAccount | None:
    return await session.get(EmailAccount, (organization_id, account_id), populate_existing=True)


async def lock_account(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID
) -> EmailAccount | None:
    return await session.get(
        EmailAccount, (organization_id, account_id), populate_existing=True, with_for_update=True
    )


async def delete_account(session: Session, organization_id: uuid.UUID, account_id: uuid.UUID) -> None:
    await session.execute(
        delete(EmailAccount).where(
            EmailAccount.organization_id == organization_id, EmailAccount.id == account_id
        )
    )
