"""Whether an address can receive mail: the address itself, what its domain answers, and our own bounces. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from reachly.integrations.resolver.port import MxAnswer
from reachly.integrations.verifier.port import Status, Verification


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is a slug; the first rule that says something definite gives it."""

    status: Status
    reason: str


def judge(facts: Verification, answer: MxAnswer, *, has_bounced: bool) -> Verdict:
    """The verdict on one address.

    A definite no comes first (syntax, own hard bounce, a domain that does not exist or takes no mail: RFC 7505), then
    what nobody could tell (`unknown`: a domain that did not answer in time is not a bad one), then what an outside
    service found, then what makes an address risky: throw-away, probably mistyped, a role, a domain without MX.
    """
    for verdict in (_refused(facts, answer, has_bounced), _untold(facts, answer), _doubtful(facts, answer)):
        if verdict is not None:
            return verdict
    return Verdict("deliverable", facts.reason if facts.status == "deliverable" else "mx_found")


def _refused(facts: Verification, answer: MxAnswer, has_bounced: bool) -> Verdict | None:
    if has_bounced:
        return Verdict("undeliverable", "bounced")
    if facts.status == "undeliverable":
        return Verdict("undeliverable", facts.reason)
    if answer.kind in ("null_mx", "nxdomain"):
        return Verdict("undeliverable", answer.kind)
    return None


def _untold(facts: Verification, answer: MxAnswer) -> Verdict | None:
    """A throw-away address is risky whether its domain answers or not."""
    if facts.is_disposable:
        return Verdict("risky", "disposable")
    if answer.takes_mail is None and facts.status != "deliverable":
        return Verdict("unknown", f"dns_{answer.kind}")
    return None


def _doubtful(facts: Verification, answer: MxAnswer) -> Verdict | None:
    if facts.status == "risky":
        return Verdict("risky", facts.reason)
    if facts.suggestion is not None:
        return Verdict("risky", "probable_slip")
    if facts.is_role:
        return Verdict("risky", "role")
    if answer.kind == "no_mx_but_a":
        return Verdict("risky", "no_mx")
    return None
