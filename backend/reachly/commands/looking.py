"""Verbs that only look."""

from __future__ import annotations

import json
import sys
import uuid

import uvloop
from cyclopts import App

from reachly.commands.running import open_current, quiet
from reachly.infra.settings import load_settings

keys = App(name="keys", help="Secrets for a server outside development.")


@keys.command(name="new")
def new_keys() -> None:
    """Prints fresh secrets as environment settings; keep them where you keep secrets."""
    from reachly.infra.secrets_file import make_secrets

    for name, value in make_secrets().items():
        print(f"REACHLY_SECURITY__{name.upper()}={value}")


def openapi() -> None:
    """Prints the API's OpenAPI document."""
    from reachly.api.app import build_api

    print(json.dumps(build_api().openapi(), indent=1, sort_keys=True))


def doctor() -> None:
    """Looks whether everything that Reachly needs is there, and says what to do where it is not."""
    from reachly.doctor import examine

    findings = uvloop.run(examine())
    for finding in findings:
        print(f"{finding.mark}  {finding.what:<12} {finding.words}")
    sys.exit(1 if any(finding.is_fault for finding in findings) else 0)


def simulate(campaign: uuid.UUID) -> None:
    """The calendar of what a campaign will send if nobody answers.

    Parameters
    ----------
    campaign
        Its id, as in the address of its page.
    """
    from reachly.doctor import simulate_campaign

    async def run() -> list[str]:
        async with open_current(quiet(load_settings())):
            return await simulate_campaign(campaign)

    print("\n".join(uvloop.run(run())))


def audit(campaign: uuid.UUID) -> None:
    """Compares a campaign's ledger with the copies in its mailboxes.

    Exit code 1 when a message is missing although its neighbours are there, was sent twice, has a copy although it was
    called never sent, or a mailbox could not be read. What cannot be compared is named.

    Parameters
    ----------
    campaign
        Its id, as in the address of its page.
    """
    from reachly.doctor import audit_campaign

    async def run() -> tuple[list[str], bool]:
        async with open_current(quiet(load_settings())):
            return await audit_campaign(campaign)

    lines, is_clean = uvloop.run(run())
    print("\n".join(lines))
    sys.exit(0 if is_clean else 1)
