"""Where the mail world of a data folder listens, for whoever must be let in to it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ports:
    """Kept in `<data folder>/mailworld/ports.json`, so that mailboxes find it again after a restart."""

    smtp_port: int
    imap_port: int
    dns_port: int

    @property
    def allowed(self) -> tuple[str, str]:
        """What outbound connections must be allowed to."""
        return f"{HOST}:{self.smtp_port}", f"{HOST}:{self.imap_port}"

    def as_json(self) -> str:
        return json.dumps(asdict(self))


def ports_file(data_dir: Path) -> Path:
    return data_dir / "mailworld" / "ports.json"


def read_ports(data_dir: Path) -> Ports | None:
    """The ports of last time; None when there was none."""
    try:
        kept = json.loads(ports_file(data_dir).read_text())
        return Ports(int(kept["smtp_port"]), int(kept["imap_port"]), int(kept["dns_port"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
