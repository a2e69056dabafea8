"""One run of our transport: `send_ready_made.py PORT CONNECTIONS MESSAGES FILE`. Prints {seconds, cpu}."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

import uvloop

from reachly.infra import outbound
from reachly.integrations.mailer.port import Envelope, Mailer, MailerConfig
from reachly.integrations.mailer.registry import make_mailer

SENDER = "mira@brightfjord.example"
BATCH = 200


async def lane(mailer: Mailer, messages: int, data: bytes) -> None:
    left = messages
    while left:
        n = min(BATCH, left)
        receipts = await mailer.send_many([Envelope(SENDER, f"p{i}@example.com", data) for i in range(n)])
        assert all(receipt.outcome == "accepted" for receipt in receipts), receipts[0]
        left -= n


async def main(port: int, connections: int, messages: int, data: bytes) -> None:
    outbound.install(["127.0.0.1"])
    config = MailerConfig(SENDER, host="127.0.0.1", port=port, security="none")
    mailers = [make_mailer("smtp", config) for _ in range(connections)]
    for mailer in mailers:
        await mailer.open()
    await asyncio.gather(*(lane(mailer, 20, data) for mailer in mailers))
    cpu, began = time.process_time(), time.perf_counter()
    await asyncio.gather(*(lane(mailer, messages // connections, data) for mailer in mailers))
    took = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
    print(json.dumps(took))
    for mailer in mailers:
        await mailer.close()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]).read_bytes()))
