"""Prints the table when everything is over."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.chaos.table import PROPERTY, render


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [
        each
        for found in terminalreporter.stats.values()
        for each in found
        if isinstance(each, pytest.TestReport)
    ]
    told = [
        json.loads(value)
        for report in sorted(reports, key=lambda each: each.start)
        if report.when == "call"
        for name, value in report.user_properties
        if name == PROPERTY
    ]
    if told:
        terminalreporter.write_sep("=", "chaos")
        terminalreporter.write_line(render([row for each in told for row in each["rows"]]))
        for words in filter(None, (each["words"] for each in told)):
            terminalreporter.write_line(f"\n{words}")
