"""Our own words as a conversation shows them."""

from __future__ import annotations

import re

from reachly.services.rendering.schemas import PREVIEW_UNSUBSCRIBE_URL

_MARK = re.escape(PREVIEW_UNSUBSCRIBE_URL)
_LINK = re.compile(rf":?[ \t]*[<(\[]?{_MARK}[>)\]]?")


def show_sent(text: str) -> str:
    """A sent text without the place of the opt-out link: the link is the recipient's alone and is kept nowhere."""
    return _LINK.sub("", text)
