"""Who would get a message with a hole: asked over the whole sequence that is still to come, by the renderer that sends.

Check, plan, explain and the states of people all ask here. What is found is also written down (`missing_field`), so
that a page can count it; whatever may change the answer (words, a person's fields, who is in the campaign) starts a
job that looks again.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from reachly.data import outbox
from reachly.data.models.campaigns import Campaign
from reachly.data.repositories import campaigns as repository
from reachly.data.repositories.campaigns.holes import MISSING, OTHERS, Looked, Narrowed
from reachly.data.session import Session, tenant
from reachly.events import EnrollmentsPersonalised
from reachly.kit import clock
from reachly.kit.ids import NIL
from reachly.services.campaigns.schemas import CampaignSettings
from reachly.services.rendering import (
    CompiledTemplate,
    TemplateError,
    TemplateSource,
    compile_template,
    fields_used,
    unresolved_fields,
)
from reachly.services.rendering.values import LEAD_FIELDS, merge_values, text_seed
from reachly.services.sequences import service as sequences
from reachly.services.sequences.policy import draw_label

PAGE = 500
"""People of one transaction, and the longest that the loop is busy with them: a few hundredths of a second."""
OPEN = ("active", "held", "pending")
SENDERS = ("opening_line", "sender_name", "signature", "postal_address", "unsubscribe_url")
"""Not the person's to have: what a mailbox or the organization lacks keeps the campaign from starting."""
_GIVEN = {name: "x" for name in SENDERS if name != "unsubscribe_url"}


@dataclass(frozen=True, slots=True)
class Texts:
    """Every text that somebody in a campaign may get. `steps`: number, weights of the variants, texts by label."""

    seed: int
    steps: tuple[tuple[int, tuple[tuple[str, int], ...], Mapping[str, CompiledTemplate]], ...]

    def missing(self, person: Looked) -> list[str]:
        """The names that this person lacks for what is still to come, each once, in the order of the steps."""
        values = merge_values(person.columns, person.custom_fields, **_GIVEN)
        found: dict[str, None] = {}
        for number, weights, compiled in self.steps:
            if number >= person.next_step:
                label = draw_label(text_seed(self.seed, person.email_key, number), weights)
                if label in compiled:
                    found.update(dict.fromkeys(unresolved_fields(compiled[label], values)))
        return [name for name in found if name not in SENDERS]

    def narrowed(self) -> Narrowed:
        """Who may lack something; everybody where a field stands in a link, which more than emptiness can break."""
        names: dict[str, None] = {}
        for _, _, texts in self.steps:
            for compiled in texts.values():
                if _has_fields_in_links(compiled):
                    return Narrowed(everybody=True)
                names.update({use.name: None for use in fields_used(compiled) if not use.has_fallback})
        lead, custom = set(), []
        for name in names:
            key = name.strip().lower().replace(" ", "_").replace("-", "_")
            if key in LEAD_FIELDS:
                lead.add(key)
            elif key not in SENDERS:
                custom.append((name, key))
        return Narrowed(frozenset(lead), tuple(sorted(custom)))


async def read_texts(session: Session, organization_id: uuid.UUID, campaign: Campaign) -> Texts:
    """The campaign's active texts; one that cannot be compiled is the step's problem and told as such."""
    settings = CampaignSettings.model_validate(campaign.settings)
    steps = []
    for step in await sequences.list_steps(session, organization_id, campaign.id):
        if not step.is_active:
            continue
        variants = [v for v in step.variants if v.is_active and v.weight > 0]
        words = [("A", step.subject_template, step.email_template)]
        words += [(v.label, v.subject_template or step.subject_template, v.email_template) for v in variants]
        compiled = {
            label: text
            for label, subject, body in words
            if (text := _compiled(subject, body, settings.text_only, settings.unsubscribe_form)) is not None
        }
        steps.append((step.sequence_number, tuple((v.label, v.weight) for v in variants), compiled))
    return Texts(campaign.seed, tuple(steps))


@lru_cache(maxsize=512)
def _compiled(subject: str, body: str, text_only: bool, form: str) -> CompiledTemplate | None:
    unsubscribe_form = "reply" if form == "reply" else "link"
    try:
        return compile_template(
            TemplateSource(subject=subject, body=body, text_only=text_only, unsubscribe_form=unsubscribe_form)  # type: ignore[arg-type]
        )
    except TemplateError:
        return None


def _has_fields_in_links(compiled: CompiledTemplate) -> bool:
    pending = [compiled.needs]
    while pending:
        needs = pending.pop()
        if needs.links:
            return True
        for _, then, otherwise in needs.conditions:
            pending += [then, otherwise]
    return False


