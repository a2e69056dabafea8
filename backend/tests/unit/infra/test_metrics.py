from __future__ import annotations

import socket
import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from reachly.infra import metrics

MISSION = {
    "reachly_api_response_seconds": "histogram",
    "reachly_database_query_seconds": "histogram",
    "reachly_emails_sent": "counter",
    "reachly_campaigns_active": "gauge",
    "reachly_deliverability_ratio": "gauge",
    "reachly_memory_used_ratio": "gauge",
    "process_cpu_seconds": "counter",
    "reachly_errors": "counter",
}


def test_every_metric_of_the_mission_is_there_with_its_kind() -> None:
    metrics.api_response_seconds.labels("GET", "/api/leads", "200").observe(0.2)
    said = {family.name: family.type for family in text_string_to_metric_families(metrics.render().decode())}
    assert {name: said.get(name) for name in MISSION} == MISSION


def test_memory_is_a_share() -> None:
    families = text_string_to_metric_families(metrics.render().decode())
    share = next(f.samples[0].value for f in families if f.name == "reachly_memory_used_ratio")
    assert 0 < share < 1


def test_worker_answers_on_a_port_of_its_own() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stop = metrics.serve("127.0.0.1", port)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        assert b"reachly_emails_sent_total" in answer.read()
    with pytest.raises(OSError, match="in use"):
        metrics.serve("127.0.0.1", port)
    stop()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5)
