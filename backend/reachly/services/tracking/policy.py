"""Whether a person or a machine opened or clicked: a verdict, and the name of the rule that gave it.

Figures from published measurements of scanners (`docs/guides/tracking.md`): pixels first, typically within ten
seconds of delivery, then all links within a second or two, with ordinary browser names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Kind = Literal["open", "click"]
Verdict = Literal["human", "machine", "undecided"]

SOON_OPEN = 10.0  # seconds after handover: nobody reads that quickly
SOON_CLICK = 15.0
LOOK_BACK = timedelta(minutes=5)  # earlier hits on a message that are looked at beside a new one
BURST_SECONDS = 2.0
BURST_LINKS = 2  # distinct links of one message within the burst
_ROBOT = re.compile(
    r"bot\b|crawl|spider|scan|preview|curl|wget|python|java/|okhttp|go-http|headless|monitor|proofpoint|barracuda"
    r"|mimecast|safelinks|urlscan|slurp|facebookexternalhit|slack|whatsapp|telegram",
    re.IGNORECASE,
)
_GMAIL_PROXY = "GoogleImageProxy"
_APPLE_RELAY = "Mozilla/5.0"  # the relay of Apple's Mail Privacy Protection sends this and nothing more


@dataclass(frozen=True, slots=True)
class Hit:
    """One request at the edge. `at` is product time; `link` counts from 0."""

    kind: Kind
    at: datetime
    method: str = "GET"
    user_agent: str = ""
    ip: str = ""
    link: int = 0


@dataclass(frozen=True, slots=True)
class Judged:
    verdict: Verdict
    rule: str


def judge(  # noqa: PLR0911 - one return a rule, in order
    hit: Hit, handed_at: datetime | None, neighbours: Sequence[Hit]
) -> Judged:
    """The verdict on one hit. `neighbours` are the other known hits of the same message."""
    agent = hit.user_agent.strip()
    if hit.method == "HEAD":
        return Judged("machine", "head_request")
    if not agent:
        return Judged("machine", "no_agent")
    if _ROBOT.search(agent):
        return Judged("machine", "robot_agent")
    if hit.kind == "open" and agent == _APPLE_RELAY:
        return Judged("machine", "apple_relay")
    if hit.kind == "click" and _is_burst(hit, neighbours):
        return Judged("machine", "link_burst")
    since = (hit.at - handed_at).total_seconds() if handed_at else None
    if since is not None and since < (SOON_OPEN if hit.kind == "open" else SOON_CLICK):
        return Judged("machine", "too_soon")
    if _scanned_before(hit, neighbours):
        return Judged("machine", "with_scanner")
    if hit.kind == "open" and _GMAIL_PROXY in agent:
        return Judged("human", "gmail_proxy")
    return Judged("human", "browser") if since is not None else Judged("undecided", "unknown_handover")


def _is_burst(hit: Hit, neighbours: Sequence[Hit]) -> bool:
    near = {
        other.link
        for other in neighbours
        if other.kind == "click" and abs((other.at - hit.at).total_seconds()) <= BURST_SECONDS
    }
    return len(near | {hit.link}) >= BURST_LINKS


def _scanned_before(hit: Hit, neighbours: Sequence[Hit]) -> bool:
    """The same address asked by HEAD or in a burst around the same moment: this hit belongs to it."""
    return any(
        other.method == "HEAD" and other.ip == hit.ip and abs((other.at - hit.at).total_seconds()) <= 60
        for other in neighbours
    )
