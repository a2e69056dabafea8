"""The demo's words: a bar while it plays, tables at the end."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from reachly.demo.play import COUNTED
from reachly.demo.run import Result, Told

PROMISES = {
    "lost": "lost",
    "duplicate": "sent twice",
    "after_reply": "sent after an answer",
    "outside_window": "sent outside the window",
    "over_cap": "sent over a cap or within a gap",
}
SHOWN = 10


def open_bar(console: Console) -> Progress:
    """A bar that fills as product time passes."""
    return Progress(
        TextColumn("{task.description:<18}"),
        BarColumn(bar_width=40),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[received]:>5} messages"),
        TimeElapsedColumn(),
        console=console,
        transient=False,
    )


def teller(bar: Progress) -> Told:
    """What `run_demo` tells, on the bar."""
    task = bar.add_task("Starting", total=1.0, received=0)

    def tell(words: str, share: float, received: int) -> None:
        bar.update(task, description=words, completed=share, received=received)

    return tell


def show(result: Result, console: Console) -> None:
    """Figures by step, then what was promised and what was found."""
    figures = Table(title="A fortnight, by step", title_justify="left")
    figures.add_column("Step")
    for name in ("sent", *COUNTED):
        figures.add_column(name.capitalize(), justify="right")
    for step, counts in result.outcome.by_step.items():
        figures.add_row(str(step), *(str(counts[name]) for name in ("sent", *COUNTED)))
    figures.add_section()
    figures.add_row("All", *(str(result.outcome.counts[name]) for name in ("sent", *COUNTED)))
    console.print(figures)
    audit = result.outcome.audit
    promises = Table(title="The ledger against what the mail world received", title_justify="left")
    promises.add_column("Messages")
    promises.add_column("Found", justify="right")
    for kind, words in PROMISES.items():
        found = audit.count(kind)
        promises.add_row(words, f"[{'red' if found else 'green'}]{found}[/]")
    promises.add_row("not known whether they arrived", str(audit.unknown))
    console.print(promises)
    for finding in audit.findings[:SHOWN]:
        console.print(f"  {finding.kind}: {finding.detail}", style="red", markup=False)
    console.print(f"Ledger {result.ledger_hash}", markup=False, highlight=False)
    console.print(f"{result.seconds:.0f} s", markup=False, highlight=False)
