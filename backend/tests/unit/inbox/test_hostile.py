"""What one mail may cost: CPU in proportion to its size, whatever a stranger puts in it."""

from __future__ import annotations

import base64
import time
from datetime import date

from reachly.services.inbox.policy import read_head, read_message
from reachly.services.inbox.policy.reading import HEAD_BYTES
from tests.factories.hostile_mail import HEAD, LIMIT, PERSON, few_hostile_mails

DAY = date(2027, 1, 4)


def cost(raw: bytes) -> float:
    """CPU seconds, the better of two."""
    took = []
    for _ in range(2):
        began = time.process_time()
        read_message(raw, ("mira@brightfjord.example",), DAY)
        took.append(time.process_time() - began)
        if took[0] < 0.05:
            break
    return min(took)


def test_no_mail_costs_many_times_what_an_honest_one_of_its_size_does() -> None:
    """Independent of the machine: a quadratic codec costs thousands of times as much."""
    words = b"\n".join(
        b"Dear Ada, thank you for the offer; let us talk on Tuesday at ten." for _ in range(6000)
    )
    honest = (
        HEAD % PERSON + b"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\n" + words
        + b"\n--x\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(bytes(range(256)) * 12_000) + b"\n--x--\n"
    )[:LIMIT]  # fmt: skip
    unit = max(cost(honest) for _ in range(3))
    worst = max((cost(raw), name) for name, raw in few_hostile_mails())
    print(
        f"\nworst CPU of one mail: {worst[0] * 1000:.0f} ms ({worst[1]}); an honest one: {unit * 1000:.0f} ms"
    )
    assert worst[0] < 60 * unit, worst


def test_the_head_of_any_mail_is_read_for_what_it_says() -> None:
    for name, raw in few_hostile_mails():
        reading = read_head(raw[:HEAD_BYTES], "time")
        assert (reading.flaw, reading.classified.kind) == ("time", "reply"), name
        assert "could not be read" in reading.shown
        assert reading.inbound.message_id
