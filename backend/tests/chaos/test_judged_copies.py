"""Lost answers over mailboxes that treat their copies differently, under an independent judge: what is not found is not
taken for what never left, and what is found was sent."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from judge.campaign import Campaign, write_campaign
from judge.court import Court, opened
from judge.whims import LOST_ANSWERS
from tests.chaos.judged import SEED, moved_by, size, tell_property
from tests.programs import require_program

LOST = size("JUDGE_COPIES", 30, 1_000)
HABITS = ("files", "stops", "late", "other-id", "other-id-bare", "emptied", "archived")
LATER = ("stops", "late")  # they file at first, so that it is known of them
SHARE = 0.5
PEOPLE = int(LOST / SHARE)
FEW = 3
FILED_AFTER = 5  # jumps of a minute
PATIENCE = (65,) * 9 + (900,) * 3
WHIMS = {"seed": SEED, "late": 4.0, "kinds": [*LOST_ANSWERS, *LOST_ANSWERS, "dot-drop-before"]}
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300 + 2 * PEOPLE)]


def box(habit: str) -> str:
    return f"{habit}@court.example"


def test_absence_proves_nothing_by_itself(
    tmp_path: Path, dsn: str, record_property: Callable[[str, object], None]
) -> None:
    dovecot = require_program("dovecot", "dovecot-imapd")
    product, move = moved_by(tmp_path)
    at_first = {box(habit): habit if habit.startswith("other") else "files" for habit in HABITS}
    with opened(
        Court,
        tmp_path,
        dsn,
        list(at_first),
        whims=WHIMS,
        dovecot=dovecot,
        habits=at_first,
        product=product,
        move=move,
    ) as court:
        for n in range(2):  # what a mailbox does with its copies is learned from the messages before
            send_calmly(court, f"Before {n}")
            move(200)
        for habit in LATER:
            court.servers.order("habit", box(habit), habit)
        court.servers.order("share", "", str(SHARE))
        people = [f"p{n}@firm{n % 97}.example" for n in range(PEOPLE)]
        campaign = write_campaign(court.client, "Copies", list(court.ids.values()), people)
        court.start(campaign)
        court.finish(campaign, 200 + PEOPLE)
        court.servers.order("share", "", "0")
        send_calmly(court, "After")  # messages that surely left, on the other side of those in doubt
        wait_in_vain(court, campaign, move)
        verdict = court.judge("copies", campaign)
        unknown = Counter(row["email_account_id"] for row in court.sends(campaign, status="unknown"))
    record_property(*tell_property(verdict))
    assert verdict.lost_answers > LOST / 2
    assert verdict.broken() == []
    assert unknown[court.ids[box("files")]] == 0, "a mailbox that files is asked and believed"


def send_calmly(court: Court, name: str) -> None:
    """A few messages through every mailbox, all answered."""
    people = [
        f"{name.lower().replace(' ', '-')}-{n}@firm{n}.example" for n in range(FEW * len(court.mailboxes))
    ]
    campaign = write_campaign(court.client, name, list(court.ids.values()), people)
    court.start(campaign)
    court.finish(campaign, 300)


def wait_in_vain(court: Court, campaign: Campaign, move: Callable[[float], None]) -> None:
    """Two hours of product time, in which copies come late or vanish, while the doubtful ones are looked for."""
    for n, seconds in enumerate(PATIENCE):
        court.servers.order("empty", box("emptied"))
        court.servers.order("archive", box("archived"))
        if n == FILED_AFTER:
            court.servers.order("release", box("late"))
        move(seconds)
        time.sleep(2)
        court.finish(campaign, 200 + PEOPLE)
