"""What the books say about a campaign, beside what the product claims in its API. The books decide.

One message is known by its recipient and its subject (each step of a campaign of the judge has one of its own), so
that a second copy under another Message-ID counts as a second copy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from judge.books import Event
from judge.campaign import Campaign

ENDED_BADLY = ("refused", "quarantined", "cancelled")
GIVEN_UP = ("bounced", "failed")


@dataclass(frozen=True, slots=True)
class Stop:
    """`asked` and `answered`: of the HTTP call; `lifted`: when it was taken back, if it was. Whom it holds for: these
    people, and everybody who is written to through these mailboxes."""

    kind: str
    asked: float
    answered: float
    people: frozenset[str] = frozenset()
    mailboxes: frozenset[str] = frozenset()
    lifted: float = float("inf")

    def holds_for(self, mailbox: str, recipient: str) -> bool:
        return recipient in self.people or mailbox in self.mailboxes


@dataclass(slots=True)
class Verdict:
    """Each list holds one line for each thing that broke a promise; `unknown` breaks none by itself.

    `kept`: messages in the books. `arrived`: of the unknown, those that are in them. `lost_answers`: messages that the
    server kept and whose 250 it never sent in time.
    """

    name: str
    people: int = 0
    kept: int = 0
    lost_answers: int = 0
    faults: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    falsely_sent: list[str] = field(default_factory=list)
    falsely_never_left: list[str] = field(default_factory=list)
    innocent: list[str] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    refused: int = 0
    unknown: int = 0
    arrived: int = 0
    stops: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def broken(self) -> list[str]:
        """The promises that were not kept, in words; empty: all were."""
        facts = {
            "lost": self.lost,
            "kept twice": self.twice,
            "falsely called sent": self.falsely_sent,
            "falsely called never left": self.falsely_never_left,
            "ended as refused without a refusal of that person": self.innocent,
            "begun after the answer to a stop": self.begun,
        }
        return [f"{what}: {len(found)}, as {'; '.join(found[:4])}" for what, found in facts.items() if found]


class Books:
    """The events, sorted by what is asked of them."""

    def __init__(self, events: Iterable[Event]) -> None:
        self.events = list(events)
        self.kept: dict[tuple[str, str], list[Event]] = defaultdict(list)
        self.bodies: dict[tuple[str, str], list[Event]] = defaultdict(list)
        self.refused: dict[str, list[Event]] = defaultdict(list)
        self.offers: list[tuple[Event, str]] = []
        self.by_id: dict[str, list[Event]] = defaultdict(list)
        self._read()

    def _read(self) -> None:
        open_mail: dict[int, Event] = {}
        for event in self.events:
            if event.kind == "mail":
                open_mail[event.connection] = event
                self.offers.append((event, ""))
            elif event.kind == "rcpt" and event.connection in open_mail:
                self.offers[self._place_of(open_mail[event.connection])] = (
                    open_mail[event.connection],
                    event.recipient,
                )
            elif event.kind == "accepted":
                self.kept[event.recipient, event.facts["subject"]].append(event)
                self.by_id[event.facts["message_id"]].append(event)
            elif event.kind == "body":
                self.bodies[event.recipient, event.facts["subject"]].append(event)
            elif event.kind == "reply" and is_refusal(event):
                self.refused[event.recipient].append(event)

    def _place_of(self, mail: Event) -> int:
        for place in range(len(self.offers) - 1, -1, -1):
            if self.offers[place][0] is mail:
                return place
        raise AssertionError

    def open_at(self, at: float) -> int:
        """How many signed-in connections were open then."""
        signed_in = {event.connection: event.at for event in self.events if event.kind == "signed-in"}
        closed = {event.connection: event.at for event in self.events if event.kind == "close"}
        return sum(since <= at < closed.get(number, float("inf")) for number, since in signed_in.items())


def is_refusal(reply: Event) -> bool:
    """Words about this person: one 5xx code, in answer to RCPT, DATA or the final dot."""
    text = str(reply.facts["text"])
    codes = {line[:3] for line in text.split(" / ")}
    return reply.facts["about"] in ("rcpt", "data", "dot") and len(codes) == 1 and text[0] == "5"


def judge(
    name: str,
    events: Iterable[Event],
    campaign: Campaign,
    sends: Sequence[Mapping[str, Any]],
    enrollments: Sequence[Mapping[str, Any]],
    *,
    stops: Collection[Stop] = (),
    excused: Collection[str] = (),
) -> Verdict:
    """`excused`: people whom the judge has stopped himself, who may therefore get nothing (but nothing twice)."""
    books = Books(events)
    verdict = Verdict(name, people=len(campaign.people))
    ours = set(campaign.people)
    verdict.kept = sum(len(found) for (person, _), found in books.kept.items() if person in ours)
    faults = [event for event in books.events if event.kind == "fault"]
    verdict.faults = len(faults)
    verdict.lost_answers = len(_lost_answers(books, ours))
    _find_twice(verdict, books, ours)
    _compare(verdict, books, campaign, sends, excused)
    _find_given_up(verdict, books, sends, enrollments, excused)
    _find_begun(verdict, books, stops)
    return verdict


def _lost_answers(books: Books, ours: set[str]) -> list[Event]:
    """Kept, without a good answer written to the final dot afterwards on the same connection."""
    answered = {
        (event.connection, event.recipient)
        for event in books.events
        if event.kind == "reply" and event.facts["about"] == "dot" and event.facts["text"].startswith("250 ")
    }
    kept = [event for found in books.kept.values() for event in found if event.recipient in ours]
    return [event for event in kept if (event.connection, event.recipient) not in answered]


def _find_twice(verdict: Verdict, books: Books, ours: set[str]) -> None:
    for (person, subject), found in books.kept.items():
        if person not in ours:
            continue
        if len(found) > 1:
            verdict.twice.append(f"{person} {subject!r} {len(found)} times")
        again = [event for event in books.bodies[person, subject] if event.mono > found[0].mono]
        if again:
            after = again[0].mono - found[0].mono
            verdict.falsely_never_left.append(f"{person} {subject!r} offered again {after:.1f} s later")


def _compare(
    verdict: Verdict,
    books: Books,
    campaign: Campaign,
    sends: Sequence[Mapping[str, Any]],
    excused: Collection[str],
) -> None:
    rows = {(row["to_email"], row["step"]): row for row in sends}
    for row in sends:
        kept = books.by_id.get(row["message_id"], [])
        who = f"{row['to_email']} step {row['step']}"
        if row["status"] == "sent" and not kept:
            verdict.falsely_sent.append(f"{who} (settled by {row.get('settled_by')})")
        if row["status"] == "unknown":
            verdict.unknown += 1
            verdict.arrived += bool(kept)
        if row["reason"] == "never_left" and kept and row["status"] != "sent":
            verdict.falsely_never_left.append(f"{who} ({row['status']})")
    for person in campaign.people:
        if person not in excused:
            _follow(verdict, books, campaign, person, rows)


def _follow(
    verdict: Verdict, books: Books, campaign: Campaign, person: str, rows: Mapping[Any, Mapping[str, Any]]
) -> None:
    """Whether everything that this person should get came, or is named."""
    for step in range(1, campaign.steps + 1):
        row = rows.get((person, step))
        if row is None:
            verdict.lost.append(f"{person} step {step} (no row)")
            return
        kept = books.by_id.get(row["message_id"], [])
        if row["status"] == "unknown":
            return
        if row["status"] in ENDED_BADLY and not kept:
            return  # whether rightly is asked elsewhere
        if not kept and row["status"] != "sent":
            verdict.lost.append(f"{person} step {step} ({row['status']}, {row['reason']})")
            return


def _find_given_up(
    verdict: Verdict,
    books: Books,
    sends: Sequence[Mapping[str, Any]],
    enrollments: Sequence[Mapping[str, Any]],
    excused: Collection[str],
) -> None:
    told = set()
    for row in sends:
        if row["status"] not in ENDED_BADLY:
            continue
        if row["status"] == "cancelled" and row["to_email"] in excused:
            continue
        verdict.refused += 1
        if not books.refused.get(row["to_email"]):
            told.add(row["to_email"])
            kept = " although it was kept" if books.by_id.get(row["message_id"]) else ""
            verdict.innocent.append(
                f"{row['to_email']} ({row['status']}, {row['reason']}, {row['reply_code']}){kept}"
            )
    verdict.innocent += [
        f"{row['email']} ({row['status']})"
        for row in enrollments
        if row["status"] in GIVEN_UP and row["email"] not in told and not books.refused.get(row["email"])
    ]


def _find_begun(verdict: Verdict, books: Books, stops: Collection[Stop]) -> None:
    for stop in stops:
        verdict.stops[stop.kind] = verdict.stops.get(stop.kind, 0) + 1
        late = [
            (mail.at - stop.answered, mail.facts["arrived"] - stop.answered, recipient)
            for mail, recipient in books.offers
            if stop.answered < mail.at < stop.lifted and stop.holds_for(mail.mailbox, recipient)
        ]
        if late:
            last, arrived, _ = max(late)
            verdict.begun.append(
                f"{stop.kind}: {len(late)} (the last {last:.2f} s after the answer, its bytes {arrived:+.2f} s)"
            )
