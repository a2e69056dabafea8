"""What a merge tag stands for: one place for preview, check, test mail and the real send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LEAD_FIELDS = ("email", "first_name", "last_name", "company", "position", "country", "timezone")


def merge_values(
    lead: Mapping[str, Any],
    *,
    opening_line: str = "",
    sender_name: str = "",
    signature: str = "",
    postal_address: str = "",
) -> dict[str, str]:
    """Every name a template may use, for one lead and one sender.

    `lead` has the columns of LEAD_FIELDS and `custom_fields`; a custom field never hides a column (such a clash is
    refused at import).
    """
    values = {name: str(lead.get(name) or "") for name in LEAD_FIELDS}
    values["opening_line"] = opening_line
    values["sender_name"] = sender_name
    values["signature"] = signature
    values["postal_address"] = postal_address
    custom = lead.get("custom_fields")
    return {**{str(key): str(value) for key, value in custom.items()}, **values} if custom else values


def text_seed(campaign_seed: int, email_key: str, step: int) -> str:
    """The seed of all choices of words: no id in it, so that the same world gives the same texts."""
    return f"{campaign_seed}|{email_key}|{step}"
