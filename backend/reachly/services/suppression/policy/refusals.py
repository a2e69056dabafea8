"""What a refusal means, in session or reported later: whose fault it is, whether to try again, whom to spare.

Sources: RFC 5321 4.2, RFC 3463 and RFC 5248 for the codes; the words decide where the codes say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from reachly.services.suppression.policy import words

Kind = Literal[
    "hard_address", "soft", "policy", "greylisted", "throttled", "auth_failed", "too_large", "unknown"
]
Party = Literal["person", "mailbox", "content", "nobody"]
Blame = Literal["hard", "soft", "policy"]

HARD = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.1", "5.4.4", "5.4.310"})
SOFT = frozenset({"5.2.2", "5.3.1", "5.3.0", "5.3.2", "5.4.7", "5.4.5", "5.4.6", "5.4.0"})
LARGE = frozenset({"5.3.4", "5.2.3", "4.3.4"})
SIGN_IN_CODES = frozenset({530, 534, 535, 538})
SIGN_IN = frozenset({"5.7.8", "5.7.9", "5.7.14", "5.7.57", "5.7.139"})
THROTTLED = frozenset({"4.7.28", "4.7.32", "4.7.500", "4.4.5", "5.4.5", "4.5.3", "5.7.232", "5.7.233"})
RECIPIENT_CODES = frozenset({550, 551, 553})

_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![.\d])")
_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?=[ \-#:]|$)")

RETRY = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
GREYLIST_RETRY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`blame` is who pays: person (counted towards a suppression), mailbox (slowed or stopped), content, nobody.

    `temporary` is true where another try may succeed; `rule` names what decided, for the log and for tests.
    """

    kind: Kind
    blame: Party
    temporary: bool
    rule: str

    @property
    def suppresses(self) -> bool:
        return self.kind == "hard_address"


def find_enhanced(enhanced: str | None, text: str = "") -> str | None:
    """A well-formed status (RFC 3463) from the field, else the first in the text; malformed ones read as None."""
    for source in (enhanced or "", text[: words.READ]):
        found = _ENHANCED.search(source)
        if found:
            return ".".join(str(int(part)) for part in found.groups())
    return None


def find_code(text: str) -> int | None:
    """The first three-digit reply code (4xx or 5xx) in the text."""
    found = _CODE.search(text[: words.READ])
    return int(found[1]) if found else None


def classify_reply_code(
    code: int | None, enhanced: str | None, text: str, stage: str = "rcpt", *, in_session: bool = True
) -> Verdict:
    """The verdict on one refusal.

    `stage` is where it stood: connect, helo, auth, mail, rcpt, data or body. `code` and `enhanced` may be missing
    or malformed. `in_session` False is a bounce that arrived later: a bare 5xx then proves nothing about a person.
    """
    said = words.remote_words(text)
    status = find_enhanced(enhanced, text)
    if code is None or not 400 <= code <= 599:
        code = find_code(text)
    if _is_sign_in(code, status, said, stage):
        temporary = bool(code and code < 500)
        return Verdict("auth_failed", "mailbox", temporary, "sign_in")
    temporary = status.startswith("4.") if status else bool(code and code < 500)
    if stage in ("connect", "helo", "mail") and in_session and not words.NOBODY.search(said):
        return _about_sender(status, said, temporary)
    return (
        _temporary(status, said)
        if temporary
        else _permanent(code, status, said, stage, in_session=in_session)
    )


def _is_sign_in(code: int | None, status: str | None, said: str, stage: str) -> bool:
    if stage == "auth" or (code in SIGN_IN_CODES and stage != "body") or status in SIGN_IN:
        return True
    return stage in ("mail", "helo") and words.SIGN_IN.search(said) is not None


def _about_sender(status: str | None, said: str, temporary: bool) -> Verdict:
    """Before the recipient is named, a refusal can only mean the sender."""
    if status in THROTTLED or words.THROTTLED.search(said):
        return Verdict("throttled", "mailbox", True, "throttled")
    if words.TOO_LARGE.search(said) or status in LARGE:
        return Verdict("too_large", "content", False, "size")
    if temporary:
        return Verdict("soft", "mailbox", True, "temporary")
    return Verdict("policy", "mailbox", False, "before_recipient")


def _temporary(status: str | None, said: str) -> Verdict:
    if words.GREY.search(said):
        return Verdict("greylisted", "nobody", True, "greylist_words")
    if status == "4.2.2" or words.FULL.search(said):
        return Verdict("soft", "person", True, "full")
    if status in THROTTLED or words.THROTTLED.search(said):
        return Verdict("throttled", "mailbox", True, "throttled")
    if status and status.startswith("4.7."):
        return Verdict("soft", "mailbox", True, "temporary_policy")
    return Verdict("soft", "person", True, "temporary")


