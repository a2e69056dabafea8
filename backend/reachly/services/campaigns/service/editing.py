"""Making and changing campaigns."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from reachly.data import outbox
from reachly.data.models.campaigns import Campaign
from reachly.data.repositories import campaigns as repository
from reachly.data.session import Session
from reachly.events import EnrollmentsReady
from reachly.kit import clock
from reachly.kit.errors import Conflict, FieldError, Invalid, LostUpdate
from reachly.kit.ids import new_id
from reachly.kit.schedule import read_schedule
from reachly.services.campaigns.schemas import DEFAULT_SCHEDULE, CampaignIn, CampaignOut, CampaignPatch
from reachly.services.campaigns.service import limits
from reachly.services.campaigns.service.reading import campaign_out, get_row, lock_row
from reachly.services.email_accounts import service as email_accounts
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor
from reachly.services.sequences import service as sequences
from reachly.services.sequences.schemas import SequenceIn

CAPS = ("daily_cap", "new_leads_cap", "company_cap")


async def create_campaign(session: Session, actor: Actor, body: CampaignIn) -> CampaignOut:
    """A draft. Subject and text given here are its first step."""
    organization = await identity.get_organization(session, actor)
    schedule = body.send_schedule or {**DEFAULT_SCHEDULE, "timezone": organization.timezone}
    _require_schedule(schedule)
    await _require_accounts(session, actor, body.email_account_ids)
    weights = body.email_account_weights or {}
    _require_weighted(weights, body.email_account_ids)
    now = clock.now()
    row = Campaign(
        organization_id=actor.organization_id, id=new_id(), user_id=actor.user_id, name=body.name,
        send_schedule=schedule, daily_cap=body.daily_cap, new_leads_cap=body.new_leads_cap,
        company_cap=body.company_cap, settings=body.settings.model_dump(), seed=secrets.randbits(62), created_at=now,
        updated_at=now,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    await session.refresh(row)
    if body.email_account_ids:
        await repository.set_account_ids(session, actor.organization_id, row.id, body.email_account_ids)
        await repository.set_account_weights(session, actor.organization_id, row.id, weights)
    if body.email_template is not None:
        step = SequenceIn(subject_template=body.subject_template or "", email_template=body.email_template)
        await sequences.add_step(session, actor.organization_id, row.id, step)
    return await campaign_out(session, row)


async def update_campaign(
    session: Session, actor: Actor, campaign_id: uuid.UUID, body: CampaignPatch, *, if_match: str | None
) -> CampaignOut:
    """Changes what is named; what is planned already is planned anew. Raises LostUpdate on an older version."""
    row = await lock_row(session, actor.organization_id, campaign_id)
    require_version(row, if_match)
    if row.status == "archived":
        raise Conflict("An archived campaign is not changed any more. Clone it instead.", code="archived")
    changes = body.model_dump(exclude_unset=True)
    if body.send_schedule is not None:
        _require_schedule(body.send_schedule)
    before = limits.standing_limits(row)
    for name, value in changes.items():
        if name in ("email_account_ids", "email_account_weights") or (value is None and name not in CAPS):
            continue
        setattr(row, name, {**row.settings, **value} if name == "settings" else value)
    if body.email_account_ids is not None:
        await _require_accounts(session, actor, body.email_account_ids)
        await repository.set_account_ids(session, actor.organization_id, row.id, body.email_account_ids)
    if body.email_account_ids is not None or body.email_account_weights is not None:
        await _share_out(session, row, body.email_account_weights)
    row.version += 1
    row.updated_at = clock.now()
    await session.flush()
    if limits.standing_limits(row) != before:
        await limits.carry(session, row)
    out = await campaign_out(session, row)
    event = EnrollmentsReady(organization_id=actor.organization_id, at=clock.now(), campaign_id=row.id)
    await outbox.emit(session, [event])
    return out


async def set_seed(session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, seed: int) -> None:
    """Fixes what is drawn at random (senders, variants, spintax) so that a campaign can be repeated; a draft only."""
    row = await lock_row(session, organization_id, campaign_id)
    if row.status != "draft":
        raise Conflict("What was drawn for a campaign that has started stays as it is.", code="not_a_draft")
    row.seed = seed
    await session.flush()


async def delete_campaign(session: Session, actor: Actor, campaign_id: uuid.UUID) -> None:
    """Deletes one that never sent. Raises Conflict for one that did: the ledger is never cut."""
    row = await lock_row(session, actor.organization_id, campaign_id)
    if row.status == "active":
        raise Conflict("Pause the campaign before deleting it.", code="active")
    if await repository.has_sends(session, actor.organization_id, campaign_id):
        raise Conflict(
            "This campaign has sent mail, so its record is kept. Archive it instead.", code="has_sends"
        )
    await identity.record(
        session, actor.organization_id, actor.user_id, "campaign.deleted", subject=row.name, ip=actor.ip
    )
    await repository.delete_campaign(session, actor.organization_id, campaign_id)


async def clone_campaign(session: Session, actor: Actor, campaign_id: uuid.UUID) -> CampaignOut:
    """A draft with the same steps, mailboxes and schedule, without people."""
    source = await get_row(session, actor.organization_id, campaign_id)
    now = clock.now()
    copied: dict[str, Any] = {name: getattr(source, name) for name in (*CAPS, "send_schedule", "settings")}
    copied["send_schedule"] = {
        k: v for k, v in source.send_schedule.items() if k not in ("start_date", "end_date")
    }
    row = Campaign(
        organization_id=actor.organization_id, id=new_id(), user_id=actor.user_id, name=f"{source.name[:190]} (copy)",
        seed=secrets.randbits(62), created_at=now, updated_at=now, **copied,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    await session.refresh(row)
    accounts = await repository.list_account_ids(session, actor.organization_id, [source.id])
    await repository.set_account_ids(session, actor.organization_id, row.id, accounts[source.id])
    weights = await repository.list_account_weights(session, actor.organization_id, [source.id])
    await repository.set_account_weights(session, actor.organization_id, row.id, weights[source.id])
    await sequences.copy_steps(session, actor.organization_id, source.id, row.id)
    return await campaign_out(session, row)


def require_version(row: Campaign, if_match: str | None) -> None:
    """Raises LostUpdate when the caller's copy is older."""
    if if_match is not None and if_match.strip() != "*" and if_match.strip().strip('W/"') != str(row.version):
        raise LostUpdate(
            "Someone else changed this campaign meanwhile. Read it again, then repeat your change."
        )


