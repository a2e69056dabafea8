"""Sizes, names, locks and the table of facts."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import BACKEND, REACHLY, ROOT, modules, name_of, parsed

FORBIDDEN_NAMES = {
    "manager",
    "managers",
    "helper",
    "helpers",
    "util",
    "utils",
    "common",
    "misc",
    "base_service",
}
LIMIT = 400


def own_files() -> list[Path]:
    return [*modules(), *modules(BACKEND / "mailworld"), *modules(BACKEND / "tests")]


def test_no_file_is_longer_than_a_room() -> None:
    long = {name_of(path): len(path.read_text().splitlines()) for path in own_files()}
    assert {name: lines for name, lines in long.items() if lines > LIMIT} == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [name_of(path) for path in own_files() if path.stem in FORBIDDEN_NAMES] == []


@pytest.mark.parametrize("name", ["requirements-setup.lock", "requirements.lock", "requirements-dev.lock"])
def test_python_lock_holds_names_versions_and_hashes_only(name: str) -> None:
    lines = [line for line in (BACKEND / name).read_text().splitlines() if line.strip()]
    pinned = re.compile(r"[A-Za-z0-9._-]+(\[[a-z0-9,._-]+\])?==[^\s\\;]+( ; [^\\]+)?( \\)?")
    hashed = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
    comment = re.compile(r"    # {1,3}(via( [\w\[\]., ()-]+)?|[\w\[\]., ()-]+)")
    odd = [line for line in lines if not any(form.fullmatch(line) for form in (pinned, hashed, comment))]
    assert odd == []
    assert sum(bool(pinned.fullmatch(line)) for line in lines) <= sum(
        bool(hashed.fullmatch(line)) for line in lines
    )


def test_every_locked_package_of_the_product_is_in_the_lock_for_tests() -> None:
    def pins(name: str) -> set[str]:
        return set(
            re.findall(r"^[\w.-]+(?:\[[^\]]+\])?==[^\s\\;]+", (BACKEND / name).read_text(), re.MULTILINE)
        )

    assert pins("requirements.lock") - pins("requirements-dev.lock") == set()


def test_front_end_lock_says_not_where_packages_come_from() -> None:
    lock = ROOT / "frontend" / "package-lock.json"
    if not lock.exists():
        pytest.skip("this checkout has no front end")
    assert '"resolved"' not in lock.read_text()
    assert '"integrity"' in lock.read_text()


def test_what_is_committed_names_no_machine() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    said = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "tracked.py")], capture_output=True, text=True, check=False
    )
    assert said.stdout == ""
    assert said.returncode == 0, said.stderr


def test_every_job_of_the_pipeline_has_a_handler() -> None:
    from reachly import pipeline

    named = {name for names in pipeline.JOBS.values() for name in names}
    assert named - handlers() == set()


def test_jobs_are_named_noun_dot_verb_and_once() -> None:
    names = [name for path in modules(REACHLY / "jobs") for name in keys_of_handlers(path)]
    assert sorted(names) == sorted(set(names))
    assert [name for name in names if not re.fullmatch(r"[a-z_]+\.[a-z_]+", name)] == []


def handlers() -> set[str]:
    return {name for path in modules(REACHLY / "jobs") for name in keys_of_handlers(path)}


def keys_of_handlers(path: Path) -> list[str]:
    """The keys of `HANDLERS = {"noun.verb": function}` in a module of `jobs`."""
    for node in parsed(path).body:
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AnnAssign)
            else []
        )
        if any(isinstance(target, ast.Name) and target.id == "HANDLERS" for target in targets):
            value = node.value  # type: ignore[union-attr]
            if isinstance(value, ast.Dict):
                return [key.value for key in value.keys if isinstance(key, ast.Constant)]
    return []


def test_links_between_documents_lead_somewhere() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    assert documents
    broken = [
        f"{document.relative_to(ROOT)} -> {target}"
        for document in documents
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text())
        if "://" not in target and not (document.parent / target).exists()
    ]
    assert broken == []


def test_rooms_of_the_architecture_page_exist() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text()
    river = page[page.index("## The river") : page.index("Facts are classes")]
    rooms = set(re.findall(r"[a-z_]+", river[river.index("live |") :]))
    assert rooms == {
        path.name for path in (REACHLY / "services").iterdir() if (path / "__init__.py").exists()
    }


def test_no_client_of_the_tests_gives_up_after_the_library_s_five_seconds() -> None:
    """A busy machine is slow: whoever asks over a socket says how long it may take."""
    hasty = [
        f"{name_of(path)}:{call.lineno}"
        for path in modules(BACKEND / "tests")
        for call in ast.walk(parsed(path))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func) in ("httpx2.AsyncClient", "httpx2.Client")
        and not {"timeout", "transport"} & {keyword.arg for keyword in call.keywords}
    ]
    assert hasty == []
