"""What comes in at a door."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """The body of a request, or a part of one: a field that it does not know is refused, never ignored."""

    model_config = ConfigDict(extra="forbid")
