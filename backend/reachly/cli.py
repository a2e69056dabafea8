"""The command line: `reachly up` for one machine; `serve`, `work` and `migrate` for many."""

from __future__ import annotations

import sys

from cyclopts import App

from reachly.commands import demonstrating, looking, resolving, running
from reachly.infra.private_files import close_by_default
from reachly.infra.startup import CannotStart

app = App(name="reachly", help="Cold-email outreach that anyone can host.", help_on_error=False)
app.command(running.up)
app.command(demonstrating.demo)
app.command(running.serve)
app.command(running.work)
app.command(running.migrate)
app.command(running.resume_sending)
app.command(resolving.resolve)
app.command(looking.doctor)
app.command(looking.simulate)
app.command(looking.audit)
app.command(looking.keys)
app.command(looking.openapi, show=False)
app.command(demonstrating.play_past, show=False)


def main() -> None:
    """Entry point: what stands in the way is one clear line and exit code 1."""
    close_by_default()
    try:
        app()
    except CannotStart as error:
        print(f"reachly: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
