"""The findings of a version of a step's words are worked out once."""

from __future__ import annotations

from typing import Any

import pytest

from reachly.services.sequences import policy

FIELDS = ["first_name", "postal_address", "unsubscribe_url"]  # the latter two are in every message


def test_a_template_is_compiled_once_for_all_who_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[Any] = []
    real = policy.compile_template

    def compile_template(source: Any) -> Any:
        compiled.append(source)
        return real(source)

    monkeypatch.setattr(policy, "compile_template", compile_template)
    body = "Hi {{ first_name }}, {we|they} asked for it once."
    first = policy.inspect("", body, is_first=True)
    assert (first.fields, first.problems, first.forms) == (
        FIELDS,
        ["Subject: the first step needs one."],
        2,
    )
    first.problems.clear()  # what one caller does to its findings is not another's
    again = policy.inspect("", body, is_first=False)
    assert (again.fields, again.problems, again.forms) == (FIELDS, [], 2)
    assert policy.inspect("", body, is_first=True).problems == ["Subject: the first step needs one."]
    assert len(compiled) == 1
    assert policy.inspect("", "Hi {{ first_name", is_first=False).problems
