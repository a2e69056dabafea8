"""One run of renderer and transport without any database: `send_composed.py PORT CONNECTIONS MESSAGES`.

Every message is composed for its own person: words, tokens of every link, MIME. Prints {seconds, cpu}.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import UTC, datetime

import uvloop

from letters import BASE, HTML, SUBJECT, VALUES
from reachly.infra import outbound
from reachly.infra import settings as settings_module
from reachly.infra.settings import load_settings
from reachly.integrations.mailer.port import Envelope, Mailer, MailerConfig
from reachly.integrations.mailer.registry import make_mailer
from reachly.kit.ids import new_id
from reachly.services.rendering.policy import CompiledTemplate, build_message, compile_template, render
from reachly.services.rendering.schemas import MessageEnvelope, TemplateSource
from reachly.services.sending import tokens

SENDER = "mira@brightfjord.example"
BATCH = 100
ORGANIZATION = new_id()


def compose(template: CompiledTemplate, n: int) -> Envelope:
    name, to = f"Ada{n}", f"p{n}@example.com"
    rendered = render(template, {**VALUES, "first_name": name}, seed=to)
    urls = tokens.make_urls(ORGANIZATION, new_id(), opens=True, clicks=len(rendered.links))
    envelope = MessageEnvelope(
        message_id=f"<{new_id()}@brightfjord.example>", from_name="Mira Sol", from_email=SENDER,
        to_name=f"{name} Lovelace", to_email=to, date=datetime.now(UTC), list_unsubscribe_url=urls.unsubscribe_url,
    )  # fmt: skip
    return Envelope(SENDER, to, build_message(rendered, envelope, urls))


async def lane(mailer: Mailer, template: CompiledTemplate, messages: int) -> None:
    left = messages
    while left:
        n = min(BATCH, left)
        envelopes = []
        for i in range(n):
            envelopes.append(compose(template, left - i))
            if i % 16 == 0:
                await asyncio.sleep(0)
        receipts = await mailer.send_many(envelopes)
        assert all(receipt.outcome == "accepted" for receipt in receipts), receipts[0]
        left -= n


async def main(port: int, connections: int, messages: int) -> None:
    outbound.install(["127.0.0.1"])
    settings_module.install(load_settings(public_url=BASE))
    template = compile_template(
        TemplateSource(subject=SUBJECT, body=HTML, track_opens=True, track_clicks=True)
    )
    config = MailerConfig(SENDER, host="127.0.0.1", port=port, security="none")
    mailers = [make_mailer("smtp", config) for _ in range(connections)]
    for mailer in mailers:
        await mailer.open()
    await asyncio.gather(*(lane(mailer, template, 20) for mailer in mailers))
    cpu, began = time.process_time(), time.perf_counter()
    await asyncio.gather(*(lane(mailer, template, messages // connections) for mailer in mailers))
    print(json.dumps({"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}))
    for mailer in mailers:
        await mailer.close()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
