"""Kills and freezes under an independent judge: the doubt stays small, one request ends it, and who wakes up late does
nothing that is no longer its own."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from judge.audit import Books, Stop
from judge.campaign import Campaign, write_campaign
from judge.court import Court, opened
from judge.household import TARGETS, Household
from tests.chaos.judged import SEED, size, tell_property

KILLS, PEOPLE = size("JUDGE_KILLS", 3, 30), size("JUDGE_PEOPLE", 200, 2_000)
FREEZES = size("JUDGE_FREEZES", 2, 20)
SLOW = 0.05
LEASE = 3.0
BOXES = [f"m{n}@court.example" for n in range(4)]
CRAWL, LONGEST = 0.4, 2.5  # seconds a message of one connection; leases that a freeze lasts at most
A_FREEZE = 10 + round(
    len(BOXES) * LONGEST * LEASE / CRAWL
)  # people: more than the others can write to during one
ENGINE = {"REACHLY_MAIL__COMMAND_SECONDS": "60", "REACHLY_SENDING__LEASE_SECONDS": str(LEASE)}
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600 + 120 * KILLS)]
Tell = Callable[[str, object], None]


def test_kills_leave_little_in_doubt_and_one_request_ends_it(
    tmp_path: Path, dsn: str, record_property: Tell
) -> None:
    draw = random.Random(SEED)
    with opened(Court, tmp_path, dsn, BOXES, whims={"slow": SLOW}, settings=ENGINE, workers=2) as court:
        campaign = started(court, "Kills", PEOPLE)
        kills = [at for _ in range(KILLS) if (at := strike(court, campaign, draw))]
        judge_kills(court, campaign, kills, record_property)


@pytest.mark.chaos
def test_so_do_kills_of_everything_that_up_has_started(tmp_path: Path, record_property: Tell) -> None:
    draw = random.Random(SEED)
    with opened(Household, tmp_path, None, BOXES, whims={"slow": SLOW}, settings=ENGINE) as court:
        campaign = started(court, "Household", PEOPLE)
        kills = []
        for n in range(KILLS):
            if court.wait_for_messages(campaign, PEOPLE // (2 * KILLS)):
                time.sleep(draw.uniform(0, 0.3))
                kills.append(time.time())
                court.blow(TARGETS[n % len(TARGETS)])
                court.fill()
        court.wait_for_children()
        judge_kills(court, campaign, kills, record_property, most=0.03 * PEOPLE)


def test_who_was_frozen_past_its_lease_begins_nothing_when_it_wakes_up(
    tmp_path: Path, dsn: str, record_property: Tell
) -> None:
    draw = random.Random(SEED)
    stops: list[Stop] = []
    with opened(Court, tmp_path, dsn, BOXES, whims={"slow": CRAWL}, settings=ENGINE, workers=3) as court:
        campaign = started(court, "Frozen", FREEZES * A_FREEZE)
        path = f"/api/campaigns/{campaign.id}"
        for n in range(FREEZES):
            assert court.wait_for_messages(campaign, 5), "nobody can send so much meanwhile"
            with draw.choice(court.workers).frozen():
                answer = court.client.post(f"{path}/pause") if n % 2 else None
                time.sleep(LEASE * draw.uniform(1.2, LONGEST))
            if answer is not None:
                time.sleep(LEASE)
                lifted = court.client.post(f"{path}/start").asked
                people = frozenset(campaign.people)
                stops.append(Stop("pause, one frozen", answer.asked, answer.answered, people, lifted=lifted))
        court.finish(campaign, 300 + 10 * FREEZES)
        verdict = court.judge("frozen", campaign, stops=stops)
    record_property(*tell_property(verdict))
    assert verdict.broken() == []


def started(court: Court, name: str, people: int) -> Campaign:
    persons = [f"p{n}@{name.lower()}{n % 97}.example" for n in range(people)]
    campaign = write_campaign(court.client, name, list(court.ids.values()), persons)
    court.start(campaign)
    return campaign


def strike(court: Court, campaign: Campaign, draw: random.Random) -> float | None:
    """Kills a worker in mid-campaign; when. None: it was over before."""
    if not court.wait_for_messages(campaign, PEOPLE // (2 * KILLS)):
        return None
    time.sleep(draw.uniform(0, 0.3))
    at = time.time()
    draw.choice([worker for worker in court.workers if worker.runs]).kill()
    court.fill()
    return at


def judge_kills(
    court: Court, campaign: Campaign, kills: list[float], record_property: Tell, *, most: float = float("inf")
) -> None:
    court.finish(campaign, 300 + 60 * KILLS)
    verdict = court.judge(campaign.name, campaign)
    books = Books(court.books())
    connections = sum(books.open_at(at) for at in kills)
    record_property(*tell_property(verdict, kills=len(kills), connections=connections))
    assert verdict.broken() == []
    assert len(kills) == KILLS, "all of them fell while it was being sent"
    assert verdict.unknown <= 2 * connections
    assert verdict.unknown <= max(most, 2 * len(BOXES))
    if verdict.unknown:
        decide(court, campaign, verdict.unknown)


def decide(court: Court, campaign: Campaign, unknown: int) -> None:
    """All of them, in one request."""
    body = {"campaign_id": campaign.id, "decision": "arrived"}
    answer = court.client.post("/api/unknown-messages/resolve", body)
    assert answer.body["resolved"] == unknown, answer.body
    assert court.sends(campaign, status="unknown") == []
