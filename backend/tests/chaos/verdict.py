"""The ledger against what the peer kept: what was promised, and what of it was broken."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from mailworld.faults import AFTER_THE_DOT, Ledger, read_ledger

_PEOPLE = """
SELECT e.id, l.email FROM enrollments e
JOIN leads l ON l.id = e.lead_id AND l.organization_id = e.organization_id WHERE e.campaign_id = $1 ORDER BY l.email
"""
_SENDS = """
SELECT s.*, a.imap_config IS NOT NULL AS readable FROM email_sends s
JOIN email_accounts a ON a.id = s.email_account_id AND a.organization_id = s.organization_id WHERE s.campaign_id = $1
"""
_STEPS = """
SELECT sequence_number AS number, delay_days, delay_hours FROM email_sequences WHERE campaign_id = $1 ORDER BY 1
"""
_SENT = """
SELECT send_id, count(*) AS n, bool_or(event_data ? 'settled_by') AS found FROM analytics_events
WHERE event_type = 'sent' AND campaign_id = $1 GROUP BY 1
"""
_UNKNOWN = """
SELECT send_id, event_data ? 'email_account' AS by_its_worker FROM analytics_events
WHERE event_type = 'failed' AND event_data ->> 'reason' = 'unknown' AND campaign_id = $1
"""


@dataclass(slots=True)
class Report:
    """What both sides say about one campaign that is over.

    `unknown`      messages that were ever unknown: with a lost worker, by a broken word of the peer, or for want of an
                   answer in time from a peer that kept its word (`slow`: a machine under load)
    `in_flight`    what was on the wire at the blows, by the ledger
    `settleable`   of the unknown, those whose mailbox has a Sent folder that can be read; `found`: there it was
    `named`        of the others, those that stay unknown, for a person to decide
    `seconds`      how long the campaign ran
    """

    name: str
    recipients: int = 0
    messages: int = 0
    lost: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    early: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    refused: int = 0
    unknown: int = 0
    lost_with_worker: int = 0
    slow: int = 0
    in_flight: int = 0
    settleable: int = 0
    settled: int = 0
    found: int = 0
    named: int = 0
    blows: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def broken(self) -> list[str]:
        """The promises that were not kept, in words; empty: all were."""
        facts = {
            "lost (nobody kept it)": self.lost,
            "duplicates (kept twice)": self.duplicates,
            "sent before its time": self.early,
            "the ledger says otherwise than the peer": self.wrong,
            "unknown although it was not on the wire at any blow": self.unexplained,
        }
        words = [f"{what}: {len(found)}, as {', '.join(found[:5])}" for what, found in facts.items() if found]
        if self.lost_with_worker > self.in_flight:
            words.append(f"{self.lost_with_worker} unknown of {self.in_flight} on the wire at the blows")
        if self.settled < self.settleable:
            words.append(f"settled: {self.settled} of {self.settleable} in a Sent folder that can be read")
        return words


async def compare(
    sql: Any, log: Path, campaign_id: uuid.UUID, name: str, in_flight: Mapping[uuid.UUID, str]
) -> Report:
    """Of a campaign whose recipients all begin with `name`."""
    people = await sql.fetch(_PEOPLE, campaign_id)
    sends = {(row["enrollment_id"], row["step"]): row for row in await sql.fetch(_SENDS, campaign_id)}
    steps = await sql.fetch(_STEPS, campaign_id)
    said = read_ledger(log)
    kept = Counter(one.message_id for one in said.stored if one.recipient.startswith(name))
    known = {row["message_id"] for row in sends.values()}
    report = Report(name, recipients=len(people), messages=len(people) * len(steps))
    report.duplicates += [message_id for message_id, n in kept.items() if n > 1]
    report.duplicates += [f"{message_id} (not in the ledger)" for message_id in kept.keys() - known]
    for person in people:
        _follow(report, person, [(step, sends.get((person["id"], step["number"]))) for step in steps], kept)
    await _count_unknown(
        report, sql, campaign_id, {row["id"]: row for row in sends.values()}, said, in_flight
    )
    return report


def _follow(report: Report, person: Any, way: list[tuple[Any, Any]], kept: Counter[str]) -> None:
    """One person's way through the steps, up to where it ended."""
    before = None
    for step, row in way:
        who = f"{person['email']} step {step['number']}"
        if row is None:
            report.lost.append(f"{who} (never intended)")
            return
        copies = kept[row["message_id"]]
        if row["status"] == "unknown" and not row["readable"]:
            report.named += 1
            return
        if row["status"] in ("refused", "quarantined", "cancelled") and not copies:
            report.refused += 1
            return
        if not copies:
            report.lost.append(f"{who} ({row['status']})")
            return
        if row["status"] != "sent":
            report.wrong.append(f"{who} ({row['status']}, kept {copies} times)")
        delay = timedelta(days=step["delay_days"], hours=step["delay_hours"])
        if before is not None and row["handed_at"] is not None and row["handed_at"] < before + delay:
            report.early.append(f"{who} ({row['handed_at']}, the step before {before})")
        before = row["sent_at"]


async def _count_unknown(
    report: Report, sql: Any, campaign_id: uuid.UUID, rows: dict[uuid.UUID, Any], said: Ledger,
    in_flight: Mapping[uuid.UUID, str],
) -> None:  # fmt: skip
    facts = await sql.fetch(_UNKNOWN, campaign_id)
    unknown = {fact["send_id"] for fact in facts}
    with_worker = {fact["send_id"] for fact in facts if not fact["by_its_worker"]}
    spoilt = {fault.recipient for fault in said.faults if fault.step in AFTER_THE_DOT | {"body"}}
    settleable = [rows[id_] for id_ in unknown if rows[id_]["readable"]]
    report.unknown = len(unknown)
    report.lost_with_worker = len(with_worker)
    report.in_flight = len(in_flight.keys() & rows.keys())
    report.unexplained = [rows[id_]["to_email"] for id_ in with_worker - in_flight.keys()]
    report.slow = len({id_ for id_ in unknown - with_worker if rows[id_]["to_email"] not in spoilt})
    report.settleable = len(settleable)
    report.settled = sum(row["settled_by"] is not None and row["status"] != "unknown" for row in settleable)
    report.wrong += [
        f"{row['to_email']} (never left, but no controls)" for row in settleable if not _is_proven(row)
    ]
    sent = await sql.fetch(_SENT, campaign_id)
    report.found = sum(fact["found"] for fact in sent)
    counted = {fact["send_id"]: fact["n"] for fact in sent}
    report.wrong += [
        f"{row['to_email']} step {row['step']} ({counted.get(id_, 0)} facts that it was sent)"
        for id_, row in rows.items()
        if row["status"] == "sent" and counted.get(id_) != 1
    ]


def _is_proven(row: Any) -> bool:
    """Whether each proof by absence names controls on both sides."""
    absences = [one for one in json.loads(row["evidence"] or "[]") if one.get("verdict") == "never_left"]
    return all(one.get("before") and one.get("after") for one in absences if one.get("by") == "sent_folder")
