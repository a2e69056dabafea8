"""Kinds of refusal, free of any transport.

A service raises one of these; the door (`api/errors.py`) turns the kind into an HTTP status and the
fields into an RFC 9457 problem document. `detail` is written for the person who reads it and says what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault in the input. `pointer` is a JSON pointer (RFC 6901) into the request body, e.g. `/email`."""

    pointer: str
    detail: str
    code: str = "invalid"


class ReachlyError(Exception):
    """Base of every expected outcome that is not a success."""

    kind: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        errors: Sequence[FieldError] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.kind
        self.errors = list(errors)
        self.retry_after = retry_after  # seconds


class NotFound(ReachlyError):
    """It does not exist, or belongs to another organization: the two are the same answer."""

    kind = "not_found"
    title = "Not found"


class Conflict(ReachlyError):
    """The present state forbids it."""

    kind = "conflict"
    title = "Not possible in the present state"


class LostUpdate(ReachlyError):
    """Somebody else changed it since it was read."""

    kind = "lost_update"
    title = "Changed by someone else meanwhile"


class Unauthenticated(ReachlyError):
    """Nobody is signed in, or the token is no good."""

    kind = "unauthenticated"
    title = "Sign in first"


class Forbidden(ReachlyError):
    """Signed in, without the permission."""

    kind = "forbidden"
    title = "Not allowed"


class Invalid(ReachlyError):
    """The input cannot be used as it is."""

    kind = "invalid"
    title = "Please check the input"


class TooLarge(ReachlyError):
    """The input is past a size limit."""

    kind = "too_large"
    title = "Too large"


class RateLimited(ReachlyError):
    """Too many attempts; `retry_after` seconds from now is early enough."""

    kind = "rate_limited"
    title = "Too many requests"


class Unavailable(ReachlyError):
    """A part that is needed is away for the moment."""

    kind = "unavailable"
    title = "Not available right now"


class NotImplementedYet(ReachlyError):
    """The route exists, this variant of it does not work yet."""

    kind = "not_implemented"
    title = "Not available in this version"
