"""Looks at what is committed: no address in a lock file, no file past its size, no path of one machine."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Iterator, List

from steps import ROOT

ADDRESS = re.compile(
    r"https?://|git\+|file:|--index-url|--extra-index-url|--find-links|--trusted-host|\"resolved\""
)
LOCKS = ("requirements-setup.lock", "requirements.lock", "requirements-dev.lock", "package-lock.json")
HARMLESS_IN_LOCK = re.compile(r'"(url|funding)":|^\s*"https?://')
"""npm writes the web pages of funding into its lock; they are not places to download from."""
LIMIT = 400
MACHINE = re.compile(r"(?<![\w.$~/-])/(home|Users|root|tmp)/[\w.-]+/")
SOURCES = (".py", ".ts", ".tsx", ".mjs")


def tracked() -> List[Path]:
    said = subprocess.run(["git", "ls-files", "-z"], cwd=str(ROOT), stdout=subprocess.PIPE, check=False)
    return [ROOT / name for name in said.stdout.decode().split("\0") if name]


def faults(files: List[Path]) -> Iterator[str]:
    for path in files:
        if not path.is_file() or path.is_symlink():
            continue
        name = path.relative_to(ROOT)
        text = path.read_text(errors="replace") if path.stat().st_size < 2_000_000 else ""
        lines = text.splitlines()
        if path.name in LOCKS:
            for number, line in enumerate(lines, 1):
                if ADDRESS.search(line) and not HARMLESS_IN_LOCK.search(line):
                    yield f"{name}:{number} holds an address: a lock names versions and hashes only"
                    break
        if (
            path.suffix in SOURCES
            and "generated" not in path.parts
            and "versions" not in path.parts
            and len(lines) > LIMIT
        ):
            yield f"{name} has {len(lines)} lines, the limit is {LIMIT}: is it still one room?"
        if (
            path.suffix in (*SOURCES, ".md", ".toml", ".yml", ".yaml", ".json", ".sh")
            and path.name not in LOCKS
        ):
            for number, line in enumerate(lines, 1):
                if MACHINE.search(line):
                    yield f"{name}:{number} names a folder of one machine"
                    break


def main() -> int:
    found = list(faults(tracked()))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
