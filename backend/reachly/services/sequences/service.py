"""The steps of a campaign. Edits while it runs touch only what is not sent yet."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from reachly.data import outbox
from reachly.data.models.sequences import EmailSequence, SequenceVariant
from reachly.data.repositories import sequences as repository
from reachly.data.session import Session
from reachly.events import EnrollmentsReady
from reachly.kit import clock
from reachly.kit.errors import Conflict, FieldError, Invalid, NotFound
from reachly.kit.ids import new_id
from reachly.services.identity.schemas import Actor
from reachly.services.sequences import policy
from reachly.services.sequences.schemas import (
    ReorderIn,
    SequenceIn,
    SequenceOut,
    SequencePatch,
    VariantIn,
    VariantOut,
    VariantPatch,
)

MAX_STEPS = 50
MAX_VARIANTS = 25


async def list_sequences(session: Session, actor: Actor, campaign_id: uuid.UUID) -> list[SequenceOut]:
    """The steps in order. An unknown campaign has none: raises NotFound."""
    await _require_campaign(session, actor.organization_id, campaign_id)
    return await list_steps(session, actor.organization_id, campaign_id)


async def list_steps(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID
) -> list[SequenceOut]:
    """The same for rooms that act without a person."""
    return await _outs(
        session, organization_id, await repository.list_steps(session, organization_id, campaign_id)
    )


async def list_steps_of(
    session: Session, organization_id: uuid.UUID, campaign_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[SequenceOut]]:
    """Steps of several campaigns at once."""
    rows = await repository.list_steps_of(session, organization_id, campaign_ids)
    result: dict[uuid.UUID, list[SequenceOut]] = {campaign_id: [] for campaign_id in campaign_ids}
    for out in await _outs(session, organization_id, rows):
        result[out.campaign_id].append(out)
    return result


async def add_sequence(
    session: Session, actor: Actor, campaign_id: uuid.UUID, body: SequenceIn
) -> SequenceOut:
    """A further step at the end."""
    await _require_campaign(session, actor.organization_id, campaign_id, lock=True)
    row = await add_step(session, actor.organization_id, campaign_id, body)
    await _replan(session, actor.organization_id, campaign_id)
    return (await _outs(session, actor.organization_id, [row]))[0]


async def add_step(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, body: SequenceIn
) -> EmailSequence:
    """The row of a new last step, in the caller's transaction."""
    number = await repository.get_next_number(session, organization_id, campaign_id)
    if number > MAX_STEPS:
        raise Conflict(f"A campaign has at most {MAX_STEPS} steps.", code="too_many_steps")
    now = clock.now()
    row = EmailSequence(
        organization_id=organization_id, id=new_id(), campaign_id=campaign_id, sequence_number=number,
        created_at=now, updated_at=now, **body.model_dump(),
    )  # fmt: skip
    session.add(row)
    await session.flush()
    await session.refresh(row)
    return row


async def copy_steps(
    session: Session, organization_id: uuid.UUID, source_id: uuid.UUID, target_id: uuid.UUID
) -> None:
    """Steps and variants of one campaign into another, for a clone."""
    now = clock.now()
    steps = await repository.list_steps(session, organization_id, source_id)
    variants = await repository.list_variants(session, organization_id, [step.id for step in steps])
    for step in steps:
        copy = EmailSequence(
            organization_id=organization_id, id=new_id(), campaign_id=target_id, created_at=now, updated_at=now,
            **{name: getattr(step, name) for name in ("sequence_number", *SequenceIn.model_fields)},
        )  # fmt: skip
        session.add(copy)
        await session.flush()
        session.add_all(
            SequenceVariant(
                organization_id=organization_id, id=new_id(), sequence_id=copy.id, created_at=now, updated_at=now,
                **{name: getattr(variant, name) for name in ("label", *VariantIn.model_fields)},
            )
            for variant in variants
            if variant.sequence_id == step.id
        )  # fmt: skip
    await session.flush()


async def update_sequence(
    session: Session, actor: Actor, sequence_id: uuid.UUID, body: SequencePatch
) -> SequenceOut:
    """Changes what is named; the version rises when the words change, so that what is kept of them is compiled anew."""
    row = await _lock(session, actor.organization_id, sequence_id)
    changes = body.model_dump(exclude_unset=True, exclude_none=True)
    words = ("subject_template", "email_template")
    if any(changes.get(name, getattr(row, name)) != getattr(row, name) for name in words):
        row.version += 1
    for name, value in changes.items():
        setattr(row, name, value)
    row.updated_at = clock.now()
    await session.flush()
    await _replan(session, actor.organization_id, row.campaign_id)
    return (await _outs(session, actor.organization_id, [row]))[0]


async def delete_sequence(session: Session, actor: Actor, sequence_id: uuid.UUID) -> None:
    """Deletes a step that never sent; one that did is deactivated and keeps its number.

    Steps behind a deleted one move up, unless one of them has sent: people are in the middle of those.
    """
    row = await _lock(session, actor.organization_id, sequence_id)
    campaign_id = row.campaign_id
    sends = await repository.count_sends(session, actor.organization_id, [sequence_id])
    if sends.get(sequence_id):
        row.is_active, row.updated_at = False, clock.now()
        await session.flush()
    else:
        number = row.sequence_number
        await repository.delete_step(session, actor.organization_id, sequence_id)
        steps = await repository.list_steps(session, actor.organization_id, campaign_id)
        later = [step for step in steps if step.sequence_number > number]
        if not await repository.count_sends(session, actor.organization_id, [step.id for step in later]):
            for step in later:
                step.sequence_number -= 1
            await session.flush()
    await _replan(session, actor.organization_id, campaign_id)


