"""The second name of a message that we send: an opaque token in a header of its own.

Some providers file a message under a Message-ID of theirs; a header that nobody on the way has a use for stays as it
is. Not `X-Entity-Ref-ID`, by which Gmail takes threads apart.
"""

from __future__ import annotations

from hashlib import sha256

HEADER = "X-Correlation-ID"
_HALF = 16


def split_digest(message_id: str) -> tuple[bytes, str]:
    """(16 bytes for other uses, the token) of a Message-ID: one digest serves both."""
    digest = sha256(message_id.encode()).digest()
    return digest[:_HALF], digest[_HALF:].hex()


def make_token(message_id: str) -> str:
    """The token that the message of this Message-ID carries: always the same, and nothing can be read from it."""
    return split_digest(message_id)[1]
