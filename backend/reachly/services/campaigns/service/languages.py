"""In which language a campaign speaks: a sentence that we add is in that one, or is left out."""

from __future__ import annotations

import uuid

from reachly.data.models.campaigns import Campaign
from reachly.data.session import Session
from reachly.kit.language import guess_language
from reachly.services.rendering import plain_words
from reachly.services.sequences import service as sequences
from reachly.services.sequences.schemas import SequenceOut

OPENING = "opening_line"


async def spoken_in(session: Session, organization_id: uuid.UUID, campaign: Campaign) -> str | None:
    """The language of the texts with an opening line in them; None: they do not say, or none has one."""
    return language_of(await sequences.list_steps(session, organization_id, campaign.id))


def language_of(steps: list[SequenceOut]) -> str | None:
    """Of these steps, all their variants together."""
    return guess_language(plain_words("\n".join(opening_bodies(steps))))


def opening_bodies(steps: list[SequenceOut]) -> list[str]:
    """The bodies into which an opening line goes."""
    bodies = [body for step in steps if step.is_active
              for body in (step.email_template, *(v.email_template for v in step.variants if v.is_active))]  # fmt: skip
    return [body for body in bodies if OPENING in body]
