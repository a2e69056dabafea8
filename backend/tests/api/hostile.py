"""Strings, documents and cursors that break programs which trust them."""

from __future__ import annotations

import base64
import json
from typing import Any

NAUGHTY = [
    "undefined", "NULL", "true", "-1", "1e400", "0x0", " ", "\t", "\u200b\ufeff", "\ufffe\uffff", "\U0010ffff",
    "\N{WAVING WHITE FLAG}\ufe0f\u200d\N{RAINBOW}", "\u0645\u0631\u062d\u0628\u0627 \u202etxet desrever",
    "a" + "\u0301" * 50, "田中さんにあげて下さい", "Ｆｕｌｌ ｗｉｄｔｈ", "İIıi", "ß", "ﬀ",
    "'; DROP TABLE leads; --", "' OR 1=1 --", '" OR ""="', "%00%0a", "%", "_", "\\", "\\\\",
    "\x01\x1b[31m\x7f", "\x85\u2028\u2029", "../../../etc/passwd", "$(touch x)", "`id`", "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)",
    "{{7*7}}", "${7*7}", "<%= 7*7 %>", "{", "{{", '{{ first_name | fallback: "x" }}', "{a|b|{c|d}}", "x" * 5_000,
]  # fmt: skip

JSON_ABUSE = {
    "not json": b"{", "empty": b"", "two documents": b"{}{}", "a number": b"7", "a text": b'"x"', "null": b"null",
    "a list": b"[]", "deep list": b"[" * 10_000 + b"]" * 10_000,
    "deep object": b'{"name":' * 5_000 + b"1" + b"}" * 5_000,
    "deep inside": b'{"name": "x", "send_schedule": ' + b'{"a":' * 900 + b"1" + b"}" * 901,
    "not a number": b'{"name": NaN, "daily_cap": NaN, "send_schedule": {"a": NaN}}',
    "infinite": b'{"name": "x", "daily_cap": 1e400, "send_schedule": {"x": -Infinity}}',
    "huge int": b'{"name": "x", "daily_cap": ' + b"9" * 4_000 + b"}",
    "longer int": b'{"daily_cap": ' + b"9" * 5_000 + b"}",
    "twice": b'{"name": "x", "name": 7}',
    "latin-1": '{"name": "é"}'.encode("latin-1"), "utf-16": '{"name": "x"}'.encode("utf-16"),
    "utf-8 with mark": b'\xef\xbb\xbf{"name": "x"}', "broken utf-8": b'{"name": "\xff\xfe"}',
    "lone surrogate": b'{"name": "\\ud800"}', "surrogate key": b'{"name": "x", "settings": {"\\udfff": 1}}',
    "nul": b'{"name": "a\\u0000b"}', "nul key": b'{"a\\u0000": 1, "name": "x"}', "raw nul": b'{"name": "a\x00b"}',
    "prototype": b'{"__proto__": {"x": 1}, "constructor": 1, "name": []}',
}  # fmt: skip


def _cursor(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


CURSORS = [
    "x", "é", "'; DROP TABLE leads; --", "=" * 50, "eyJ", _cursor([]), _cursor(["x", "y"]), _cursor([1, 2]),
    _cursor({"a": 1}), _cursor(["2026-01-01T00:00:00", "x"]), _cursor([None, None]), _cursor([10**30]),
    _cursor(["0001-01-01T00:00:00+14:00", "x"]),
]  # fmt: skip
"""None of them is one of ours, for any list."""
