"""Verbs that show the product at work."""

from __future__ import annotations

import json
import os
import sys
from typing import Annotated

import uvloop
from cyclopts import Parameter

from reachly.infra.processes import die_with_parent, spare_the_collector
from reachly.infra.settings import load_settings


def demo(
    *,
    leads: int = 500,
    days: int = 14,
    seed: int = 7,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """A fortnight of a real campaign in about a minute, in a throw-away folder; then the audit.

    Exit code 1 when a message was lost, sent twice, sent after an answer, outside its window or over a cap.

    Parameters
    ----------
    leads
        How many people are written to.
    days
        How many days are played.
    seed
        Another seed, another fortnight; the same seed gives the same ledger.
    as_json
        Print one JSON object as the last line.
    """
    from rich.console import Console

    from reachly.demo import report
    from reachly.demo.run import Options, run_demo

    spare_the_collector()
    console = Console(stderr=as_json)
    with report.open_bar(console) as bar:
        result = uvloop.run(run_demo(Options(leads, days, seed), report.teller(bar)))
    report.show(result, console)
    if as_json:
        print(result.as_json(), flush=True)
    sys.exit(0 if result.is_clean else 1)


def play_past(*, bare: bool = False) -> None:
    """The demo organization with its last fortnight, or (`bare`) without one, for `up`.

    It is started while the database is being made, and then waits for the rest of its environment: one line of JSON.
    """
    from reachly.demo.history import make_organization, play_history
    from reachly.demo.organization import keep_sign_in
    from reachly.demo.post_office import PostOffice

    die_with_parent()
    told = sys.stdin.readline()
    if not told:
        return  # there will be no database
    os.environ.update(json.loads(told))
    spare_the_collector()
    settings = load_settings()
    dsn = settings.database_dsn
    assert dsn is not None, "up names the database"
    office = PostOffice(settings.data_dir / "mailworld")
    sign_in = keep_sign_in(settings.data_dir, settings.base_url)
    if bare:
        uvloop.run(make_organization(settings, dsn, sign_in))
    else:
        uvloop.run(play_history(settings, dsn, sign_in, office, office.keep_ports()))
