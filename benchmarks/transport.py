"""Our transport alone, over ready-made mail: against smtp-source and against nodemailer's pool."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from peers import HERE
from rounds import Row, interleave

SESSIONS = 10
PORT = 21801


def run_ours(messages: int, letter: Path, port: int = PORT) -> float:
    """Messages a second."""
    program = str(HERE / "send_ready_made.py")
    return _rate(messages, [sys.executable, program, str(port), str(SESSIONS), str(messages), str(letter)])


def run_composed(messages: int, port: int = PORT) -> float:
    """Composed for each person and sent, without any database."""
    program = str(HERE / "send_composed.py")
    return _rate(messages, [sys.executable, program, str(port), str(SESSIONS), str(messages)])


def run_smtp_source(program: str, messages: int, letter: Path, port: int = PORT) -> float:
    """Postfix's load generator keeps its connections open (-d), as ours does; its start takes a few milliseconds."""
    command = [
        program, "-d", "-s", str(SESSIONS), "-m", str(messages), "-F", str(letter), "-f", "mira@brightfjord.example",
        "-t", "ada@example.com", f"127.0.0.1:{port}",
    ]  # fmt: skip
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return messages / (time.perf_counter() - began)


def run_nodemailer(node: str, mode: str, messages: int, file: Path, port: int = PORT) -> float:
    program = str(HERE / "nodemailer.mjs")
    return _rate(messages, [node, program, mode, str(port), str(SESSIONS), str(messages), str(file)])


def _rate(messages: int, command: list[str]) -> float:
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return messages / float(json.loads(done.stdout.strip().splitlines()[-1])["seconds"])


def measure(rounds: int, messages: int, letter: Path, *, source: str | None, node: str | None) -> list[Row]:
    against_source = Row("transport_vs_smtp_source", "msgs/s", "more", 1.0, 1.5)
    against_node = Row("transport_vs_nodemailer", "msgs/s", "more", 4, 7)
    against_source.note = "" if source else "not compared: smtp-source (Debian package postfix) is missing"
    against_node.note = "" if node else "not compared: node, npm or nodemailer is missing"
    latest: dict[str, float] = {}

    def ours() -> None:
        latest["ours"] = run_ours(messages, letter)

    def theirs() -> None:
        if source:
            latest["source"] = run_smtp_source(source, messages, letter)

    def pool() -> None:
        if node:
            latest["node"] = run_nodemailer(node, "raw", messages // 3, letter)

    for _ in range(rounds):
        interleave(1, (ours, theirs, pool))
        if source:
            against_source.take(latest["ours"], latest["source"])
        if node:
            against_node.take(latest["ours"], latest["node"])
    return [against_source, against_node]
