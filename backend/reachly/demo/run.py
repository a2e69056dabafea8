"""`reachly demo`: a fortnight of a real campaign in a throw-away folder, a report, and the audit."""

from __future__ import annotations

import csv
import io
import json
import os
import secrets
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mailworld.people import invent_with_oddities, shipped_csv, write_csv
from reachly.data.migrate import upgrade
from reachly.demo import story
from reachly.demo.audit import hash_ledger
from reachly.demo.organization import ensure_organization, keep_sign_in
from reachly.demo.play import Outcome, judge, live_until, prepare
from reachly.demo.user import User
from reachly.demo.world import Ground, playing
from reachly.infra.embedded_postgres import EmbeddedPostgres
from reachly.infra.settings import DatabaseSettings, RedisSettings, SecuritySettings, Settings, load_settings
from reachly.kit.csv import write_row

SHIPPED = 500


@dataclass(frozen=True, slots=True)
class Options:
    """`days` is how long the world is watched; the campaign's steps lie within the first ten of them."""

    leads: int = SHIPPED
    days: int = 14
    seed: int = 7


@dataclass(frozen=True, slots=True)
class Result:
    """What the demo found; `as_json` has the keys that machines are promised."""

    outcome: Outcome
    ledger_hash: str
    seconds: float

    @property
    def is_clean(self) -> bool:
        return not self.outcome.audit.findings

    def as_json(self) -> str:
        audit = self.outcome.audit
        return json.dumps(
            {
                **self.outcome.counts,
                "lost": audit.count("lost"),
                "duplicates": audit.count("duplicate"),
                "after_reply": audit.count("after_reply"),
                "outside_window": audit.count("outside_window"),
                "over_cap": audit.count("over_cap"),
                "unknown": audit.unknown,
                "ledger_hash": self.ledger_hash,
                "seconds": round(self.seconds, 1),
            }
        )


Told = Callable[[str, float, int], None]
"""Told what happens, the share of the time that has passed (0 to 1), and how many messages have arrived."""


async def run_demo(options: Options, told: Told) -> Result:
    """Plays it and audits it. Nothing of it stays on the disk."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="reachly-demo-") as folder:
        os.chmod(folder, 0o711)  # noqa: PTH101, S103 - PostgreSQL may run as another account and must pass through
        settings = _throw_away(Path(folder) / "var")
        told("Starting PostgreSQL", 0.0, 0)
        server = EmbeddedPostgres(
            settings.data_dir, embedded_bin=settings.database.embedded_bin,
            account=settings.database.embedded_account, durable=False, adopters_seconds=0,
        )  # fmt: skip
        dsn = await server.start()
        try:
            await upgrade(dsn)
            outcome = await _play(settings, dsn, options, told)
        finally:
            await server.stop()
    return Result(outcome, hash_ledger(outcome.ledger), time.monotonic() - began)


async def _play(settings: Settings, dsn: str, options: Options, told: Told) -> Outcome:
    begins = story.FIRST_MONDAY
    end = begins + timedelta(days=options.days)
    ground = Ground(dsn, begins, options.seed, log=settings.data_dir / "world.jsonl")
    sign_in = keep_sign_in(settings.data_dir, settings.base_url)

    def pass_on(now: datetime, received: int) -> None:
        told(f"{now:%a %d %b %H:%M}", (now - begins) / (end - begins), received)

    async with playing(settings, ground) as stage:
        await ensure_organization(sign_in)
        async with User(stage.base_url, sign_in.email, sign_in.password) as user:
            told("Importing leads", 0.0, 0)
            campaign_id = await prepare(
                stage,
                user,
                story.SPRING,
                make_csv(options),
                secret=secrets.token_urlsafe(12),
                seed=options.seed,
            )
            await live_until(end, stage, pass_on)
            return await judge(user, story.SPRING, campaign_id, stage.mail.book)


def make_csv(options: Options) -> bytes:
    """The list that ships with the project, its beginning, or a longer one in the same manner."""
    if options.leads == SHIPPED:
        return shipped_csv()
    text = io.StringIO(newline="")
    if options.leads < SHIPPED:
        rows = list(csv.reader(io.StringIO(shipped_csv().decode(), newline="")))
        text.writelines(map(write_row, rows[: options.leads + 1]))
    else:
        write_csv(invent_with_oddities(options.seed, options.leads), text)
    return text.getvalue().encode()


def _throw_away(data_dir: Path) -> Settings:
    """The environment may tune the product, but not lead the demo to anybody's database."""
    return load_settings(
        data_dir=data_dir, environment="development", public_url="", port=0, database_url=None, redis_url=None,
        database=DatabaseSettings(), redis=RedisSettings(), security=SecuritySettings(bcrypt_rounds=4),
    )  # fmt: skip
