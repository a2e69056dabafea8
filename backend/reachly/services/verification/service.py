"""Verdicts on addresses: what the address tells by itself, whether its domain takes mail, and our own bounces."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Collection, Sequence

from reachly.data import outbox
from reachly.data.session import Session, tenant
from reachly.events import LeadsVerified
from reachly.infra.cache import Kind, cache
from reachly.infra.settings import current_settings
from reachly.integrations.resolver.port import MxAnswer, Resolver, ResolverConfig
from reachly.integrations.resolver.registry import make_resolver
from reachly.integrations.verifier.port import Verifier
from reachly.integrations.verifier.registry import make_verifier
from reachly.kit import clock
from reachly.kit.address import domain_of
from reachly.kit.mail_providers import provider_of_hosts
from reachly.services.identity.schemas import Actor
from reachly.services.leads import service as leads
from reachly.services.leads.schemas import QueuedOut
from reachly.services.leads.service import UnverifiedLead, VerdictOn
from reachly.services.suppression import service as suppression
from reachly.services.verification import policy

PAGE = 1_000
AT_ONCE = 50
"""Questions to DNS under way at a time."""


async def request_verification(
    session: Session, actor: Actor, lead_ids: Sequence[uuid.UUID] | None
) -> QueuedOut:
    """Has these leads checked (again), or with None all that were never checked."""
    if lead_ids is None:
        queued = await leads.count_unverified(session, actor.organization_id)
        await leads.ask_verification(session, actor.organization_id, None)
        return QueuedOut(queued=queued)
    return QueuedOut(queued=await leads.ask_verification(session, actor.organization_id, lead_ids))


async def verify_waiting(organization_id: uuid.UUID) -> int:
    """Judges all leads that wait, page by page, each in a transaction of its own; how many were judged.

    A lead says by itself that it waits, so a second or a resumed run does what is left and no more. No transaction
    is open while DNS is asked.
    """
    resolver, verifier = make_resolver(_resolver_config()), make_verifier()
    silent: dict[str, MxAnswer] = {}
    done = 0
    while True:
        async with tenant(organization_id) as session:
            waiting = await leads.list_unverified(session, organization_id, PAGE)
            keys = [lead.email_key for lead in waiting]
            reasons = await suppression.find_reasons(session, organization_id, keys)
        if not waiting:
            return done
        answers = await _ask_domains(resolver, {domain_of(key) for key in keys}, silent)
        verdicts = [
            await _judge(verifier, lead, answers[domain_of(lead.email_key)], reasons.get(lead.email_key))
            for lead in waiting
        ]
        done += await _save(organization_id, verdicts)


async def _save(organization_id: uuid.UUID, verdicts: Sequence[VerdictOn]) -> int:
    async with tenant(organization_id) as session:
        saved = await leads.save_verdicts(session, organization_id, verdicts)
        if saved:
            data = {"verified": len(saved), **Counter(saved.values())}
            await outbox.emit(
                session, [LeadsVerified(organization_id=organization_id, at=clock.now(), data=data)]
            )
    return len(saved)


async def _judge(verifier: Verifier, lead: UnverifiedLead, answer: MxAnswer, reason: str | None) -> VerdictOn:
    facts = await verifier.verify(lead.email)
    verdict = policy.judge(facts, answer, has_bounced=reason == "bounced")
    provider = provider_of_hosts(answer.hosts) or ""
    return VerdictOn(lead.id, lead.email_key, verdict.status, verdict.reason, provider)


async def _ask_domains(
    resolver: Resolver, domains: Collection[str], silent: dict[str, MxAnswer]
) -> dict[str, MxAnswer]:
    """An answer for each domain: asked once a day at most. `silent` remembers for one run who gave none."""
    at_once = asyncio.Semaphore(AT_ONCE)

    async def ask(domain: str) -> MxAnswer:
        if domain in silent:
            return silent[domain]
        kept = await cache().get(Kind.VERIFICATION, domain)
        if kept is not None:
            return MxAnswer(kept["kind"], tuple(kept["hosts"]))
        async with at_once:
            answer = await resolver.mx(domain)
        if answer.takes_mail is None:
            silent[domain] = answer
        else:
            await cache().put(Kind.VERIFICATION, domain, {"kind": answer.kind, "hosts": answer.hosts})
        return answer

    names = sorted(domains)
    return dict(zip(names, await asyncio.gather(*map(ask, names)), strict=True))


def _resolver_config() -> ResolverConfig:
    settings = current_settings().resolver
    return ResolverConfig(settings.nameserver, settings.reserved_nameserver, settings.timeout_seconds)
