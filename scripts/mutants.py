"""`make mutants`: small faults put into the pure modules, and whether the unit tests notice.

A seeded sample of each module's mutants (`mutations.py`); each runs the module's unit tests in a forked child that has
the libraries loaded and compiles the mutated source in memory: no file is ever changed. Whoever fails, breaks, or uses
up its processor time (an endless loop) is killed. Random tests draw the same examples each time. Mutants that cannot
be told from the original are kept with an argument in `backend/tests/mutants.toml`.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import json
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Any

import tomllib

from mutations import Mutant, mutants_of

BACKEND = Path(__file__).resolve().parent.parent / "backend"
KEPT = BACKEND / "tests" / "mutants.toml"
OURS = ("reachly", "mailworld", "judge", "tests")
MEMORY = 3 << 30
STRICT, RATE, EQUIVALENT = 0.95, 0.90, 0.15
STRICT_ROOMS = ("inbox", "rendering", "sending", "suppression")

# Module below `reachly` -> the folder of its tests below `tests/unit`, and the files in it (none: all); the nearest
# first, because the first failure ends a run.
MODULES: dict[str, str] = {
    "services/suppression/policy/refusals": "suppression verdicts refusals",
    "services/suppression/policy/targets": "suppression targets",
    "services/suppression/policy/words": "suppression words",
    "services/inbox/policy/absences": "inbox absences words replies",
    "services/inbox/policy/kinds": "inbox kinds words replies bounces",
    "services/inbox/policy/replies": "inbox words replies cuts",
    "services/inbox/policy/reports": "inbox reports bounces",
    "services/sending/policy": "sending edges policy",
    "services/rendering/compile": "rendering edges twins contents grammar messages",
    "services/rendering/fill": "rendering edges twins contents grammar messages",
    "services/rendering/grammar": "rendering edges twins contents grammar messages",
    "services/rendering/message": "rendering edges twins contents grammar messages",
    "kit/address": "kit exact address",
    "kit/carried": "scheduling counts across_edits",
    "kit/csv": "kit csv_edges exact",
    "kit/mime": "kit headers_exact exact mime",
    "kit/schedule": "scheduling twins schedule",
    "services/leads/opting": "leads opting",
    "services/leads/policy": "leads headers mapping",
    "services/scheduling/policy/alignment": "scheduling calendar_edges twins alignment",
    "services/scheduling/policy/calendar": "scheduling calendar_edges alignment",
    "services/scheduling/policy/choice": "scheduling calendar_edges twins choice",
    "services/scheduling/policy/counts": "scheduling counts across_edits",
    "services/scheduling/policy/mailbox": "scheduling mailbox_edges twins mailbox",
    "services/tracking/policy": "tracking edges policy",
}


@dataclass
class Module:
    path: str
    tests: list[str]
    mutants: list[Mutant]
    equivalents: set[tuple[str, str, str]]
    seconds: float = 0.0  # of processor time that the tests need
    killed: set[int] = field(default_factory=set)

    @property
    def equivalent(self) -> list[Mutant]:
        return [
            one
            for at, one in enumerate(self.mutants)
            if at not in self.killed and one.key in self.equivalents
        ]

    @property
    def survivors(self) -> list[Mutant]:
        return [
            one
            for at, one in enumerate(self.mutants)
            if at not in self.killed and one.key not in self.equivalents
        ]

    @property
    def rate(self) -> float:
        counted = len(self.mutants) - len(self.equivalent)
        return len(self.killed) / counted if counted else 1.0

    @property
    def gate(self) -> float:
        return STRICT if any(f"services/{room}/" in self.path for room in STRICT_ROOMS) else RATE


class _Mutated(importlib.abc.MetaPathFinder, importlib.machinery.SourceFileLoader):
    """Finds one module, and gives it another source."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._source = source

    def find_spec(
        self,
        name: str,
        path: object = None,  # noqa: ARG002
        target: object = None,  # noqa: ARG002
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self.name:
            return None
        where = [str(Path(self.path).parent)] if self.path.endswith("__init__.py") else None
        return importlib.util.spec_from_file_location(
            name, self.path, loader=self, submodule_search_locations=where
        )

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002
        return compile(self._source, self.path, "exec", dont_inherit=True)


class _QuickFirst:
    """Tests of fixed examples before those that draw theirs: most mutants end with the former."""

    @staticmethod
    def pytest_collection_modifyitems(items: list[Any]) -> None:
        items.sort(key=lambda item: getattr(getattr(item, "obj", None), "is_hypothesis_test", False))


def run_tests(tests: Sequence[str]) -> int:
    """In this process; the exit status of pytest."""
    import hypothesis
    import pytest

    everything = list(hypothesis.HealthCheck)
    phases = (
        hypothesis.Phase.explicit,
        hypothesis.Phase.generate,
    )  # to find one is enough, none is made smaller
    hypothesis.settings.register_profile(
        "mutants",
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=25,
        phases=phases,
        suppress_health_check=everything,
    )
    hypothesis.settings.load_profile("mutants")
    options = [
        "-x",
        "-q",
        "--noconftest",
        "--tb=short",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-p",
        "no:timeout",
    ]
    return int(
        pytest.main(
            [*options, "-o", "addopts=--import-mode=importlib", "-o", "timeout=0", *dict.fromkeys(tests)],
            plugins=[_QuickFirst()],
        )
    )


def fork(tests: Sequence[str], mutated: _Mutated | None, seconds: float, log: Path) -> int:
    """The id of a child that runs the tests on the mutated module and ends with 0 where they pass."""
    child = os.fork()
    if child:
        return child
    status = 70
    try:
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(out, 1)
        os.dup2(out, 2)
        sys.stdout, sys.stderr = io.TextIOWrapper(io.FileIO(1, "w")), io.TextIOWrapper(io.FileIO(2, "w"))
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 3))
        signal.alarm(int(20 * seconds) + 60)  # what waits for ever uses no processor time
        if mutated is not None:
            sys.meta_path.insert(0, mutated)
        status = run_tests(tests)
        if mutated is None:
            _note_libraries(log)
        sys.stdout.flush()
    finally:
        os._exit(status)
    return 0


