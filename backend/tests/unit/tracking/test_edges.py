"""Each figure of the verdict at its edge, and each word of the robots alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reachly.services.tracking.policy import LOOK_BACK, Hit, Judged, judge

SENT = datetime(2027, 1, 4, 9, tzinfo=UTC)
CHROME = "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0"


def hit(kind: str = "open", seconds: float = 600, **facts: Any) -> Hit:
    return Hit(kind, SENT + timedelta(seconds=seconds), **{"user_agent": CHROME, "ip": "192.0.2.1", **facts})  # type: ignore[arg-type]


def rule(one: Hit, *others: Hit, handed: datetime | None = SENT) -> str:
    return judge(one, handed, others).rule


@pytest.mark.parametrize("agent", [
    "Googlebot", "a crawler", "spider", "scanner", "preview", "curl/8", "Wget", "python", "Java/21", "okhttp",
    "Go-http",
    "headless", "monitor", "proofpoint", "barracuda", "mimecast", "safelinks", "slurp", "facebookexternalhit", "Slack",
    "WhatsApp", "Telegram",
])  # fmt: skip
def test_each_word_of_a_robot(agent: str) -> None:
    assert rule(hit(user_agent=agent)) == "robot_agent"
    assert rule(hit(user_agent="robotic javascript")) == "browser"


def test_too_soon_to_the_second() -> None:
    assert [rule(hit(seconds=s)) for s in (9.9, 10, 10.1)] == ["too_soon", "browser", "browser"]
    assert [rule(hit("click", s)) for s in (14.9, 15, 15.1)] == ["too_soon", "browser", "browser"]
    assert judge(hit(seconds=1), None, []) == Judged("undecided", "unknown_handover")
    assert timedelta(minutes=5) == LOOK_BACK


def test_a_burst_is_two_links_within_two_seconds() -> None:
    for apart, expected in ((-2.1, "browser"), (-2, "link_burst"), (2, "link_burst"), (2.1, "browser")):
        assert rule(hit("click"), hit("click", 600 + apart, link=1, ip="198.51.100.1")) == expected
    assert rule(hit("click"), hit("click", 600)) == "browser"
    assert rule(hit("click"), hit("open", 600, link=1)) == "browser"
    assert rule(hit("open"), hit("click", 600, link=1)) == "browser"


def test_a_minute_around_a_probe_from_the_same_network() -> None:
    for apart, expected in (
        (60, "with_scanner"),
        (60.1, "browser"),
        (-60, "with_scanner"),
        (-60.1, "browser"),
    ):
        assert rule(hit(), hit("click", 600 + apart, method="HEAD", ip="192.0.2.200")) == expected
    assert rule(hit(), hit("click", 600, method="HEAD", ip="192.0.3.1")) == "browser"
    six = [
        hit(ip="2001:db8:1::1"),
        hit(method="HEAD", ip="2001:db8:1:ffff::2"),
        hit(method="HEAD", ip="2001:db8:2::1"),
    ]
    assert [rule(six[0], six[1]), rule(six[0], six[2])] == ["with_scanner", "browser"]
    assert rule(hit(ip="?"), hit(method="HEAD", ip="?")) == "with_scanner"
    assert rule(hit(ip="?"), hit(method="HEAD", ip="!")) == "browser"


def burst(at: float, apart: float = 1, **facts: Any) -> list[Hit]:
    return [hit("click", at, link=0, **facts), hit("click", at + apart, link=1, **facts)]


def test_an_image_beside_a_burst_on_delivery_is_the_gateways_whatever_its_network() -> None:
    other = {"ip": "198.51.100.1"}
    assert rule(hit(seconds=290), *burst(299, **other)) == "with_scanner"
    assert rule(hit(seconds=290), *burst(300, **other)) == "with_scanner"
    assert rule(hit(seconds=290), *burst(300.1, **other)) == "browser"
    assert rule(hit(seconds=290), *burst(290, 2.1, **other)) == "browser"
    assert rule(hit("click", 290, link=5), *burst(260, **other)) == "browser"
    assert rule(hit(seconds=290), hit("open", 290, method="HEAD", **other)) == "browser"
    assert rule(hit(seconds=290), hit("click", 290, method="HEAD", **other)) == "browser"
    assert (
        rule(hit(), hit("open", 600), hit("click", 601, link=1)) == "browser"
    )  # one image, one link: no burst
    assert rule(hit(), hit("click", 600), hit("open", 600.5), hit("click", 601, link=1)) == "with_scanner"
    assert judge(hit(seconds=290), None, burst(290, **other)).rule == "unknown_handover"
    assert rule(hit(seconds=900), *burst(905)) == "with_scanner"
    assert rule(hit(seconds=900), *reversed(burst(905))) == "with_scanner"
    assert Hit("open", SENT) == Hit("open", SENT, "GET", "", "", 0)