def _permanent(code: int | None, status: str | None, said: str, stage: str, *, in_session: bool) -> Verdict:
    nobody, strong = words.NOBODY.search(said), words.STRONG_POLICY.search(said)
    if status in LARGE and not words.FULL.search(said):
        return Verdict("too_large", "content", False, "size_status")
    if status in HARD:
        # Some filters say "no such user" by number for everything: their words are believed before it.
        if strong and not nobody:
            return Verdict("policy", "mailbox", False, "words_over_status")
        if words.FULL.search(said) and not nobody:
            return Verdict("soft", "person", False, "full")
        return Verdict("hard_address", "person", False, "address_status")
    if status in THROTTLED:
        return Verdict("throttled", "mailbox", True, "throttled")
    if status in SOFT:
        return Verdict("soft", "person", False, "soft_status") if not nobody else _hard("words")
    if status and status.startswith(("5.7.", "5.6.")):
        return Verdict(
            "policy", "content" if status.startswith("5.6.") else "mailbox", False, "policy_status"
        )
    return _by_words(code, status, said, stage, in_session=in_session)


def _hard(rule: str) -> Verdict:
    return Verdict("hard_address", "person", False, rule)


def _by_words(code: int | None, status: str | None, said: str, stage: str, *, in_session: bool) -> Verdict:
    """5.0.0, 5.1.0, 5.4.1, 5.5.x, malformed or missing statuses."""
    if words.STRONG_POLICY.search(said):
        verdict = Verdict("policy", "mailbox", False, "policy_words")
    elif words.FULL.search(said):
        verdict = Verdict("soft", "person", False, "full")
    elif words.NOBODY.search(said):
        verdict = _hard("words")
    elif words.TOO_LARGE.search(said):
        verdict = Verdict("too_large", "content", False, "size_words")
    elif words.THROTTLED.search(said):
        verdict = Verdict("throttled", "mailbox", True, "throttled")
    elif words.POLICY.search(said):
        verdict = Verdict("policy", "mailbox", False, "policy_words")
    elif not in_session and words.SLOW.search(said):
        verdict = Verdict("soft", "person", False, "never_reached")
    elif status and status.startswith("5.1."):
        verdict = _hard("address_subject")
    elif in_session and stage == "rcpt" and code in RECIPIENT_CODES and status is None:
        verdict = _hard("refused_recipient")
    elif stage in ("data", "body"):
        verdict = Verdict("policy", "content", False, "after_recipient")
    else:
        verdict = Verdict("unknown", "nobody", False, "nothing_said")
    return verdict


def classify_bounce(code: int | None, enhanced: str | None, text: str, stage: str = "rcpt") -> Blame:
    """Who is to blame for a definite refusal in session.

    hard    the address is bad: nobody is there, ever: suppress
    soft    the address is good and could not take it: suppress only after several
    policy  sender, mailbox or content were judged: never the person's fault
    """
    return blame_of(classify_reply_code(code, enhanced, text, stage))


def classify_report(status: str | None, diagnostic: str, action: str = "failed") -> Verdict:
    """The verdict on one recipient of a delivery report (RFC 3464). `delayed` is not a bounce: it reads temporary."""
    verdict = classify_reply_code(None, status, diagnostic, "rcpt", in_session=False)
    if action.strip().lower() != "failed" and not verdict.temporary:
        return Verdict("soft", "nobody", True, "not_failed")
    return verdict


def blame_of(verdict: Verdict) -> Blame:
    if verdict.kind == "hard_address":
        return "hard"
    if verdict.kind in ("soft", "greylisted", "throttled"):
        return "soft"
    return "policy"


def next_retry(
    attempt: int, verdict: Verdict, waits: Sequence[timedelta] = RETRY, greylist: timedelta = GREYLIST_RETRY
) -> timedelta | None:
    """How long to wait after attempt number `attempt` (from 1); None: give up.

    15 min (5 where greylisted), 1 h, 4 h; what is not temporary is never tried again.
    """
    if not verdict.temporary or attempt > len(waits):
        return None
    if attempt == 1 and verdict.kind == "greylisted":
        return greylist
    return waits[max(1, attempt) - 1]


def should_suppress(verdict: Verdict, soft_bounces: int = 0, limit: int = 3) -> bool:
    """Whether the address goes on the do-not-contact list.

    `soft_bounces` are those blamed on the person within the settings' days, this one included.
    """
    if verdict.suppresses:
        return True
    return verdict.kind == "soft" and verdict.blame == "person" and soft_bounces >= limit
