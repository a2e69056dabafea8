"""The rows of a file become leads, or reasons why not. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reachly.kit import csv
from reachly.kit.address import Address, parse_address
from reachly.kit.schedule import known_zone
from reachly.kit.text import is_storable
from reachly.services.leads import opting, policy
from reachly.services.leads.nothing import means_nothing

FIELDS = ("email", "first_name", "last_name", "company", "position", "country", "timezone")
LONGEST = {"country": 100, "timezone": 60}
TEXT = 500  # characters of a field
CUSTOM_TEXT = 5_000
CUSTOM_FIELDS = 200
SAMPLE = 50  # rows that help to tell what a column holds
KEPT = 20_000  # characters of a reported row


class Unusable(Exception):
    """The file as a whole cannot be imported; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row that can be imported; `fields` holds every name of FIELDS but the address. `suppress`: why the file says
    that this person must not be written to."""

    line: int
    cells: Sequence[str]
    address: Address
    fields: dict[str, str]
    custom_fields: dict[str, str]
    suppress: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that cannot: `code` for programs, `reason` for people."""

    line: int
    cells: Sequence[str]
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field stands. A field may have several columns: the first with a value counts."""

    width: int
    places: Sequence[tuple[int, str]]  # column number and target


def understand_header(
    records: Sequence[csv.Row | csv.BadRow], mapping: Mapping[str, str] | None
) -> tuple[list[str], dict[str, str], Columns, Sequence[csv.Row | csv.BadRow]]:
    """The header's names, what each stands for, where the fields are, and the records below. Raises Unusable."""
    if not records:
        raise Unusable("The file is empty. Import one with a header line and rows below it.")
    first, below = records[0], records[1:]
    if isinstance(first, csv.BadRow):
        raise Unusable(f"The header line cannot be read: {first.reason} Mend it and import the file again.")
    headers = [cell.strip() for cell in first.cells]
    if mapping is None:
        if any("@" in header and _is_address(header) for header in headers):
            raise Unusable(
                "The first line holds a person instead of the names of the columns. Put a line such as"
                " “email,first_name,company” above it and import the file again."
            )
        sample = [record.cells for record in below[:SAMPLE] if isinstance(record, csv.Row)]
        mapping = policy.guess_mapping(headers, sample)
    known = {header.strip(): target for header, target in mapping.items()}
    return headers, known, place_columns(headers, known), below


def _is_address(text: str) -> bool:
    try:
        parse_address(text)
    except ValueError:
        return False
    return True


def place_columns(headers: Sequence[str], mapping: Mapping[str, str]) -> Columns:
    """Columns without a target are left out. Raises Unusable when none holds the address."""
    places = [(n, mapping[header]) for n, header in enumerate(headers) if mapping.get(header)]
    if not any(target == "email" for _, target in places):
        raise Unusable(
            "No column holds e-mail addresses. Name one of them “email”, or map a column to `email`, and import again."
        )
    own = [place for place in places if place[1] in FIELDS or place[1] in opting.SUPPRESSING]
    others = [place for place in places if place not in own]
    return Columns(len(headers), own + others[:CUSTOM_FIELDS])


def read_rows(columns: Columns, records: Sequence[csv.Row | csv.BadRow]) -> list[ReadRow | Fault]:
    """A lead or a fault for each record that holds anything."""
    rows: list[ReadRow | Fault] = []
    for record in records:
        if isinstance(record, csv.BadRow):
            rows.append(Fault(record.line, [record.text], record.code, record.reason))
        elif row := read_row(columns, record.line, record.cells):
            rows.append(row)
    return rows


def read_row(columns: Columns, line: int, cells: Sequence[str]) -> ReadRow | Fault | None:
    """None for a row without any text (spreadsheets leave many). Cells missing at the end are empty."""
    if not any(cell and not cell.isspace() for cell in cells):
        return None
    if len(cells) > columns.width and any(cell.strip() for cell in cells[columns.width :]):
        return Fault(
            line, cells, "too_many_cells",
            f"The row has {len(cells)} cells, the header {columns.width}: a quote or a delimiter is probably missing.",
        )  # fmt: skip
    fields = dict.fromkeys(FIELDS, "")
    custom: dict[str, str] = {}
    reasons: list[str] = []
    for place, target in columns.places:
        value = cells[place].strip() if place < len(cells) else ""
        if not value:
            continue
        if target in opting.SUPPRESSING:
            reason = opting.read_suppression(target, value)
            reasons += [reason] if reason else []
            continue
        if means_nothing(target, value):
            continue
        if not is_storable(value):
            return Fault(
                line,
                cells,
                "broken_characters",
                f"Column {place + 1} contains characters that cannot be kept.",
            )
        longest = LONGEST.get(target, TEXT) if target in fields else CUSTOM_TEXT
        if len(value) > longest and target != "email":
            return Fault(
                line,
                cells,
                "too_long",
                f"Column {place + 1} has {len(value)} characters; {longest} are possible.",
            )
        into, name = (fields, target) if target in fields else (custom, target.removeprefix("custom:"))
        into[name] = into.get(name) or value
    return _with_address(line, cells, fields, custom, opting.worst_suppression(reasons))


def _with_address(
    line: int, cells: Sequence[str], fields: dict[str, str], custom: dict[str, str], suppress: str | None
) -> ReadRow | Fault:
    email = fields.pop("email")
    if not email:
        return Fault(line, cells, "no_address", "There is no e-mail address in this row.")
    try:
        address = parse_address(email)
    except ValueError as error:
        return Fault(line, cells, "bad_address", str(error))
    if fields["timezone"] and not known_zone(fields["timezone"]):
        custom.setdefault(
            "timezone", fields["timezone"]
        )  # kept, where it cannot move a message to a wrong hour
        fields["timezone"] = ""
    return ReadRow(line, cells, address, fields, custom, suppress)


def kept_cells(cells: Sequence[str]) -> list[str]:
    """The row as it is reported: in a form that JSON in the database can hold, and not without bound."""
    room, kept = KEPT, []
    for cell in cells:
        shown = cell if is_storable(cell) else "".join("\ufffd" if not is_storable(c) else c for c in cell)
        kept.append(shown[:room])
        room -= len(kept[-1])
    return kept[: KEPT // 4]
