"""Text from outside that the database must be able to give back as it came."""

from __future__ import annotations

from pydantic import AfterValidator


def is_storable(text: str) -> bool:
    """PostgreSQL keeps every character but NUL; halves of a surrogate pair have no UTF-8 form."""
    if "\x00" in text:
        return False
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _require_storable(text: str) -> str:
    if not is_storable(text):
        raise ValueError("this contains a NUL character or broken characters, which cannot be kept")
    return text


STORABLE = AfterValidator(_require_storable)
"""Metadata of a text field, behind its constraints: `Annotated[str, StringConstraints(…), STORABLE]`."""
