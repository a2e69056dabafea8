"""Leads and imports, as the doors see them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from reachly.kit.body import Body
from reachly.kit.text import STORABLE
from reachly.services.suppression.schemas import SuppressedOut

Verification = Literal["unverified", "deliverable", "risky", "undeliverable", "unknown"]
SeedStatus = Literal["pending", "sent", "replied", "bounced"]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), STORABLE]
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=60), STORABLE]
CustomFields = Annotated[
    dict[FieldName, Annotated[str, StringConstraints(max_length=5_000), STORABLE]], Field(max_length=200)
]
Zone = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60), STORABLE]
Typed = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=320), STORABLE]


class LeadIn(Body):
    email: Typed
    first_name: Text = ""
    last_name: Text = ""
    company: Text = ""
    position: Text = ""
    country: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100), STORABLE] = ""
    timezone: Zone = ""
    custom_fields: CustomFields = Field({})
    source: Text = ""
    lawful_basis: Text = ""
    campaign_id: uuid.UUID | None = Field(None, description="Enrols the lead at once")

    model_config = ConfigDict(json_schema_extra={"examples": [
        {"email": "ines@acme.example", "first_name": "Inès", "company": "Acme", "custom_fields": {"plan": "pro"}}
    ]})  # fmt: skip


class LeadPatch(Body):
    """Fields left out stay as they are."""

    email: Typed | None = None
    first_name: Text | None = None
    last_name: Text | None = None
    company: Text | None = None
    position: Text | None = None
    country: Text | None = None
    timezone: Zone | None = None
    custom_fields: CustomFields | None = None


class LeadOut(BaseModel):
    id: uuid.UUID
    email: str
    first_name: str
    last_name: str
    company: str
    position: str
    country: str
    timezone: str
    custom_fields: dict[str, str]
    verification: Verification
    verification_reason: str | None
    verified_at: datetime | None
    suppressed: str | None = Field(None, description="The reason of `suppression`, if there is one")
    suppression: SuppressedOut | None = Field(None, description="Why this person must not be written to")
    source: str
    lawful_basis: str
    import_id: uuid.UUID | None
    campaigns: int = Field(0, description="In how many campaigns")
    status: SeedStatus | None = Field(None, description="In the campaign asked for with `campaign_id`")
    version: int
    created_at: datetime
    updated_at: datetime


class TimelineEntry(BaseModel):
    at: datetime
    event: str
    campaign_id: uuid.UUID | None
    campaign_name: str | None
    step: int | None
    detail: dict[str, object]


class LeadDetailOut(LeadOut):
    facts: list[FactOut] = []
    enrollments: list[LeadEnrollmentOut] = []


class FactOut(BaseModel):
    name: str
    value: str
    source: str
    confidence: float
    observed_at: datetime


class LeadEnrollmentOut(BaseModel):
    enrollment_id: uuid.UUID
    campaign_id: uuid.UUID
    campaign_name: str
    status: str
    state: str = Field(description="Where the person stands there, as the campaign's `progress` counts them")
    next_step: int
    next_due_at: datetime | None
    blocked_reason: str | None = Field(
        description="Machine-readable; null: nothing that was written down is in the way. The full answer is in"
        " `GET /api/campaigns/{campaign_id}/enrollments/{enrollment_id}/explain`"
    )
    blocked_until: datetime | None


class ImportOptions(Body):
    duplicates: Literal["update", "skip"] = "update"
    source: Text = ""
    lawful_basis: Text = ""
    mapping: dict[str, str] | None = Field(
        None,
        description="CSV header -> field name, `custom:<key>`, `suppress:<reason>` for a column that says who must"
        " not be written to, or empty to leave the column out; null: guessed",
    )
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = None
    encoding: str | None = None


class ImportOut(BaseModel):
    """rows_read = imported + updated + skipped + failed, always."""

    id: uuid.UUID
    filename: str
    campaign_id: uuid.UUID | None
    status: Literal["uploading", "queued", "running", "completed", "failed", "undoing", "undone"]
    rows_read: int
    imported: int
    updated: int
    skipped: int
    failed: int
    suppressed: int = Field(description="Of the imported and updated: people who must not be written to")
    enrolled: int
    bytes_total: int
    bytes_done: int
    error: str | None
    mapping: dict[str, str] | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    can_undo: bool


class ImportRowOut(BaseModel):
    line: int
    outcome: Literal["failed", "skipped", "updated"]
    code: str
    reason: str
    raw: list[str]


class ImportPreviewOut(BaseModel):
    encoding: str
    delimiter: str
    headers: list[str]
    mapping: dict[str, str]
    rows: list[list[str]] = Field(description="The first rows as understood")
    problems: list[str]
    questions: list[ImportQuestion] = Field([], description="What somebody should decide before the import")
    emptied: dict[str, int] = Field(
        {},
        description="Cells of the rows looked at that mean nothing and count as empty, by what stands in them",
    )


class ImportQuestion(BaseModel):
    """`opting_out`: the column speaks of opting out, bouncing or complaining and is not understood; it is left out
    unless `mapping` says `suppress:<reason>` for it. `perhaps_a_name`: `values` are kept as surnames."""

    code: Literal["opting_out", "perhaps_a_name"]
    header: str
    detail: str
    values: list[str] = Field(description="Some of its cells")


class VerifyIn(Body):
    lead_ids: list[uuid.UUID] | None = Field(
        None, max_length=10_000, description="null: all that were never verified"
    )


class QueuedOut(BaseModel):
    queued: int


class BulkIn(Body):
    lead_ids: list[uuid.UUID] = Field(max_length=10_000)
    action: Literal["delete", "enroll", "suppress", "verify"]
    campaign_id: uuid.UUID | None = None


class BulkOut(BaseModel):
    done: int
    skipped: int
