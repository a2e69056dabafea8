"""Chance without a generator: every draw is a pure function of the seed and of what is drawn.

One shared generator would give another world as soon as two messages arrive in another order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def draw(seed: int, *what: object) -> float:
    """A number in [0, 1) that depends on `seed` and `what` alone."""
    key = "\x1f".join(str(part) for part in (seed, *what)).encode()
    return int.from_bytes(blake2b(key, digest_size=8).digest(), "big") / 2**64


def happens(rate: float, seed: int, *what: object) -> bool:
    return draw(seed, *what) < rate


def choose(options: Sequence[T], seed: int, *what: object) -> T:
    return options[int(draw(seed, *what) * len(options))]


def choose_weighted(weights: Mapping[T, float], seed: int, *what: object) -> T:
    """One key, with a probability in proportion to its weight."""
    left = draw(seed, *what) * sum(weights.values())
    for option, weight in weights.items():
        left -= weight
        if left < 0:
            return option
    return next(reversed(list(weights)))


def between(low: float, high: float, seed: int, *what: object) -> float:
    return low + (high - low) * draw(seed, *what)


def waiting(mean: float, limit: float, seed: int, *what: object) -> float:
    """An exponential waiting time (the same unit as `mean`), cut at `limit`."""
    return min(-mean * math.log(1.0 - draw(seed, *what)), limit)


def token(seed: int, *what: object) -> str:
    """20 hexadecimal characters that depend on `seed` and `what` alone."""
    key = "\x1f".join(str(part) for part in (seed, *what)).encode()
    return blake2b(key, digest_size=10, person=b"token").hexdigest()
