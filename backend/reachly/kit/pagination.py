"""Keyset pages: an opaque cursor that carries the last row's sort key."""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Generic, TypeVar

from pydantic import BaseModel

from reachly.kit.errors import FieldError, Invalid

T = TypeVar("T")
MAX_LIMIT = 200
MAX_NUMBER = 2**63 - 1


class Page(BaseModel, Generic[T]):
    """One page of a list; `next_cursor` is None on the last page, `total` None where counting costs too much."""

    items: list[T]
    next_cursor: str | None
    total: int | None = None


def encode_cursor(*key: str | int | None) -> str:
    """The sort key of the last row, as an opaque string."""
    return base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, parts: int) -> list[str | int | None]:
    """The key made by `encode_cursor`. Raises Invalid when the cursor is not one of ours with `parts` parts."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        key = None
    if (
        not isinstance(key, list)
        or len(key) != parts
        or not all(isinstance(k, str | int | None) for k in key)
    ):
        raise _bad_cursor()
    return key


def read_time_cursor(cursor: str) -> tuple[datetime, uuid.UUID]:
    """A key of an instant and an id. Raises Invalid."""
    at, row_id = decode_cursor(cursor, 2)
    try:
        instant = datetime.fromisoformat(str(at))
        if instant.tzinfo is None:
            raise ValueError("an instant without a zone")
        return instant.astimezone(UTC), uuid.UUID(str(row_id))
    except (ValueError, OverflowError):
        raise _bad_cursor() from None


def read_id_cursor(cursor: str) -> uuid.UUID:
    """A key of one id. Raises Invalid."""
    try:
        return uuid.UUID(str(decode_cursor(cursor, 1)[0]))
    except ValueError:
        raise _bad_cursor() from None


def read_number_cursor(cursor: str, most: int = MAX_NUMBER) -> int:
    """A key of one number from 0 to `most`, by default what fits a bigint column. Raises Invalid."""
    number = decode_cursor(cursor, 1)[0]
    if not isinstance(number, int) or not 0 <= number <= most:
        raise _bad_cursor()
    return number


def _bad_cursor() -> Invalid:
    fault = FieldError("/cursor", "This is not a cursor that we gave out.", "cursor")
    return Invalid("Leave `cursor` out to begin at the first page.", code="bad_cursor", errors=[fault])


def cut_page(rows: Sequence[T], limit: int) -> tuple[list[T], bool]:
    """Splits `limit + 1` fetched rows into the page and whether more follow."""
    return list(rows[:limit]), len(rows) > limit
