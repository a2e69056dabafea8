"""Files of the data folder are for the account that runs the program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from reachly.infra.private_files import close_folder, find_open


def test_what_was_left_open_is_found_and_closed_and_the_clusters_own_is_left_alone(tmp_path: Path) -> None:
    for name in ("log/api.log", "mailworld/state/mail.jsonl", "postgres.log", "secrets.json"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
        path.chmod(0o644)
        path.parent.chmod(0o755)
    for name in ("postgres/base", "run", "postgresql-18.6/bin"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "link").symlink_to("/etc/passwd")
    programs = (tmp_path / "postgresql-18.6").stat().st_mode
    found = {str(path.relative_to(tmp_path)) for path in find_open(tmp_path)}
    mails = {"mailworld", "mailworld/state", "mailworld/state/mail.jsonl"}
    assert found == {"log", "log/api.log", *mails, "postgres.log", "secrets.json"}
    close_folder(tmp_path)
    assert list(find_open(tmp_path)) == []
    assert (tmp_path / "log" / "api.log").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "postgresql-18.6").stat().st_mode == programs
    assert Path("/etc/passwd").stat().st_mode & 0o004


def test_every_command_closes_what_it_makes(tmp_path: Path) -> None:
    """Also where the account's own umask is wide, and for the folder of secrets."""
    environment = {**os.environ, "REACHLY_DATA_DIR": str(tmp_path / "data"), "REACHLY_PORT": "0"}
    code = (
        "import os, sys; os.umask(0); sys.argv = ['reachly', 'doctor']; from reachly.cli import main; main()"
    )
    subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)
    assert (tmp_path / "data" / "secrets.json").exists()
    assert list(find_open(tmp_path / "data")) == []
