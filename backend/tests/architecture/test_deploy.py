"""What is deployed speaks of metrics, settings and commands that exist."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
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


yaml = pytest.importorskip("yaml")  # of the lock for tests


def started() -> dict[str, str]:
    """What each service of Railway starts."""
    files = ("railway.json", "railway.worker.json")
    return {name: json.loads((DEPLOY / name).read_text())["deploy"]["startCommand"] for name in files}


def test_settings_named_in_deployments_exist_and_take_their_values() -> None:
    text = "".join(path.read_text() for path in (ROOT / "compose.yml", DEPLOY / "Dockerfile", RULES))
    text += "".join(started().values()) + (ROOT / "docs" / "guides" / "operating.md").read_text()
    for name in set(re.findall(r"\bREACHLY_([A-Z_]+)\b", text)):
        group, _, key = name.lower().partition("__")
        field = Settings.model_fields[group]
        if key:
            assert key.partition("__")[0] in field.annotation.model_fields, name  # type: ignore[union-attr]
    services = yaml.safe_load((ROOT / "compose.yml").read_text())["services"]
    for name in ("web", "worker", "migrate"):
        environment = {**services[name]["environment"], "POSTGRES_PASSWORD": "x"}
        settings = settings_of({key: filled(value) for key, value in environment.items()})
        assert settings.web.trusted_proxies, name


def filled(value: str) -> str:
    """As compose does it where `.env` says nothing but what it must."""
    value = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
    return re.sub(r"\$\{\w+(:\?[^}]*)?\}", "x", value)


def settings_of(environment: dict[str, str]) -> Settings:
    """What a process with this environment and no other reads."""
    code = "from reachly.infra.settings import read_settings; print(read_settings().model_dump_json())"
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**kept, **environment}, cwd=ROOT / "backend", capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return Settings.model_validate_json(done.stdout)


def test_wherever_it_is_published_behind_a_proxy_the_proxy_is_named() -> None:
    """H3: else everybody has the proxy's address, and one person's limits are everybody's."""
    environment = dict(re.findall(r"(REACHLY_\w+)=(\S+)", started()["railway.json"]))
    settings = settings_of(
        {name: filled(value) for name, value in environment.items()}
        | {"REACHLY_PUBLIC_URL": "https://x.example"}
    )
    assert settings.unnamed_proxy is None
    assert settings.metrics.web_port is not None
    web = yaml.safe_load((ROOT / "compose.yml").read_text())["services"]["web"]
    served = {key: filled(value) for key, value in web["environment"].items()}
    assert settings_of({**served, "REACHLY_PUBLIC_URL": "https://x.example"}).unnamed_proxy is None
    assert all(port.startswith("127.0.0.1:") for port in web["ports"])


def test_prometheus_asks_ports_that_are_served_and_not_published() -> None:
    services = yaml.safe_load((ROOT / "compose.yml").read_text())["services"]
    asked = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    targets = {target for job in asked for each in job["static_configs"] for target in each["targets"]}
    kinds = {"web": "WEB", "worker": "WORKER"}
    served = {
        f"{name}:{services[name]['environment'][f'REACHLY_METRICS__{kind}_PORT']}"
        for name, kind in kinds.items()
    }
    assert targets == served
    published = {port.rpartition(":")[2] for one in services.values() for port in one.get("ports", ())}
    assert not published & {target.rpartition(":")[2] for target in targets}


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
        re.findall(r'(?:["`]|exec )reachly ([a-z]+)', text)
    )
    assert {"serve", "work", "migrate", "up"} <= commands
    for command in commands:
        assert command in app, f"reachly {command}"
