"""Whether a message of a wave may still leave, asked between two bytes of its dialogue."""

from __future__ import annotations

import time
import uuid

from reachly.integrations.mailer.port import Receipt
from reachly.services.sending.service.tools import Tools


class WaveWatch:
    """Looks on while one wave is on the wire (`integrations.mailer.port.Watch`).

    What has not left when the lease has run out does not leave any more: `surely_ours` (monotonic seconds), or as long
    as the heartbeat has made of it since. Others may have called it unknown, and found that it never left.
    """

    def __init__(self, attempt_id: uuid.UUID, tools: Tools, surely_ours: float) -> None:
        self._attempt_id, self._tools, self._surely_ours = attempt_id, tools, surely_ours

    def may_offer(self, _n: int, /) -> bool:
        return time.monotonic() < max(self._surely_ours, self._tools.held_until.get(self._attempt_id, 0.0))

    def offering(self, n: int, /) -> bool:
        return self.may_offer(n)

    def answered(self, _n: int, _receipt: Receipt, /) -> None:
        return None