def _note_libraries(log: Path) -> None:
    loaded = [
        name
        for name, module in sys.modules.items()
        if name.partition(".")[0] not in OURS and module is not None
    ]
    log.with_suffix(".json").write_text(json.dumps(loaded))


def warm_up(modules: Sequence[Module], folder: Path) -> str | None:
    """Runs the tests on the unchanged modules, and loads the libraries that they load. Returns what failed."""
    known: dict[tuple[str, ...], float] = {}
    for module in modules:
        key = tuple(module.tests)
        if key not in known:
            log = folder / "unchanged.log"
            _, status, usage = os.wait4(fork(module.tests, None, 600, log), 0)
            if status:
                return f"{' '.join(key)} fails without any mutant:\n{log.read_text(errors='replace')[-3000:]}"
            known[key] = usage.ru_utime + usage.ru_stime
            for name in json.loads(log.with_suffix(".json").read_text()):
                with contextlib.suppress(
                    Exception
                ):  # what cannot be loaded alone is loaded by whoever wants it
                    importlib.import_module(name)
        module.seconds = known[key]
    return None


def run_all(modules: Sequence[Module], jobs: int, folder: Path) -> None:
    waiting = [(module, number) for module in modules for number in range(len(module.mutants))]
    waiting.reverse()
    total, done = len(waiting), 0
    running: dict[int, tuple[Module, int]] = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            module, number = waiting.pop()
            dotted = "reachly." + module.path.replace("/", ".")
            mutated = _Mutated(
                dotted, str(BACKEND / "reachly" / f"{module.path}.py"), module.mutants[number].source
            )
            log = folder / f"{len(running)}.log"
            running[fork(module.tests, mutated, 3 * module.seconds + 5, log)] = module, number
        child, status = os.wait()
        module, number = running.pop(child)
        done += 1
        if status:
            module.killed.add(number)
        if sys.stderr.isatty():
            print(f"\r{done} of {total} ", end="", file=sys.stderr, flush=True)


