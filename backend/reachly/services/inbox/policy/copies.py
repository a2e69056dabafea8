"""The message that a bounce is about, attached or pasted below its words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reachly.services.inbox.policy.parts import Headers, Part, split_message

SCANNED = 60_000  # characters of a bounce's text that are searched


_PASTED = re.compile(r"^[ \t>]*(?:Message-ID|Return-Path|Received)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_MARK = re.compile(
    r"^[-=* \t>]*(?:This is a copy of (?:the|your) message|Below this line is a copy|Included is a copy"
    r"|Original message"
    r"|Message header|Returned message|Unsent message|Copy of the (?:original|message)|Header[s]? follow"
    r"|Original Message Header"
    r"|The header (?:of|section)|Urspr(?:ü|ue)ngliche Nachricht|Start of returned message"
    r"|Message text follows)[^\n]{0,120}$",
    re.IGNORECASE | re.MULTILINE,
)


def cut_original(text: str) -> str:
    """The words of a bounce without the copy of the message below them."""
    text = text[:SCANNED]
    mark = _MARK.search(text)
    if mark and text[: mark.start()].strip():
        return text[: mark.start()]
    pasted = _PASTED.search(text)
    return text[: pasted.start()] if pasted and text[: pasted.start()].strip() else text


def _pasted_headers(text: str) -> Headers:
    found = _PASTED.search(text)
    if not found:
        return []
    start = text.rfind("\n\n", 0, found.start()) + 2 if "\n\n" in text[: found.start()] else found.start()
    block = re.sub(r"^[ \t]{0,4}(?:> ?)?(?=\S)", "", text[start : start + 20_000], flags=re.MULTILINE)
    headers, _ = split_message(b"\n" + block.encode())
    return headers


def embedded_headers(parts: Sequence[Part]) -> Headers:
    """The headers of the message that a report is about: attached whole, as headers, or pasted below the text."""
    for part in parts:
        if part.kind in ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"):
            headers, _ = split_message(b"\n" + part.data())
            if headers:
                return headers
    for part in parts:
        if part.kind.startswith("text/"):
            found = _pasted_headers(part.text()[:SCANNED])
            if found:
                return found
    return []
