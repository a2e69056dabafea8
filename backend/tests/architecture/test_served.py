"""A value that a setting takes is a value that some code serves."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from reachly.infra.logging import configure
from reachly.infra.settings import Settings
from reachly.integrations.ai.registry import make_writer

SERVES: dict[str, Callable[[Any], object]] = {
    "ai.provider": make_writer,
    "log.level": lambda level: configure(level=level, stream=io.StringIO()),
    "log.form": lambda form: configure(form=form, stream=io.StringIO()),
    "environment": lambda name: Settings(environment=name),
}
"""By setting: what must not raise for any of its values."""


def choices() -> list[tuple[str, str]]:
    found = []

    def look(model: type[BaseModel], path: str) -> None:
        for name, field in model.model_fields.items():
            kind = field.annotation
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                look(kind, f"{path}{name}.")
            elif get_origin(kind) is Literal:
                found.extend((f"{path}{name}", value) for value in get_args(kind))

    look(Settings, "")
    return found


@pytest.mark.parametrize(("setting", "value"), choices())
def test_every_value_that_a_setting_takes_is_served(setting: str, value: str) -> None:
    assert setting in SERVES, f"say here what serves {setting}"
    SERVES[setting](value)