def choose(path: str, tests: str, seed: int, sample: int, kept: Sequence[dict[str, str]]) -> Module:
    """`sample` mutants of the module by the seed; 0 takes all."""
    mutants = mutants_of((BACKEND / "reachly" / f"{path}.py").read_text())
    declared = {(one["where"], one["original"], one["mutated"]) for one in kept if one["module"] == path}
    stale = declared - {one.key for one in mutants}
    if stale:
        raise SystemExit(f"{KEPT.name} names mutants of {path} that do not exist any more: {sorted(stale)}")
    if sample and len(mutants) > sample:
        mutants = random.Random(f"{seed} {path}").sample(mutants, sample)
        mutants.sort(key=lambda one: one.line)
    folder, *files = tests.split()
    paths = [f"tests/unit/{folder}/test_{name}.py" for name in files] or [f"tests/unit/{folder}"]
    return Module(path, paths, mutants, declared)


def report(modules: Sequence[Module]) -> list[str]:
    """Prints the table and every survivor; returns the gates that were missed."""
    missed = []
    print(f"{'module':40} mutants  killed  equivalent  survivors    rate")
    for module in modules:
        few, many = len(module.equivalent), len(module.mutants)
        line = f"{module.path:40} {many:7} {len(module.killed):7} {few:11} {len(module.survivors):10}"
        print(f"{line} {module.rate:7.1%}")
        if module.rate < module.gate:
            missed.append(f"{module.path}: {module.rate:.1%} killed, {module.gate:.0%} wanted")
    total = sum(len(module.mutants) for module in modules)
    killed = sum(len(module.killed) for module in modules)
    equivalent = sum(len(module.equivalent) for module in modules)
    rate = killed / max(1, total - equivalent)
    survivors = total - killed - equivalent
    print(f"{'all':40} {total:7} {killed:7} {equivalent:11} {survivors:10} {rate:7.1%}")
    if equivalent > EQUIVALENT * total:
        missed.append(f"{equivalent / total:.1%} are declared equivalent, at most {EQUIVALENT:.0%} may be")
    for module in modules:
        for one in module.survivors:
            print(f"\nreachly/{module.path}.py:{one.line} in {one.where or 'the module'}")
            print(f"  - {one.original}\n  + {one.mutated}")
    return missed


def main(arguments: Sequence[str]) -> int:
    reader = argparse.ArgumentParser(prog="make mutants", description=__doc__.split("\n")[0])  # type: ignore[union-attr]
    reader.add_argument(
        "--seed", type=int, default=random.SystemRandom().randrange(10**6), help="drawn anew without it"
    )
    reader.add_argument(
        "--module", action="append", default=[], help="a part of a module's path; may be repeated"
    )
    reader.add_argument("--sample", type=int, default=40, help="mutants a module; 0: all")
    reader.add_argument("--jobs", type=int, default=2, help="processes side by side")
    asked = reader.parse_args(arguments)
    began = time.monotonic()
    os.chdir(BACKEND)
    sys.path.insert(0, str(BACKEND))
    sys.dont_write_bytecode = False
    kept = tomllib.loads(KEPT.read_text()).get("equivalent", []) if KEPT.exists() else []
    chosen = [path for path in MODULES if not asked.module or any(part in path for part in asked.module)]
    modules = [choose(path, MODULES[path], asked.seed, asked.sample, kept) for path in chosen]
    folder = BACKEND.parent / ".state" / "mutants"
    folder.mkdir(parents=True, exist_ok=True)
    failed = warm_up(modules, folder)
    if failed:
        print(failed, file=sys.stderr)
        return 2
    run_all(modules, asked.jobs, folder)
    print(f"\rseed {asked.seed}")
    missed = report(modules)
    print(f"\n{time.monotonic() - began:.0f} s; again with ARGS=--seed={asked.seed}")
    for line in missed:
        print(f"✗ {line}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
