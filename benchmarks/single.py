"""One message on a fresh connection, as a mailbox with a gap sends it: what it costs beside the barest client."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from rounds import Row
from stage import Stage
from tests.contract.certificates import make_tls

PEER = Path(__file__).with_name("tls_peer.py")


async def measure(stage: Stage, rounds: int, messages: int) -> list[Row]:
    """CPU of the worker a message (claim, words, STARTTLS with the system's authorities, sign-in, record), and of a
    client that does the dialogue alone. PostgreSQL's own is not in it."""
    row = Row("single_vs_bare", "ms/msg", "less")
    bundle, pem = _certificates(stage.folder)
    with _sink(pem) as port, _trusted(bundle):
        async with stage.workers(1) as workers:
            for _ in range(rounds):
                accounts = await stage.add_mailboxes(messages, port, security="starttls", min_gap_seconds=600)
                ours = await stage.send(accounts, messages, workers)
                command = [sys.executable, str(PEER), "client", str(port), str(bundle), str(messages)]
                bare = await asyncio.to_thread(subprocess.check_output, command)
                row.take(1e3 * ours.worker_cpu / messages, float(bare))
                print(
                    f"  single: {1e3 * ours.worker_cpu / messages:.1f} ms, {ours.rate:.1f} msgs/s", flush=True
                )
    return [row]


def _certificates(folder: Path) -> tuple[Path, Path]:
    """The system's authorities with one of our own, and the peer's certificate."""
    make_tls(folder)
    pem, bundle = folder / "127.0.0.1.pem", folder / "bundle.pem"
    paths = ssl.get_default_verify_paths()
    system = Path(paths.cafile or paths.openssl_cafile)
    if not system.exists():
        system = Path("/etc/ssl/certs/ca-certificates.crt")
    own = pem.read_text()
    bundle.write_text(system.read_text() + own[own.index("-----BEGIN CERTIFICATE") :])
    return bundle, pem


@contextlib.contextmanager
def _sink(pem: Path) -> Iterator[int]:
    sink = subprocess.Popen([sys.executable, str(PEER), "sink", str(pem)], stdout=subprocess.PIPE)
    try:
        assert sink.stdout is not None
        yield int(sink.stdout.readline())
    finally:
        sink.terminate()
        sink.wait()


@contextlib.contextmanager
def _trusted(bundle: Path) -> Iterator[None]:
    """Workers that are started meanwhile believe in it, as in a system's own store."""
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(bundle)
    try:
        yield
    finally:
        os.environ.pop("SSL_CERT_FILE")
        if before is not None:
            os.environ["SSL_CERT_FILE"] = before