async def reorder_sequences(
    session: Session, actor: Actor, campaign_id: uuid.UUID, body: ReorderIn
) -> list[SequenceOut]:
    """All steps in their new order; refused once one of them has sent, for then people are in the middle of it."""
    await _require_campaign(session, actor.organization_id, campaign_id, lock=True)
    steps = {
        step.id: step for step in await repository.list_steps(session, actor.organization_id, campaign_id)
    }
    if set(body.sequence_ids) != set(steps) or len(body.sequence_ids) != len(steps):
        fault = FieldError("/sequence_ids", "Name every step of the campaign exactly once.", "steps")
        raise Invalid("The order does not fit the steps.", errors=[fault])
    if await repository.count_sends(session, actor.organization_id, list(steps)):
        raise Conflict(
            "Steps that have been sent keep their order. Clone the campaign to change it.", code="has_sends"
        )
    for number, sequence_id in enumerate(body.sequence_ids, 1):
        steps[sequence_id].sequence_number = number
    await session.flush()
    await _replan(session, actor.organization_id, campaign_id)
    return await list_steps(session, actor.organization_id, campaign_id)


async def add_variant(session: Session, actor: Actor, sequence_id: uuid.UUID, body: VariantIn) -> VariantOut:
    """The next letter: the step's own text is A."""
    step = await _lock(session, actor.organization_id, sequence_id)
    used = {v.label for v in await repository.list_variants(session, actor.organization_id, [sequence_id])}
    label = policy.next_label(used)
    if label is None:
        raise Conflict(
            f"A step has at most {MAX_VARIANTS} variants beside its own text.", code="too_many_variants"
        )
    now = clock.now()
    row = SequenceVariant(
        organization_id=actor.organization_id, id=new_id(), sequence_id=sequence_id, label=label, created_at=now,
        updated_at=now, **body.model_dump(),
    )  # fmt: skip
    session.add(row)
    step.version += 1
    await session.flush()
    await _replan(session, actor.organization_id, step.campaign_id)
    return _variant_out(row)


async def update_variant(
    session: Session, actor: Actor, sequence_id: uuid.UUID, variant_id: uuid.UUID, body: VariantPatch
) -> VariantOut:
    """Changes what is named."""
    step, row = await _get_variant(session, actor.organization_id, sequence_id, variant_id)
    for name, value in body.model_dump(exclude_unset=True, exclude_none=True).items():
        setattr(row, name, value)
    row.updated_at = clock.now()
    step.version += 1
    await session.flush()
    await _replan(session, actor.organization_id, step.campaign_id)
    return _variant_out(row)


async def delete_variant(
    session: Session, actor: Actor, sequence_id: uuid.UUID, variant_id: uuid.UUID
) -> None:
    step, row = await _get_variant(session, actor.organization_id, sequence_id, variant_id)
    await session.delete(row)
    step.version += 1
    await session.flush()
    await _replan(session, actor.organization_id, step.campaign_id)


async def _get_variant(
    session: Session, organization_id: uuid.UUID, sequence_id: uuid.UUID, variant_id: uuid.UUID
) -> tuple[EmailSequence, SequenceVariant]:
    step = await _lock(session, organization_id, sequence_id)
    row = await repository.find_variant(session, organization_id, variant_id)
    if row is None or row.sequence_id != sequence_id:
        raise NotFound("There is no such variant.")
    return step, row


async def _lock(session: Session, organization_id: uuid.UUID, sequence_id: uuid.UUID) -> EmailSequence:
    row = await repository.lock_step(session, organization_id, sequence_id)
    if row is None:
        raise NotFound("There is no such step.")
    return row


async def _require_campaign(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, *, lock: bool = False
) -> None:
    """`lock` where numbers are given: two people who add a step at once get two numbers."""
    if not await repository.campaign_exists(session, organization_id, campaign_id, lock=lock):
        raise NotFound("There is no such campaign.")


async def _replan(session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID) -> None:
    """What is due may have moved; `scheduling` hears of it and looks."""
    event = EnrollmentsReady(organization_id=organization_id, at=clock.now(), campaign_id=campaign_id)
    await outbox.emit(session, [event])


async def _outs(
    session: Session, organization_id: uuid.UUID, rows: Sequence[EmailSequence]
) -> list[SequenceOut]:
    ids = [row.id for row in rows]
    sends = await repository.count_sends(session, organization_id, ids) if ids else {}
    variants = await repository.list_variants(session, organization_id, ids) if ids else []
    outs = []
    for row in rows:
        own = [_variant_out(variant) for variant in variants if variant.sequence_id == row.id]
        findings = policy.inspect(row.subject_template, row.email_template, is_first=row.sequence_number == 1)
        shown: dict[str, Any] = {n: getattr(row, n) for n in SequenceOut.model_fields if hasattr(row, n)}
        outs.append(
            SequenceOut(
                **shown, variants=own, fields=findings.fields, problems=findings.problems, forms=findings.forms,
                sends=sends.get(row.id, 0),
            )
        )  # fmt: skip
    return outs


def _variant_out(row: SequenceVariant) -> VariantOut:
    return VariantOut(**{name: getattr(row, name) for name in VariantOut.model_fields})
