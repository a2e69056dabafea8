"""Messages in doubt, as a person sees and decides them."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from reachly.kit.body import Body

Decision = Literal["resend", "arrived"]
Basis = Literal["mailbox", "organization", "none"]


class DoubtScope(Body):
    """Which messages in doubt. Several conditions narrow each other; `all` says that none is meant."""

    campaign_id: uuid.UUID | None = None
    email_account_id: uuid.UUID | None = None
    send_ids: Annotated[list[uuid.UUID], Field(min_length=1, max_length=1000)] | None = None
    all: bool = Field(False, description="Every message in doubt of the organization")

    @property
    def is_named(self) -> bool:
        return bool(self.all or self.campaign_id or self.email_account_id or self.send_ids)


class ResolveIn(DoubtScope):
    """`arrived`: they count as sent and the sequences go on. `resend`: they never left, and are sent again under the
    same Message-ID, within all caps."""

    decision: Decision

    @model_validator(mode="after")
    def _one_at_least(self) -> ResolveIn:
        if not self.is_named:
            raise ValueError("say which: campaign_id, email_account_id, send_ids, or all")
        return self


class ResolveOut(BaseModel):
    """What became of them."""

    resolved: int
    skipped: int = Field(description="Named, but no longer in doubt: settled meanwhile, or decided before")
    ended: int = Field(
        description="Not sent again, because nothing more goes to these people; still in doubt until they count as sent"
    )
    left: int = Field(description="Still in doubt in this scope; above 0 besides `ended`: ask again")


class DoubtGroup(BaseModel):
    """Messages in doubt of one mailbox that broke off at one stage, and how such doubts ended so far."""

    email_account_id: uuid.UUID | None
    email_address: str
    stage: str = Field(
        description="`no_answer`: the answer was lost; `worker_lost`: the worker stopped on the way"
    )
    count: int
    basis: Basis = Field(description="Whose settled doubts the share is taken from (those of Sent folders)")
    arrived: int = Field(description="Of `settled`, those that had arrived")
    settled: int


class DoubtsOut(BaseModel):
    """What is in doubt, and how much of it has probably arrived."""

    count: int
    groups: list[DoubtGroup]
    likely_arrived: int | None = Field(
        description="Of those that there is evidence for (`count` less `without_evidence`); null: there is none at all"
    )
    without_evidence: int
    arrived: int = Field(description="Of `settled`, those that had arrived")
    settled: int = Field(description="Settled doubts that the share is taken from")
