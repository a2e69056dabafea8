"""Whether a mailbox files what is sent through it is learned from its first messages, and made up for if not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mailworld.config import Rates
from reachly.demo.play import prepare
from reachly.demo.run import Options, make_csv
from reachly.demo.story import SPRING
from reachly.integrations.reader.port import ReaderConfig
from reachly.integrations.reader.registry import make_reader
from reachly.kit import clock
from tests.flow.conftest import Perform

pytestmark = pytest.mark.anyio

ONE_BOX = replace(SPRING, boxes=SPRING.boxes[:1])


@pytest.mark.parametrize("files_sent", [True, False])
async def test_every_message_has_one_copy(perform: Perform, files_sent: bool) -> None:
    box = ONE_BOX.boxes[0]
    async with perform(Rates.quiet()) as scene:
        content = make_csv(Options(leads=6))
        await prepare(scene.stage, scene.user, ONE_BOX, content, secret=scene.secret, seed=7)
        scene.stage.mail.add_mailbox(box.address, scene.secret, files_sent=files_sent)
        await clock.sleep(24 * 3600)
        account = (await scene.user.ask("GET", "/api/email-accounts"))[0]
        assert account["files_sent"] is files_sent

        reader = make_reader(
            "imap",
            ReaderConfig(
                box.address, "127.0.0.1", scene.stage.mail.imap_port, "none", box.address, scene.secret
            ),
        )
        received = scene.stage.mail.received
        assert len(received) == 6
        learned = received[0].at + timedelta(minutes=4)
        for fact in received:
            if files_sent or fact.at > learned:
                assert await reader.find_copies([fact.message_id]), fact
        await reader.close()
