"""The import contracts of `pyproject.toml`, and that they bite."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import BACKEND


def lint_imports(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [program, "--no-cache", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_contract_is_kept() -> None:
    said = lint_imports(BACKEND)
    assert said.returncode == 0, said.stdout[said.stdout.find("Broken contracts") :]


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("reachly/infra/http.py", "import reachly.services.leads", "1-floors"),
        ("reachly/services/leads/schemas.py", "import reachly.services.campaigns.schemas", "2-river"),
        ("reachly/services/identity/schemas.py", "import reachly.services.identity.policy", "3-room"),
        ("reachly/services/leads/schemas.py", "import sqlalchemy", "4-sql"),
        ("reachly/services/leads/schemas.py", "import asyncpg", "4-driver"),
        ("reachly/services/leads/schemas.py", "import fastapi", "5-http"),
        ("reachly/services/leads/schemas.py", "import reachly.integrations.mailer.vendors.smtp", "6-vendors"),
        ("reachly/integrations/mailer/port.py", "import reachly.integrations.reader.port", "7-strangers"),
        ("reachly/kit/errors.py", "import socket", "8-pure"),
        ("reachly/kit/errors.py", "import reachly.kit.pagination", "9-cycles"),
        ("reachly/services/leads/schemas.py", "import pgqueuer", "10-engine"),
        ("reachly/jobs/campaigns.py", "import reachly.api.app", "11-doors"),
        ("reachly/api/deps.py", "import reachly.data.models.leads", "12-rows"),
        ("mailworld/world.py", "import reachly.infra.http", "13-mailworld"),
    ],
)
def test_contract_bites(file: str, line: str, contract: str, tmp_path: Path) -> None:
    """A violation of each contract, in a copy, breaks that contract."""
    for package in ("reachly", "mailworld"):
        shutil.copytree(
            BACKEND / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "data/*.csv")
        )
    shutil.copy(BACKEND / "pyproject.toml", tmp_path)
    target = tmp_path / file
    target.write_text(f"{target.read_text()}\n{line}\n")
    said = lint_imports(tmp_path, "--contract", contract)
    assert said.returncode == 1, said.stdout + said.stderr
    assert "BROKEN" in said.stdout
