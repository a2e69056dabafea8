"""Looking before the start: what would keep it, what would embarrass, and how a message will read."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from reachly.data.models.campaigns import Campaign
from reachly.data.repositories import campaigns as repository
from reachly.data.session import Session
from reachly.infra.settings import current_settings
from reachly.kit.errors import Invalid, NotFound
from reachly.kit.schedule import read_schedule
from reachly.services.campaigns import policy
from reachly.services.campaigns.policy import Refusal
from reachly.services.campaigns.schemas import CampaignSettings, CheckFinding, CheckOut, PreviewIn, PreviewOut
from reachly.services.campaigns.service.reading import get_row
from reachly.services.email_accounts import service as email_accounts
from reachly.services.email_accounts.schemas import EmailAccountOut
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor
from reachly.services.leads import service as leads
from reachly.services.rendering import (
    Rendered,
    TemplateError,
    TemplateSource,
    UnresolvedField,
    compile_template,
    count_forms,
    fields_used,
    render,
    unresolved_fields,
)
from reachly.services.rendering.values import LEAD_FIELDS, merge_values, text_seed
from reachly.services.sequences import service as sequences
from reachly.services.sequences.schemas import SequenceOut

ALWAYS_KNOWN = {"opening_line", "sender_name", "signature", "postal_address", "unsubscribe_url", "email"}
INVENTED = {
    "email": "mira@brightfjord.example", "first_name": "Mira", "last_name": "Sol", "company": "Brightfjord",
    "position": "Head of Operations", "country": "Norway", "timezone": "Europe/Oslo", "custom_fields": {},
}  # fmt: skip


async def gather_refusals(session: Session, organization_id: uuid.UUID, row: Campaign) -> list[Refusal]:
    """Every reason at once why this campaign cannot start, and what is worth seeing before it does."""
    ids = (await repository.list_account_ids(session, organization_id, [row.id]))[row.id]
    accounts = await email_accounts.list_by_ids(session, organization_id, ids)
    steps = await sequences.list_steps(session, organization_id, row.id)
    schedule, faults = read_schedule(row.send_schedule)
    organization = await identity.find_organization(session, organization_id)
    names = sorted(needed_fields(steps) - ALWAYS_KNOWN)
    quota = await identity.find_quota(session, organization_id, organization.plan_type)
    facts = policy.StartFacts(
        mailboxes=len(accounts),
        mailboxes_able=sum(account.is_active and account.status == "connected" for account in accounts),
        outside_mailboxes=sum(not _is_in_mail_world(account) for account in accounts),
        unread_mailboxes=sum(account.provider == "smtp" and account.imap is None for account in accounts),
        steps=[policy.StepFacts(step.sequence_number, step.is_active, step.problems) for step in steps],
        missing=await repository.list_missing_fields(session, organization_id, row.id, names),
        verdicts=await repository.count_by_verification(session, organization_id, row.id),
        mail_to=CampaignSettings.model_validate(row.settings).mail_to,
        postal_address=organization.postal_address,
        schedule_problem=None if schedule else "; ".join(fault.detail for fault in faults),
        public_url_is_https=current_settings().is_public(),
        plan_spent=quota.told if quota and not quota.left else None,
    )
    return policy.find_refusals(facts)


def _is_in_mail_world(account: EmailAccountOut) -> bool:
    """A mailbox of the loopback world that runs beside us: its links are followed on this machine."""
    runs = current_settings().resolver.reserved_nameserver is not None
    return runs and account.smtp is not None and account.smtp.host in ("127.0.0.1", "localhost", "::1")


def needed_fields(steps: list[SequenceOut]) -> set[str]:
    """Merge fields without a fallback in any active step or variant."""
    names: set[str] = set()
    for step in steps:
        texts = [(step.subject_template, step.email_template)] if step.is_active else []
        texts += [
            (v.subject_template, v.email_template) for v in step.variants if step.is_active and v.is_active
        ]
        for subject, body in texts:
            try:
                compiled = compile_template(TemplateSource(subject=subject, body=body))
            except TemplateError:
                continue  # a problem of the step, told as such
            names |= {use.name for use in fields_used(compiled) if not use.has_fallback}
    return names


async def check_campaign(session: Session, actor: Actor, campaign_id: uuid.UUID) -> CheckOut:
    """Raises NotFound."""
    row = await get_row(session, actor.organization_id, campaign_id)
    refusals = await gather_refusals(session, actor.organization_id, row)
    verdicts = await repository.count_by_verification(session, actor.organization_id, row.id)
    mail_to = CampaignSettings.model_validate(row.settings).mail_to
    mailable = sum(
        n
        for verdict, n in verdicts.items()
        if verdict != "suppressed" and policy.mailing_choice(verdict, mail_to) == "mail"
    )
    findings = [
        CheckFinding(
            code=r.code, severity="blocks" if r.blocks else "warns", detail=r.detail, pointer=r.pointer, step=r.step,
            count=r.count, examples=list(r.examples),
        )
        for r in refusals
    ]  # fmt: skip
    blocked = any(r.blocks for r in refusals)
    return CheckOut(can_start=not blocked, findings=findings, leads=sum(verdicts.values()), mailable=mailable)


@dataclass(frozen=True, slots=True)
class Sample:
    """One message as one lead would get it; empty fields stand in it as `[name]`."""

    rendered: Rendered
    sender: str
    to_email: str
    missing: list[str]
    forms: int


async def preview(session: Session, actor: Actor, campaign_id: uuid.UUID, body: PreviewIn) -> PreviewOut:
    """A message as one lead would get it, with the words given or those of a step. Raises Invalid on bad templates."""
    sample = await render_sample(session, actor, campaign_id, body)
    rendered = sample.rendered
    return PreviewOut(
        subject=rendered.subject, html=rendered.html or "", text=rendered.text, from_email=sample.sender,
        to_email=sample.to_email, unresolved=sample.missing, problems=[], forms=sample.forms,
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
    sender, values = await _values(session, actor, row, lead)
    missing = unresolved_fields(compiled, values)
    shown = {**values, **{name: f"[{name}]" for name in missing}}
    number = step.sequence_number if step else 1
    try:
        rendered = render(compiled, shown, seed=text_seed(row.seed, str(lead["email"]).lower(), number))
    except UnresolvedField as error:
        raise Invalid(error.detail, code="unresolved_field", errors=error.errors) from None
    return Sample(rendered, sender, str(lead["email"]), missing, count_forms(compiled))


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
) -> dict[str, object]:
    lead_id = lead_id or await repository.find_sample_lead(session, actor.organization_id, campaign_id)
    if lead_id is None:
        return dict(INVENTED)
    lead = await leads.get_lead(session, actor, lead_id)
    return {name: getattr(lead, name) for name in (*LEAD_FIELDS, "custom_fields")} | {"id": lead.id}


async def _values(
    session: Session, actor: Actor, row: Campaign, lead: dict[str, Any]
) -> tuple[str, dict[str, str]]:
    """(sender's address, merge values)."""
    ids = (await repository.list_account_ids(session, actor.organization_id, [row.id]))[row.id]
    accounts = await email_accounts.list_by_ids(session, actor.organization_id, ids)
    organization = await identity.get_organization(session, actor)
    sender = accounts[0] if accounts else None
    line = await repository.find_opening_line(session, actor.organization_id, row.id, lead.get("id"))
    values = merge_values(
        [str(lead[name]) for name in LEAD_FIELDS],
        lead["custom_fields"],
        opening_line=line or "I came across your work and wanted to reach out.",
        sender_name=sender.display_name if sender else "",
        signature=sender.signature if sender else "",
        postal_address=organization.postal_address or "",
    )
    return (sender.email_address if sender else "sender@example.com"), values
