"""Whatever takes somebody out of what may be sent says so, in the very function that writes it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from reachly.data.stops import SENDABLE
from tests.architecture.source import REACHLY, modules, name_of, parsed

REPOSITORIES = REACHLY / "data" / "repositories"
COLUMNS = {model.__tablename__: set(columns) for model, columns in SENDABLE.items()}
MODELS = {model.__name__ for model in SENDABLE}
GONE = {"campaigns", "enrollments", "email_accounts", "leads", "organizations", "email_sequences"}
"""Rows that a message in flight cannot go without."""
GONE_MODELS = MODELS | {"Lead", "Organization"}

EXEMPT = {
    "campaigns.enrollments.save_personalization": "lets people in",
    "campaigns.enrollments.move_ended": "from one end to another: nothing goes to them already",
    "campaigns.enrollments.hold": "who is away is waited for and stays in it",
    "sending.enrollments.change": "a turn writes what becomes of its own messages",
    "sending.enrollments.advance": "a turn writes what becomes of its own messages",
    "sending.enrollments.end_answered": "from one end to another",
    "sending.marks.end_holds": "lets people in",
    "scheduling.plans.save_plans": "whoever has a message under way is passed over",
    "identity.delete_organization": "its mailboxes are switched off and waited for first: sending.delete_account",
}

UPDATE = re.compile(r"\bUPDATE\s+(?:ONLY\s+)?([a-z_]+)\b(.*?)(?:\bWHERE\b|\bFROM\b|\Z)", re.DOTALL)
DELETE = re.compile(r"\bDELETE FROM\s+(?:ONLY\s+)?([a-z_]+)\b")
SUPPRESSES = re.compile(r"\bINSERT INTO suppressions\b")


def _text(node: ast.AST) -> str:
    """A string as it stands, with a gap for every value put in."""
    if isinstance(node, ast.JoinedStr):
        return " ".join(_text(part) for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _constants(tree: ast.Module) -> dict[str, str]:
    return {
        target.id: _text(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _statements(function: ast.AST, constants: dict[str, str]) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Constant | ast.JoinedStr):
            yield _text(node)
        elif isinstance(node, ast.Name):
            yield constants.get(node.id, "")


def _stops_in_sql(text: str) -> bool:
    if SUPPRESSES.search(text) or any(table in GONE for table in DELETE.findall(text)):
        return True
    return any(
        re.search(rf"(?:\bSET|,)\s*{column}\s*=", body)
        for table, body in UPDATE.findall(text)
        for column in COLUMNS.get(table, ())
    )


def _stops_in_words(function: ast.AST) -> bool:
    """`delete(Lead)`, `update(EmailAccount).values(is_active=…)`."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    for call in calls:
        name, first = ast.unparse(call.func), ast.unparse(call.args[0]) if call.args else ""
        if name == "delete" and first in GONE_MODELS:
            return True
        if name == "update" and first in MODELS:
            columns = {keyword.arg for other in calls for keyword in other.keywords}
            if columns & {
                column for model in SENDABLE if model.__name__ == first for column in SENDABLE[model]
            }:
                return True
    return False


def _found() -> dict[str, bool]:
    """Functions of repositories that stop something, and whether they say so."""
    found = {}
    for path in modules(REPOSITORIES):
        tree = parsed(path)
        constants = _constants(tree)
        for node in tree.body:
            if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef) and (
                any(map(_stops_in_sql, _statements(node, constants))) or _stops_in_words(node)
            ):
                room = name_of(path).removeprefix("reachly.data.repositories.")
                says = any(
                    isinstance(call, ast.Call) and ast.unparse(call.func) == "stops.request"
                    for call in ast.walk(node)
                )
                found[f"{room}.{node.name}"] = says
    return found


def test_every_statement_that_stops_something_says_so() -> None:
    assert {name for name, says in _found().items() if not says} - EXEMPT.keys() == set()


def test_no_exemption_outlives_its_statement() -> None:
    assert {name for name, says in _found().items() if not says} == EXEMPT.keys()


def test_the_test_sees_the_known_ones() -> None:
    assert {name for name, says in _found().items() if says} >= {
        "campaigns.enrollments.stop_open", "campaigns.enrollments.stop_lead", "campaigns.campaigns.delete_campaign",
        "email_accounts.delete_account", "email_accounts.switch_off_all", "leads.people.remove",
        "leads.imports.take_back", "suppression.add",
    }  # fmt: skip
