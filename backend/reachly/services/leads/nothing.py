"""Cells that look filled and mean nothing: what spreadsheets and programs write where there was no value."""

from __future__ import annotations

_ERRORS = frozenset(
    [
        "#n/a",
        "#na",
        "#ref!",
        "#value!",
        "#name?",
        "#div/0!",
        "#null!",
        "#num!",
        "#error!",
        "#spill!",
        "#calc!",
    ]
)
_WORDS = frozenset(
    [
        *[
            "null",
            "(null)",
            "[null]",
            "<null>",
            "none",
            "undefined",
            "nan",
            "n/a",
            "n.a.",
            "n.a",
            "nil",
            "-",
            "--",
            "---",
            "–",
            "—",
            "?",
        ],
        "[object object]",
    ]
)
_NAMES = frozenset({"Null", "None", "Nan", "Nil"})
"""Surnames that people have, written as one writes a name."""


def means_nothing(target: str, cell: str) -> bool:
    """Whether a cell of a column for `target` is as good as empty. A surname written as one is kept."""
    said = cell.strip()
    if is_perhaps_a_name(target, said):
        return False
    return said.casefold() in _ERRORS or said.casefold() in _WORDS


def is_perhaps_a_name(target: str, cell: str) -> bool:
    """Whether a cell is kept although it may mean nothing."""
    return target == "last_name" and cell.strip() in _NAMES
