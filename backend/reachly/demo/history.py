"""The fortnight before today, played for the demo organization of `up`, so that a newcomer finds a past."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

from mailworld.people import invent, write_csv
from reachly.bootstrap import open_product
from reachly.demo import story
from reachly.demo.organization import SignIn, ensure_organization
from reachly.demo.play import live_until, prepare
from reachly.demo.post_office import PostOffice
from reachly.demo.user import Servers, User
from reachly.demo.world import Ground, playing
from reachly.infra.mail_world import Ports
from reachly.infra.settings import Settings
from reachly.kit import clock

LEADS, DAYS, SEED = 150, 14, 7
NEW_A_DAY = 15
PAST = replace(story.SPRING, new_leads_cap=NEW_A_DAY)


async def make_organization(settings: Settings, dsn: str, sign_in: SignIn) -> None:
    """The demo organization as it is before its first day."""
    async with open_product(settings, dsn, settings.listen_dsn):
        await ensure_organization(sign_in)


async def play_history(
    settings: Settings, dsn: str, sign_in: SignIn, office: PostOffice, ports: Ports
) -> None:
    """Makes the demo organization and, when it has no campaign yet, plays its past.

    A play that was cut off leaves a campaign that goes on by itself in real time.
    """
    settings = settings.model_copy(update={"public_url": settings.base_url})
    ends = clock.machine_now()
    ground = Ground(
        dsn, ends - timedelta(days=DAYS), SEED, log=office.log, state=office.state,
        servers=Servers(ports.smtp_port, ports.imap_port), dns_port=ports.dns_port,
    )  # fmt: skip
    async with playing(settings, ground) as stage:
        await ensure_organization(sign_in)
        async with User(stage.base_url, sign_in.email, sign_in.password) as user:
            if (await user.ask("GET", "/api/campaigns"))["items"]:
                return
            people = io.StringIO(newline="")
            write_csv(invent(SEED, LEADS), people)
            content = people.getvalue().encode()
            await prepare(stage, user, PAST, content, secret=sign_in.mailbox_secret, seed=SEED)
            await live_until(ends, stage, lambda _now, _received: None)
