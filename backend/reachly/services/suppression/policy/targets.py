"""What a suppression covers."""

from __future__ import annotations

from typing import Literal

from reachly.kit.address import parse_address


def read_target(text: str) -> tuple[Literal["email", "domain"], str]:
    """The kind and the key of a typed address or domain (`@example.com` is a domain too).

    Raises ValueError with a reason a person understands.
    """
    trimmed = text.strip()
    if "@" in trimmed.lstrip("@") or "＠" in trimmed.lstrip("＠"):
        return "email", parse_address(trimmed).key
    name = trimmed.lstrip("@＠").rstrip(".")
    try:
        return "domain", parse_address(f"x@{name}").domain
    except ValueError:
        raise ValueError("This is neither an e-mail address nor a domain like example.com.") from None


def covering_domains(domain: str) -> list[str]:
    """The domain itself and those above it down to two labels: a suppressed domain covers its subdomains."""
    labels = domain.split(".")
    return [".".join(labels[n:]) for n in range(len(labels) - 1)]
