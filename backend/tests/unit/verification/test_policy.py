"""Verdicts on addresses, rule by rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reachly.integrations.resolver.port import Kind, MxAnswer
from reachly.integrations.verifier.port import Verification
from reachly.services.verification.policy import Verdict, judge

PLAIN = Verification("ada@acme.example", "unknown", "not_asked", "", "acme.example")
FOUND = MxAnswer("found", ("mx.acme.example",))


@pytest.mark.parametrize(
    ("facts", "kind", "has_bounced", "status", "reason"),
    [
        ({}, "found", False, "deliverable", "mx_found"),
        ({}, "null_mx", False, "undeliverable", "null_mx"),
        ({}, "nxdomain", False, "undeliverable", "nxdomain"),
        ({}, "timeout", False, "unknown", "dns_timeout"),
        ({}, "error", False, "unknown", "dns_error"),
        ({}, "no_mx_but_a", False, "risky", "no_mx"),
        ({}, "found", True, "undeliverable", "bounced"),
        ({}, "timeout", True, "undeliverable", "bounced"),
        ({"status": "undeliverable", "reason": "syntax"}, "error", False, "undeliverable", "syntax"),
        ({"is_role": True}, "found", False, "risky", "role"),
        ({"is_role": True}, "timeout", False, "unknown", "dns_timeout"),
        ({"is_role": True}, "nxdomain", False, "undeliverable", "nxdomain"),
        ({"is_disposable": True}, "found", False, "risky", "disposable"),
        ({"is_disposable": True}, "timeout", False, "risky", "disposable"),
        ({"suggestion": "ada@gmail.example"}, "found", False, "risky", "probable_slip"),
        ({"status": "risky", "reason": "catch_all"}, "found", False, "risky", "catch_all"),
        ({"status": "deliverable", "reason": "probed"}, "timeout", False, "deliverable", "probed"),
        ({"status": "deliverable", "reason": "probed"}, "null_mx", False, "undeliverable", "null_mx"),
        ({"is_free": True}, "found", False, "deliverable", "mx_found"),
    ],
)
def test_the_first_definite_rule_decides(
    facts: dict[str, Any], kind: Kind, has_bounced: bool, status: str, reason: str
) -> None:
    assert judge(replace(PLAIN, **facts), MxAnswer(kind), has_bounced=has_bounced) == Verdict(status, reason)  # type: ignore[arg-type]


def test_no_answer_is_never_a_no() -> None:
    for kind in ("timeout", "error"):
        assert judge(PLAIN, replace(FOUND, kind=kind), has_bounced=False).status == "unknown"
