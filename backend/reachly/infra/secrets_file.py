"""Secrets of a development data folder: made once, kept with mode 0600, so that a restart keeps them."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
from pathlib import Path

from reachly.infra.startup import CannotStart


def make_secrets() -> dict[str, str]:
    """Fresh values for every secret of `SecuritySettings`; the two key rings hold one key each."""
    return {
        "jwt_secret": secrets.token_urlsafe(48),
        "pepper": secrets.token_urlsafe(48),
        "encryption_keys": f"e1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        "tracking_keys": f"t1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
    }


def keep_secrets(path: Path) -> dict[str, str]:
    """The secrets in `path`; makes them on the first call. Two processes at once get the same ones.

    Raises CannotStart when the folder cannot be written or the file is not ours.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write_once(path, make_secrets())
        kept = json.loads(path.read_text())
    except OSError as error:
        raise CannotStart(
            f"The data folder {path.parent} cannot be used: {error.strerror or error}."
        ) from None
    except ValueError:
        kept = None
    if not isinstance(kept, dict) or not all(isinstance(kept.get(name), str) for name in make_secrets()):
        raise CannotStart(
            f"{path} is damaged: put its backup there, or move it away to start with new secrets."
        )
    return kept


def _write_once(path: Path, values: dict[str, str]) -> None:
    """The file appears whole or not at all; whoever links it first wins."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump(values, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
