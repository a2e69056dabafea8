"""The way of a campaign from draft to archived, and everything that keeps it from starting."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from reachly.kit.errors import Conflict
from reachly.kit.language import NAMES
from reachly.services.campaigns.schemas import Figures

Status = Literal["draft", "active", "paused", "completed", "archived"]
Action = Literal["start", "pause", "complete", "archive", "reopen"]
Choice = Literal["mail", "wait", "skip"]

MOVES: Mapping[Action, tuple[frozenset[str], Status]] = {
    "start": (frozenset({"draft", "paused"}), "active"),
    "pause": (frozenset({"active"}), "paused"),
    "complete": (frozenset({"active"}), "completed"),
    "archive": (frozenset({"draft", "paused", "completed"}), "archived"),
    "reopen": (frozenset({"completed"}), "active"),
}
# What may still happen to somebody whose way in a campaign has ended, and over which ends it counts.
AFTERWARDS: Mapping[str, frozenset[str]] = {
    "replied": frozenset({"completed", "stopped", "failed"}),
    "unsubscribed": frozenset({"completed", "stopped", "failed"}),
    "bounced": frozenset({"completed"}),
}
REFUSED = {
    "start": "Only a draft or a paused campaign can be started; this one is {status}.",
    "pause": "Only a running campaign can be paused; this one is {status}.",
    "archive": "Pause the campaign first; this one is {status}.",
}
WORST_LAST = ("deliverable", "risky", "unknown")


def figures_of(counters: Mapping[str, int]) -> Figures:
    """Counters with what follows from them. A message that is refused was not sent, one that comes back was."""
    sent, bounced, refused = (int(counters.get(name, 0)) for name in ("sent", "bounced", "refused"))
    return Figures(
        **{name: int(n) for name, n in counters.items()},
        attempted=sent + refused,
        delivered=max(0, sent - (bounced - refused)),
    )


def move(status: str, action: Action) -> Status:
    """The state after `action`. Raises Conflict when the present one does not allow it."""
    allowed, after = MOVES[action]
    if status not in allowed:
        told = REFUSED.get(action, "This is not possible while the campaign is {status}.")
        raise Conflict(told.format(status=status), code=f"cannot_{action}")
    return after


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing in the way. `blocks` False: it only wants to be seen before the start. `people`: see Lacking."""

    code: str
    detail: str
    pointer: str = ""
    blocks: bool = True
    step: int | None = None
    count: int | None = None
    examples: Sequence[str] = ()
    people: Sequence[tuple[uuid.UUID, uuid.UUID, str]] = ()


