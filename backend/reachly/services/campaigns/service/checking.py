"""Looking before the start: what would keep it, and what would embarrass."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field

from reachly.data.apart import read_by_size
from reachly.data.models.campaigns import Campaign
from reachly.data.repositories import campaigns as repository
from reachly.data.session import Session
from reachly.infra.settings import current_settings
from reachly.kit.schedule import read_schedule
from reachly.services.campaigns import policy
from reachly.services.campaigns.policy import Lacking, Refusal
from reachly.services.campaigns.schemas import CampaignSettings, CheckFinding, CheckOut, PersonRef
from reachly.services.campaigns.service.holes import find_holes
from reachly.services.campaigns.service.languages import language_of, opening_bodies
from reachly.services.campaigns.service.reading import get_row
from reachly.services.email_accounts import service as email_accounts
from reachly.services.email_accounts.schemas import EmailAccountOut
from reachly.services.enrichment import service as enrichment
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor
from reachly.services.rendering import TemplateError, TemplateSource, compile_template, fields_used
from reachly.services.sequences import service as sequences
from reachly.services.sequences.schemas import SequenceOut

SHOWN = 3
MANY = 2_000
"""People whom a request may ask about their fields while others wait: some hundredths of a second each thousand."""


@dataclass(slots=True)
class _Holes:
    """Who lacks something. `verdicts`: them by the verdict on their address."""

    by_field: dict[str, Lacking] = field(default_factory=dict)
    verdicts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found before a start, and how many people can be written to."""

    refusals: list[Refusal]
    counts: policy.PeopleCounts


async def gather_refusals(session: Session, organization_id: uuid.UUID, row: Campaign) -> list[Refusal]:
    """Every reason at once why this campaign cannot start, and what is worth seeing before it does."""
    return (await examine(session, organization_id, row)).refusals


async def examine(session: Session, organization_id: uuid.UUID, row: Campaign) -> Examined:
    """The same with the people counted."""
    ids = (await repository.list_account_ids(session, organization_id, [row.id]))[row.id]
    accounts = await email_accounts.list_by_ids(session, organization_id, ids)
    steps = await sequences.list_steps(session, organization_id, row.id)
    schedule, faults = read_schedule(row.send_schedule)
    organization = await identity.find_organization(session, organization_id)
    holes = await _gather_holes(session, organization_id, row)
    quota = await identity.find_quota(session, organization_id, organization.plan_type)
    verdicts = await repository.count_by_verification(session, organization_id, row.id)
    mail_to = CampaignSettings.model_validate(row.settings).mail_to
    counts = policy.count_people(verdicts, holes.verdicts, mail_to)
    facts = policy.StartFacts(
        mailboxes=len(accounts),
        mailboxes_able=sum(_is_able(account) for account in accounts),
        outside_mailboxes=sum(not _is_in_mail_world(account) for account in accounts),
        unread_mailboxes=sum(account.provider == "smtp" and account.imap is None for account in accounts),
        steps=[policy.StepFacts(step.sequence_number, step.is_active, step.problems) for step in steps],
        missing=holes.by_field,
        people=counts,
        lacking_senders=_lacking_senders(steps, accounts),
        language=language_of(steps) if opening_bodies(steps) else None,
        written_languages=enrichment.LANGUAGES,
        postal_address=organization.postal_address,
        schedule_problem=None if schedule else "; ".join(fault.detail for fault in faults),
        public_url_is_https=current_settings().is_public(),
        plan_spent=quota.told if quota and not quota.left else None,
        lines_elsewhere=await _count_other_lines(session, organization_id, row, steps),
    )
    return Examined(policy.find_refusals(facts), counts)


async def _gather_holes(session: Session, organization_id: uuid.UUID, row: Campaign) -> _Holes:
    found = _Holes()
    async for person, missing in find_holes(session, organization_id, row):
        found.verdicts[person.verification] += 1
        for name in missing:
            lacking = found.by_field.setdefault(name, Lacking())
            lacking.count += 1
            if len(lacking.people) < SHOWN:
                lacking.people.append((person.lead_id, person.id, person.email))
    return found


def _is_able(account: EmailAccountOut) -> bool:
    return account.is_active and account.status == "connected"


def _is_in_mail_world(account: EmailAccountOut) -> bool:
    """A mailbox of the loopback world that runs beside us: its links are followed on this machine."""
    runs = current_settings().resolver.reserved_nameserver is not None
    return runs and account.smtp is not None and account.smtp.host in ("127.0.0.1", "localhost", "::1")


def _lacking_senders(steps: list[SequenceOut], accounts: list[EmailAccountOut]) -> dict[str, list[str]]:
    """By tag of the sender that a text cannot do without: the mailboxes that have nothing to put there."""
    wanted = needed_fields(steps) & {"signature", "sender_name"}
    own = {"signature": "signature", "sender_name": "display_name"}
    found = {
        name: [a.email_address for a in accounts if not str(getattr(a, own[name])).strip()]
        for name in sorted(wanted)
    }
    return {name: addresses for name, addresses in found.items() if addresses}


async def _count_other_lines(
    session: Session, organization_id: uuid.UUID, row: Campaign, steps: list[SequenceOut]
) -> int:
    """People whose opening line was written in another language than the text has now."""
    language = language_of(steps) if opening_bodies(steps) else None
    if language is None or row.started_at is None:
        return 0
    return await repository.count_lines_not_in(session, organization_id, row.id, language)


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


async def check_by_size(actor: Actor, campaign_id: uuid.UUID) -> CheckOut:
    """`check_campaign`, in a process of its own where it asks many people. Raises NotFound."""

    async def is_large(session: Session) -> bool:
        return await repository.has_more_than(session, actor.organization_id, campaign_id, MANY)

    return await read_by_size(actor.organization_id, is_large, check_campaign, actor, campaign_id)


async def check_campaign(session: Session, actor: Actor, campaign_id: uuid.UUID) -> CheckOut:
    """Raises NotFound."""
    row = await get_row(session, actor.organization_id, campaign_id)
    examined = await examine(session, actor.organization_id, row)
    findings = [
        CheckFinding(
            code=r.code, severity="blocks" if r.blocks else "warns", detail=r.detail, pointer=r.pointer, step=r.step,
            count=r.count, examples=list(r.examples),
            people=[PersonRef(lead_id=lead, enrollment_id=id_, email=email) for lead, id_, email in r.people],
        )
        for r in examined.refusals
    ]  # fmt: skip
    counts = examined.counts
    return CheckOut(
        can_start=not any(r.blocks for r in examined.refusals), findings=findings, leads=counts.total,
        mailable=counts.mail, awaiting=counts.wait, blocked=counts.blocked, left_out=counts.skip,
    )  # fmt: skip
