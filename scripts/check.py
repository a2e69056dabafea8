"""`make check`: everything that can be judged without running the product. All steps run, whatever the others said."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import List, Tuple

from results import record
from steps import BACKEND, BIN, FRONTEND, ROOT, Step, Stop

NPM = shutil.which("npm") or "npm"
STEPS: List[Tuple[str, List[str], Path]] = [
    ("ruff", [str(BIN / "ruff"), "check", "--quiet", "backend", "scripts", "benchmarks"], ROOT),
    ("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "backend", "scripts", "benchmarks"], ROOT),
    ("types", [str(BIN / "mypy"), "--no-error-summary"], BACKEND),
    ("import contracts", [str(BIN / "lint-imports"), "--no-cache"], BACKEND),
    ("tracked files", [sys.executable, str(ROOT / "scripts" / "tracked.py")], ROOT),
    ("client drift", [sys.executable, str(ROOT / "scripts" / "client.py"), "check"], ROOT),
    ("front-end lint", [NPM, "run", "--silent", "lint"], FRONTEND),
    ("front-end types", [NPM, "run", "--silent", "types"], FRONTEND),
]


def main(arguments: List[str]) -> int:
    """The front end's build is part of the set-up that `make check` ran before this."""
    chosen = [step for step in STEPS if not arguments or step[0] in arguments]
    failed = []
    began = time.monotonic()
    for title, command, cwd in chosen:
        if not cwd.is_dir():
            continue
        try:
            Step(title, command, cwd=cwd).wait()
        except Stop as error:
            failed.append(title)
            print(f"  ✗ {error}\n", flush=True)
    record("check", passed=len(chosen) - len(failed), failed=len(failed))
    seconds = time.monotonic() - began
    verdict = f"failed: {', '.join(failed)}" if failed else "all good"
    print(f"\n{len(chosen)} checks in {seconds:.0f} s, {verdict}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
