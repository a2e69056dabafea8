"""One rule for everything that comes in: what the database could not keep is refused before any route sees it.

PostgreSQL keeps no NUL in a text, UTF-8 has no lone surrogates, JSON has no NaN; each would be a 500 further down.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData

from reachly.kit.errors import FieldError, Invalid

DEEPEST = 64
LARGEST = 2**63 - 1
SHOWN = 20


async def refuse_unstorable(request: Request) -> None:
    """Looks at path, query and, where the route has read it, the body. Raises Invalid with a pointer for each fault."""
    places: list[tuple[str, Any]] = [("", dict(request.path_params))]
    places += [(f"/{_escape(name)}", value) for name, value in request.query_params.multi_items()]
    seen = vars(request)
    if "_json" in seen:
        places.append(("", seen["_json"]))
    form = seen.get("_form")
    if isinstance(form, FormData):
        places += [(f"/{_escape(n)}", v) for n, v in form.multi_items() if isinstance(v, str)]
    faults = [fault for pointer, value in places for fault in _faults(pointer, value)]
    if faults:
        raise Invalid("Mend the fields listed in `errors` and send it again.", errors=faults[:SHOWN])


def _faults(pointer: str, value: Any) -> Iterator[FieldError]:
    """Without recursion: the value may be nested as deep as the parser allows."""
    waiting = [(pointer, value, 0)]
    while waiting:
        at, each, depth = waiting.pop()
        if isinstance(each, str):
            yield from _text(at, each)
        elif isinstance(each, float):
            if not math.isfinite(each):
                yield FieldError(at, "This number is not finite.", "finite_number")
        elif isinstance(each, int):
            if abs(each) > LARGEST:
                yield FieldError(at, "This number is too large.", "too_large")
        elif isinstance(each, dict | list):
            if depth >= DEEPEST:
                yield FieldError(at[:200], f"This is nested more than {DEEPEST} deep.", "too_deep")
                continue
            if isinstance(each, dict):
                for key in each:
                    yield from _text(at, key)
                waiting += [(f"{at}/{_escape(key)}", part, depth + 1) for key, part in each.items()]
            else:
                waiting += [(f"{at}/{n}", part, depth + 1) for n, part in enumerate(each)]


def _text(pointer: str, text: str) -> Iterator[FieldError]:
    if "\x00" in text:
        yield FieldError(_shown(pointer), "A NUL character cannot be kept. Take it out.", "nul")
    elif not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        yield FieldError(_shown(pointer), "A lone surrogate is no character. Take it out.", "surrogate")


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _shown(pointer: str) -> str:
    """A pointer that may be written down, whatever its keys are made of."""
    return pointer.encode("utf-8", "replace").decode().replace("\x00", "")[:500]
