"""How a reply of an SMTP peer is read: pure, shared by the vendors and the fake.

Only the answer to a recipient or to a whole message can refuse it; what a peer says anywhere else is about the sender
or the session. Whether a refusal is the person's, the mailbox's or the content's fault is not decided here but in
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
_SHUTTING_DOWN = re.compile(
    r"shutting down|going down|service (is )?(currently |temporarily )?(not available|unavailable)"
    r"|closing (the )?(transmission|connection|channel)|not accepting (network )?(messages|mail)"
    r"|(insufficient|out of) (system )?(storage|resources|disk|space)|system (is )?(too )?busy",
    re.IGNORECASE,
)
_PERSONAL: frozenset[Stage] = frozenset({"rcpt", "final"})

# An address as RFC 5321 4.1.2 and RFC 6531 write it, without source routes; nothing in it can end the command.
_PATH = re.compile(
    r"(?P<local>[^\s<>()\[\]\\,;:@\"\x00-\x1f\x7f]+|\"(?:[^\"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*\")"
    r"@(?P<domain>[\w](?:[\w.-]{0,251}[\w])?|\[[0-9A-Za-z:.]{3,45}\])"
)


# What is not even tried. Where it is the mailbox's own address, nothing is wrong with the person.
_NO_UTF8 = "This server does not take addresses with signs outside ASCII (no SMTPUTF8)."
BAD_RECIPIENT = Receipt("refused", None, "5.1.3", "The address is not one that mail can be sent to.", "rcpt")
BAD_SENDER = Receipt(
    "deferred", None, "5.1.7", "The mailbox's own address is not one that mail can be sent from.", "mail"
)
NO_UTF8 = Receipt("refused", None, "5.6.7", _NO_UTF8, "rcpt")
NO_UTF8_FOR_US = Receipt("deferred", None, "5.6.7", _NO_UTF8, "mail")


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


def is_shutdown(code: int, text: str) -> bool:
    """Whether a 4xx or 5xx reply speaks of the server itself (RFC 3463 3.4), whatever it was asked."""
    if code < 400:
        return False
    status = enhanced_code(text)
    if code == 421 or status == "5.3.2" or (status and status.startswith("4.3.")):
        return True
    if _THE_RECIPIENT_IS_BUSY.search(text):
        return False
    # Behind a status about an address, a mailbox or a policy the same words mean these.
    return (status is None or status[2] in "034") and bool(_SHUTTING_DOWN.search(text))


def fits(stage: Stage, code: int) -> bool:
    """Whether a reply with this code can be the answer to the command of that stage (RFC 5321 4.3.2)."""
    return 400 <= code <= 599 or (code == 354 if stage == "data" else 200 <= code < 300)


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
    return "refused" if code >= 500 and stage in _PERSONAL and not is_shutdown(code, text) else "deferred"


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


def read_misfit(stage: Stage, code: int, text: str) -> Receipt:
    """The receipt for an answer that does not fit its command: whose answer it is, nobody knows."""
    said = f"{code} {text}" if code else text
    return read_loss(stage, f"The server's answers do not fit what it was asked. It said: {said}")


def read_doubt(receipt: Receipt, *, missing: bool = False) -> Receipt:
    """What is left of a receipt when its answer may have belonged to another command.

    An answer too many leaves a yes as it is: it came no later than the right one. With one `missing`, the yes may have
    been meant for the next command.
    """
    if receipt.outcome == "accepted" and not missing:
        return receipt
    if receipt.stage == "final":
        return read_misfit("final", receipt.code or 0, receipt.text)
    if receipt.outcome in ("refused", "deferred") and receipt.code is not None:
        return read_misfit(receipt.stage, receipt.code, receipt.text)
    return receipt


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
