"""The whole pipeline: claim, render, MIME, tokens, send, record, with fsync on; and how workers add up."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from peers import smtp_sink
from rounds import Row
from stage import Stage, Taken
from transport import SESSIONS, run_composed, run_nodemailer, run_smtp_source

PORT, FAR_PORT = 21802, 21803
FAR_MS = 20


async def measure(
    stage: Stage, rounds: int, messages: int, letter: Path, template: Path, *, sink: str, source: str | None,
    node: str | None,
) -> list[Row]:  # fmt: skip
    """One `reachly work` process with ten relay mailboxes, so ten connections, as the peers have."""
    against_node = Row("pipeline_vs_nodemailer", "msgs/s", "more", 5, 10)
    against_source = Row("pipeline_vs_smtp_source", "msgs/s", "more", 0.35, 0.6)
    # Like for like: what is left of the pipeline without its ledger, so that the two rows above can be read.
    composed = Row("composed_vs_nodemailer", "msgs/s", "more")
    against_node.note = composed.note = "" if node else "not compared: node, npm or nodemailer is missing"
    against_source.note = "" if source else "not compared: smtp-source (Debian package postfix) is missing"
    with smtp_sink(sink, PORT):
        accounts = await stage.add_mailboxes(SESSIONS, PORT)
        async with stage.workers(1) as workers:
            await stage.send(accounts, min(1000, messages), workers)  # warm
            for _ in range(rounds):
                ours = await stage.send(accounts, messages, workers)
                if source:
                    their = await asyncio.to_thread(run_smtp_source, source, 2 * messages, letter, PORT)
                    against_source.take(ours.rate, their)
                if node:
                    their = await asyncio.to_thread(
                        run_nodemailer, node, "compose", messages // 4, template, PORT
                    )
                    against_node.take(ours.rate, their)
                    composed.take(await asyncio.to_thread(run_composed, 2 * messages, PORT), their)
                print(f"  pipeline: {_told(ours)}", flush=True)
    return [against_node, against_source, composed]


def _told(taken: Taken) -> str:
    n = taken.messages
    return (
        f"{taken.rate:,.0f} msgs/s; CPU per message: worker {1e6 * taken.worker_cpu / n:.0f} us, "
        f"PostgreSQL {1e6 * taken.database_cpu / n:.0f} us"
    )


@contextlib.contextmanager
def far_peer() -> Iterator[None]:
    """A server that answers every command after 20 ms."""
    command = [sys.executable, "-m", "mailworld.hostile", "--port", str(FAR_PORT), "--delay", str(FAR_MS)]
    peer = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert peer.stdout is not None
        json.loads(peer.stdout.readline())
        yield
    finally:
        peer.terminate()
        peer.wait()


async def measure_workers(stage: Stage, rounds: int, messages: int) -> list[Row]:
    """One, two and four workers, each with one connection at a time; `messages` for each of them."""
    two = Row("workers_2", "msgs/s", "more", 1.8, 1.95)
    four = Row("workers_4", "msgs/s", "more", 3.4, 3.8)
    cpu = Row("workers_cpu", "us/msg", "less", 1.2, 1.05)
    with far_peer():
        for _ in range(rounds):
            taken: dict[int, Taken] = {}
            for n in (1, 2, 4):
                accounts = await stage.add_mailboxes(n, FAR_PORT)
                async with stage.workers(n, sending__mailboxes_per_lease=1) as workers:
                    taken[n] = await stage.send(accounts, messages * n, workers)
                print(f"  {n} worker(s): {_told(taken[n])}", flush=True)
            two.take(taken[2].rate, taken[1].rate)
            four.take(taken[4].rate, taken[1].rate)
            cpu.take(taken[4].cpu_us, taken[1].cpu_us)
    return [two, four, cpu]