def _require_schedule(raw: dict[str, Any]) -> None:
    _, faults = read_schedule(raw)
    if faults:
        pointed = [FieldError(f"/send_schedule{f.pointer}", f.detail, f.code) for f in faults]
        raise Invalid("The schedule cannot be used as it is.", code="bad_schedule", errors=pointed)


async def _share_out(session: Session, row: Campaign, weights: Mapping[uuid.UUID, int] | None) -> None:
    """The shares of the campaign's mailboxes as they are now. `weights` None: as they were."""
    ids = (await repository.list_account_ids(session, row.organization_id, [row.id]))[row.id]
    if weights is None:
        kept = (await repository.list_account_weights(session, row.organization_id, [row.id]))[row.id]
        _require_weighted({account_id: n for account_id, n in kept.items() if account_id in ids}, ids)
        return
    _require_weighted(weights, ids)
    await repository.set_account_weights(session, row.organization_id, row.id, weights)


def _require_weighted(weights: Mapping[uuid.UUID, int], ids: Sequence[uuid.UUID]) -> None:
    faults = [
        FieldError(f"/email_account_weights/{account_id}", "This mailbox is not the campaign's.", "unknown")
        for account_id in weights
        if account_id not in ids
    ]
    if faults:
        raise Invalid("Weigh the campaign's own mailboxes.", errors=faults)
    if ids and not any(weights.get(account_id, 1) for account_id in ids):
        fault = FieldError("/email_account_weights", "At least one weight must be above 0.", "weights")
        raise Invalid("Nobody would get a sender: give one mailbox a weight above 0.", errors=[fault])


async def _require_accounts(session: Session, actor: Actor, ids: Sequence[uuid.UUID]) -> None:
    known = {account.id for account in await email_accounts.list_by_ids(session, actor.organization_id, ids)}
    faults = [
        FieldError(f"/email_account_ids/{i}", "There is no such mailbox.", "unknown")
        for i, account_id in enumerate(ids)
        if account_id not in known
    ]
    if faults:
        raise Invalid("Choose mailboxes of your own organization.", errors=faults)
