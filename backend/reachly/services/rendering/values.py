"""What a merge tag stands for: one place for preview, check, test mail and the real send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

LEAD_FIELDS = ("email", "first_name", "last_name", "company", "position", "country", "timezone")
_NAMES = (*LEAD_FIELDS, "opening_line", "sender_name", "signature", "postal_address")


def merge_values(
    lead: Sequence[str],
    custom_fields: Mapping[str, Any],
    *,
    opening_line: str = "",
    sender_name: str = "",
    signature: str = "",
    postal_address: str = "",
) -> dict[str, str]:
    """Every name a template may use, for one lead and one sender.

    `lead` has the columns of LEAD_FIELDS, in that order; a custom field never hides one of them (such a clash is
    refused at import).
    """
    values = dict(zip(_NAMES, (*lead, opening_line, sender_name, signature, postal_address), strict=True))
    if not custom_fields:
        return values
    return {**{str(key): str(value) for key, value in custom_fields.items()}, **values}


def text_seed(campaign_seed: int, email_key: str, step: int) -> str:
    """The seed of all choices of words: no id in it, so that the same world gives the same texts."""
    return f"{campaign_seed}|{email_key}|{step}"
