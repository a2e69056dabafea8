"""`make test`: all tests. Every suite runs whatever the others did; the last line counts them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, List, Optional

from results import read_junit, record
from steps import BACKEND, BIN, FRONTEND, STATE

NPM = shutil.which("npm") or "npm"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Suite:
    def __init__(
        self, name: str, command: List[str], cwd: Path, env: Optional[Dict[str, str]] = None
    ) -> None:
        self.name = name
        self.report = STATE / f"junit-{name}.xml"
        self.command = command
        self.cwd = cwd
        self.env = env or {}
        self.passed = self.failed = self.skipped = 0

    def run(self) -> None:
        if self.report.exists():
            self.report.unlink()
        print(f"\n== {self.name}", flush=True)
        began = time.monotonic()
        code = subprocess.run(
            self.command,
            cwd=str(self.cwd),
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            check=False,
        ).returncode
        if self.report.exists():
            self.passed, self.failed, self.skipped = read_junit(self.report)
        if code and not self.failed:
            self.failed = 1  # it broke before or after its tests
        seconds = time.monotonic() - began
        print(
            f"   {self.passed} passed, {self.failed} failed, {self.skipped} skipped in {seconds:.0f} s",
            flush=True,
        )


def backend(arguments: List[str]) -> Suite:
    report = STATE / "junit-backend.xml"
    # Of tests/chaos the short forms; `make chaos` runs all of it, at full size.
    command = [str(BIN / "pytest"), "-n", "2", "-m", "not chaos", f"--junitxml={report}", *arguments]
    return Suite("backend", command, BACKEND)


def front_end() -> Suite:
    report = STATE / "junit-front-end.xml"
    command = [
        NPM,
        "run",
        "--silent",
        "test",
        "--",
        "--reporter=default",
        "--reporter=junit",
        f"--outputFile.junit={report}",
    ]
    return Suite("front-end", command, FRONTEND, {"CI": "1"})


def browser() -> Optional[Suite]:
    """The story in a real Chromium; None where there is none (said at the end)."""
    chromium = find_chromium()
    if chromium is None:
        return None
    report = STATE / "junit-browser.xml"
    command = [NPM, "run", "--silent", "e2e", "--", "--reporter=line,junit"]
    env = {"PLAYWRIGHT_JUNIT_OUTPUT_FILE": str(report), "REACHLY_CHROMIUM": chromium, "CI": "1"}
    return Suite("browser", command, FRONTEND, env)


def find_chromium() -> Optional[str]:
    named = os.environ.get("REACHLY_CHROMIUM")
    return named or next((path for path in map(shutil.which, CHROMIUM) if path), None)


def main(arguments: List[str]) -> int:
    STATE.mkdir(exist_ok=True)
    only = arguments[1] if arguments[:1] == ["--only"] else None
    rest = [] if only else arguments
    suites: List[Suite] = []
    missing: List[str] = []
    if only in (None, "backend"):
        suites.append(backend(rest))
    if only in (None, "front-end") and (FRONTEND / "package.json").exists():
        suites.append(front_end())
    if only in (None, "e2e") and (FRONTEND / "e2e").is_dir():
        story = browser()
        if story:
            suites.append(story)
        else:
            missing.append(
                "the browser's story: needs Chromium (Debian package chromium), or name one in REACHLY_CHROMIUM"
            )
    for suite in suites:
        suite.run()
    passed, failed = sum(s.passed for s in suites), sum(s.failed for s in suites)
    skipped = sum(s.skipped for s in suites)
    record("test", passed=passed, failed=failed, skipped=skipped)
    print()
    for what in missing:
        print(f"NOT TESTED: {what}")
    if skipped:
        print(f"{skipped} skipped (see the lists above)")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
