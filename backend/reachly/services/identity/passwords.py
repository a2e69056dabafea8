"""Passwords: bcrypt over base64(HMAC-SHA-256(password)), so that nothing is cut at bcrypt's 72 bytes."""

from __future__ import annotations

import asyncio
import base64
import hmac
import re
from functools import cache
from weakref import WeakKeyDictionary

import bcrypt

from reachly.infra.settings import current_settings

STRONG = 3  # of zxcvbn's five grades: a hundred million guesses
JUDGED = 64  # characters; whoever has more than that has enough
AT_ONCE = 2  # bcrypt frees the interpreter lock but not the core: more at once only make each other slower
_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def _gate() -> asyncio.Semaphore:
    """The gate of this loop: a semaphore cannot serve two."""
    return _gates.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))


async def find_weakness(password: str, *context: str) -> str | None:
    """Why this password falls to the first guesses, and what to do; None for a good one. `context`: what a guesser
    knows of its owner (name, address, organization)."""
    return await asyncio.to_thread(_find_weakness, password, context)


def _find_weakness(password: str, context: tuple[str, ...]) -> str | None:
    from zxcvbn import zxcvbn  # half a second: its lists

    words = [word for text in context for word in (text, *re.split(r"[\W_]+", text)) if len(word) > 2]
    found = zxcvbn(password[:JUDGED], user_inputs=["reachly", *words][:40])
    if found["score"] >= STRONG:
        return None
    why = found["feedback"]["warning"].rstrip(".")
    return f"{why or 'It is too easy to guess'}. Use four or more unrelated words, or let a password manager make one."


def _condense(password: str) -> bytes:
    key = current_settings().security.pepper.get_secret_value().encode()
    return base64.b64encode(hmac.digest(key, password.encode(), "sha256"))


async def hash_password(password: str) -> str:
    """A bcrypt hash, made off the event loop."""
    rounds = current_settings().security.bcrypt_rounds
    async with _gate():
        return (await asyncio.to_thread(bcrypt.hashpw, _condense(password), bcrypt.gensalt(rounds))).decode()


@cache
def _nobodys_hash(rounds: int) -> bytes:
    return bcrypt.hashpw(b"nobody", bcrypt.gensalt(rounds))


async def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether it fits. Takes the same time when there is no such account (`None`)."""
    rounds = current_settings().security.bcrypt_rounds
    async with _gate():
        if password_hash is None:
            decoy = await asyncio.to_thread(_nobodys_hash, rounds)
            await asyncio.to_thread(bcrypt.checkpw, _condense(password), decoy)
            return False
        return await asyncio.to_thread(bcrypt.checkpw, _condense(password), password_hash.encode())