@dataclass(slots=True)
class Lacking:
    """Who lacks one field: how many, and a few as (lead, enrollment, address)."""

    count: int = 0
    people: list[tuple[uuid.UUID, uuid.UUID, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PeopleCounts:
    """Everybody on the way, each once: may be written to, waits for a verdict, lacks a field, is left out."""

    mail: int = 0
    wait: int = 0
    blocked: int = 0
    skip: int = 0

    @property
    def total(self) -> int:
        return self.mail + self.wait + self.blocked + self.skip


@dataclass(frozen=True, slots=True)
class StepFacts:
    number: int
    is_active: bool
    problems: Sequence[str]


@dataclass(frozen=True, slots=True)
class StartFacts:
    """All that decides whether a campaign may start. `missing`: by field, who lacks it. `lacking_senders`: by tag of
    the sender, the mailboxes that have nothing there. `language`: of the texts with an opening line;
    `lines_elsewhere`: people whose line was written in another one."""

    mailboxes_able: int
    mailboxes: int
    outside_mailboxes: int  # not of the mail world
    steps: Sequence[StepFacts]
    missing: Mapping[str, Lacking]
    people: PeopleCounts
    postal_address: str | None
    schedule_problem: str | None
    public_url_is_https: bool
    unread_mailboxes: int = 0
    lacking_senders: Mapping[str, Sequence[str]] = field(default_factory=dict)
    language: str | None = None
    written_languages: frozenset[str] = frozenset()
    lines_elsewhere: int = 0
    plan_spent: str | None = None  # why the plan allows no more this month


def mailing_choice(verification: str, mail_to: str) -> Choice:
    """Whether a lead with this verdict is mailed under the campaign's policy, waits for a verdict, or is left out."""
    if verification == "unverified":
        return "wait"
    allowed = WORST_LAST[: WORST_LAST.index(mail_to) + 1]
    return "mail" if verification in allowed else "skip"


def count_people(verdicts: Mapping[str, int], with_holes: Mapping[str, int], mail_to: str) -> PeopleCounts:
    """From everybody on the way by verdict (the suppressed apart, as `suppressed`) and those of them with a hole."""
    sums = {"mail": 0, "wait": 0, "skip": 0}
    blocked = 0
    for verdict, n in verdicts.items():
        choice: Choice = "skip" if verdict == "suppressed" else mailing_choice(verdict, mail_to)
        holes = 0 if choice == "skip" else min(n, with_holes.get(verdict, 0))
        blocked += holes
        sums[choice] += n - holes
    return PeopleCounts(sums["mail"], sums["wait"], blocked, sums["skip"])


def find_refusals(facts: StartFacts) -> list[Refusal]:
    """Every reason at once, those that block first."""
    found = [*_mailboxes(facts), *_words(facts), *_organization(facts), *_people(facts)]
    return sorted(found, key=lambda refusal: not refusal.blocks)


def _counted(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"


def _mailboxes(facts: StartFacts) -> list[Refusal]:
    if not facts.mailboxes:
        return [Refusal("no_mailbox", "Choose at least one mailbox to send from.", "/email_account_ids")]
    found = []
    if not facts.mailboxes_able:
        detail = "None of its mailboxes can send now. Mend one under Mailboxes, or choose another."
        found.append(Refusal("no_working_mailbox", detail, "/email_account_ids"))
    if facts.unread_mailboxes:
        detail = f"{facts.unread_mailboxes} of its mailboxes cannot be read, so replies there stop nothing. Add IMAP."
        found.append(Refusal("mailbox_without_imap", detail, "/email_account_ids", blocks=False))
    if facts.outside_mailboxes and not facts.public_url_is_https:
        detail = (
            "Unsubscribe links would lead to this machine only. Set REACHLY_PUBLIC_URL to the https address under which"
            " people can reach this server."
        )
        found.append(Refusal("public_url", detail))
    return found


def _words(facts: StartFacts) -> list[Refusal]:
    active = [step for step in facts.steps if step.is_active]
    if not active:
        return [Refusal("no_steps", "Write at least one step.", "/sequences")]
    found = [
        Refusal(
            "step_problem", f"Step {step.number}: {problem}", f"/sequences/{step.number}", step=step.number
        )
        for step in active
        for problem in step.problems
    ]
    for name, lacking in facts.missing.items():
        count, examples = lacking.count, [email for _, _, email in lacking.people]
        who, wait = _counted(count, "lead has", "leads have"), "This lead" if count == 1 else "These leads"
        detail = (
            f"{who} no `{name}`, and the text has no fallback for it. Fill it in, or write"
            f' {{{{ {name} | fallback: "…" }}}}. {wait} would wait.'
        )
        every_lead = count >= facts.people.total > 0
        found.append(
            Refusal(
                "unresolved_fields",
                detail,
                f"/fields/{name}",
                blocks=every_lead,
                count=count,
                examples=examples,
                people=lacking.people,
            )
        )
    return [*found, *_sender_words(facts), *_opening(facts)]


def _sender_words(facts: StartFacts) -> list[Refusal]:
    told = {"signature": "signature", "sender_name": "name"}
    found = []
    for name, addresses in facts.lacking_senders.items():
        verb = "has" if len(addresses) == 1 else "have"
        detail = (
            f"{', '.join(addresses[:3])} {verb} no {told[name]}, and the text uses {{{{ {name} }}}} without a fallback."
            " Enter it under Mailboxes, or write a fallback."
        )
        found.append(
            Refusal(
                "mailbox_lacks_field",
                detail,
                "/email_account_ids",
                count=len(addresses),
                examples=list(addresses[:3]),
            )
        )
    return found


def _opening(facts: StartFacts) -> list[Refusal]:
    if facts.language is None:
        return []
    name = NAMES.get(facts.language, facts.language)
    if facts.language not in facts.written_languages:
        known = " and ".join(NAMES[each] for each in sorted(facts.written_languages, key=NAMES.__getitem__))
        detail = (
            f"The text is in {name}. Opening lines are written in {known} only, so they are left out here."
        )
        return [Refusal("opening_line_left_out", detail, "/sequences", blocks=False)]
    if facts.lines_elsewhere:
        who = _counted(facts.lines_elsewhere, "person has", "people have")
        detail = (
            f"The text is in {name}, and {who} an opening line in another language."
            " Take {{ opening_line }} out, or write the text in that language."
        )
        return [
            Refusal("opening_line_language", detail, "/sequences", blocks=False, count=facts.lines_elsewhere)
        ]
    return []


def _organization(facts: StartFacts) -> list[Refusal]:
    found = []
    if not (facts.postal_address or "").strip():
        detail = "The law of many countries wants a postal address in the mail. Enter it under Settings, Organization."
        found.append(Refusal("no_postal_address", detail, "/organization/postal_address"))
    if facts.plan_spent:
        found.append(Refusal("quota_reached", facts.plan_spent, "/organization/plan_type"))
    if facts.schedule_problem:
        found.append(Refusal("bad_schedule", facts.schedule_problem, "/send_schedule"))
    return found


def _people(facts: StartFacts) -> list[Refusal]:
    counted = facts.people
    if not counted.total:
        return [Refusal("no_leads", "Add the people to write to.", "/enrollments")]
    if counted.skip == counted.total:
        detail = (
            "None of its leads may be written to: undeliverable, suppressed, or outside the verdicts chosen."
        )
        return [Refusal("no_mailable_lead", detail, "/enrollments", count=counted.skip)]
    found = []
    if counted.wait:
        detail = _counted(
            counted.wait,
            "lead is still being checked; it follows as soon as it is.",
            "leads are still being checked; they follow as soon as they are.",
        )
        found.append(
            Refusal("awaiting_verification", detail, "/enrollments", blocks=False, count=counted.wait)
        )
    if counted.skip:
        who = _counted(counted.skip, "lead", "leads")
        detail = f"{who} will be left out: undeliverable or suppressed."
        found.append(Refusal("leads_left_out", detail, "/enrollments", blocks=False, count=counted.skip))
    return found
