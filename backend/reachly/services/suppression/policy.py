"""What a suppression covers, and which refusals lead to one."""

from __future__ import annotations

import re
from typing import Literal

from reachly.kit.address import parse_address


def read_target(text: str) -> tuple[Literal["email", "domain"], str]:
    """The kind and the key of a typed address or domain (`@example.com` is a domain too).

    Raises ValueError with a reason a person understands.
    """
    trimmed = text.strip()
    if "@" in trimmed.lstrip("@") or "＠" in trimmed.lstrip("＠"):
        return "email", parse_address(trimmed).key
    name = trimmed.lstrip("@＠").rstrip(".")
    try:
        return "domain", parse_address(f"x@{name}").domain
    except ValueError:
        raise ValueError("This is neither an e-mail address nor a domain like example.com.") from None


def covering_domains(domain: str) -> list[str]:
    """The domain itself and those above it down to two labels: a suppressed domain covers its subdomains."""
    labels = domain.split(".")
    return [".".join(labels[n:]) for n in range(len(labels) - 1)]


Blame = Literal["hard", "soft", "policy"]

_HARD_CODES = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4"})
_SOFT_CODES = frozenset({"5.2.2", "5.2.3", "5.3.1", "5.3.4", "5.4.7"})
_NOBODY = re.compile(
    r"user unknown|unknown (user|recipient|address|mailbox)|no such (user|recipient|address|mailbox|person)"
    r"|(user|recipient|mailbox|address|account).{0,40}(not found|does ?n.t exist|does not exist|not exist|unknown"
    r"|is disabled|has been disabled|inactive|no longer)|invalid (recipient|mailbox|address)|no mailbox here"
    r"|not a valid (user|mailbox|recipient)|unrouteable address|domain.{0,20}(not found|does not exist)",
    re.IGNORECASE,
)
_FULL = re.compile(
    r"(mailbox|inbox|quota|storage).{0,40}(full|exceed|over)|over ?quota|insufficient.{0,20}storage", re.IGNORECASE
)
_POLICY = re.compile(
    r"spam|policy|blocked|black ?list|block ?list|\brbl\b|reputation|dmarc|\bspf\b|\bdkim\b|authenticat|relay"
    r"|rejected for|content|virus|too large|size limit|banned|access denied|not permitted|not allowed|prohibited",
    re.IGNORECASE,
)


def classify_bounce(code: int | None, enhanced: str | None, text: str, stage: str = "rcpt") -> Blame:
    """Who is to blame for a refusal, in session or reported later.

    hard    the address is bad: nobody is there, ever (RFC 3463 x.1.1, x.1.2, x.1.3, x.1.10, x.2.1): suppress
    soft    the address is good and could not take it: full, expired, any 4.x.x: suppress only after several
    policy  sender, mailbox or content were judged (5.7.x, spam, size): never the person's fault

    `code` and `enhanced` may be missing or malformed; then the words decide, and where they say nothing, a refusal
    of the recipient (`stage` rcpt) counts as hard and every other one as policy.
    """
    status = enhanced or ""
    if status in _HARD_CODES:
        # Some relays say "no such user" for everything; their words are believed before their number.
        return "policy" if status == "5.1.0" and _POLICY.search(text) and not _NOBODY.search(text) else "hard"
    if status in _SOFT_CODES or status.startswith("4.") or (code is not None and 400 <= code < 500):
        return "soft"
    if status.startswith(("5.7.", "5.6.", "5.5.")):
        return "hard" if status == "5.5.0" and _NOBODY.search(text) else "policy"
    if _NOBODY.search(text):
        return "hard"
    if _FULL.search(text):
        return "soft"
    if _POLICY.search(text):
        return "policy"
    return "hard" if stage == "rcpt" and code in (550, 551, 553, None) else "policy"
