"""How a message will read: with the values and by the renderer of the send, so nothing is shown that is not sent."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from reachly.data.models.campaigns import Campaign
from reachly.data.repositories import campaigns as repository
from reachly.data.session import Session
from reachly.integrations.enricher.port import LeadFields
from reachly.kit.errors import Invalid, NotFound
from reachly.kit.language import guess_language
from reachly.services.campaigns.schemas import CampaignSettings, PreviewIn, PreviewOut
from reachly.services.campaigns.service.languages import OPENING
from reachly.services.campaigns.service.reading import get_row
from reachly.services.email_accounts import service as email_accounts
from reachly.services.enrichment import service as enrichment
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor
from reachly.services.leads import service as leads
from reachly.services.rendering import (
    Rendered,
    TemplateSource,
    UnresolvedField,
    compile_template,
    count_forms,
    plain_words,
    render,
    unresolved_fields,
)
from reachly.services.rendering.values import LEAD_FIELDS, merge_values, text_seed
from reachly.services.sequences import service as sequences
from reachly.services.sequences.schemas import SequenceOut
from reachly.services.suppression.schemas import SuppressedOut

OF_THE_SENDER = frozenset({"sender_name", "signature", "postal_address"})
INVENTED = {
    "email": "mira@brightfjord.example", "first_name": "Mira", "last_name": "Sol", "company": "Brightfjord",
    "position": "Head of Operations", "country": "Norway", "timezone": "Europe/Oslo", "custom_fields": {},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """One message as one lead would get it; empty fields stand in it as `[name]`."""

    rendered: Rendered
    sender: str
    to_email: str
    missing: list[str]
    forms: int
    is_invented: bool
    suppression: SuppressedOut | None


async def preview(session: Session, actor: Actor, campaign_id: uuid.UUID, body: PreviewIn) -> PreviewOut:
    """A message as one lead would get it, with the words given or those of a step. Raises Invalid on bad templates."""
    sample = await render_sample(session, actor, campaign_id, body)
    rendered = sample.rendered
    return PreviewOut(
        subject=rendered.subject, html=rendered.html or "", text=rendered.text, from_email=sample.sender,
        to_email=sample.to_email, unresolved=[name for name in sample.missing if name not in OF_THE_SENDER],
        unresolved_sender=[name for name in sample.missing if name in OF_THE_SENDER], problems=[],
        forms=sample.forms, is_invented=sample.is_invented, suppression=sample.suppression,
    )  # fmt: skip


async def render_sample(session: Session, actor: Actor, campaign_id: uuid.UUID, body: PreviewIn) -> Sample:
    """What preview and test mail show. Raises NotFound, or Invalid on bad templates."""
    row = await get_row(session, actor.organization_id, campaign_id)
    steps = await sequences.list_steps(session, actor.organization_id, campaign_id)
    step = next((s for s in steps if body.sequence_id in (None, s.id)), None)
    if body.sequence_id and step is None:
        raise NotFound("There is no such step.")
    lead = await _lead(session, actor, row.id, body.lead_id)
    settings = CampaignSettings.model_validate(row.settings)
    subject, text = _words(step, body)
    is_follow_up = bool(step and step.sequence_number > 1 and not subject.strip())
    if is_follow_up:
        subject = f"Re: {steps[0].subject_template}"
    compiled = compile_template(
        TemplateSource(
            subject=subject,
            body=text,
            text_only=settings.text_only,
            unsubscribe_form=settings.unsubscribe_form,
        )
    )
    line = await _line(session, actor, row, lead, text) if OPENING in text else ""
    sender, values = await _values(session, actor, row, lead, line)
    missing = unresolved_fields(compiled, values)
    shown = {**values, **{name: f"[{name}]" for name in missing}}
    number = step.sequence_number if step else 1
    try:
        rendered = render(compiled, shown, seed=text_seed(row.seed, str(lead["email"]).lower(), number))
    except UnresolvedField as error:
        raise Invalid(error.detail, code="unresolved_field", errors=error.errors) from None
    return Sample(
        rendered,
        sender,
        str(lead["email"]),
        missing,
        count_forms(compiled),
        "id" not in lead,
        lead.get("suppression"),
    )


def _words(step: SequenceOut | None, body: PreviewIn) -> tuple[str, str]:
    subject, text = (step.subject_template, step.email_template) if step else ("", "")
    variant = next((v for v in step.variants if v.label == body.variant), None) if step else None
    if variant:
        subject, text = variant.subject_template or subject, variant.email_template
    return (
        subject if body.subject_template is None else body.subject_template,
        text if body.email_template is None else body.email_template,
    )


async def _lead(
    session: Session, actor: Actor, campaign_id: uuid.UUID, lead_id: uuid.UUID | None
) -> dict[str, Any]:
    lead_id = lead_id or await repository.find_sample_lead(session, actor.organization_id, campaign_id)
    if lead_id is None:
        return dict(INVENTED)
    lead = await leads.get_lead(session, actor, lead_id)
    return {name: getattr(lead, name) for name in (*LEAD_FIELDS, "custom_fields")} | {
        "id": lead.id,
        "suppression": lead.suppression,
    }


async def _line(session: Session, actor: Actor, row: Campaign, lead: dict[str, Any], text: str) -> str:
    """The line that was written, else the one that will be: by the same writer, from the same facts and seed."""
    written = await repository.find_opening_line(session, actor.organization_id, row.id, lead.get("id"))
    if written is not None:
        return written
    seed = f"{row.seed}|{str(lead['email']).lower()}"
    language = guess_language(plain_words(text))
    if "id" in lead:
        found = await enrichment.write_opening_lines(
            session, actor.organization_id, {lead["id"]: seed}, language
        )
        return found[lead["id"]].text
    fields = {name: str(lead[name]) for name in LEAD_FIELDS}
    return await enrichment.write_for_stranger(LeadFields(**fields, custom_fields={}), seed, language)


async def _values(
    session: Session, actor: Actor, row: Campaign, lead: dict[str, Any], line: str
) -> tuple[str, dict[str, str]]:
    """(sender's address, merge values)."""
    ids = (await repository.list_account_ids(session, actor.organization_id, [row.id]))[row.id]
    accounts = await email_accounts.list_by_ids(session, actor.organization_id, ids)
    organization = await identity.get_organization(session, actor)
    sender = accounts[0] if accounts else None
    values = merge_values(
        [str(lead[name]) for name in LEAD_FIELDS],
        lead["custom_fields"],
        opening_line=line,
        sender_name=sender.display_name if sender else "",
        signature=sender.signature if sender else "",
        postal_address=organization.postal_address or "",
    )
    return (sender.email_address if sender else "sender@example.com"), values
