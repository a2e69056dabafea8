"""Human or machine: scanners, prefetchers and proxies against people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reachly.services.tracking.policy import Hit, judge

SENT = datetime(2027, 1, 4, 9, tzinfo=UTC)
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


def hit(kind: str = "open", seconds: float = 600, **facts: Any) -> Hit:
    return Hit(kind, SENT + timedelta(seconds=seconds), **{"user_agent": CHROME, "ip": "192.0.2.1", **facts})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "verdict", "rule"),
    [
        (hit(), "human", "browser"),
        (hit(user_agent=GMAIL), "human", "gmail_proxy"),
        (hit(user_agent=GMAIL, seconds=4), "machine", "too_soon"),
        (hit(seconds=2), "machine", "too_soon"),
        (hit("click", 12), "machine", "too_soon"),
        (hit("click", 120), "human", "browser"),
        (hit(method="HEAD"), "machine", "head_request"),
        (hit(user_agent=""), "machine", "no_agent"),
        (hit(user_agent="  "), "machine", "no_agent"),
        (hit(user_agent="Mozilla/5.0"), "machine", "apple_relay"),
        (hit("click", user_agent="Barracuda Sentinel"), "machine", "robot_agent"),
        (hit("click", user_agent="python-requests/2.31"), "machine", "robot_agent"),
        (hit("click", user_agent="Slackbot-LinkExpanding 1.0"), "machine", "robot_agent"),
    ],
)
def test_a_hit_is_judged_by_the_first_rule_that_fits(one: Hit, verdict: str, rule: str) -> None:
    judged = judge(one, SENT, [])
    assert (judged.verdict, judged.rule) == (verdict, rule)


def test_all_links_within_a_second_are_a_scanner_at_any_time_of_day() -> None:
    burst = [hit("click", 3_600 + n / 10, link=n) for n in range(4)]
    for place, one in enumerate(burst):
        judged = judge(one, SENT, [*burst[:place], *burst[place + 1 :]])
        assert (judged.verdict, judged.rule) == ("machine", "link_burst")


def test_two_clicks_on_one_link_are_an_impatient_person() -> None:
    first, second = hit("click", 300, link=1), hit("click", 300.4, link=1)
    assert judge(first, SENT, [second]).verdict == "human"


def test_two_links_with_time_to_read_are_a_person() -> None:
    assert judge(hit("click", 300, link=1), SENT, [hit("click", 309, link=2)]).verdict == "human"


def test_what_comes_with_a_scanner_belongs_to_it() -> None:
    probe = hit("click", 300, method="HEAD")
    assert judge(hit("click", 302), SENT, [probe]).rule == "with_scanner"
    assert judge(hit("click", 302, ip="198.51.100.7"), SENT, [probe]).verdict == "human"


def test_image_before_a_burst_is_the_scanners() -> None:
    """Image first, then all links about half a minute later."""
    image = hit(seconds=14)
    burst = [hit("click", 47 + n / 5, link=n) for n in range(3)]
    assert judge(image, SENT, []).verdict == "human"
    assert judge(image, SENT, burst).rule == "with_scanner"


@pytest.mark.parametrize(
    ("seconds", "ip", "verdict"),
    [
        (47, "198.51.100.7", "machine"),  # a gateway's network is wide, but it scans on delivery
        (9_047, "192.0.2.77", "machine"),  # the same network at any time
        (9_047, "198.51.100.7", "human"),
    ],
)
def test_image_beside_a_burst_of_another_network_counts_only_on_delivery(
    seconds: float, ip: str, verdict: str
) -> None:
    burst = [hit("click", seconds + n / 5, link=n, ip=ip) for n in range(2)]
    assert judge(hit(seconds=seconds - 30), SENT, burst).verdict == verdict


def test_person_who_reads_after_the_scanner_is_a_person() -> None:
    burst = [hit("click", 47 + n / 5, link=n) for n in range(3)]
    assert judge(hit(seconds=600), SENT, burst).verdict == "human"
    assert judge(hit("click", 640, link=1), SENT, burst).verdict == "human"


def test_without_a_handover_nothing_is_sure() -> None:
    assert judge(hit(), None, []).verdict == "undecided"
