"""Tokens in links: who was written to, in which message, through which link; signed, never stored, never expiring.

base64url(version, length and name of the key, purpose, organization, send, link number, HMAC-SHA-256 cut to 128
bits). A retired key verifies for as long as it stays on the ring, so that a link in an old mail keeps working.
"""

from __future__ import annotations

import base64
import binascii
import struct
import uuid
from dataclasses import dataclass
from typing import Literal

from reachly.infra.crypto import SIGNATURE_BYTES, KeyRing, sign, verify
from reachly.infra.settings import current_settings

Purpose = Literal["open", "click", "unsubscribe"]

_VERSION = 1
_PURPOSES: dict[Purpose, bytes] = {"open": b"o", "click": b"c", "unsubscribe": b"u"}
_NAMES: dict[int, Purpose] = {code[0]: name for name, code in _PURPOSES.items()}
_SIGNED_AS = "link"
_BODY = struct.Struct(">B16s16sH")  # purpose, organization, send, link
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class TokenParts:
    """What a valid token says. `link` counts from 0 in the order of the message; 0 where the purpose has none."""

    purpose: Purpose
    organization_id: uuid.UUID
    send_id: uuid.UUID
    link: int


_ring: tuple[int, KeyRing] | None = None


def _current_ring() -> KeyRing:
    """The ring of the installed settings, parsed once."""
    global _ring
    settings = current_settings()
    if _ring is None or _ring[0] != id(settings):
        _ring = (id(settings), settings.security.tracking_ring())
    return _ring[1]


def make_token(
    purpose: Purpose,
    organization_id: uuid.UUID,
    send_id: uuid.UUID,
    link: int = 0,
    *,
    ring: KeyRing | None = None,
) -> str:
    """A token for one place in one message. `link` is at most 65,535."""
    ring = ring or _current_ring()
    kid = ring.current.encode()
    body = _BODY.pack(_PURPOSES[purpose][0], organization_id.bytes, send_id.bytes, link)
    payload = bytes((_VERSION, len(kid))) + kid + body
    return base64.urlsafe_b64encode(payload + sign(payload, _SIGNED_AS, ring=ring)).decode().rstrip("=")


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
    if not verify(payload, signature, _SIGNED_AS, ring=ring or _current_ring(), kid=kid):
        return None
    code, organization, send, link = _BODY.unpack(payload[2 + raw[1] :])
    purpose = _NAMES.get(code)
    return (
        TokenParts(purpose, uuid.UUID(bytes=organization), uuid.UUID(bytes=send), link) if purpose else None
    )


def pixel_url(organization_id: uuid.UUID, send_id: uuid.UUID) -> str:
    """The address of the invisible image of one message."""
    return f"{current_settings().tracking_base_url}/t/o/{make_token('open', organization_id, send_id)}.gif"


def click_url(organization_id: uuid.UUID, send_id: uuid.UUID, link: int) -> str:
    """The address that leads to the `link`-th target of one message."""
    return f"{current_settings().tracking_base_url}/t/c/{make_token('click', organization_id, send_id, link)}"


def unsubscribe_url(organization_id: uuid.UUID, send_id: uuid.UUID) -> str:
    """The page (GET) and the one-click target (POST, RFC 8058) of one message."""
    return f"{current_settings().tracking_base_url}/u/{make_token('unsubscribe', organization_id, send_id)}"
