"""A server that breaks its word in every way, under an independent judge: nobody is lost, nobody gets two, and nobody
is given up because of a neighbour, of the sender, or of nonsense."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from judge.campaign import write_campaign
from judge.court import Court, opened
from tests.chaos.judged import SEED, moved_by, size, tell_property

PEOPLE = size("JUDGE_HOSTILE", 100, 5_000)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300 + PEOPLE)]
BOXES = [f"m{n}@court.example" for n in range(6)]
SHARE = "0.25"
WHIMS = {"seed": SEED, "late": 4.0}


def test_a_hostile_server_costs_nobody_the_message_but_whom_it_refuses(
    tmp_path: Path, dsn: str, record_property: Callable[[str, object], None]
) -> None:
    product, move = moved_by(tmp_path)
    with opened(Court, tmp_path, dsn, BOXES, whims=WHIMS, product=product, move=move) as court:
        people = [f"p{n}@firm{n % 997}.example" for n in range(PEOPLE)]
        campaign = write_campaign(court.client, "Hostile", list(court.ids.values()), people)
        court.servers.order("share", "", SHARE)
        court.start(campaign)
        court.finish(campaign, 200 + PEOPLE)
        verdict = court.judge("hostile", campaign)
    record_property(*tell_property(verdict))
    assert verdict.faults > PEOPLE / 10
    assert verdict.broken() == []
