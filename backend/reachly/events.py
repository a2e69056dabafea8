"""Facts, in the past tense. What each starts is in `pipeline.py`; how each is kept is in `data/outbox.py`.

An event class names its counters; `counts()` says which of them this very fact raises, and by how much.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal

Verdict = Literal["human", "machine", "undecided"]


@dataclass(frozen=True, slots=True)
class Notice:
    """What the people of the organization are told beside the live event: kept until each has read it.

    `subject` names what it is about, e.g. `campaign:<id>`.
    """

    title: str
    detail: str = ""
    subject: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`at` is product time. `data` is what the browser and the export see beside the ids; JSON values only."""

    name: ClassVar[str]
    stored: ClassVar[bool] = True  # kept in analytics_events and replayed to browsers

    organization_id: uuid.UUID
    at: datetime
    campaign_id: uuid.UUID | None = None
    lead_id: uuid.UUID | None = None
    enrollment_id: uuid.UUID | None = None
    send_id: uuid.UUID | None = None
    email_account_id: uuid.UUID | None = None
    sequence_id: uuid.UUID | None = None
    variant: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    def counts(self) -> Mapping[str, int]:
        """Counters of `campaign_stats` raised by this fact."""
        return {}

    def notice(self) -> Notice | None:
        """What is worth telling somebody who was not looking."""
        return None

    def job_args(self) -> dict[str, str]:
        """Arguments of the jobs this fact starts: ids as text."""
        return {"campaign_id": str(self.campaign_id)} if self.campaign_id else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportEvent(Event):
    import_id: uuid.UUID

    def job_args(self) -> dict[str, str]:
        return {"import_id": str(self.import_id)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportUploaded(ImportEvent):
    """The upload is whole; its rows wait to be read."""

    name = "import_uploaded"
    stored = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportUndoAsked(ImportEvent):
    """A large import is to be taken back."""

    name = "import_undo_asked"
    stored = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProgressed(ImportEvent):
    """Volatile: said to browsers that listen now, kept nowhere."""

    name = "import_progressed"
    stored = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadsImported(ImportEvent):
    """An import is through; with `campaign_id` its leads are to be enrolled there."""

    name = "leads_imported"

    def notice(self) -> Notice:
        counts = [
            f"{self.data[key]} {key}"
            for key in ("imported", "updated", "skipped", "failed")
            if key in self.data
        ]
        if self.data.get("suppressed"):
            counts.append(f"{self.data['suppressed']} do not contact")
        return Notice("An import is through", ", ".join(counts), f"import:{self.import_id}")

    def job_args(self) -> dict[str, str]:
        ids = {"import_id": str(self.import_id)}
        return {**ids, "campaign_id": str(self.campaign_id)} if self.campaign_id else ids


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadsChanged(Event):
    """Leads added or edited by hand: the unverified want verifying, the changed another look."""

    name = "leads_changed"
    stored = False

    def job_args(self) -> dict[str, str]:
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadEdited(Event):
    """One person's fields were changed by hand: what was missing may be there, and the other way round."""

    name = "lead_edited"
    stored = False

    def job_args(self) -> dict[str, str]:
        return {"lead_id": str(self.lead_id)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSuppressed(Event):
    """Somebody must not be written to any more, whatever campaign they are in."""

    name = "person_suppressed"
    stored = False

    def job_args(self) -> dict[str, str]:
        return {"lead_id": str(self.lead_id)}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFailed(Event):
    """Work in the background was given up; `data["what"]` in words. It is kept, and can be tried again."""

    name = "job_failed"

    def notice(self) -> Notice:
        told = f"{self.data.get('what', 'Something')} failed and waits to be tried again."
        return Notice("Work in the background failed", told, "jobs")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationChanged(Event):
    """What stands in every message of the organization is another."""

    name = "organization_changed"
    stored = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadsVerified(Event):
    name = "leads_verified"

    def job_args(self) -> dict[str, str]:
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadsEnriched(Event):
    """What could be found out about the verified leads is written down."""

    name = "leads_enriched"
    stored = False

    def job_args(self) -> dict[str, str]:
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignStarted(Event):
    name = "campaign_started"


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignPaused(Event):
    name = "campaign_paused"

    def notice(self) -> Notice | None:
        reason = str(self.data.get("reason", ""))
        if reason == "by hand":
            return None
        return Notice(f"“{self.data.get('name', '')}” was paused", reason, f"campaign:{self.campaign_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignCompleted(Event):
    name = "campaign_completed"

    def notice(self) -> Notice:
        told = "Everybody in it has had the last step, answered, or was left out."
        return Notice(f"“{self.data.get('name', '')}” is complete", told, f"campaign:{self.campaign_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadsEnrolled(Event):
    name = "leads_enrolled"
    stored = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentsPersonalised(Event):
    """Some more people of a running campaign may be written to and have no plan yet."""

    name = "enrollments_personalised"
    stored = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentsReady(Event):
    """What everybody's plan depends on changed (schedule, steps, mailboxes, a pause): plan all of them again."""

    name = "enrollments_ready"
    stored = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverAsked(Event):
    """Somebody chose what becomes of people whose mailbox is gone: `continue` or `stop`."""

    name = "hand_over_asked"
    stored = False
    sender_gone: str

    def job_args(self) -> dict[str, str]:
        return {"campaign_id": str(self.campaign_id), "sender_gone": self.sender_gone}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSent(Event):
    name = "sent"

    def counts(self) -> Mapping[str, int]:
        return {"sent": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFailed(Event):
    """Set apart, given up, or unsure; `data["reason"]` says which. The unsure may still turn out as sent, so they are
    not counted as failed."""

    name = "failed"

    def counts(self) -> Mapping[str, int]:
        return {} if self.data.get("reason") == "unknown" else {"failed": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounced(Event):
    """`data["hard"]`: the person is suppressed. `in_session`: refused before it was handed over, so it was never sent;
    else a report that came back later."""

    name = "bounced"
    in_session: bool = False

    def counts(self) -> Mapping[str, int]:
        return {"bounced": 1, "refused": 1} if self.in_session else {"bounced": 1}

    def job_args(self) -> dict[str, str]:
        return {"email_account_id": str(self.email_account_id)} if self.email_account_id else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened(Event):
    """`first`: the first of its verdict for this message; only that one is counted, the undecided never."""

    name = "opened"
    verdict: Verdict = "undecided"
    first: bool = True

    def counts(self) -> Mapping[str, int]:
        return _count_hit("opened", self.verdict, self.first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicked(Event):
    name = "clicked"
    verdict: Verdict = "undecided"
    first: bool = True

    def counts(self) -> Mapping[str, int]:
        return _count_hit("clicked", self.verdict, self.first)


def _count_hit(what: str, verdict: Verdict, first: bool) -> Mapping[str, int]:
    if not first or verdict == "undecided":
        return {}
    return {f"{what}_machine" if verdict == "machine" else what: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejudged(Event):
    """A hit that was counted as a person's was a machine's: what came after it gave it away. `at` is the hit's.

    `uncounts`: no other person's hit takes its place. `first_machine`: it is the first of a machine for this message.
    """

    name = "rejudged"
    what: Literal["opened", "clicked"] = "opened"
    uncounts: bool = True
    first_machine: bool = True

    def counts(self) -> Mapping[str, int]:
        taken: dict[str, int] = {self.what: -1} if self.uncounts else {}
        return {**taken, f"{self.what}_machine": 1} if self.first_machine else taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Replied(Event):
    """A human answered. `intent` as the classifier read it; `first`: of this enrollment."""

    name = "replied"
    intent: str = "unclear"
    first: bool = True

    def counts(self) -> Mapping[str, int]:
        if not self.first:
            return {}
        return {"replied": 1, "interested": 1} if self.intent == "interested" else {"replied": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoReplied(Event):
    """A machine answered for a person: holds, stops nothing, counts as no reply."""

    name = "auto_replied"

    def counts(self) -> Mapping[str, int]:
        return {"auto_replied": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribed(Event):
    name = "unsubscribed"

    def counts(self) -> Mapping[str, int]:
        return {"unsubscribed": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaReached(Event):
    name = "quota_reached"

    def notice(self) -> Notice:
        told = f"{self.data.get('used', '')} of {self.data.get('limit', '')} {self.data.get('metric', '')} this month."
        return Notice("The plan's limit is near or reached", told, "usage")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverabilityFell(Event):
    name = "deliverability_fell"

    def notice(self) -> Notice:
        told = f"{self.data.get('bounced', '')} of {self.data.get('attempted', '')} messages bounced."
        title = f"Too much of what {self.data.get('email_address', 'a mailbox')} sends comes back"
        return Notice(title, told, f"mailbox:{self.email_account_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxChanged(Event):
    """A mailbox was connected, paused, failed, came back or went; `data["status"]`. `sender_gone`: what was chosen for
    the people whom it leaves in mid-sequence."""

    name = "mailbox_changed"
    sender_gone: str | None = None

    def notice(self) -> Notice | None:
        if self.data.get("status") not in ("auth_failed", "unreachable", "paused_failures"):
            return None
        title = f"{self.data.get('email_address', 'A mailbox')} cannot send"
        return Notice(title, str(self.data.get("reason") or ""), f"mailbox:{self.email_account_id}")

    def job_args(self) -> dict[str, str]:
        chosen = {"sender_gone": self.sender_gone} if self.sender_gone else {}
        return {"email_account_id": str(self.email_account_id), **chosen}
