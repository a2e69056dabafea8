"""`python -m mailworld`: the world as a process of its own, on the real clock, for as long as its parent lives.

Its first line on standard output is a JSON object with the ports it took.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
from pathlib import Path

from mailworld.config import MailWorldConfig
from mailworld.world import MailWorld

_LOOK_EVERY = 0.5  # seconds: at the parent and at the file of accounts


def read_arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m mailworld", description="SMTP, IMAP and DNS on the loopback."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--smtp-port", type=int, default=0)
    parser.add_argument("--imap-port", type=int, default=0)
    parser.add_argument("--dns-port", type=int, default=0)
    parser.add_argument(
        "--accounts",
        type=Path,
        required=True,
        metavar="FILE",
        help='JSON: [{"address": …, "password": …, "files_sent": true}]; read again when it changes',
    )
    parser.add_argument("--base-url", help="where the product answers HTTP")
    parser.add_argument("--public-url", help="the origin in the links it writes, if that is another one")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--log", type=Path, metavar="FILE", help="JSON lines of everything that happens")
    parser.add_argument("--state", type=Path, metavar="DIR", help="keeps mail and plans over a restart")
    parser.add_argument(
        "--parent", type=int, default=os.getppid(), metavar="PID", help="0: run without a parent"
    )
    return parser.parse_args(argv)  # fmt: skip


def load_accounts(world: MailWorld, path: Path) -> None:
    for account in json.loads(path.read_text(encoding="utf-8")):
        world.add_mailbox(account["address"], account["password"], account.get("files_sent", True))


async def run(arguments: argparse.Namespace) -> None:
    os.umask(0o077)  # mails are nobody else's business
    log = arguments.log
    if arguments.state is not None and log is None:
        log = arguments.state / "world.jsonl"
    config = MailWorldConfig(
        seed=arguments.seed, host=arguments.host, smtp_port=arguments.smtp_port, imap_port=arguments.imap_port,
        dns_port=arguments.dns_port, base_url=arguments.base_url, public_url=arguments.public_url,
        log=log, state=arguments.state,
    )  # fmt: skip
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with MailWorld(config) as world:
        read_at = arguments.accounts.stat().st_mtime_ns
        load_accounts(world, arguments.accounts)
        ports = {"smtp_port": world.smtp_port, "imap_port": world.imap_port, "dns_port": world.dns_port}
        print(json.dumps(ports), flush=True)
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _LOOK_EVERY)
            if arguments.parent and os.getppid() != arguments.parent:
                return
            with contextlib.suppress(OSError, ValueError):
                if (changed := arguments.accounts.stat().st_mtime_ns) != read_at:
                    load_accounts(world, arguments.accounts)
                    read_at = changed  # only now: a file caught half-written is read again


def main(argv: list[str] | None = None) -> None:
    try:
        asyncio.run(run(read_arguments(argv)))
    except OSError as error:
        sys.exit(f"mailworld: {error}")


if __name__ == "__main__":
    main()
