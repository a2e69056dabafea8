"""Who a recipient is and what it does with its n-th message: a pure function of seed, address and n.

No I/O and no clock: the moment of receipt comes in, the moments of the reactions come out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from mailworld.chance import between, choose, choose_weighted, draw, happens, token, waiting
from mailworld.config import Rates
from mailworld.people import language_of
from mailworld.phrases import LANGUAGES

Fate = Literal["accepts", "refuses", "bounces", "greylists"]
What = Literal["open", "click", "scan", "unsubscribe", "answer", "auto_reply", "bounce", "delay"]

# A later DSN: status code and the diagnostic text of the (invented) next server (RFC 3463).
_LATE_BOUNCES = {
    "5.1.1 550 5.1.1 <{address}>: Recipient address rejected: User unknown": 0.5,
    "5.2.2 552 5.2.2 <{address}>: Mailbox is full": 0.3,
    "5.7.1 554 5.7.1 Message rejected by content policy": 0.2,
}
_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_1) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
)
GMAIL_PROXY = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
APPLE_RELAY = "Mozilla/5.0"
SCANNER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0 Safari/537.36"


@dataclass(frozen=True, slots=True)
class Person:
    """What does not change from message to message. Steps count the messages received, from 1."""

    address: str
    language: str
    fate: Fate
    bounce: str
    agent: str
    network: str
    image_proxy: str  # "", GMAIL_PROXY or APPLE_RELAY
    scanned: bool
    delayed: bool
    answer_step: int  # 0: never
    answer: str
    unsubscribe_step: int
    away_step: int
    left: bool


@dataclass(frozen=True, slots=True, order=True)
class Plan:
    """One reaction to come. Ordered by time, then by who and what, so that ties fall alike in every run."""

    at: datetime
    recipient: str
    step: int
    what: What
    detail: str
    agent: str = ""
    network: str = ""


def meet(seed: int, rates: Rates, address: str) -> Person:
    """The person behind a normalised (lower-case) address."""
    domain = address.rpartition("@")[2]
    fate: Fate = "accepts"
    bounce = ""
    if happens(rates.bounce, seed, address, "bounce"):
        fate = "refuses" if happens(rates.bounce_in_session, seed, address, "in session") else "bounces"
        bounce = choose_weighted(_LATE_BOUNCES, seed, address, "code").format(address=address)
    elif happens(rates.greylist, seed, address, "greylist"):
        fate = "greylists"
    proxy = choose_weighted(
        {
            APPLE_RELAY: rates.apple_relay,
            GMAIL_PROXY: rates.gmail_proxy,
            "": 1 - rates.apple_relay - rates.gmail_proxy,
        },
        seed, address, "proxy",
    )  # fmt: skip
    meanings = {
        "keen": rates.keen,
        "question": rates.question,
        "declines": rates.declines,
        "stop": rates.stop,
    }
    steps = {1: 0.5, 2: 0.3, 3: 0.2}
    return Person(
        address=address,
        language=language_of(domain) or choose(LANGUAGES, seed, domain, "language"),
        fate=fate,
        bounce=bounce,
        agent=choose(_AGENTS, seed, address, "agent"),
        network=_network(seed, domain, "people"),
        image_proxy=proxy,
        scanned=happens(rates.scanned, seed, domain, "scanned"),
        delayed=happens(rates.delayed, seed, address, "delayed"),
        answer_step=_step(rates.answer, steps, seed, address, "answer"),
        answer=choose_weighted(meanings, seed, address, "meaning"),
        unsubscribe_step=_step(rates.unsubscribe, steps, seed, address, "unsubscribe"),
        away_step=_step(rates.away, {1: 0.4, 2: 0.3, 3: 0.3}, seed, address, "away"),
        left=happens(0.12, seed, address, "left"),
    )


def react(seed: int, rates: Rates, person: Person, step: int, at: datetime) -> list[Plan]:
    """Everything this person, and the machines in front of it, will do with message `step` accepted at `at`."""
    who, desk = person.address, _Desk(person, step)
    if person.fate == "bounces":
        late = waiting(120, 1800, seed, who, step, "bounce")
        return [desk.plan(at, 20 + late, "bounce", person.bounce)]
    plans: list[Plan] = []
    if person.delayed and step == 1:
        plans.append(desk.plan(at, between(3600, 14400, seed, who, "delay"), "delay", "4.4.1"))
    if person.scanned:
        plans += _scan(seed, person, step, at)
    if person.image_proxy == APPLE_RELAY:
        soon = between(30, 480, seed, who, step, "relay")
        plans.append(desk.plan(at, soon, "open", "apple relay", agent=APPLE_RELAY))
    if step == person.away_step:
        away = between(5, 90, seed, who, step, "away")
        plans.append(desk.plan(at, away, "auto_reply", "left" if person.left else "away"))
        return plans
    return plans + _read(seed, rates, person, step, at)


def _read(seed: int, rates: Rates, person: Person, step: int, at: datetime) -> list[Plan]:
    who, desk = person.address, _Desk(person, step)
    clicks = happens(rates.click, seed, who, step, "click")
    leaves, answers = step == person.unsubscribe_step, step == person.answer_step
    if not (clicks or leaves or answers or happens(rates.open, seed, who, step, "open")):
        return []
    seen = _awake(at + timedelta(seconds=180 + waiting(10_800, 180_000, seed, who, step, "seen")))
    plans: list[Plan] = []
    images_off = answers and happens(0.2, seed, who, step, "images")
    if person.image_proxy != APPLE_RELAY and not images_off:
        name = "gmail proxy" if person.image_proxy else "direct"
        plans.append(desk.plan(seen, 0, "open", name, agent=person.image_proxy))
    if clicks:
        plans.append(desk.plan(seen, between(10, 240, seed, who, step, "clicked"), "click", "one"))
    if leaves:
        plans.append(desk.plan(seen, between(20, 120, seed, who, step, "left"), "unsubscribe", ""))
    if answers:
        thought = 300 + waiting(5_400, 28_800, seed, who, step, "thought")
        plans.append(desk.plan(seen, thought, "answer", person.answer))
    return plans


def _scan(seed: int, person: Person, step: int, at: datetime) -> list[Plan]:
    """A gateway: the pixel within seconds, all links within one second some half a minute later."""
    network = _network(seed, person.address.rpartition("@")[2], "gateway")
    pixel = between(3, 12, seed, person.address, step, "scan")
    links = pixel + between(20, 40, seed, person.address, step, "scan links")
    return [
        Plan(at + timedelta(seconds=pixel), person.address, step, "scan", "pixel", SCANNER, network),
        Plan(at + timedelta(seconds=links), person.address, step, "scan", "links", SCANNER, network),
    ]


@dataclass(frozen=True, slots=True)
class _Desk:
    """One person with one message."""

    person: Person
    step: int

    def plan(self, at: datetime, seconds: float, what: What, detail: str, *, agent: str = "") -> Plan:
        when = at + timedelta(seconds=round(seconds))
        who = self.person
        return Plan(when, who.address, self.step, what, detail, agent or who.agent, who.network)


def _awake(at: datetime) -> datetime:
    """Nobody reads between 22 and 6 (UTC): such a moment moves into the next morning."""
    return at + timedelta(hours=9) if at.hour >= 22 or at.hour < 6 else at


def _step(rate: float, steps: dict[int, float], seed: int, address: str, what: str) -> int:
    if not happens(rate, seed, address, what):
        return 0
    return choose_weighted(steps, seed, address, what, "step")


def _network(seed: int, domain: str, whose: str) -> str:
    """An address of the documentation networks (RFC 5737): one for a company's people, one for its gateway."""
    block = "203.0.113" if whose == "gateway" else choose(("192.0.2", "198.51.100"), seed, domain, "network")
    return f"{block}.{1 + int(draw(seed, domain, whose) * 254)}"


def message_id(seed: int, plan: Plan) -> str:
    """The Message-ID of a letter that a person (or the server of its domain) writes."""
    domain = plan.recipient.rpartition("@")[2]
    return f"<{token(seed, plan.recipient, plan.step, plan.what, plan.detail)}@{domain}>"
