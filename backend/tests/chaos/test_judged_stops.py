"""Stop means stop, by the judge's clock: stops of every kind in the middle of slow waves, and nothing begins after it.

Begun is what the server read MAIL FROM of after the HTTP answer; for a reply, after the API first showed it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from judge.campaign import Campaign, write_campaign
from judge.court import Court, opened
from judge.stops import FOLLOWED, PERSONAL, Stopper
from tests.chaos.judged import SEED, size, tell_property
from tests.programs import require_program

TIMES = size("JUDGE_STOPS", 1, 200)
SLOW = 0.5
SETTLES = 3 * SLOW  # whatever was going to begin has begun by then
BOXES = [f"m{n}@court.example" for n in range(4)]
DOOMED = [f"x{n}@court.example" for n in range(TIMES)]
AT_ONCE = 8  # doomed mailboxes that send side by side
ENGINE = {"REACHLY_MAIL__COMMAND_SECONDS": "60", "REACHLY_INBOX__POLL_SECONDS": "0.5"}
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600 + 60 * TIMES)]


def test_after_the_answer_to_a_stop_nothing_begins(
    tmp_path: Path, dsn: str, record_property: Callable[[str, object], None]
) -> None:
    dovecot = require_program("dovecot", "dovecot-imapd")
    habits = dict.fromkeys(BOXES, "files")
    with opened(
        Court,
        tmp_path,
        dsn,
        BOXES + DOOMED,
        whims={"slow": SLOW},
        dovecot=dovecot,
        habits=habits,
        settings=ENGINE,
        workers=2,
    ) as court:
        stopper = Stopper(court, random.Random(SEED))
        stop_everybody(court, stopper)
        stop_somebody(court, stopper, "Persons", PERSONAL)
        last = stop_somebody(court, stopper, "Followed", FOLLOWED, steps=2)
        stop_for_good(court, stopper)
        verdict = court.judge("stops", last, stops=stopper.stops, excused=last.people)
    record_property(*tell_property(verdict))
    assert all(verdict.stops[kind] >= TIMES for kind in (*PERSONAL, *FOLLOWED, "pause", "switch-off"))
    assert verdict.broken() == []


def stop_everybody(court: Court, stopper: Stopper) -> None:
    campaign = started(court, "Everybody", int(TIMES * 6 / SLOW * len(BOXES)) + 40)
    stopper.pause(campaign, TIMES)
    for n in range(TIMES):
        stopper.switch_off(BOXES[n % len(BOXES)], 1)
    court.client.post(f"/api/campaigns/{campaign.id}/pause")


def stop_somebody(
    court: Court, stopper: Stopper, name: str, kinds: tuple[str, ...], *, steps: int = 1
) -> Campaign:
    campaign = started(court, name, TIMES * len(kinds) * 12 + 40, steps=steps)
    stopper.persons(kinds, campaign, TIMES)
    stopper.rest(SETTLES)
    court.client.post(f"/api/campaigns/{campaign.id}/pause")
    return campaign


def stop_for_good(court: Court, stopper: Stopper) -> None:
    for n in range(TIMES):
        stopper.archive(f"Archive {n}", [court.ids[box] for box in BOXES], 16)
    for n in range(0, TIMES, AT_ONCE):
        stopper.delete_mailboxes(f"Doomed {n}", DOOMED[n : n + AT_ONCE], 8 + 2 * AT_ONCE)
    stopper.rest(SETTLES)


def started(court: Court, name: str, people: int, *, steps: int = 1) -> Campaign:
    """Everybody at a domain of their own, so that a whole domain can be suppressed."""
    persons = [f"p{n}@{name.lower()}{n}.example" for n in range(people)]
    ids = [court.ids[box] for box in BOXES]
    campaign = write_campaign(court.client, name, ids, persons, steps=steps)
    court.start(campaign)
    return campaign