async def find_holes(
    session: Session, organization_id: uuid.UUID, campaign: Campaign
) -> AsyncIterator[tuple[Looked, list[str]]]:
    """Everybody on the way who lacks something, with what; nothing is written."""
    texts = await read_texts(session, organization_id, campaign)
    wanted = texts.narrowed()
    for state in OPEN:
        after = NIL
        while True:
            rows = await repository.page_people(
                session, organization_id, campaign.id, state, after, PAGE, wanted
            )
            for person in rows:
                if missing := texts.missing(person):
                    yield person, missing
            if len(rows) < PAGE:
                break
            after = rows[-1].id


async def find_missing(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, enrollment_id: uuid.UUID
) -> list[str]:
    """What one person lacks; nothing for who is at an end."""
    campaign = await repository.find_campaign(session, organization_id, campaign_id)
    person = await repository.find_person(session, organization_id, campaign_id, enrollment_id)
    if campaign is None or person is None:
        return []
    return (await read_texts(session, organization_id, campaign)).missing(person)


async def list_with_holes(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID
) -> set[uuid.UUID]:
    """Enrollments of those who lack something."""
    campaign = await repository.find_campaign(session, organization_id, campaign_id)
    if campaign is None:
        return set()
    return {person.id async for person, _ in find_holes(session, organization_id, campaign)}


async def look_over(organization_id: uuid.UUID, campaign_id: uuid.UUID, *, marked: bool = False) -> int:
    """Writes down who lacks something and who does no more (`marked`: asks only those who did), page by page in
    transactions of their own. How many changed. Idempotent."""
    changed = 0
    for state in OPEN:
        after: uuid.UUID | None = NIL
        while after is not None:
            async with tenant(organization_id) as session:
                campaign = await repository.find_campaign(session, organization_id, campaign_id)
                if campaign is None or campaign.status in ("completed", "archived"):
                    return changed
                texts = await read_texts(session, organization_id, campaign)
                wanted = Narrowed(marked=True) if marked else texts.narrowed()
                n, after = await _look_at_page(
                    session, organization_id, campaign, texts, state, after, wanted
                )
            changed += n
    return changed


async def look_over_marked(organization_id: uuid.UUID) -> None:
    """Asks everybody who waits for a field whether they still do."""
    async with tenant(organization_id) as session:
        ids = await repository.list_marked_campaigns(session, organization_id)
    for campaign_id in ids:
        await look_over(organization_id, campaign_id, marked=True)


async def look_over_lead(organization_id: uuid.UUID, lead_id: uuid.UUID) -> None:
    """One person, wherever they are on the way."""
    async with tenant(organization_id) as session:
        for campaign_id in await repository.list_campaigns_of_lead(session, organization_id, lead_id):
            campaign = await repository.find_campaign(session, organization_id, campaign_id)
            if campaign is not None:
                texts = await read_texts(session, organization_id, campaign)
                wanted = Narrowed(everybody=True, lead_id=lead_id)
                for state in OPEN:
                    await _look_at_page(session, organization_id, campaign, texts, state, NIL, wanted)


async def mark_some(
    session: Session, organization_id: uuid.UUID, campaign: Campaign, ids: Sequence[uuid.UUID]
) -> None:
    """Writes down what these active people lack, in the caller's transaction. Emits nothing."""
    texts = await read_texts(session, organization_id, campaign)
    wanted = replace(texts.narrowed(), ids=ids)
    rows = await repository.page_people(
        session, organization_id, campaign.id, "active", NIL, len(ids) + 1, wanted, lock=True
    )
    found = [(person.id, _told(missing)) for person in rows if (missing := texts.missing(person))]
    await repository.save_holes(session, organization_id, found, clock.now())


async def _look_at_page(
    session: Session, organization_id: uuid.UUID, campaign: Campaign, texts: Texts, state: str, after: uuid.UUID,
    wanted: Narrowed,
) -> tuple[int, uuid.UUID | None]:  # fmt: skip
    """(changed, where to go on or None at the end). Emits: call it last."""
    rows = await repository.page_people(
        session, organization_id, campaign.id, state, after, PAGE, wanted, lock=True
    )
    found: list[tuple[uuid.UUID, str | None]] = []
    freed = False
    for person in rows:
        if person.blocked_reason in OTHERS:
            continue
        missing = texts.missing(person)
        if missing or person.blocked_reason == MISSING:
            found.append((person.id, _told(missing) if missing else None))
            freed = freed or not missing
    await repository.save_holes(session, organization_id, found, clock.now())
    events = []
    if freed and campaign.status == "active":
        events.append(
            EnrollmentsPersonalised(organization_id=organization_id, at=clock.now(), campaign_id=campaign.id)
        )
    await outbox.emit(session, events)
    return len(found), rows[-1].id if len(rows) == PAGE else None


def _told(missing: Sequence[str]) -> str:
    return f"These fields are empty: {', '.join(missing[:5])}."
