"""Choices by seed: the same seed gives the same words for ever, on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from reachly.services.rendering.grammar import If, Node, Slot, Spin

MOST_FORMS = 10**12


def choose(seed: str, group: str, options: int) -> int:
    """Which of `options` (at least 1) the seed takes in this group. Every option is equally likely over many seeds
    (the bias of a 64-bit remainder is below 1 in 10^15)."""
    return int.from_bytes(sha256(f"{seed}\0{group}".encode("utf-8", "surrogatepass")).digest()[:8]) % options


def pick_variant(seed: str, weights: Sequence[float]) -> int:
    """The index of the variant that this seed gets; `weights` need not add up to 1. Raises ValueError when no weight
    is above 0 or one is below."""
    total = sum(weights)
    if not weights or min(weights) < 0 or not 0 < total < float("inf"):
        raise ValueError("Give at least one variant a weight above 0, and none below.")
    point = choose(seed, "variant", 1 << 53) / (1 << 53) * total
    for index, weight in enumerate(weights):
        point -= weight
        if point < 0:
            return index
    return max(index for index, weight in enumerate(weights) if weight > 0)


def count_forms(nodes: Sequence[Node], slots: Sequence[Sequence[Node]]) -> int:
    """How many texts the spintax of `nodes` can give to one lead (the larger branch of a condition counts), at most
    MOST_FORMS."""
    forms = 1
    for node in nodes:
        if isinstance(node, Spin):
            forms *= sum(count_forms(option, slots) for option in node.options)
        elif isinstance(node, If):
            forms *= max(count_forms(node.then, slots), count_forms(node.otherwise, slots))
        elif isinstance(node, Slot):
            forms *= count_forms(slots[node.number], slots)
        forms = min(forms, MOST_FORMS)
    return forms
