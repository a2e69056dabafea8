"""Whether a message of a wave may still leave, asked between two bytes of its dialogue."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from reachly.integrations.mailer.port import Receipt
from reachly.kit import clock
from reachly.services.sending.service.composing import Message
from reachly.services.sending.service.tools import Tools
from reachly.services.sending.service.withdraw import Withdrawal


class WaveWatch:
    """Looks on while one wave is on the wire (`integrations.mailer.port.Watch`).

    What has not left when the lease has run out does not leave any more: `surely_ours` (`clock.steady`), or as long as
    the heartbeat has made of it since. Others may have called it unknown, and found that it never left. Nor does what
    was stopped meanwhile: `withdraw` is told. `messages` are those that go on the wire, in this order.
    """

    def __init__(
        self, attempt_id: uuid.UUID, tools: Tools, surely_ours: float, messages: Sequence[Message]
    ) -> None:
        self._attempt_id, self._tools, self._surely_ours = attempt_id, tools, surely_ours
        self.messages = messages
        self._begun: set[uuid.UUID] = set()
        self._withdrawn: dict[uuid.UUID, Withdrawal] = {}
        self._is_cut = False

    def may_offer(self, n: int, /) -> bool:
        send_id = self.messages[n].send_id
        if send_id in self._withdrawn or not self._is_ours():
            return False
        if self._is_cut and send_id not in self._begun:
            return False
        self._begun.add(send_id)
        return True

    def offering(self, n: int, /) -> bool:
        return self.may_offer(n)

    def answered(self, _n: int, _receipt: Receipt, /) -> None:
        return None

    def withdraw(self, found: Mapping[uuid.UUID, Withdrawal]) -> list[Message]:
        """None of these leaves any more; those that are new here and of which nothing was on the wire yet.

        Whoever stopped one that has begun waits for its outcome, which is written down with the wave: nothing else of
        the wave begins, so that this is soon.
        """
        new = [one for one in self.messages if one.send_id in found and one.send_id not in self._withdrawn]
        self._withdrawn |= {one.send_id: found[one.send_id] for one in new}
        back = [one for one in new if one.send_id not in self._begun]
        self._is_cut |= len(back) < len(new)
        return back

    def withdrawal(self, message: Message) -> Withdrawal | None:
        """Why it was withdrawn, if it was."""
        return self._withdrawn.get(message.send_id)

    def _is_ours(self) -> bool:
        return clock.steady() < max(self._surely_ours, self._tools.held_until.get(self._attempt_id, 0.0))
