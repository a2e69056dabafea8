"""Who is never written to, and why. The first reason given stands."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, Literal

from reachly.data.repositories import suppression as repository
from reachly.data.session import Session
from reachly.infra.crypto import derive_key
from reachly.infra.settings import current_settings
from reachly.kit import clock
from reachly.kit.address import domain_of
from reachly.kit.errors import FieldError, Invalid, NotFound
from reachly.kit.pagination import Page, cut_page, encode_cursor, read_id_cursor
from reachly.kit.text import is_storable
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor
from reachly.services.suppression import policy
from reachly.services.suppression.schemas import Reason, SuppressedOut, SuppressionIn, SuppressionOut


async def find_reasons(
    session: Session, organization_id: uuid.UUID, email_keys: Collection[str]
) -> dict[str, str]:
    """The reason for each address (by its key) that must not be written to; the others are left out."""
    keys = list(set(email_keys))
    if not keys:
        return {}
    above = {domain: policy.covering_domains(domain) for domain in {domain_of(key) for key in keys}}
    names = list({name for names in above.values() for name in names})
    found = await repository.find_covering(session, organization_id, keys, names)
    # What is nearest to the person counts: the address, its domain, the hash.
    reasons = await _hashed_reasons(session, organization_id, keys) if found.hashed else {}
    for key in keys if found.domains else ():
        reason = next((found.domains[name] for name in above[domain_of(key)] if name in found.domains), None)
        if reason:
            reasons[key] = reason
    return reasons | found.emails


async def describe(
    session: Session, organization_id: uuid.UUID, email_keys: Collection[str]
) -> dict[str, SuppressedOut]:
    """The same told in full, for pages that show people."""
    keys = list(set(email_keys))
    if not keys:
        return {}
    pepper = current_settings().security.pepper.get_secret_value()
    above = {key: policy.covering_domains(domain_of(key)) for key in keys}
    hashes = {key: _hashed(organization_id, key, pepper) for key in keys}
    names = sorted({name for names in above.values() for name in names})
    entries = await repository.list_entries(session, organization_id, keys, names, list(hashes.values()))
    by_value = {(entry.kind, entry.value): entry for entry in entries}
    found = {}
    for key in keys:  # what is nearest to the person counts, as in `find_reasons`
        places = [("email", key), *(("domain", name) for name in above[key]), ("hash", hashes[key])]
        entry = next((by_value[place] for place in places if place in by_value), None)
        if entry is not None:
            reason: Any = entry.reason
            kind: Any = entry.kind
            found[key] = SuppressedOut(
                reason=reason, words=policy.words_of(reason), since=entry.created_at, kind=kind,
                value=None if kind == "hash" else entry.value,
            )  # fmt: skip
    return found


async def end_covered(
    session: Session, organization_id: uuid.UUID, kind: Literal["email", "domain"], values: Collection[str],
    reason: str,
) -> set[uuid.UUID]:  # fmt: skip
    """Takes whoever is suppressed by these out of every campaign, at once; the campaigns they were in."""
    if not values:
        return set()
    told = f"do not contact: {policy.words_of(reason).lower()}"
    return await repository.end_covered(
        session, organization_id, kind, sorted(values), policy.end_by(reason), told, clock.now()
    )


async def _hashed_reasons(
    session: Session, organization_id: uuid.UUID, keys: Sequence[str]
) -> dict[str, str]:
    """An erased person who comes back in a later file is known by nothing but a keyed hash."""
    pepper = current_settings().security.pepper.get_secret_value()
    hashes = {_hashed(organization_id, key, pepper): key for key in keys}
    found = await repository.find_hashed(session, organization_id, list(hashes))
    return {hashes[value]: reason for value, reason in found.items()}


@lru_cache(maxsize=4)
def _hash_key(pepper: str) -> bytes:
    return derive_key(pepper, "suppression")


def hash_address(organization_id: uuid.UUID, email_key: str) -> str:
    """What is kept of an erased person: HMAC-SHA-256 in hex, with a key of this installation."""
    return _hashed(organization_id, email_key, current_settings().security.pepper.get_secret_value())


def _hashed(organization_id: uuid.UUID, email_key: str, pepper: str) -> str:
    return hmac.digest(_hash_key(pepper), f"{organization_id}|{email_key}".encode(), hashlib.sha256).hex()


async def suppress(
    session: Session, organization_id: uuid.UUID, value: str, reason: Reason, source: str
) -> bool:
    """Suppresses an address or a domain; False when it was already. Raises ValueError when it is neither."""
    kind, key = policy.read_target(value)
    await repository.announce(session, organization_id)
    new = bool(await _add(session, organization_id, [(kind, key)], reason, source))
    await end_covered(session, organization_id, kind, [key], reason)
    return new


async def suppress_addresses(
    session: Session, organization_id: uuid.UUID, email_keys: Collection[str], reason: Reason, source: str, *,
    ends: bool = True,
) -> int:  # fmt: skip
    """Suppresses many addresses given by their keys, and takes them out of every campaign (`ends`: False where the
    caller does, who wants to know of which); how many were new."""
    new = len(await _add(session, organization_id, [("email", key) for key in email_keys], reason, source))
    if ends:
        await end_covered(session, organization_id, "email", email_keys, reason)
    return new


async def _add(
    session: Session, organization_id: uuid.UUID, entries: Sequence[tuple[str, str]], reason: str, source: str
) -> list[str]:
    return await repository.add(
        session, organization_id, entries, reason=reason, source=source, now=clock.now()
    )


async def add_suppression(session: Session, actor: Actor, body: SuppressionIn) -> SuppressionOut:
    """By hand. One that exists is answered as it stands. Raises Invalid."""
    try:
        kind, value = policy.read_target(body.value)
    except ValueError as error:
        fault = FieldError("/value", str(error), "target")
        raise Invalid("Give an e-mail address or a domain.", code="bad_target", errors=[fault]) from None
    await repository.announce(session, actor.organization_id)
    new = await _add(session, actor.organization_id, [(kind, value)], body.reason, f"user:{actor.user_id}")
    await end_covered(session, actor.organization_id, kind, [value], body.reason)
    if new:
        await identity.record(
            session, actor.organization_id, actor.user_id, "suppression.added", subject=value,
            detail={"reason": body.reason}, ip=actor.ip,
        )  # fmt: skip
    return _shown(await repository.get(session, actor.organization_id, kind, value))


def _shown(row: Any) -> SuppressionOut:
    words = policy.words_of(row.reason)
    return SuppressionOut(
        id=row.id, kind=row.kind, value=row.value, reason=row.reason, words=words, source=row.source,
        created_at=row.created_at,
    )  # fmt: skip


async def page_suppressions(
    session: Session, actor: Actor, *, limit: int, cursor: str | None, q: str | None
) -> Page[SuppressionOut]:
    """The latest first; `q` is found anywhere in the address or domain."""
    before = read_id_cursor(cursor) if cursor else None
    if q and not is_storable(q):
        return Page(items=[], next_cursor=None)
    fetched = await repository.page(session, actor.organization_id, limit + 1, before=before, q=q)
    rows, more = cut_page(fetched, limit)
    items = [_shown(row) for row in rows]
    return Page(items=items, next_cursor=encode_cursor(str(rows[-1].id)) if more else None)


async def delete_suppression(session: Session, actor: Actor, suppression_id: uuid.UUID) -> None:
    """The address may be written to again. Raises NotFound."""
    row = await repository.remove(session, actor.organization_id, suppression_id)
    if row is None:
        raise NotFound("This suppression does not exist.")
    await identity.record(
        session, actor.organization_id, actor.user_id, "suppression.removed", subject=row.value,
        detail={"reason": row.reason, "kind": row.kind}, ip=actor.ip,
    )  # fmt: skip
