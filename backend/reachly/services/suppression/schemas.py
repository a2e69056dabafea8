"""Suppressed addresses and domains."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from reachly.kit.body import Body
from reachly.kit.text import STORABLE

Reason = Literal["unsubscribed", "bounced", "complained", "asked", "manual", "erased"]


class SuppressionIn(Body):
    value: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=320), STORABLE]
    reason: Reason = "manual"


class SuppressedOut(BaseModel):
    """Why somebody must not be written to."""

    reason: Reason
    words: str = Field(description="The reason for people to read")
    since: datetime
    kind: Literal["email", "domain", "hash"] = Field(
        description="What stands on the list: hash, of an erased person"
    )
    value: str | None = Field(description="The address or domain on the list; null for a hash")


class SuppressionOut(BaseModel):
    id: uuid.UUID
    kind: Literal["email", "domain", "hash"]
    value: str
    reason: Reason
    words: str = Field(description="The reason for people to read")
    source: str
    created_at: datetime
