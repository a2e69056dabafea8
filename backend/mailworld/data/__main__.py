"""Makes the shipped list of leads again, byte for byte; run in `backend/`:

python -m mailworld.data > mailworld/data/leads-500.csv
"""

from __future__ import annotations

import argparse
import io
import sys

from mailworld.people import invent_with_oddities, write_csv


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m mailworld.data", description="Invented leads as CSV.")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--count", type=int, default=500)
    chosen = parser.parse_args()
    text = io.StringIO(newline="")
    write_csv(invent_with_oddities(chosen.seed, chosen.count), text)
    sys.stdout.buffer.write(text.getvalue().encode())


if __name__ == "__main__":
    main()
