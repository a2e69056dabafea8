"""The audit looks at its own evidence, and says of what it cannot tell that it cannot."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from reachly.doctor import audit
from reachly.doctor.audit import audit_campaign
from reachly.integrations.mailer.fake import DROP
from reachly.integrations.reader import registry
from reachly.jobs.sending import SendingLoop
from reachly.kit import clock
from tests.factories.filing import NEVER, FilingMailbox, Habits
from tests.factories.sending import Stage, add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay, SetClock, drain

pytestmark = pytest.mark.anyio
DOUBT = "lead0004@example.com"


class Audited:
    """One campaign over one mailbox, nine people, the fifth of them in doubt."""

    def __init__(self, relay: Relay, sql: Any, at: SetClock) -> None:
        self.relay, self.sql, self.at, self.filing = relay, sql, at, FilingMailbox()

    async def send(self, loop: SendingLoop, owner: uuid.UUID, *, arrives: bool = True) -> None:
        account = await add_mailbox(owner, self.relay.port, imap_port=21598, min_gap_seconds=60)
        self.stage: Stage = await add_campaign(owner, [account], 9)
        self.relay.script.answer("final", DROP, address=DOUBT)
        for _ in range(16):
            told = len(self.relay.script.accepted)
            await drain(loop)
            for envelope in self.relay.script.accepted[told:]:
                if arrives or envelope.rcpt_to != DOUBT or DOUBT in self.relay.recipients[:told]:
                    self.filing.accept(envelope.data, clock.now())
            self.at.move(minutes=2)

    async def tell(self) -> tuple[str, bool]:
        lines, is_clean = await audit_campaign(self.stage.campaign_id)
        return "\n".join(lines), is_clean


@pytest.fixture
async def audited(
    relay: Relay,
    organization_id: uuid.UUID,
    loop: SendingLoop,
    sql: Any,
    at: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    made = Audited(relay, sql, at)
    loop.tools.readers._factory = lambda connection: made.filing.reader(connection.reader)
    monkeypatch.setattr(audit, "read_ports", lambda data_dir: None)
    registry.replace("imap", made.filing.reader)
    yield made
    registry.replace("imap", None)


async def test_what_was_settled_by_absence_names_its_controls_and_whether_they_are_still_there(
    audited: Audited, organization_id: uuid.UUID, loop: SendingLoop
) -> None:
    await audited.send(loop, organization_id, arrives=False)
    audited.filing.catch_up()
    assert audited.relay.recipients.count(DOUBT) == 2, "the first one never came in"
    told, is_clean = await audited.tell()
    assert "settled by absence: 1\n" in told
    assert "never left, by message_id in Sent, beside <" in told
    assert "6 of 6 can still be found" in told
    assert "evidence missing" not in told
    audited.filing.empty()
    told, is_clean = await audited.tell()
    assert "0 of 6 can still be found" in told
    assert "evidence missing: the controls of 1 cannot all be found any more" in told
    assert "duplicate: cannot be told" in told
    assert is_clean, "nothing contradicts it, and that is not the same as a proof"
    await audited.sql.execute("UPDATE email_sends SET evidence = NULL")
    told, _ = await audited.tell()
    assert "evidence missing: 1 were settled before evidence was kept" in told


async def test_a_folder_that_shows_nothing_is_no_proof_of_no_duplicate(
    audited: Audited, organization_id: uuid.UUID, loop: SendingLoop
) -> None:
    audited.filing.habits = Habits(delay=lambda n, at: NEVER)
    await audited.send(loop, organization_id)
    told, _ = await audited.tell()
    assert "duplicate: cannot be told, no folder shows a copy of the mailbox's own" in told
    assert "not comparable: of" in told, "copies that we filed say nothing"
    assert "unknown: 1" in told


async def test_a_missing_copy_between_two_that_are_there_is_lost_and_a_second_one_a_duplicate(
    audited: Audited, organization_id: uuid.UUID, loop: SendingLoop
) -> None:
    await audited.send(loop, organization_id)
    audited.filing.catch_up()
    assert "lost: 0\nduplicate: 0 of the 9 that can be compared" in (await audited.tell())[0]
    messages = audited.filing.box.folders["Sent"].messages
    twice = messages[6]
    del messages[2]
    audited.filing.box.deliver(twice.raw, twice.received_at, "Sent")
    told, is_clean = await audited.tell()
    assert "lost: 1\nduplicate: 1 of the 9" in told
    assert not is_clean
