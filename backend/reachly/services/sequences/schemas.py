"""Steps of a campaign."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from reachly.kit.body import Body

Subject = Annotated[str, StringConstraints(max_length=998)]
Text = Annotated[str, StringConstraints(max_length=200_000)]


class VariantIn(Body):
    subject_template: Subject = ""
    email_template: Text
    weight: int = Field(1, ge=0, le=100)
    is_active: bool = True


class VariantPatch(Body):
    """Fields left out stay as they are."""

    subject_template: Subject | None = None
    email_template: Text | None = None
    weight: int | None = Field(None, ge=0, le=100)
    is_active: bool | None = None


class VariantOut(BaseModel):
    id: uuid.UUID
    label: str
    subject_template: str
    email_template: str
    weight: int
    is_active: bool


class SequenceIn(Body):
    delay_days: int = Field(0, ge=0, le=365)
    delay_hours: int = Field(0, ge=0, le=23)
    working_days_only: bool = False
    subject_template: Subject = Field("", description="Empty on a follow-up: `Re:` in the same thread")
    email_template: Text
    is_active: bool = True


class SequencePatch(Body):
    delay_days: int | None = Field(None, ge=0, le=365)
    delay_hours: int | None = Field(None, ge=0, le=23)
    working_days_only: bool | None = None
    subject_template: Subject | None = None
    email_template: Text | None = None
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


class ReorderIn(Body):
    sequence_ids: list[uuid.UUID] = Field(min_length=1, max_length=100)
