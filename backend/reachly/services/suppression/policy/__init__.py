"""What a suppression covers, what a refusal means, and which refusals lead to a suppression."""

from __future__ import annotations

from reachly.services.suppression.policy.reasons import end_by, words_of
from reachly.services.suppression.policy.refusals import (
    Blame,
    Kind,
    Party,
    Verdict,
    blame_of,
    classify_bounce,
    classify_reply_code,
    classify_report,
    find_code,
    find_enhanced,
    next_retry,
    should_suppress,
)
from reachly.services.suppression.policy.targets import covering_domains, read_target

__all__ = [
    "Blame",
    "Kind",
    "Party",
    "Verdict",
    "blame_of",
    "classify_bounce",
    "classify_reply_code",
    "classify_report",
    "covering_domains",
    "end_by",
    "find_code",
    "find_enhanced",
    "next_retry",
    "read_target",
    "should_suppress",
    "words_of",
]
