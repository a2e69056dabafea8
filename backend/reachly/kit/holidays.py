"""Public holidays per country, from the `holidays` library (computed, not fetched)."""

from __future__ import annotations

from collections.abc import Container
from datetime import date
from functools import lru_cache

import holidays


@lru_cache(maxsize=1024)
def public_holidays(country: str) -> Container[date] | None:
    """The holidays of an ISO 3166 code ("DE"), or of a part of it ("DE-BY"). None if the code is not known.

    The answer widens itself to the years that are asked for.
    """
    code, _, part = country.partition("-")
    try:
        return holidays.country_holidays(code, subdiv=part or None)
    except (NotImplementedError, AttributeError, KeyError):
        return None


def is_public_holiday(country: str | None, day: date) -> bool:
    """False where the country is not known: a message is not held back on a guess."""
    if not country:
        return False
    known = public_holidays(country.strip().upper())
    return known is not None and day in known
