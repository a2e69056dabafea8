"""Whose certificates are believed: one TLS context for each use, made once.

Reading the system's authorities takes tens of milliseconds of CPU, on the event loop where a connection is opened. A
context that is shared must not be changed. What speaks HTTP sets its own protocols (ALPN) on the one it is given, and a
mail server may turn away whoever offers those: so mail and the web have one each.
"""

from __future__ import annotations

import ssl
from functools import cache
from typing import Literal

Use = Literal["mail", "web"]


@cache
def system_context(use: Use) -> ssl.SSLContext:
    """Checks certificates and host names against the system's authorities, as they were when it was first asked for."""
    assert use in ("mail", "web")
    return ssl.create_default_context()
