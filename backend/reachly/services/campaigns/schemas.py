"""Campaigns and enrollments, as the doors see them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from reachly.kit.body import Body
from reachly.services.suppression.schemas import SuppressedOut

CampaignStatus = Literal["draft", "active", "paused", "completed", "archived"]
EnrollmentStatus = Literal[
    "pending", "active", "held", "replied", "bounced", "unsubscribed", "completed", "stopped", "failed"
]
EnrollmentState = Literal[
    "not_yet", "between_steps", "blocked", "held", "replied", "bounced", "unsubscribed", "completed", "stopped",
    "failed",
]  # fmt: skip
PauseCause = Literal["hand", "failures", "late", "plan"]
SenderGone = Literal["wait", "continue", "stop"]
DEFAULT_SCHEDULE: dict[str, Any] = {
    "timezone": "UTC",
    "windows": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
}


class CampaignSettings(BaseModel):
    track_opens: bool = False
    track_clicks: bool = False
    stop_on_reply: bool = True
    out_of_office: Literal["hold", "ignore"] = "hold"
    out_of_office_days: int = Field(
        7, ge=1, le=90, description="Hold this long when no return date is stated"
    )
    unsubscribe_form: Literal["link", "reply"] = "link"
    sender_gone: SenderGone = Field(
        "wait",
        description="People in mid-sequence whose mailbox is gone: wait for a choice, go on from another mailbox as a"
        " new thread, or stop",
    )
    text_only: bool = False
    recipient_hours: bool = Field(
        False, description="Also keep to 9 to 17 o'clock at the recipient's, where known"
    )
    match_provider: bool = Field(
        False,
        description="Rather write to people at Google or Microsoft from mailboxes there, where there are some",
    )
    mail_to: Literal["deliverable", "risky", "unknown"] = Field(
        "unknown", description="The worst verdict that is still mailed; `undeliverable` never is"
    )


class CampaignSettingsIn(CampaignSettings, Body):
    """As they are asked for; what is stored may be of another version."""


Weights = dict[uuid.UUID, Annotated[int, Field(ge=0, le=100)]]
WEIGHTS = "The share of new people that each mailbox gets: 1 where it is not named, 0 for none"


class CampaignIn(Body):
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    send_schedule: dict[str, Any] | None = None
    daily_cap: int | None = Field(None, ge=1, le=1_000_000)
    new_leads_cap: int | None = Field(None, ge=1, le=1_000_000)
    company_cap: int | None = Field(None, ge=1, le=10_000)
    settings: CampaignSettingsIn = CampaignSettingsIn()
    email_account_ids: list[uuid.UUID] = Field(default=[], max_length=500)
    email_account_weights: Weights | None = Field(None, max_length=500, description=WEIGHTS)
    subject_template: str | None = Field(None, max_length=998, description="Kept as step 1")
    email_template: str | None = Field(None, max_length=200_000, description="Kept as step 1")

    model_config = ConfigDict(json_schema_extra={"examples": [
        {"name": "Autumn outreach", "subject_template": "A question, {{ first_name | fallback: \"hello\" }}",
         "email_template": "Hi {{ first_name | fallback: \"there\" }},\n\n{{ opening_line }}"}
    ]})  # fmt: skip


class CampaignPatch(Body):
    """Fields left out stay as they are. `null` on a cap lifts it."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] | None = None
    send_schedule: dict[str, Any] | None = None
    daily_cap: int | None = Field(None, ge=1, le=1_000_000)
    new_leads_cap: int | None = Field(None, ge=1, le=1_000_000)
    company_cap: int | None = Field(None, ge=1, le=10_000)
    settings: CampaignSettingsIn | None = None
    email_account_ids: list[uuid.UUID] | None = Field(None, max_length=500)
    email_account_weights: Weights | None = Field(None, max_length=500, description=WEIGHTS)


class Progress(BaseModel):
    """People of the campaign by where they stand; everybody is in one state, so the states add up to `total`."""

    total: int = 0
    not_yet: int = Field(0, description="Nothing was sent to them yet, and it may be")
    between_steps: int = Field(0, description="Were written to; the next step is to come")
    blocked: int = Field(0, description="Somebody must mend something first")
    blocked_by: dict[str, int] = Field({}, description="The blocked by reason, as `explain` names it")
    held: int = Field(0, description="Wait until a date: away, or asked to be tried again later")
    replied: int = 0
    bounced: int = 0
    unsubscribed: int = 0
    completed: int = 0
    stopped: int = 0
    failed: int = 0


class Figures(BaseModel):
    """What happened, counted: `docs/guides/figures.md` says what each number is."""

    sent: int = Field(0, description="Accepted by the receiving side")
    attempted: int = Field(0, description="sent + refused: what bounces are a share of")
    delivered: int = Field(0, description="Sent and not come back: what answers are a share of")
    opened: int = 0
    opened_machine: int = 0
    clicked: int = 0
    clicked_machine: int = 0
    replied: int = 0
    interested: int = 0
    auto_replied: int = 0
    bounced: int = Field(0, description="Refused at once or come back later")
    refused: int = Field(0, description="Of the bounced: refused at once, so never sent")
    unsubscribed: int = 0
    failed: int = 0


