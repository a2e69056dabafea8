"""Adding, changing and removing leads by hand."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, NoReturn

from reachly.data import outbox
from reachly.data.errors import violated_constraint
from reachly.data.models.leads import Lead
from reachly.data.repositories.leads import people
from reachly.data.session import Session
from reachly.events import LeadEdited, LeadsChanged
from reachly.kit import clock
from reachly.kit.address import Address, parse_address
from reachly.kit.errors import Conflict, FieldError, Invalid, LostUpdate
from reachly.kit.ids import new_id
from reachly.kit.schedule import known_zone
from reachly.services.identity.schemas import Actor
from reachly.services.leads.schemas import BulkIn, BulkOut, LeadIn, LeadOut, LeadPatch
from reachly.services.leads.service.outputs import describe_lead
from reachly.services.leads.service.reading import no_lead
from reachly.services.suppression import service as suppression

ONE_ADDRESS = "uq_leads_organization_id_email_key"
_PLAIN = ("first_name", "last_name", "company", "position", "country", "timezone", "custom_fields")


async def add_lead(session: Session, actor: Actor, body: LeadIn) -> LeadOut:
    """Adds a person. Raises Invalid, or Conflict when the organization has the address already."""
    address = _parse(body.email)
    require_zone(body.timezone)
    if await people.find_by_key(session, actor.organization_id, address.key):
        _refuse_taken()
    now = clock.now()
    lead = Lead(
        organization_id=actor.organization_id, id=new_id(), email=shown_address(address), email_key=address.key,
        domain=address.domain, source=body.source, lawful_basis=body.lawful_basis, created_at=now, updated_at=now,
        **{name: getattr(body, name) for name in _PLAIN},
    )  # fmt: skip
    session.add(lead)
    await _flush(session, lead)
    out = await describe_lead(session, lead)
    await outbox.emit(session, [LeadsChanged(organization_id=actor.organization_id, at=now, lead_id=lead.id)])
    return out


async def update_lead(
    session: Session, actor: Actor, lead_id: uuid.UUID, body: LeadPatch, *, if_match: str | None = None
) -> LeadOut:
    """Changes what is given. A new address is verified again. Raises NotFound, LostUpdate, Conflict, Invalid."""
    lead = await people.find(session, actor.organization_id, lead_id, lock=True)
    if lead is None:
        raise no_lead()
    _check_version(lead.version, if_match)
    changed = {name: value for name, value in _changes(lead, body).items() if getattr(lead, name) != value}
    if not changed:
        return await describe_lead(session, lead)
    now = clock.now()
    for name, value in changed.items():
        setattr(lead, name, value)
    lead.version += 1
    lead.updated_at = now
    lead.enriched_at = None
    moved = "email_key" in changed
    if moved:
        lead.verification, lead.verification_reason, lead.verified_at = "unverified", None, None
    await _flush(session, lead)
    out = await describe_lead(session, lead)
    ids: dict[str, Any] = {"organization_id": actor.organization_id, "at": now, "lead_id": lead.id}
    await outbox.emit(session, [LeadsChanged(**ids), LeadEdited(**ids)])
    return out


def _changes(lead: Lead, body: LeadPatch) -> dict[str, Any]:
    values = {name: getattr(body, name) for name in _PLAIN if getattr(body, name) is not None}
    if values.get("timezone", lead.timezone) != lead.timezone:
        require_zone(values["timezone"])
    if body.email is not None:
        address = _parse(body.email)
        values |= {"email": shown_address(address), "email_key": address.key, "domain": address.domain}
    return values


async def delete_lead(session: Session, actor: Actor, lead_id: uuid.UUID) -> None:
    """Removes the person; the ledger of what was sent stays. Raises NotFound."""
    if not await people.remove(session, actor.organization_id, [lead_id]):
        raise no_lead()


async def bulk_action(session: Session, actor: Actor, body: BulkIn) -> BulkOut:
    """One action on many leads; those that do not exist (any more) are skipped."""
    wanted = list(dict.fromkeys(body.lead_ids))
    if body.action == "enroll":
        raise Invalid(
            "Name the campaign in `campaign_id`, or use POST /api/campaigns/{id}/enrollments.",
            code="no_campaign",
        )
    if body.action == "delete":
        done = await people.remove(session, actor.organization_id, wanted)
    elif body.action == "verify":
        done = await ask_verification(session, actor.organization_id, wanted)
    else:
        keys = await people.list_keys(session, actor.organization_id, wanted)
        source = f"user:{actor.user_id}"
        await suppression.suppress_addresses(session, actor.organization_id, keys.values(), "manual", source)
        done = len(keys)
    return BulkOut(done=done, skipped=len(wanted) - done)


async def ask_verification(
    session: Session, organization_id: uuid.UUID, lead_ids: Sequence[uuid.UUID] | None
) -> int:
    """Forgets the verdicts of these leads (None: of none) and has all that wait checked; how many leads these are.
    Emits: call it last."""
    many = await people.mark_unverified(session, organization_id, lead_ids) if lead_ids else 0
    if many or lead_ids is None:
        await outbox.emit(session, [LeadsChanged(organization_id=organization_id, at=clock.now())])
    return many


def shown_address(address: Address) -> str:
    """The address as typed, but for spellings that are no address by themselves (`mailto:`, stray spaces)."""
    typed = address.email_as_typed.strip()
    local, at, domain = typed.rpartition("@")
    return typed if at and local == address.local and not any(c.isspace() for c in domain) else address.wire


def require_zone(name: str) -> None:
    """Empty or an IANA zone. Raises Invalid."""
    if name and not known_zone(name):
        fault = FieldError(
            "/timezone", f"`{name}` is not a time zone; use a name such as Europe/Madrid.", "timezone"
        )
        raise Invalid("The time zone is unknown.", errors=[fault])


def _parse(email: str) -> Address:
    try:
        return parse_address(email)
    except ValueError as error:
        fault = FieldError("/email", str(error), "address")
        raise Invalid("The e-mail address cannot be used.", code="bad_address", errors=[fault]) from None


def _check_version(version: int, if_match: str | None) -> None:
    if if_match is None or if_match.strip() == "*":
        return
    if str(version) not in {tag.strip().removeprefix("W/").strip('"') for tag in if_match.split(",")}:
        raise LostUpdate("Somebody changed this lead meanwhile. Load it again and repeat your change.")


async def _flush(session: Session, lead: Lead) -> None:
    try:
        await session.flush()
        await session.refresh(lead)
    except Exception as error:
        if violated_constraint(error) == ONE_ADDRESS:
            _refuse_taken()
        raise


def _refuse_taken() -> NoReturn:
    fault = FieldError("/email", "One of your leads has this address already.", "taken")
    raise Conflict(
        "One of your leads has this address already: edit that one.", code="lead_exists", errors=[fault]
    )
