"""The judge is a stranger: nothing that he believes about mail comes from us."""

from __future__ import annotations

import sys

from tests.architecture.source import BACKEND, imported, modules


def test_the_judge_knows_the_standard_library_and_himself_only() -> None:
    files = modules(BACKEND / "judge")
    assert len(files) > 10
    foreign = {
        f"{path.name}: {name}"
        for path in files
        for name in imported(path)
        if name.partition(".")[0] not in {*sys.stdlib_module_names, "judge"}
    }
    assert foreign == set()


def test_nothing_of_the_product_knows_the_judge() -> None:
    files = [*modules(BACKEND / "reachly"), *modules(BACKEND / "mailworld")]
    assert [
        path.name for path in files if any(name.partition(".")[0] == "judge" for name in imported(path))
    ] == []
