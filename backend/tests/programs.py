"""Programs that some tests need and `make run` does not: found, or skipped loudly."""

from __future__ import annotations

import shutil

import pytest

NEEDS = "needs "


def find_program(program: str) -> str | None:
    """Its path; servers lie where the search path of plain users does not lead."""
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin:/sbin")


def require_program(program: str, package: str) -> str:
    """The path of the program; skips the test, naming the Debian package, where it is not installed."""
    path = find_program(program)
    if path is None:
        pytest.skip(f"{NEEDS}{program} (Debian package {package})")
    return path
