"""Sealing of secrets at rest and signing of tokens, both with key rings.

Sealed form: `v1|kid|nonce|ct` (nonce and ciphertext base64url without padding), AES-256-GCM with a random 96-bit
nonce. The associated data names table, column and row, so that a value moved to another row does not open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = "v1"
NONCE_BYTES = 12
SIGNATURE_BYTES = 16
_KID = re.compile(r"[A-Za-z0-9_-]{1,32}\Z")


class CannotOpen(Exception):
    """The sealed value is damaged, belongs to another row, or its key is not on the ring."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Named 32-byte keys. `current` makes new values; all of them read old ones."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Reads `kid:base64,kid:base64`; the first key is the current one. Raises ValueError without the key text."""
        keys: dict[str, bytes] = {}
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            kid, _, encoded = part.partition(":")
            if not _KID.match(kid) or kid in keys:
                raise ValueError("each key needs its own name of letters, digits, - or _ before the colon")
            try:
                key = base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError):
                raise ValueError(f"key {kid} is not base64") from None
            if len(key) != 32:
                raise ValueError(f"key {kid} has {len(key)} bytes instead of 32")
            keys[kid] = key
        if not keys:
            raise ValueError("it holds no key")
        return cls(current=next(iter(keys)), keys=keys)


def seal(plain: str, *, ring: KeyRing, table: str, column: str, row_id: UUID) -> str:
    """Encrypts `plain` for one cell of the database."""
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(ring.keys[ring.current]).encrypt(nonce, plain.encode(), _place(table, column, row_id))
    return "|".join((VERSION, ring.current, _encode(nonce), _encode(sealed)))


def open_sealed(sealed: str, *, ring: KeyRing, table: str, column: str, row_id: UUID) -> str:
    """The plain text of a cell sealed by `seal`. Raises CannotOpen."""
    version, _, rest = sealed.partition("|")
    parts = rest.split("|")
    if version != VERSION or len(parts) != 3:
        raise CannotOpen("The value is not in a sealed form that this version knows.")
    kid, nonce, body = parts
    if kid not in ring.keys:
        raise CannotOpen(f"The key {kid!r} is not on the ring: add it to REACHLY_SECURITY__ENCRYPTION_KEYS.")
    try:
        plain = AESGCM(ring.keys[kid]).decrypt(_decode(nonce), _decode(body), _place(table, column, row_id))
        return plain.decode()
    except (InvalidTag, ValueError):
        raise CannotOpen("The value was changed or belongs to another row.") from None


def key_of(sealed: str) -> str:
    """The id of the key that sealed the value, for rotation."""
    return sealed.split("|", 2)[1] if sealed.count("|") == 3 else ""


def sign(payload: bytes, purpose: str, *, ring: KeyRing, kid: str | None = None) -> bytes:
    """HMAC-SHA-256 cut to 128 bits over purpose and payload. `kid`: the key to use; None: the current one."""
    return _signer(ring.keys[kid or ring.current], purpose)(payload)


def make_signer(purpose: str, *, ring: KeyRing) -> Callable[[bytes], bytes]:
    """`sign` with the current key, made ready for many payloads of one purpose."""
    return _signer(ring.keys[ring.current], purpose)


@lru_cache(maxsize=64)
def _signer(key: bytes, purpose: str) -> Callable[[bytes], bytes]:
    """An HMAC (RFC 2104) whose two hashes are begun with what all signatures of one purpose have in common."""
    padded = key.ljust(64, b"\0")
    begun = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + purpose.encode() + b"\0")
    ended = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))

    def sign_payload(payload: bytes) -> bytes:
        inner, outer = begun.copy(), ended.copy()
        inner.update(payload)
        outer.update(inner.digest())
        return outer.digest()[:SIGNATURE_BYTES]

    return sign_payload


def verify(payload: bytes, signature: bytes, purpose: str, *, ring: KeyRing, kid: str) -> bool:
    """Whether `signature` was made by `sign` with the key `kid`, current or retired. Constant time."""
    if kid not in ring.keys:
        return False
    return hmac.compare_digest(signature, sign(payload, purpose, ring=ring, kid=kid))


def derive_key(secret: str, purpose: str) -> bytes:
    """A 32-byte key for one purpose from a setting (HKDF-SHA-256, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret.encode())


def _place(table: str, column: str, row_id: UUID) -> bytes:
    return f"{table}|{column}|{row_id}".encode()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
