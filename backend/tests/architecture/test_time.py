"""Product time comes from one clock; the database's and the machine's are for machines."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.architecture.source import REACHLY, modules, name_of, parsed, texts

SQL_CLOCK = re.compile(
    r"\b(now\(\)|current_timestamp|current_date|localtimestamp|clock_timestamp\(\)|statement_timestamp\(\))",
    re.IGNORECASE,
)
STATEMENT = re.compile(r"\b(select|insert|update|delete|where|values|returning)\b", re.IGNORECASE)
WALL_CLOCK = {"now", "utcnow", "today"}
MACHINE_ROOMS = ("reachly.kit.clock", "reachly.infra")
FUNCTIONS = {"func.now", "func.current_timestamp", "func.current_date", "func.clock_timestamp"}


def business() -> list[Path]:
    return [path for path in modules() if not name_of(path).startswith(MACHINE_ROOMS)]


def test_no_statement_asks_the_database_what_time_it_is() -> None:
    found = [
        f"{name_of(path)} line {line}"
        for path in business()
        for line, text in texts(path)
        if SQL_CLOCK.search(text) and STATEMENT.search(text)
    ]
    calls = [
        f"{name_of(path)} line {node.lineno}"
        for path in business()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in FUNCTIONS
    ]
    assert found + calls == []


def test_no_code_asks_the_machine_what_day_it_is() -> None:
    found = [
        f"{name_of(path)} line {node.lineno}: {ast.unparse(node)}"
        for path in business()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in WALL_CLOCK
        and ast.unparse(node.func.value) in {"datetime", "date", "datetime.datetime", "datetime.date"}
    ]
    assert found == []


def test_there_is_something_to_judge() -> None:
    assert len(business()) > 50
    assert (REACHLY / "kit" / "clock.py").exists()
