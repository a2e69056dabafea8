"""How the head of a file is understood, before anything is imported."""

from __future__ import annotations

from reachly.kit import csv
from reachly.kit.errors import FieldError, Invalid
from reachly.services.identity.schemas import Actor
from reachly.services.leads.schemas import ImportPreviewOut
from reachly.services.leads.service.rows import Fault, Unusable, kept_cells, read_rows, understand_header
from reachly.services.leads.service.uploading import read_options

SHOWN = 20


async def preview_import(actor: Actor, head: bytes, filename: str, options: str) -> ImportPreviewOut:  # noqa: ARG001
    """Encoding, delimiter, columns, the first rows, and what would go wrong. Raises Invalid for what is no CSV."""
    chosen = read_options(options)
    try:
        dialect = csv.sniff(head, encoding=chosen.encoding, delimiter=chosen.delimiter)
        records = csv.Reader(dialect).feed(head)
        if not records:  # a last line without its end
            reader = csv.Reader(dialect)
            records = reader.feed(head) + reader.close()
        headers, mapping, columns, rest = understand_header(records, chosen.mapping)
    except (csv.Unreadable, Unusable) as refusal:
        fault = FieldError("/file", str(refusal), "unreadable")
        raise Invalid(str(refusal), code="unreadable_file", errors=[fault]) from None
    rows = read_rows(columns, rest)
    problems = [f"Line {row.line}: {row.reason}" for row in rows if isinstance(row, Fault)][:SHOWN]
    if not rows:
        problems.append("There are no rows below the header line.")
    return ImportPreviewOut(
        encoding=dialect.encoding, delimiter=dialect.delimiter, headers=headers, mapping=mapping,
        rows=[kept_cells(row.cells) for row in rest[:SHOWN] if isinstance(row, csv.Row)], problems=problems,
    )  # fmt: skip
