"""What a line of the do-not-contact list covers."""

from __future__ import annotations

import pytest

from reachly.services.suppression.policy import covering_domains, read_target


@pytest.mark.parametrize(("text", "kind", "key"), [
    ("ada@acme.example.com", "email", "ada@acme.example.com"),
    ("  Ada@Acme.example.com\n", "email", "ada@acme.example.com"),
    ("mailto:ada@example.com", "email", "ada@example.com"),
    ("ada＠example.com", "email", "ada@example.com"),
    ("example.com", "domain", "example.com"),
    (" Example.COM. ", "domain", "example.com"),
    ("@example.com", "domain", "example.com"),
    ("＠example.com", "domain", "example.com"),
    ("@＠example.com", "email", None),
    ("@@example.com", "domain", "example.com"),
    ("müller.example.com", "domain", "xn--mller-kva.example.com"),
    ("example", "domain", None),
    ("XX.example.com", "domain", "xx.example.com"),
    ("example.XX", "domain", "example.xx"),
    ("XX@example.com", "email", "xx@example.com"),
    ("XX＠example.com", "email", "xx@example.com"),
    ("", "domain", None),
    ("two words.example.com", "domain", None),
    ("ada@", "email", None),
])  # fmt: skip
def test_an_address_or_a_domain(text: str, kind: str, key: str | None) -> None:
    if key is None:
        with pytest.raises(
            ValueError, match="neither an e-mail" if kind == "domain" else "e-mail address|The "
        ):
            read_target(text)
    else:
        assert read_target(text) == (kind, key)


def test_a_domain_is_covered_by_itself_and_those_above_down_to_two_labels() -> None:
    assert covering_domains("a.b.example.com") == ["a.b.example.com", "b.example.com", "example.com"]
    assert covering_domains("example.com") == ["example.com"]
    assert covering_domains("com") == []
