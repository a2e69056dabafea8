"""What is deployed speaks of metrics, settings and commands that exist."""

from __future__ import annotations

import json
import re

from prometheus_client.parser import text_string_to_metric_families

from reachly.infra import metrics
from reachly.infra.settings import Settings
from tests.architecture.source import ROOT

DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus" / "rules.yml"
DASHBOARD = DEPLOY / "grafana" / "reachly.json"


def known_metrics() -> set[str]:
    names = {family.name for family in text_string_to_metric_families(metrics.render().decode())}
    return names | {f"{name}{suffix}" for name in names for suffix in ("_total", "_bucket", "_count", "_sum")}


def named_metrics(text: str) -> set[str]:
    return set(re.findall(r"\b(?:reachly|process)_[a-z_]+", text))


def test_alerts_and_dashboard_ask_for_metrics_that_exist() -> None:
    for path in (RULES, DASHBOARD):
        named = named_metrics(path.read_text())
        assert named
        assert named - known_metrics() == set()


def test_dashboard_uses_recorded_figures_that_are_recorded() -> None:
    recorded = set(re.findall(r"record: (\S+)", RULES.read_text()))
    used = set(re.findall(r"reachly:[a-z_:0-9]+", DASHBOARD.read_text() + RULES.read_text()))
    assert used == recorded


def test_every_alert_of_the_mission_is_there_with_its_threshold() -> None:
    rules = RULES.read_text()
    critical, warning = rules[rules.index("reachly-critical") :].split("reachly-warning")
    for threshold in (
        "p95 > 5",
        "error_ratio > 0.05",
        "database_connection_failures_total",
        "deliverability_ratio) < 0.90",
    ):
        assert threshold in critical
    for threshold in ("p95 > 2", "memory_used_ratio) > 0.80", "email_backlog) > 1000", "sign_ups_total"):
        assert threshold in warning
    assert json.loads(DASHBOARD.read_text())["panels"]


def test_settings_named_in_deployments_exist() -> None:
    text = "".join(path.read_text() for path in (ROOT / "compose.yml", DEPLOY / "Dockerfile", RULES))
    for name in set(re.findall(r"\bREACHLY_([A-Z_]+)\b", text)):
        group, _, key = name.lower().partition("__")
        field = Settings.model_fields[group]
        if key:
            assert key in field.annotation.model_fields, name  # type: ignore[union-attr]


def test_commands_named_in_deployments_exist() -> None:
    from reachly.cli import app

    files = (
        ROOT / "compose.yml",
        DEPLOY / "Dockerfile",
        DEPLOY / "railway.json",
        DEPLOY / "railway.worker.json",
    )
    text = "".join(path.read_text() for path in files)
    commands = set(re.findall(r'"reachly", "([a-z]+)"', text)) | set(
        re.findall(r'["`]reachly ([a-z]+)', text)
    )
    assert {"serve", "work", "migrate", "up"} <= commands
    for command in commands:
        assert command in app, f"reachly {command}"
