"""The verb that ends doubts: whoever runs the server decides about messages that nobody can say arrived."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import uvloop
from cyclopts import Parameter

from reachly.commands.running import open_current, quiet
from reachly.infra.settings import load_settings
from reachly.infra.startup import CannotStart

if TYPE_CHECKING:
    from reachly.services.identity.schemas import Actor
    from reachly.services.sending.schemas import DoubtScope, DoubtsOut


def resolve(
    decision: Literal["arrived", "resend"],
    *,
    message: Annotated[Sequence[uuid.UUID], Parameter(negative=())] = (),
    campaign: uuid.UUID | None = None,
    mailbox: str | None = None,
    every: Annotated[bool, Parameter(name="--all", negative=())] = False,
    yes: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Decides about messages in doubt, after it has shown how many there are and how many probably arrived.

    Parameters
    ----------
    decision
        arrived: they count as sent, and the sequences go on. resend: they are sent again, under the same Message-ID.
    message
        One by its id, as `reachly audit` shows it; several: the option again.
    campaign
        Those of a campaign, by its id.
    mailbox
        Those of a mailbox, by its address or id.
    every
        All that are in doubt on this server.
    yes
        Do not ask.
    """
    if not (message or campaign or mailbox or every):
        raise CannotStart("Say which: --message, --campaign, --mailbox, or --all.")

    async def run() -> None:
        from reachly.services.sending import service as sending

        async with open_current(quiet(load_settings())):
            scopes = await sending.scopes_at_the_console(messages=message, campaign=campaign, mailbox=mailbox)
            surveys = [await _survey(actor, scope) for actor, scope in scopes]
            print("\n".join(_words(surveys)))
            if not surveys or not (yes or _asked(decision)):
                return
            for actor, scope in scopes:
                print(await _resolve(actor, scope, decision))

    uvloop.run(run())


async def _survey(actor: Actor, scope: DoubtScope) -> DoubtsOut:
    from reachly.data.session import tenant
    from reachly.services.sending import service as sending

    async with tenant(actor.organization_id) as session:
        return await sending.survey_doubts(session, actor, scope)


async def _resolve(actor: Actor, scope: DoubtScope, decision: Literal["arrived", "resend"]) -> str:
    from reachly.data.session import tenant
    from reachly.services.sending import service as sending
    from reachly.services.sending.schemas import ResolveIn

    resolved = skipped = 0
    while True:
        async with tenant(actor.organization_id) as session:
            done = await sending.resolve_doubts(
                session, actor, ResolveIn(**scope.model_dump(), decision=decision)
            )
        resolved, skipped = resolved + done.resolved, skipped + done.skipped
        if not done.resolved or done.left <= done.ended:
            break
    end = "count as sent" if decision == "arrived" else "are sent again"
    words = f"{resolved} {end}"
    words += f"; {skipped} were settled meanwhile" if skipped else ""
    return words + (f"; {done.ended} stay in doubt: nothing more goes to these people" if done.ended else "")


def _words(surveys: Sequence[DoubtsOut]) -> list[str]:
    lines = [f"{sum(one.count for one in surveys)} messages are in doubt"]
    for survey in surveys:
        for group in survey.groups:
            told = {
                "none": "no evidence of how many arrived",
                "mailbox": f"of {group.settled} settled in this mailbox, {group.arrived} had arrived",
                "organization": f"of {group.settled} settled in the organization, {group.arrived} had arrived",
            }[group.basis]
            lines.append(
                f"  {group.count:>6}  {group.email_address or '(mailbox gone)'}, {group.stage}: {told}"
            )
        if survey.likely_arrived is not None:
            known = survey.count - survey.without_evidence
            lines.append(
                f"  probably arrived: {survey.likely_arrived} of the {known} that there is evidence for"
            )
    return lines


def _asked(decision: str) -> bool:
    if not sys.stdin.isatty():
        raise CannotStart("Nobody is there to ask: look at the numbers, and add --yes.")
    what = "count them all as sent" if decision == "arrived" else "send them all again"
    return input(f"Shall I {what}? [y/N] ").strip().lower() in ("y", "yes")
