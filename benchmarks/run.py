"""`make bench`: the sending engine against its peers, side by side on this machine.

    make bench                          every row, median of five interleaved rounds
    make bench ARGS="--quick"           a short form
    make bench ARGS="transport claims"  only these parts; also: pipeline, workers, simulation, start,
                                        looks, idle, single, answering
    make bench ARGS="jobs rls wake journal"   what the design stands on, without peers

Read ratios, not absolutes; measure again on a quiet machine what noise makes doubtful.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

import answering
import claims
import idle
import looks
import pipeline
import simulation
import single
import start
import transport
from foundations import BENCHES, show_foundations
from letters import write_letters
from peers import find_nodemailer, find_postfix_tools, smtp_sink
from rounds import OUT, Row, table, write
from stage import open_stage

PARTS = (
    "transport", "single", "pipeline", "workers", "claims", "simulation", "start", "looks", "idle", "answering",
)  # fmt: skip


async def measure(parts: list[str], rounds: int, quick: bool, folder: Path) -> list[Row]:
    tools, node = find_postfix_tools(), find_nodemailer()
    sink, source = tools or (None, None)
    letter, template = write_letters(folder)
    rows: list[Row] = []
    if "simulation" in parts:
        rows += simulation.measure(rounds, 10_000 if quick else 100_000)
    if sink is None:
        print("smtp-sink is missing (Debian package postfix): transport and pipeline are not measured.")
    elif "transport" in parts:
        with smtp_sink(sink, transport.PORT):
            n = 5_000 if quick else 20_000
            rows += await asyncio.to_thread(transport.measure, rounds, n, letter, source=source, node=node)
    if sink is not None and "pipeline" in parts:
        async with open_stage(folder / "pipeline") as stage:
            rows += await pipeline.measure(
                stage, rounds, 1_000 if quick else 6_000, letter, template, sink=sink, source=source, node=node
            )  # fmt: skip
    if "workers" in parts:
        async with open_stage(folder / "workers") as stage:
            rows += await pipeline.measure_workers(stage, rounds, 120 if quick else 400)
    if "claims" in parts:
        async with open_stage(folder / "claims") as stage:
            rows += await claims.measure(stage, rounds, 100_000 if quick else 1_000_000)
    if "start" in parts:
        async with open_stage(folder / "start") as stage:
            many, few = (20_000, 2_000) if quick else (200_000, 20_000)
            rows += await start.measure(stage, many, few)
    if "looks" in parts:
        async with open_stage(folder / "looks") as stage:
            rows += await looks.measure(stage, rounds)
    if "idle" in parts:
        async with open_stage(folder / "idle") as stage:
            rows += await idle.measure(stage, 5_000 if quick else 50_000)
    if "single" in parts:
        async with open_stage(folder / "single") as stage:
            rows += await single.measure(stage, rounds, 60 if quick else 200)
    if "answering" in parts:
        async with open_stage(folder / "answering") as stage:
            rows += await answering.measure(stage, 20_000 if quick else 200_000)
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join((*PARTS, *BENCHES))}")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--rounds", type=int, default=0)
    chosen = parser.parse_args()
    unknown = set(chosen.parts) - {*PARTS, *BENCHES}
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    foundations = [name for name in chosen.parts if name in BENCHES]
    if foundations:
        asyncio.run(show_foundations(foundations))
    parts = [name for name in chosen.parts if name in PARTS] or ([] if foundations else list(PARTS))
    if not parts:
        return 0
    rounds = chosen.rounds or (3 if chosen.quick else 5)
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f}, {rounds} interleaved rounds", flush=True)
    with tempfile.TemporaryDirectory(prefix="reachly-bench-") as folder:
        Path(folder).chmod(0o755)
        rows = asyncio.run(measure(parts, rounds, chosen.quick, Path(folder)))
    print("\n" + table(rows))
    print(f"\n{write(rows).relative_to(OUT.parents[1])}")
    if load > (os.cpu_count() or 1):
        print("The machine was busy: only the ratios mean anything, and they less than usual.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
