"""The last line of `.ci/run`: checks and tests added up."""

from __future__ import annotations

import sys

from results import recorded


def main() -> int:
    counts = [recorded("check"), recorded("test")]
    passed, failed = sum(c["passed"] for c in counts), sum(c["failed"] for c in counts)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
