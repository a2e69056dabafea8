"""Identifiers: UUIDv7 (RFC 9562), made here because PostgreSQL before 18 cannot."""

from __future__ import annotations

import uuid

import uuid_utils.compat

NIL = uuid.UUID(int=0)


def new_id() -> uuid.UUID:
    """A time-ordered UUIDv7."""
    return uuid_utils.compat.uuid7()
