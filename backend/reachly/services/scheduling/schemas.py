"""Plans and reasons, as the doors see them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from reachly.kit.body import Body


class PlannedMessage(BaseModel):
    lead_id: uuid.UUID
    email: str
    step: int
    email_account_id: uuid.UUID
    planned_at: datetime


class PlannedDay(BaseModel):
    day: str
    email_account_id: uuid.UUID
    planned: int
    sent: int = 0


class SimulationOut(BaseModel):
    """The first messages of the plan, and the plan's shape. Who lacks a field or may not be written to is not in it."""

    people: int = Field(0, description="Who will be written to, as far as anybody can say")
    left_out: int = Field(
        0, description="On the way, and nothing is planned to them until something is mended"
    )

    messages: list[PlannedMessage] = Field(description="At most 1,000, in order")
    total: int
    days: list[PlannedDay]
    last_first_mail_at: datetime | None = Field(description="null: none is left, or it lies beyond `until`")
    last_follow_up_at: datetime | None = Field(description="null: none is left, or it lies beyond `until`")
    until: datetime | None = Field(None, description="How far days and messages reach; null: to the end")
    beyond: int = Field(0, description="Messages that leave after `until`; `total` does not count them")
    beyond_ends_at: datetime | None = Field(
        None, description="About when the last of them leaves, at the pace of the four weeks before `until`"
    )
    idle_capacity: int = Field(description="Messages the mailboxes could have sent besides, up to the end")
    limiting_factor: str
    problem: str | None = None


class HandOverIn(Body):
    """What becomes of people in mid-sequence whose mailbox is gone."""

    choice: Literal["continue", "stop"] = Field(
        description="`continue`: from another mailbox of the campaign, as a new thread; `stop`: their sequence ends"
    )


class HandOverOut(BaseModel):
    people: int = Field(description="Who waited for the choice when it was made")


class Why(BaseModel):
    """The one rule that is in the way."""

    code: str
    detail: str
    change: str = Field(description="What would change it")
    until: datetime | None = Field(description="When it ends by itself; null: only somebody can change it")


class Reason(Why):
    count: int
    examples: list[str]


class MailboxWhy(BaseModel):
    """A mailbox of the campaign today."""

    email_account_id: uuid.UUID
    email_address: str
    held: Why | None = Field(description="What keeps it from sending now, whoever is due; null: nothing")
    next_turn_at: datetime | None
    sent_today: int = Field(description="On its local day, with what is on its way")
    limit_today: int
    limited_by: str = Field(description="The smallest of its caps")
    due: int = Field(description="Messages of this campaign that are due here")


SetIn = Literal["mailbox", "organization", "server"]


class CapToday(BaseModel):
    """One of a mailbox's caps and what has been used of it."""

    code: str = Field(description="The reason that is named when it is reached")
    limit: int
    used: int = Field(description="With what is on its way")
    left: int
    set_in: SetIn = Field(description="Where it is set")


class DueHere(BaseModel):
    """A running campaign that sends through the mailbox."""

    campaign_id: uuid.UUID
    name: str
    due: int


class MailboxExplainOut(MailboxWhy):
    """A mailbox for itself: `due` counts all its campaigns."""

    timezone: str = Field(description="Where its day begins and ends")
    caps: list[CapToday] = Field(
        description="All that hold now, the one with the least room first; `provider_cap` counts 24 hours, not a day"
    )
    campaigns: list[DueHere] = Field(description="Running ones; the most due first")


class EnrollmentWhy(BaseModel):
    """One person's next message."""

    enrollment_id: uuid.UUID
    lead_id: uuid.UUID
    email: str
    step: int
    next_due_at: datetime | None
    email_account_id: uuid.UUID | None
    timezone: str = Field(description="The campaign's, in which its hours and days are meant")
    held: Why | None = Field(description="null: it is on its way")


class ExplainOut(BaseModel):
    campaign_id: uuid.UUID
    due: int
    reasons: list[Reason]
    mailboxes: list[MailboxWhy] = []
