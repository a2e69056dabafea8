"""Whether a person or a machine opened or clicked: a verdict, and the name of the rule that gave it.

Figures from published measurements of scanners: the image first, typically within ten seconds of delivery, then, about
half a minute later, all links within a second or two, with ordinary browser names. So a verdict on an image is not
final: what comes after it may give it away (`docs/guides/figures.md`).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

Kind = Literal["open", "click"]
Verdict = Literal["human", "machine", "undecided"]

SOON_OPEN = 10.0  # seconds after handover: nobody reads that quickly
SOON_CLICK = 15.0
LOOK_BACK = timedelta(minutes=5)  # earlier hits on a message that are looked at beside a new one
BURST_SECONDS = 2.0
BESIDE_SECONDS = 60.0  # around a burst or a probe: what belongs to it
ON_DELIVERY = timedelta(
    minutes=5
)  # a burst this soon after handover is the gateway's, whatever network it uses
_ROBOT = re.compile(
    r"bot\b|crawl|spider|scan|preview|curl|wget|python|java/|okhttp|go-http|headless|monitor|proofpoint|barracuda"
    r"|mimecast|safelinks|slurp|facebookexternalhit|slack|whatsapp|telegram",
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
    if _comes_with_scanner(hit, handed_at, neighbours):
        return Judged("machine", "with_scanner")
    if hit.kind == "open" and _GMAIL_PROXY in agent:
        return Judged("human", "gmail_proxy")
    return Judged("human", "browser") if since is not None else Judged("undecided", "unknown_handover")


def _is_burst(hit: Hit, neighbours: Sequence[Hit]) -> bool:
    return any(
        other.kind == "click" and other.link != hit.link and _apart(other, hit) <= BURST_SECONDS
        for other in neighbours
    )


def _comes_with_scanner(hit: Hit, handed_at: datetime | None, neighbours: Sequence[Hit]) -> bool:
    """Beside a HEAD request or a burst over the links from the same network, or an image beside a burst on delivery."""
    suspects = [other for other in neighbours if other.method == "HEAD"]
    clicks = sorted((other for other in neighbours if other.kind == "click"), key=lambda other: other.at)
    for one, two in pairwise(clicks):
        if one.link != two.link and _apart(one, two) <= BURST_SECONDS:
            suspects += [one, two]
    return any(
        _apart(other, hit) <= BESIDE_SECONDS
        and (_network(other.ip) == _network(hit.ip) or _is_on_delivery(hit, other, handed_at))
        for other in suspects
    )


def _is_on_delivery(hit: Hit, other: Hit, handed_at: datetime | None) -> bool:
    burst = other.kind == "click" and other.method != "HEAD"
    return burst and hit.kind == "open" and handed_at is not None and other.at - handed_at <= ON_DELIVERY


def _apart(one: Hit, two: Hit) -> float:
    return abs((one.at - two.at).total_seconds())


def _network(ip: str) -> str:
    """The network of an address as providers hand them out; the text itself where it is none."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ip
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))
