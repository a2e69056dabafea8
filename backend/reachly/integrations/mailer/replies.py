"""How a reply of an SMTP peer is read: pure, shared by the vendors and the fake.

Whether a refusal is the person's, the mailbox's or the content's fault is not decided here but in
`services/suppression/policy.py`, from code, enhanced code, text and stage. Sources: RFC 5321 4.2, RFC 3463, and the
replies of Gmail, Exchange Online and Postfix.
"""

from __future__ import annotations

import re

from reachly.integrations.mailer.port import Outcome, Receipt, Stage

MAX_TEXT = 2000

_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?![.\d])")
_THROTTLED = re.compile(
    r"too (many|much) ((e-?)?mails?|messages|connections|recipients|requests|concurrent)|rate.?limit|throttl|slow down"
    r"|(sending|submission|message|send) (rate|limit|quota)|(daily|hourly)\b.{0,40}\b(limit|quota)|unusual rate"
    r"|concurrent connections|server busy|limit exceeded",
    re.IGNORECASE,
)
_THE_RECIPIENT_IS_BUSY = re.compile(
    r"receiving mail at a rate|mailbox .{0,20}(full|quota)|over quota", re.IGNORECASE
)
_SIGN_IN_CODES = frozenset({530, 534, 535, 538})

# An address as RFC 5321 4.1.2 and RFC 6531 write it, without source routes; nothing in it can end the command.
_PATH = re.compile(
    r"(?P<local>[^\s<>()\[\]\\,;:@\"\x00-\x1f\x7f]+|\"(?:[^\"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*\")"
    r"@(?P<domain>[\w](?:[\w.-]{0,251}[\w])?|\[[0-9A-Za-z:.]{3,45}\])"
)


def clean_text(text: str) -> str:
    """The peer's words, storable: no lone surrogates, no NUL, at most `MAX_TEXT` characters."""
    if text.isascii():
        return text.replace("\x00", "").strip()[:MAX_TEXT]
    mended = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return mended.replace("\x00", "").strip()[:MAX_TEXT]


def enhanced_code(text: str) -> str | None:
    """The enhanced status code (RFC 3463) a reply begins with, or None when it has none that is well formed."""
    if text[:6] == "2.0.0 ":  # what nearly everybody says
        return "2.0.0"
    found = _ENHANCED.match(text)
    return found[1] if found else None


def is_throttling(code: int, text: str) -> bool:
    """Whether a 4xx or 5xx reply says that the sender is too quick."""
    if code < 400 or _THE_RECIPIENT_IS_BUSY.search(text):
        return False
    return enhanced_code(text) in {"4.7.28", "5.4.5", "4.5.3"} or bool(_THROTTLED.search(text))


def judge(stage: Stage, code: int, text: str) -> Outcome:
    """The outcome that a reply at a stage means. A code outside 200 to 599 is no reply at all."""
    if not 200 <= code <= 599 or (stage == "final" and 300 <= code < 400):
        return "unknown" if stage == "final" else "deferred"
    if 200 <= code < 300 and stage == "final":
        return "accepted"
    if is_throttling(code, text):
        return "throttled"
    if code in _SIGN_IN_CODES:
        return "auth_failed"
    if code == 421 and stage in {"connect", "auth", "mail"}:
        return "connect_failed"
    return "refused" if code >= 500 else "deferred"


def read_reply(stage: Stage, code: int, text: str) -> Receipt:
    """The receipt for a reply that ended the attempt."""
    words = clean_text(text)
    if stage == "final" and 200 <= code < 300:
        final_id = _final_message_id(words) if "<" in words else None
        return Receipt("accepted", code, enhanced_code(words), words, stage, final_id)
    given = code if 200 <= code <= 599 else None
    return Receipt(judge(stage, code, words), given, enhanced_code(words), words, stage)


def read_loss(stage: Stage, text: str) -> Receipt:
    """The receipt for a connection that broke, or an answer that did not come, at `stage`."""
    outcome: Outcome = "unknown" if stage == "final" else "deferred"
    if stage in {"connect", "auth", "mail"}:
        outcome = "connect_failed"
    return Receipt(outcome, None, None, clean_text(text), stage)


def wire_path(address: str) -> str | None:
    """The address as it stands between `<` and `>`, its domain in punycode; None when it cannot be put on the wire.

    The local part is left exactly as it is. Non-ASCII local parts need SMTPUTF8 (RFC 6531).
    """
    found = _PATH.fullmatch(address)
    if found is None or len(address) > 254:
        return None
    if address.isascii():
        return address
    local, domain = found["local"], found["domain"]
    try:
        local.encode()  # a lone surrogate has no place on any wire
        return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}"
    except UnicodeError:
        return None


def _final_message_id(text: str) -> str | None:
    """Exchange Online answers `250 2.0.0 OK <id@host> [Hostname=…]` with the Message-ID that it put in."""
    found = re.match(r"2\.\d\.\d OK (<[^<>\s@]{1,200}@[^<>\s]{1,200}>) \[Hostname=", text, re.IGNORECASE)
    return found[1] if found else None
