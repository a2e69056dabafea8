"""Counts of the last check and the last tests, kept in `.state/` so that CI can add them up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Dict, Tuple
from xml.etree import ElementTree as ET

from steps import STATE


def record(name: str, *, passed: int, failed: int, skipped: int = 0) -> None:
    STATE.mkdir(exist_ok=True)
    counts = {"passed": passed, "failed": failed, "skipped": skipped}
    (STATE / f"result-{name}.json").write_text(json.dumps(counts))


def recorded(name: str) -> Dict[str, int]:
    """The counts of a step; one failure when it did not get as far as recording any."""
    path = STATE / f"result-{name}.json"
    if not path.exists():
        return {"passed": 0, "failed": 1, "skipped": 0}
    counts: Dict[str, int] = json.loads(path.read_text())
    return counts


def read_junit(path: Path) -> Tuple[int, int, int]:
    """(passed, failed, skipped) of a JUnit report."""
    cases = list(ET.parse(path).getroot().iter("testcase"))
    failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    return len(cases) - failed - skipped, failed, skipped
