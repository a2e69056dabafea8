"""The mutation tester itself, on a module of ten lines: what its test notices is killed, the rest survives."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[4] / "scripts"

TOY = """
import re

WORD = re.compile(r"yes|(?:no|never)\\b")
DAYS = ("mon", "tue")


def is_open(day: str, hour: int = 9) -> bool:
    \"\"\"Open.\"\"\"
    if day not in DAYS and day:
        raise ValueError("There is no such day.")
    return 9 <= hour < 17


def waits(seconds: int) -> int:
    while seconds > 1:
        seconds -= 1
    return max(0, seconds)
"""
TEST = """
from reachly.toy import is_open, waits


def test_open():
    assert is_open("mon", 9)
    assert not is_open("tue", 17)
    assert waits(3) == 1
"""


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))


def changes(source: str) -> list[tuple[str, str, str]]:
    from mutations import mutants_of

    return [one.key for one in mutants_of(source)]


def test_each_mutant_differs_in_one_place_and_says_where() -> None:
    found = changes(TOY)
    line = "return 9 <= hour < 17"
    assert ("is_open", line, "return 9 < hour < 17") in found
    assert ("is_open", line, "return 9 <= hour <= 17") in found
    assert ("is_open", line, "return 9 <= hour < 18") in found
    assert ("is_open", "if day not in DAYS and day:", "if day not in DAYS or day:") in found
    assert ("is_open", "if day not in DAYS and day:", "if day:") in found
    assert ("", 'DAYS = ("mon", "tue")', 'DAYS = ("mon")') in found
    pattern = r'WORD = re.compile(r"yes|(?:no|never)\b")'
    assert {new for _, old, new in found if old == pattern} == {
        r'WORD = re.compile(r"(?:no|never)\b")', r'WORD = re.compile(r"yes")',
        r'WORD = re.compile(r"yes|(?:never)\b")', r'WORD = re.compile(r"yes|(?:no)\b")',
    }  # fmt: skip
    assert ("waits", "seconds -= 1", "pass") in found
    assert ("waits", "return max(0, seconds)", "return min(0, seconds)") in found
    assert len(found) == len(set(found))


def test_what_no_behaviour_hangs_on_is_left_alone() -> None:
    assert not [key for key in changes(TOY) if "Open." in key[1]]
    assert not [key for key in changes(TOY) if "XX" in key[2] and "There is" in key[2]]
    assert changes("x: int\n__all__ = ['a', 'b']\nassert 1 < 2\n") == []


def test_killed_is_what_a_test_notices_and_an_endless_loop_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The children of the tester see the folder in place of the back end; nothing in it is changed."""
    import mutants

    (tmp_path / "reachly").mkdir()
    (tmp_path / "reachly" / "__init__.py").touch()
    (tmp_path / "reachly" / "toy.py").write_text(TOY)
    (tmp_path / "tests" / "unit" / "room").mkdir(parents=True)
    (tmp_path / "tests" / "unit" / "room" / "test_toy.py").write_text(textwrap.dedent(TEST))
    script = f"""
import os, sys
from pathlib import Path
sys.path[:0] = [{str(SCRIPTS)!r}, {str(tmp_path)!r}]
import mutants
mutants.BACKEND, folder = Path({str(tmp_path)!r}), Path({str(tmp_path)!r})
os.chdir(folder)
wanted = {{"return 9 <= hour <= 17", "return 9 <= hour < 18", "pass"}}
toy = mutants.choose("toy", "room toy", 1, 0, [])
toy.mutants[:] = [one for one in toy.mutants if one.mutated in wanted and one.where]
assert mutants.warm_up([toy], folder) is None
toy.seconds = 0
mutants.run_all([toy], 2, folder)
for number, one in enumerate(toy.mutants):
    print(number in toy.killed, one.where, one.original, "->", one.mutated)
"""
    import subprocess

    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stderr
    verdicts = dict(line.split(" ", 1)[::-1] for line in ran.stdout.splitlines())
    assert verdicts["is_open return 9 <= hour < 17 -> return 9 <= hour <= 17"] == "True"
    assert verdicts["is_open return 9 <= hour < 17 -> return 9 <= hour < 18"] == "True"
    assert verdicts['is_open raise ValueError("There is no such day.") -> pass'] == "False"
    assert verdicts["waits seconds -= 1 -> pass"] == "True"
    assert (tmp_path / "reachly" / "toy.py").read_text() == TOY
    assert mutants.MODULES


def test_the_gate_counts_without_the_equivalent_ones() -> None:
    from mutants import Module, report
    from mutations import mutants_of

    found = mutants_of("def f(x):\n    return x > 1\n")
    module = Module("services/sending/toy", [], found, {found[0].key}, killed=set(range(1, len(found))))
    assert (module.rate, report([module] * 1)[0][:2]) == (1.0, f"{100 / len(found):.1f}"[:2])
    module.killed.discard(1)
    assert any("services/sending/toy" in line for line in report([module]))
