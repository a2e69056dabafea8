"""A cap and what has been counted towards it: on the local day, and across an edit."""

from __future__ import annotations

from dataclasses import dataclass

from reachly.kit.carried import Carried


@dataclass(slots=True)
class Count:
    """`used` is of the local day; `across` is what left since the edit that is `carried`. `limit` None: no cap."""

    limit: int | None
    used: int = 0
    carried: Carried | None = None
    across: int = 0

    def add(self) -> None:
        self.used += 1
        self.across += 1

    def left(self, at: int) -> int | None:
        """How many more may leave at `at`, on the day that `used` counts; None without a cap."""
        if self.limit is None:
            return None
        left = self.limit - self.used
        if self.carried is not None and at < self.carried.until:
            left = min(left, self.limit - self.carried.still(at) - self.across)
        return max(0, left)

    def full(self, at: int) -> bool:
        return self.limit is not None and (self.used >= self.limit or self.carries(at))

    def carries(self, at: int) -> bool:
        """Whether what left across the edit uses the cap up, whatever the day says."""
        return (
            self.limit is not None
            and self.carried is not None
            and self.carried.full(at, self.limit, self.across)
        )

    def carried_until(self, at: int, day_end: int) -> int | None:
        """Until when the cap counts across an edit, where that is what holds it longer than the day does."""
        if self.limit is None or self.carried is None or not self.carries(at):
            return None
        longer = self.used < self.limit or self.carried.frees(at, self.limit, self.across) > day_end
        return self.carried.until if longer else None

    def frees(self, at: int, day_end: int) -> int:
        """The first second at or after `at` with room for one more. `day_end`: when the local day of `used` ends."""
        if self.limit is None:
            return at
        if self.used >= self.limit:
            at = max(at, day_end)
        return at if self.carried is None else self.carried.frees(at, self.limit, self.across)
