"""Who answers: the only place that names resolver vendors."""

from __future__ import annotations

from collections.abc import Callable

from reachly.integrations.resolver.port import Resolver, ResolverConfig

Factory = Callable[[ResolverConfig], Resolver]


def _dns(config: ResolverConfig) -> Resolver:
    from reachly.integrations.resolver.vendors.dns import DnsResolver

    return DnsResolver(config)


_replaced: list[Factory] = []


def make_resolver(config: ResolverConfig) -> Resolver:
    """A resolver; keep it, it remembers answers as long as their servers allow."""
    return (_replaced[-1] if _replaced else _dns)(config)


def replace(factory: Factory | None) -> None:
    """Puts another factory (a fake) in the vendor's place; None puts the vendor back."""
    _replaced.clear()
    if factory is not None:
        _replaced.append(factory)
