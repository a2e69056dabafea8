"""The reader's place in its folders, as text that can be stored: pure, shared by the vendor and the fake."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta

REREAD_DAYS = 2


@dataclass(frozen=True, slots=True)
class Place:
    """In one folder: the numbering it holds for, the first number not yet read, the day of the last look."""

    validity: int
    next_uid: int
    day: date

    def reread_from(self) -> date:
        """Where to begin again when the numbering has changed; a margin for the server's time zone is in it."""
        return self.day - timedelta(days=REREAD_DAYS)


def read_cursor(cursor: str | None) -> dict[str, Place]:
    """The places by folder; a cursor that cannot be read counts as none."""
    try:
        entries = json.loads(cursor or "{}")
        return {
            str(folder): Place(int(entry["v"]), int(entry["n"]), date.fromisoformat(entry["d"]))
            for folder, entry in entries.items()
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def write_cursor(places: dict[str, Place]) -> str:
    entries = {
        folder: {"v": place.validity, "n": place.next_uid, "d": place.day.isoformat()}
        for folder, place in sorted(places.items())
    }
    return json.dumps(entries, separators=(",", ":"), ensure_ascii=False)
