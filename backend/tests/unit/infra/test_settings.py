from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from reachly.infra.settings import WebSettings, load_settings, read_settings
from reachly.infra.startup import CannotStart

KEY = "a1:" + "A" * 43 + "="


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "var"


def test_defaults_are_those_of_the_design(data_dir: Path) -> None:
    settings = load_settings(data_dir=data_dir)
    sending = settings.sending
    assert (sending.daily_limit, sending.gap_seconds, sending.jitter_seconds) == (40, 600, 300)
    assert (sending.lease_seconds, sending.poll_seconds) == (60, 1)
    assert (sending.mailboxes_per_lease, sending.messages_per_claim, sending.pipelining) == (20, 200, 100)
    assert (settings.security.access_minutes, settings.security.bcrypt_rounds) == (15, 12)
    assert settings.imports.max_bytes == 500_000_000
    assert settings.database_dsn is None


def test_setting_is_read_from_its_name(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REACHLY_SENDING__DAILY_LIMIT", "55")
    monkeypatch.setenv("REACHLY_OUTBOUND__ALLOW", "127.0.0.1, 10.0.0.0/8")
    monkeypatch.setenv("PORT", "21001")
    settings = load_settings(data_dir=data_dir)
    assert settings.sending.daily_limit == 55
    assert settings.outbound.allow == ("127.0.0.1", "10.0.0.0/8")
    assert settings.base_url == "http://127.0.0.1:21001"


@pytest.mark.parametrize(
    "given", ["postgres://u:p@h/d", "postgresql://u:p@h/d", "postgresql+asyncpg://u:p@h/d"]
)
def test_every_spelling_of_a_database_address_is_taken(
    given: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", given)
    assert load_settings(data_dir=data_dir).database_dsn == "postgresql://u:p@h/d"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "abc", "PORT cannot be used"),
        ("REACHLY_SENDING__DAILY_LIMIT", "0", "REACHLY_SENDING__DAILY_LIMIT cannot be used"),
        ("REACHLY_SENDING__DAYLY_LIMIT", "5", "REACHLY_SENDING__DAYLY_LIMIT cannot be used"),
        ("REACHLY_SENDNG__DAILY_LIMIT", "5", "no setting REACHLY_SENDNG__DAILY_LIMIT"),
        ("REACHLY_DATABASE_URL", "postgresql://h/d", "no setting REACHLY_DATABASE_URL"),
        ("REACHLY_GOOGLE__CLIENT_ID", "id", "no setting REACHLY_GOOGLE__CLIENT_ID"),
        ("REACHLY_AI__PROVIDER", "anthropic", "REACHLY_AI__PROVIDER cannot be used"),
        ("REACHLY_AI__API_KEY", "key", "REACHLY_AI__API_KEY cannot be used"),
        ("DATABASE_URL", "mysql://h/d", "DATABASE_URL must look like"),
        ("REACHLY_SECURITY__ENCRYPTION_KEYS", "k:c2hvcnQ=", "key k has 5 bytes instead of 32"),
    ],
)
def test_wrong_setting_is_named_in_one_line(
    name: str, value: str, says: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(CannotStart, match=says) as refused:
        load_settings(data_dir=data_dir)
    assert "\n" not in str(refused.value)


def test_development_secrets_are_kept_over_a_restart(data_dir: Path) -> None:
    first, second = load_settings(data_dir=data_dir).security, load_settings(data_dir=data_dir).security
    assert first == second
    assert first.jwt_secret.get_secret_value() not in repr(first)
    path = data_dir / "secrets.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in data_dir.iterdir()] == ["secrets.json"]


def test_production_refuses_to_start_without_secrets(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REACHLY_ENVIRONMENT", "production")
    with pytest.raises(CannotStart, match="REACHLY_SECURITY__JWT_SECRET, REACHLY_SECURITY__PEPPER"):
        load_settings(data_dir=data_dir)
    for name in ("ENCRYPTION_KEYS", "TRACKING_KEYS"):
        monkeypatch.setenv(f"REACHLY_SECURITY__{name}", KEY)
    for name in ("JWT_SECRET", "PEPPER"):
        monkeypatch.setenv(f"REACHLY_SECURITY__{name}", "x" * 40)
    assert load_settings(data_dir=data_dir).security.encryption_ring().current == "a1"
    assert not (data_dir / "secrets.json").exists()


def test_damaged_secrets_are_not_replaced(data_dir: Path) -> None:
    load_settings(data_dir=data_dir)
    path = data_dir / "secrets.json"
    path.write_text(json.dumps({"jwt_secret": "x"}))
    with pytest.raises(CannotStart, match="damaged"):
        load_settings(data_dir=data_dir)
    assert json.loads(path.read_text()) == {"jwt_secret": "x"}


def test_unwritable_data_folder_is_named() -> None:
    with pytest.raises(CannotStart, match="/proc/nowhere cannot be used"):
        load_settings(data_dir=Path("/proc/nowhere"))


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://app.example.com", True),
        ("http://app.example.com", False),
        ("https://localhost:8000", False),
        ("", False),
    ],
)
def test_only_https_to_a_real_host_is_public(url: str, public: bool, data_dir: Path) -> None:
    settings = load_settings(data_dir=data_dir, public_url=url)
    assert settings.is_public() is public
    assert settings.secure_cookies is url.startswith("https")


@pytest.mark.parametrize(
    ("web", "url", "named"),
    [
        ({}, "https://mail.example.com", False),
        ({"trusted_proxies": ("127.0.0.1",)}, "https://mail.example.com", True),
        ({"no_proxy": True}, "https://mail.example.com", True),
        ({}, "http://mail.example.com", True),
        ({}, "", True),
    ],
)
def test_https_without_a_named_proxy_says_what_to_do(
    web: dict[str, Any], url: str, named: bool, data_dir: Path
) -> None:
    told = load_settings(data_dir=data_dir, public_url=url, web=WebSettings(**web)).unnamed_proxy
    assert (told is None) is named
    assert named or "REACHLY_WEB__TRUSTED_PROXIES" in str(told)


@pytest.mark.parametrize("entry", ["proxy.example.com", "10.0.0.0/99", "*"])
def test_a_proxy_is_an_address_or_a_network(entry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REACHLY_WEB__TRUSTED_PROXIES", f"127.0.0.1,{entry}")
    with pytest.raises(CannotStart, match="REACHLY_WEB__TRUSTED_PROXIES"):
        read_settings()


def test_a_pooler_needs_the_direct_address_and_says_so(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://reachly@pooler.example:6432/reachly")
    monkeypatch.setenv("REACHLY_DATABASE__POOLED", "true")
    with pytest.raises(CannotStart, match="needs REACHLY_DATABASE__LISTEN_URL"):
        load_settings(data_dir=data_dir)
    monkeypatch.setenv("REACHLY_DATABASE__LISTEN_URL", "postgresql://reachly@database.example/reachly")
    assert load_settings(data_dir=data_dir).listen_dsn == "postgresql://reachly@database.example/reachly"
