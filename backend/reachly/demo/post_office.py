"""The mail world of a data folder: its ports, which stay the same over restarts, and the accounts it knows."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from reachly.demo.organization import write_private
from reachly.demo.story import OFFICE, STUDIO, Box
from reachly.infra.mail_world import HOST, Ports, ports_file, read_ports

KINDS = {"smtp_port": socket.SOCK_STREAM, "imap_port": socket.SOCK_STREAM, "dns_port": socket.SOCK_DGRAM}


@dataclass(frozen=True, slots=True)
class PostOffice:
    """The folder of the mail world."""

    folder: Path

    @property
    def accounts(self) -> Path:
        return self.folder / "accounts.json"

    @property
    def log(self) -> Path:
        return self.folder / "world.jsonl"

    @property
    def state(self) -> Path:
        """Mail and plans over a restart."""
        return self.folder / "state"

    @property
    def has_past(self) -> bool:
        """Whether the fortnight before the first start was played."""
        return self._past.exists()

    def note_past(self) -> None:
        self._past.touch()

    @property
    def _past(self) -> Path:
        return self.folder / "past-is-played"

    def keep_ports(self) -> Ports:
        """The ports of last time if they are still free, else new ones."""
        kept = read_ports(self.folder.parent)
        if kept is None or not all(_is_free(getattr(kept, name), kind) for name, kind in KINDS.items()):
            kept = Ports(**_find_ports())
            write_private(ports_file(self.folder.parent), kept.as_json())
        return kept

    def keep_accounts(self, secret: str, boxes: Sequence[Box] = (*OFFICE, STUDIO)) -> None:
        """Writes the file of accounts that the mail world reads."""
        accounts = [{"address": box.address, "password": secret, "files_sent": True} for box in boxes]
        write_private(self.accounts, json.dumps(accounts, indent=2))

    def arguments(self, ports: Ports, base_url: str, public_url: str) -> list[str]:
        """How to start it as a process of its own."""
        numbers = [
            part
            for name, port in asdict(ports).items()
            for part in (f"--{name.replace('_', '-')}", str(port))
        ]
        return [
            "-m", "mailworld", "--accounts", str(self.accounts), "--host", HOST, *numbers, "--base-url", base_url,
            "--public-url", public_url, "--log", str(self.log), "--state", str(self.state),
        ]  # fmt: skip


def _is_free(port: int, kind: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _find_ports() -> dict[str, int]:
    """Free now; held open together so that no two are the same."""
    probes = {name: socket.socket(socket.AF_INET, kind) for name, kind in KINDS.items()}
    try:
        for probe in probes.values():
            probe.bind((HOST, 0))
        return {name: probe.getsockname()[1] for name, probe in probes.items()}
    finally:
        for probe in probes.values():
            probe.close()
