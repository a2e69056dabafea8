"""The programs we are measured against: found, or installed when that is possible, or said to be missing."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
PEERS = HERE / ".peers"
SBIN = "/usr/sbin:/usr/local/sbin:/sbin"
NODEMAILER = "nodemailer@10"


def find_postfix_tools() -> tuple[str, str] | None:
    """Paths of smtp-sink and smtp-source (Debian package postfix); installs it when it may."""
    found = _tools()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print("installing postfix for smtp-sink and smtp-source …", flush=True)
        choice = b"postfix postfix/main_mailer_type select No configuration\n"
        subprocess.run(["debconf-set-selections"], input=choice, check=False, capture_output=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update"], ["install", "-y", "--no-install-recommends", "postfix"]):
            subprocess.run(["apt-get", "-q", *words], env=environment, check=False, capture_output=True)
        found = _tools()
    return found


def _tools() -> tuple[str, str] | None:
    paths = [shutil.which(name) or shutil.which(name, path=SBIN) for name in ("smtp-sink", "smtp-source")]
    return (paths[0], paths[1]) if paths[0] and paths[1] else None


def find_nodemailer() -> str | None:
    """The path of node, with nodemailer beside our script; None where there is no node or it cannot be had."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    if not (PEERS / "node_modules" / "nodemailer").is_dir():
        print("installing nodemailer …", flush=True)
        PEERS.mkdir(exist_ok=True)
        (PEERS / "package.json").write_text('{"private": true}\n')
        quietly = ["--no-audit", "--no-fund", "--no-package-lock", "--silent"]
        command = [npm, "install", "--prefix", str(PEERS), *quietly, NODEMAILER]
        subprocess.run(command, check=False, capture_output=True)
    return node if (PEERS / "node_modules" / "nodemailer").is_dir() else None


@contextlib.contextmanager
def smtp_sink(program: str, port: int) -> Iterator[int]:
    """A sink that takes everything, pipelined or not; its pid."""
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    sink = subprocess.Popen(
        [program, *user, f"127.0.0.1:{port}", "1000"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for_port(port)
        yield sink.pid
    finally:
        sink.terminate()
        sink.wait()


def wait_for_port(port: int, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and of its children that ended; 0 when it is gone."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")


def family_cpu_seconds(pid: int) -> float:
    """The same with the children that run."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        children = []
    return cpu_seconds(pid) + sum(cpu_seconds(int(child)) for child in children)
