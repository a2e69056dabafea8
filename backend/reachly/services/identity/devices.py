"""Device cookies (OWASP, "Slow down online guessing attacks with device cookies"): a browser that an account has signed
in from is known again, so that wrong passwords of others, behind the same address or all over the world, cannot lock
it out.

A token holds nothing but a random name, signed for one account with a key of this server; nothing is stored. Whoever
steals one gains a bucket of their own for guessing, as small as everybody's.
"""

from __future__ import annotations

import base64
import hmac
import secrets

from reachly.infra.settings import current_settings

KEPT = 5  # accounts that one browser signs in to


def make(email_key: str) -> str:
    """A token for a browser from which this account has just signed in."""
    nonce = secrets.token_urlsafe(12)
    return f"{nonce}.{_sign(email_key, nonce)}"


def find(cookie: str | None, email_key: str) -> str | None:
    """The device's name among the tokens of a cookie that were made for this account; None: a stranger's device."""
    for token in (cookie or "")[:1000].split("~")[:KEPT]:
        nonce, _, signature = token.partition(".")
        if nonce and hmac.compare_digest(signature.encode(), _sign(email_key, nonce).encode()):
            return nonce
    return None


def join(cookie: str | None, token: str) -> str:
    """The cookie with a new token in front; the oldest go."""
    return "~".join([token, *(cookie or "")[:1000].split("~")][:KEPT]).rstrip("~")


def _sign(email_key: str, nonce: str) -> str:
    key = hmac.digest(
        current_settings().security.pepper.get_secret_value().encode(), b"device cookie", "sha256"
    )
    made = hmac.digest(key, f"{nonce}|{email_key}".encode("utf-8", "replace"), "sha256")
    return base64.urlsafe_b64encode(made[:18]).decode()
