"""Steps of a campaign."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

Subject = Annotated[str, StringConstraints(max_length=998)]
Body = Annotated[str, StringConstraints(max_length=200_000)]


class VariantIn(BaseModel):
    subject_template: Subject = ""
    email_template: Body
    weight: int = Field(1, ge=0, le=100)
    is_active: bool = True


class VariantOut(VariantIn):
    id: uuid.UUID
    label: str


class SequenceIn(BaseModel):
    delay_days: int = Field(0, ge=0, le=365)
    delay_hours: int = Field(0, ge=0, le=23)
    working_days_only: bool = False
    subject_template: Subject = Field("", description="Empty on a follow-up: `Re:` in the same thread")
    email_template: Body
    is_active: bool = True


class SequencePatch(BaseModel):
    delay_days: int | None = Field(None, ge=0, le=365)
    delay_hours: int | None = Field(None, ge=0, le=23)
    working_days_only: bool | None = None
    subject_template: Subject | None = None
    email_template: Body | None = None
    is_active: bool | None = None


class SequenceOut(BaseModel):
    id: uuid.UUID
    campaign_id: uuid.UUID
    sequence_number: int
    delay_days: int
    delay_hours: int
    working_days_only: bool
    subject_template: str
    email_template: str
    is_active: bool
    version: int
    variants: list[VariantOut]
    fields: list[str] = Field(description="Merge fields it uses")
    problems: list[str] = Field(description="What keeps it from being sent, each with its place")
    forms: int = Field(description="How many different texts its spintax can make")
    sends: int = Field(description="Messages already sent or in flight from this step")
    updated_at: datetime


class ReorderIn(BaseModel):
    sequence_ids: list[uuid.UUID] = Field(min_length=1, max_length=100)
