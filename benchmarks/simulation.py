"""The calendar of a large campaign before it starts: CPU per planned message."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from reachly.services.scheduling.policy import simulate
from reachly.services.scheduling.policy.mailbox import WORKDAY, Mailbox, MailboxState
from reachly.services.scheduling.policy.world import CampaignPlan, LeadPlan, Step, World
from rounds import Row

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
ZONES = (None, "Europe/Oslo", "America/New_York", "Asia/Kolkata", None)


def make_world(leads: int, mailboxes: int = 200) -> World:
    """Leads in several zones, three steps, mailboxes with a workday, a gap, jitter and a daily limit."""
    states = [
        MailboxState(
            Mailbox(
                address=f"m{n}@brightfjord.example", workday=WORKDAY, daily_limit=60, min_gap=300, jitter=120
            )
        )
        for n in range(mailboxes)
    ]
    plan = CampaignPlan(
        key="c", seed="7", schedule=WORKDAY, steps=(Step(), Step(3), Step(4)),
        mailboxes={state.mailbox.address: 1 for state in states},
    )  # fmt: skip
    people = [
        LeadPlan(key=f"p{n}@example.com", campaign="c", zone=ZONES[n % 5], country="NO") for n in range(leads)
    ]
    return World(NOW, [plan], states, people)


def measure(rounds: int, leads: int) -> list[Row]:
    row = Row("simulation_us", "us/msg", "less", 60, 20)
    for _ in range(rounds):
        world = make_world(leads)
        began = time.process_time()
        found = simulate(world)
        cpu = time.process_time() - began
        assert len(found.planned) == 3 * leads, (len(found.planned), found.unplanned[:1])
        row.take(1e6 * cpu / len(found.planned))
    return [row]
