"""What the columns of a file mean."""

from __future__ import annotations

from collections.abc import Sequence


def guess_mapping(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, str]:
    names = {"email": "email", "e-mail": "email", "first name": "first_name", "first_name": "first_name", "last_name": "last_name",
             "company": "company", "country": "country", "timezone": "timezone", "position": "position"}
    return {h: names.get(h.lower(), f"custom:{h.lower()}" if h else "") for h in headers}
