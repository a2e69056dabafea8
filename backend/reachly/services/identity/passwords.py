"""Passwords: bcrypt over base64(HMAC-SHA-256(password)), so that nothing is cut at bcrypt's 72 bytes."""

from __future__ import annotations

import asyncio
import base64
import hmac
from functools import cache
from weakref import WeakKeyDictionary

import bcrypt

from reachly.infra.settings import current_settings

AT_ONCE = 2  # bcrypt frees the interpreter lock but not the core: more at once only make each other slower
_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def _gate() -> asyncio.Semaphore:
    """The gate of this loop: a semaphore cannot serve two."""
    return _gates.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))


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