class CampaignOut(BaseModel):
    id: uuid.UUID
    name: str
    status: CampaignStatus
    status_reason: str | None
    paused_for: PauseCause | None = Field(
        description="While paused: by hand, after failures, late, or plan used up"
    )
    is_late: bool = Field(
        description="Late by more than its grace: to start it wants `confirm_late`, so ask whether it should still go"
    )
    send_schedule: dict[str, Any]
    daily_cap: int | None
    new_leads_cap: int | None
    company_cap: int | None
    settings: CampaignSettings
    email_account_ids: list[uuid.UUID]
    email_account_weights: dict[uuid.UUID, int] | None = Field(None, description=WEIGHTS)
    steps: int
    subject_template: str | None = Field(description="Of step 1")
    email_template: str | None = Field(description="Of step 1")
    progress: Progress
    figures: Figures
    next_send_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    paused_at: datetime | None
    completed_at: datetime | None


class EnrollIn(Body):
    lead_ids: list[uuid.UUID] | None = Field(None, max_length=50_000)
    import_id: uuid.UUID | None = None
    all_leads: bool = False


class EnrollOut(BaseModel):
    enrolled: int
    already: int
    skipped: int = Field(description="Suppressed or unknown")


class EnrollmentOut(BaseModel):
    id: uuid.UUID
    lead_id: uuid.UUID
    email: str
    first_name: str
    last_name: str
    company: str
    status: EnrollmentStatus
    state: EnrollmentState = Field(
        description="Where the person stands, as the campaign's `progress` counts them"
    )
    next_step: int
    next_due_at: datetime | None
    email_account_id: uuid.UUID | None
    blocked_reason: str | None = Field(description="Machine-readable; null: nothing is in the way")
    blocked_detail: str | None
    blocked_until: datetime | None
    last_sent_at: datetime | None
    suppression: SuppressedOut | None = Field(None, description="Why this person must not be written to")
    sent: int
    opened: bool
    clicked: bool
    replied: bool
    updated_at: datetime


class Standing(BaseModel):
    """Where somebody stands in a campaign."""

    status: EnrollmentStatus
    held_until: datetime | None


class SendOut(BaseModel):
    """One row of the ledger."""

    id: uuid.UUID
    lead_id: uuid.UUID | None
    to_email: str
    step: int
    variant: str
    email_account_id: uuid.UUID | None
    status: str
    subject: str
    planned_at: datetime
    handed_at: datetime | None
    sent_at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    replied_at: datetime | None
    bounced_at: datetime | None
    message_id: str
    reason: str | None
    reply_code: int | None
    attempts: int
    settled_by: str | None = Field(
        None,
        description="How a doubt was settled: `sent_folder`, `person`, `answer`, `report` or `journal`",
    )


class PreviewIn(Body):
    lead_id: uuid.UUID | None = Field(
        None, description="null: the campaign's first lead, else an invented one"
    )
    sequence_id: uuid.UUID | None = None
    subject_template: str | None = Field(None, max_length=998, description="Unsaved text; null: the step's")
    email_template: str | None = Field(None, max_length=200_000)
    variant: str = "A"


class PreviewOut(BaseModel):
    subject: str
    html: str
    text: str
    from_email: str
    to_email: str
    unresolved: list[str] = Field(
        description="What this person lacks: the message would wait, not be sent so"
    )
    unresolved_sender: list[str] = Field(description="What the mailbox or the organization lacks")
    problems: list[str]
    forms: int
    is_invented: bool = Field(description="Nobody is in the campaign, so this is for an invented person")
    suppression: SuppressedOut | None = Field(None, description="Why nothing is sent to this person")


class PersonRef(BaseModel):
    """Somebody whom a finding is about."""

    lead_id: uuid.UUID
    enrollment_id: uuid.UUID
    email: str


class CheckFinding(BaseModel):
    code: str
    severity: Literal["blocks", "warns"]
    detail: str
    pointer: str = ""
    step: int | None = None
    count: int | None = None
    examples: list[str] = []
    people: list[PersonRef] = Field([], description="Some of those whom it is about")


class CheckOut(BaseModel):
    """Everybody on the way is in one of four counts, so these add up to `leads`."""

    can_start: bool
    findings: list[CheckFinding]
    leads: int
    mailable: int = Field(
        description="Can be written to, each when due; with `awaiting` these are the people of the plan"
    )
    awaiting: int = Field(description="Their address is still being looked at; they follow if it is good")
    blocked: int = Field(description="A field that the words need is empty")
    left_out: int = Field(description="Undeliverable, suppressed, or outside the verdicts chosen")


class TestSendIn(PreviewIn):
    to_email: Annotated[str, StringConstraints(min_length=3, max_length=320)]
    email_account_id: uuid.UUID | None = None


class TestSendOut(BaseModel):
    ok: bool
    detail: str
    send_id: uuid.UUID | None = None
