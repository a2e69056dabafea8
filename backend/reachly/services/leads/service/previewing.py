"""How the head of a file is understood, before anything is imported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from reachly.kit import csv
from reachly.kit.errors import FieldError, Invalid
from reachly.services.identity.schemas import Actor
from reachly.services.leads import opting, policy
from reachly.services.leads.nothing import is_perhaps_a_name, means_nothing
from reachly.services.leads.schemas import ImportPreviewOut, ImportQuestion
from reachly.services.leads.service.rows import Fault, Unusable, kept_cells, read_rows, understand_header
from reachly.services.leads.service.uploading import read_options

SHOWN = 20
ASKED = 5


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
    cells = [row.cells for row in rest if isinstance(row, csv.Row)]
    return ImportPreviewOut(
        questions=_questions(headers, mapping, cells), emptied=_count_emptied(headers, mapping, cells),
        encoding=dialect.encoding, delimiter=dialect.delimiter, headers=headers, mapping=mapping,
        rows=[kept_cells(row.cells) for row in rest[:SHOWN] if isinstance(row, csv.Row)], problems=problems,
    )  # fmt: skip


def _values(place: int, rows: Sequence[Sequence[str]]) -> list[str]:
    return [value for row in rows if place < len(row) and (value := row[place].strip())]


def _questions(
    headers: Sequence[str], mapping: Mapping[str, str], rows: Sequence[Sequence[str]]
) -> list[ImportQuestion]:
    asked = []
    for place, header in enumerate(headers):
        values = list(dict.fromkeys(_values(place, rows)))
        target = mapping.get(header, "")
        if not target and opting.is_doubtful(policy.fold_header(header)):
            detail = f"“{header}” may say who must not be written to. Choose what it means, or leave it out."
            asked.append(
                ImportQuestion(code="opting_out", header=header, detail=detail, values=values[:ASKED])
            )
        names = [value for value in values if is_perhaps_a_name(target, value)]
        if names:
            detail = f"“{', '.join(names)}” may be a name or an empty cell; it is kept as a name."
            asked.append(ImportQuestion(code="perhaps_a_name", header=header, detail=detail, values=names))
    return asked


def _count_emptied(
    headers: Sequence[str], mapping: Mapping[str, str], rows: Sequence[Sequence[str]]
) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for place, header in enumerate(headers):
        target = mapping.get(header, "")
        if target and target not in opting.SUPPRESSING:
            counts.update(value for value in _values(place, rows) if means_nothing(target, value))
    return dict(counts)
