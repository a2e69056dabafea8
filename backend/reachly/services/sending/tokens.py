"""Tokens in links: who was written to, in which message, through which link; signed, never stored, never expiring.

base64url(version, length and name of the key, purpose, organization, send, link number, HMAC-SHA-256 cut to 128
bits). A retired key verifies for as long as it stays on the ring, so that a link in an old mail keeps working.
"""

from __future__ import annotations

import base64
import binascii
import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from reachly.infra.crypto import SIGNATURE_BYTES, KeyRing, make_signer, verify
from reachly.infra.settings import Settings, current_settings
from reachly.services.rendering.schemas import TrackedUrls

Purpose = Literal["open", "click", "unsubscribe"]

_VERSION = 1
_PURPOSES: dict[Purpose, bytes] = {"open": b"o", "click": b"c", "unsubscribe": b"u"}
_NAMES: dict[int, Purpose] = {code[0]: name for name, code in _PURPOSES.items()}
_SIGNED_AS = "link"
_BODY = struct.Struct(">B16s16sH")  # purpose, organization, send, link
_LONGEST = 200
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


@dataclass(frozen=True, slots=True)
class TokenParts:
    """What a valid token says. `link` counts from 0 in the order of the message; 0 where the purpose has none."""

    purpose: Purpose
    organization_id: uuid.UUID
    send_id: uuid.UUID
    link: int


class _Frame(NamedTuple):
    """What is the same in every link for as long as the settings are."""

    settings: Settings
    ring: KeyRing
    base: str
    head: bytes
    sign: Callable[[bytes], bytes]


_kept: _Frame | None = None


def _current_frame() -> _Frame:
    """The ring and the address of the installed settings, read once."""
    global _kept
    settings = current_settings()
    if _kept is None or _kept.settings is not settings:
        ring = settings.security.tracking_ring()
        signer = make_signer(_SIGNED_AS, ring=ring)
        _kept = _Frame(settings, ring, settings.tracking_base_url, _head(ring.current), signer)
    return _kept


def make_token(
    purpose: Purpose,
    organization_id: uuid.UUID,
    send_id: uuid.UUID,
    link: int = 0,
    *,
    ring: KeyRing | None = None,
) -> str:
    """A token for one place in one message. `link` is at most 65,535."""
    ring = ring or _current_frame().ring
    ids = organization_id.bytes + send_id.bytes
    payload = _head(ring.current) + _PURPOSES[purpose] + ids + link.to_bytes(2, "big")
    return _token(payload, make_signer(_SIGNED_AS, ring=ring))


def _token(payload: bytes, sign: Callable[[bytes], bytes]) -> str:
    signed = binascii.b2a_base64(payload + sign(payload), newline=False)
    return signed.translate(_URL_SAFE, b"=").decode()


def _head(kid: str) -> bytes:
    name = kid.encode()
    return bytes((_VERSION, len(name))) + name


def read_token(text: str, *, ring: KeyRing | None = None) -> TokenParts | None:
    """The parts of a token that we made; None for anything else."""
    if len(text) > _LONGEST or not text.isascii():
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) < 2 or raw[0] != _VERSION or len(raw) != 2 + raw[1] + _BODY.size + SIGNATURE_BYTES:
        return None
    payload, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
    kid = payload[2 : 2 + raw[1]].decode("ascii", "replace")
    if not verify(payload, signature, _SIGNED_AS, ring=ring or _current_frame().ring, kid=kid):
        return None
    code, organization, send, link = _BODY.unpack(payload[2 + raw[1] :])
    purpose = _NAMES.get(code)
    return (
        TokenParts(purpose, uuid.UUID(bytes=organization), uuid.UUID(bytes=send), link) if purpose else None
    )


def make_urls(organization_id: uuid.UUID, send_id: uuid.UUID, *, opens: bool, clicks: int) -> TrackedUrls:
    """All addresses of one message: the invisible image if `opens`, and as many links as `clicks`."""
    _, _, base, head, sign = _current_frame()
    ids = organization_id.bytes + send_id.bytes
    pixel, click, opt_out = head + b"o" + ids + b"\0\0", head + b"c" + ids, head + b"u" + ids + b"\0\0"
    return TrackedUrls(
        f"{base}/t/o/{_token(pixel, sign)}.gif" if opens else None,
        [f"{base}/t/c/{_token(click + link.to_bytes(2, 'big'), sign)}" for link in range(clicks)],
        f"{base}/u/{_token(opt_out, sign)}",
    )


def unsubscribe_url(organization_id: uuid.UUID, send_id: uuid.UUID) -> str:
    """The page (GET) and the one-click target (POST, RFC 8058) of one message."""
    return f"{_current_frame().base}/u/{make_token('unsubscribe', organization_id, send_id)}"
