"""What a cap carries across an edit.

A cap counts by local day. For 24 hours after an edit of zone, cap or window it counts what left in the 24 hours before
each instant as well, so that no edit begins a new day early. What left before the edit is kept with the edit, by the
minute; what leaves after it is counted beside the day, under the edit's name, and is never a day old while that counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from math import ceil
from typing import Any

from reachly.kit.ids import new_id

DAY_SECONDS = 86_400
EDIT = "_edit"
Minute = tuple[int, int]
"""The end of a minute in UTC seconds, and how many left in it."""


@dataclass(frozen=True, slots=True)
class Carried:
    """An edit at `since` (UTC seconds); `edit` tells two in one second apart. `before`: what had left, the earliest
    minute first."""

    since: int
    edit: int = 0
    before: tuple[Minute, ...] = ()

    @property
    def until(self) -> int:
        """The second from which only the local day counts again."""
        return self.since + DAY_SECONDS

    def key(self, scope: str, key: str) -> tuple[str, str, date]:
        """The counter of what leaves after the edit, beside that of the local day."""
        return (
            f"{scope}{EDIT}",
            f"{key} {self.since}.{self.edit}",
            datetime.fromtimestamp(self.since, UTC).date(),
        )

    def still(self, at: int) -> int:
        """How many that left before the edit count at `at`."""
        return sum(n for end, n in self.before if end > at - DAY_SECONDS) if at < self.until else 0

    def full(self, at: int, limit: int, since: int) -> bool:
        """Whether `limit` is used up at `at`, when `since` messages have left after the edit."""
        return at < self.until and self.still(at) + since >= limit

    def frees(self, at: int, limit: int, since: int) -> int:
        """The first second at or after `at` at which `limit` has room for one more."""
        if not self.full(at, limit, since):
            return at
        left = self.still(at)
        for end, n in self.before:
            if end <= at - DAY_SECONDS:
                continue
            left -= n
            if left + since < limit:
                return min(end + DAY_SECONDS, self.until)
        return self.until


def edited(at: datetime) -> Carried:
    """An edit at `at`."""
    return Carried(ceil(at.timestamp()), new_id().int % (1 << 31))


def counted_as(scope: str, key: str) -> tuple[str, str]:
    """Scope and key of the cap that a counter is for, whether it counts the local day or across an edit."""
    return (scope.removesuffix(EDIT), key.rpartition(" ")[0]) if scope.endswith(EDIT) else (scope, key)


def as_json(carried: Carried, **before: Iterable[Minute]) -> dict[str, Any]:
    """As `read_carried` reads it."""
    return {
        "since": carried.since,
        "edit": carried.edit,
        **{of: list(map(list, minutes)) for of, minutes in before.items()},
    }


@lru_cache(maxsize=1024)
def read_carried(text: str, of: str) -> Carried:
    """What was kept as JSON `{since, edit, of: [[minute, n], …]}`; a name that is not there had nothing before."""
    value = json.loads(text)
    return Carried(value["since"], value["edit"], tuple((end, n) for end, n in value.get(of, ())))
