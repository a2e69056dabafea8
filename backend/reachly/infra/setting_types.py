"""Kinds of settings that need more than a type: lists with commas, networks, limits by provider."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""A list written with commas."""


def _networks(value: tuple[str, ...]) -> tuple[str, ...]:
    for entry in value:
        ipaddress.ip_network(entry, strict=False)  # raises ValueError with the entry
    return value


Proxies = Annotated[tuple[str, ...], NoDecode, AfterValidator(_networks), BeforeValidator(_split)]


PROVIDER_LIMITS = {"gmail": 2_000, "outlook": 10_000}


def _with_known_limits(value: object) -> object:
    return {**PROVIDER_LIMITS, **value} if isinstance(value, dict) else value


ProviderLimits = Annotated[dict[str, Annotated[int, Field(ge=1)]], BeforeValidator(_with_known_limits)]
"""By provider; those that are not named keep their default."""
