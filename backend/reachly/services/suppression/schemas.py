"""Suppressed addresses and domains."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints

from reachly.kit.body import Body
from reachly.kit.text import STORABLE

Reason = Literal["unsubscribed", "bounced", "complained", "asked", "manual", "erased"]


class SuppressionIn(Body):
    value: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=320), STORABLE]
    reason: Reason = "manual"


class SuppressionOut(BaseModel):
    id: uuid.UUID
    kind: Literal["email", "domain", "hash"]
    value: str
    reason: Reason
    source: str
    created_at: datetime
