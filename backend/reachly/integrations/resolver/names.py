"""Which names are reserved, and how a domain is asked for: pure, shared by the vendor and the fake."""

from __future__ import annotations

import re

# RFC 2606 and RFC 6761: nobody real lives there, so the mail world may answer for them.
_RESERVED = re.compile(r"(?:.+\.)?(?:example\.(?:com|net|org)|example|test|invalid|localhost)")
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}")


def ascii_domain(domain: str) -> str | None:
    """Lower case, punycode, no final dot; None for what is no domain name."""
    text = domain.strip().rstrip(".").lower()
    if not text.isascii():
        try:
            text = text.encode("idna").decode()
        except UnicodeError:
            return None
    return text if len(text) <= 253 and _NAME.fullmatch(text) else None


def is_reserved(domain: str) -> bool:
    return _RESERVED.fullmatch(domain) is not None
