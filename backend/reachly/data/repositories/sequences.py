"""Steps and variants."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import delete, func, select, text

from reachly.data import stops
from reachly.data.models.sequences import EmailSequence, SequenceVariant
from reachly.data.session import Session


async def list_steps(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID
) -> Sequence[EmailSequence]:
    query = select(EmailSequence).where(
        EmailSequence.organization_id == organization_id, EmailSequence.campaign_id == campaign_id
    )
    return (await session.scalars(query.order_by(EmailSequence.sequence_number))).all()


async def list_steps_of(
    session: Session, organization_id: uuid.UUID, campaign_ids: Sequence[uuid.UUID]
) -> Sequence[EmailSequence]:
    query = select(EmailSequence).where(
        EmailSequence.organization_id == organization_id, EmailSequence.campaign_id.in_(campaign_ids)
    )
    return (
        await session.scalars(query.order_by(EmailSequence.campaign_id, EmailSequence.sequence_number))
    ).all()


async def lock_step(
    session: Session, organization_id: uuid.UUID, sequence_id: uuid.UUID
) -> EmailSequence | None:
    return await session.get(
        EmailSequence, (organization_id, sequence_id), populate_existing=True, with_for_update=True
    )


async def find_step(
    session: Session, organization_id: uuid.UUID, sequence_id: uuid.UUID
) -> EmailSequence | None:
    return await session.get(EmailSequence, (organization_id, sequence_id))


async def get_next_number(session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID) -> int:
    query = select(func.coalesce(func.max(EmailSequence.sequence_number), 0) + 1).where(
        EmailSequence.organization_id == organization_id, EmailSequence.campaign_id == campaign_id
    )
    return (await session.scalars(query)).one()


async def list_variants(
    session: Session, organization_id: uuid.UUID, sequence_ids: Sequence[uuid.UUID]
) -> Sequence[SequenceVariant]:
    query = select(SequenceVariant).where(
        SequenceVariant.organization_id == organization_id, SequenceVariant.sequence_id.in_(sequence_ids)
    )
    return (await session.scalars(query.order_by(SequenceVariant.label))).all()


async def find_variant(
    session: Session, organization_id: uuid.UUID, variant_id: uuid.UUID
) -> SequenceVariant | None:
    return await session.get(SequenceVariant, (organization_id, variant_id), populate_existing=True)


async def count_sends(
    session: Session, organization_id: uuid.UUID, sequence_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, int]:
    """How many messages each step has in the ledger: a step with any is never deleted."""
    rows = await session.execute(
        text(
            "SELECT sequence_id, count(*) FROM email_sends WHERE organization_id = :organization_id"
            " AND sequence_id = ANY(:ids) GROUP BY sequence_id"
        ),
        {"organization_id": organization_id, "ids": list(sequence_ids)},
    )
    return {sequence_id: int(n) for sequence_id, n in rows}


async def delete_step(session: Session, organization_id: uuid.UUID, sequence_id: uuid.UUID) -> None:
    await session.execute(
        delete(EmailSequence).where(
            EmailSequence.organization_id == organization_id, EmailSequence.id == sequence_id
        )
    )
    stops.request(session, organization_id)


async def campaign_exists(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, *, lock: bool = False
) -> bool:
    """A read of the next room's key, so that a stranger's campaign is not found rather than empty."""
    wanted = "SELECT true FROM campaigns WHERE organization_id = :organization_id AND id = :id"
    query = text(f"{wanted} FOR NO KEY UPDATE" if lock else wanted)
    return bool(await session.scalar(query, {"organization_id": organization_id, "id": campaign_id}))
