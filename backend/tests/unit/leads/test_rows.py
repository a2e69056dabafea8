"""Rows of a file as leads, or reasons why not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reachly.kit import csv
from reachly.kit.text import is_storable
from reachly.services.leads.service.rows import (
    CUSTOM_FIELDS,
    Fault,
    ReadRow,
    Unusable,
    kept_cells,
    place_columns,
    read_row,
    understand_header,
)

COLUMNS = place_columns(
    ["email", "first", "tz", "plan", "second mail"],
    {
        "email": "email",
        "first": "first_name",
        "tz": "timezone",
        "plan": "custom:plan",
        "second mail": "email",
    },
)


def read(*cells: str) -> ReadRow | Fault | None:
    return read_row(COLUMNS, 7, cells)


def test_a_whole_row_is_a_lead() -> None:
    row = read(" Ada@Example.com ", "Ada", "Europe/Madrid", "pro", "")
    assert isinstance(row, ReadRow)
    assert (row.line, row.address.key, row.fields["first_name"], row.custom_fields) == (
        7, "ada@example.com", "Ada", {"plan": "pro"},
    )  # fmt: skip
    assert row.fields["timezone"] == "Europe/Madrid"


def test_cells_missing_at_the_end_are_empty() -> None:
    row = read("ada@example.com")
    assert isinstance(row, ReadRow)
    assert row.custom_fields == {}


def test_the_first_address_column_with_a_value_counts() -> None:
    row = read("", "Ada", "", "", "ada@example.com")
    assert isinstance(row, ReadRow)
    assert row.address.key == "ada@example.com"


def test_an_unknown_time_zone_is_kept_where_it_moves_no_message() -> None:
    row = read("ada@example.com", "", "Mars/Olympus")
    assert isinstance(row, ReadRow)
    assert (row.fields["timezone"], row.custom_fields) == ("", {"timezone": "Mars/Olympus"})


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (("", "Ada"), "no_address"),
        (("ada at example.com", "Ada"), "bad_address"),
        (("ada@example.com, bob@example.com", ""), "bad_address"),
        (("ada@example.com", "A\x00"), "broken_characters"),
        (("ada@example.com", "A\udcff"), "broken_characters"),
        (("ada@example.com", "A" * 501), "too_long"),
        (("ada@example.com", "", "", "p" * 5_001), "too_long"),
        (("ada@example.com", "", "", "", "", "extra"), "too_many_cells"),
        (("a" * 100_000 + "@example.com",), "bad_address"),
    ],
)
def test_a_row_that_cannot_be_used_says_why(cells: tuple[str, ...], code: str) -> None:
    fault = read(*cells)
    assert isinstance(fault, Fault)
    assert (fault.code, fault.line) == (code, 7)
    assert fault.reason.endswith(".")


@pytest.mark.parametrize("cells", [(), ("", ""), (" ", "\t", "\u3000")])
def test_a_row_without_text_is_no_row(cells: tuple[str, ...]) -> None:
    assert read(*cells) is None


def test_empty_cells_behind_the_last_column_do_not_matter() -> None:
    assert isinstance(read("ada@example.com", "", "", "", "", "", " "), ReadRow)


def test_columns_past_the_limit_are_left_out() -> None:
    headers = ["email", *(f"c{n}" for n in range(500))]
    columns = place_columns(headers, {"email": "email", **{h: f"custom:{h}" for h in headers[1:]}})
    assert len(columns.places) == 1 + CUSTOM_FIELDS


@pytest.mark.parametrize(
    "records",
    [
        [],
        [csv.Row(1, ["first_name", "company"]), csv.Row(2, ["Ada", "Acme"])],
        [csv.Row(1, ["ada@example.com", "Ada"])],
        [csv.BadRow(1, "quote", "A quote is opened and never closed.", '"email')],
    ],
)
def test_a_file_without_a_usable_header_is_refused(records: list[csv.Row | csv.BadRow]) -> None:
    with pytest.raises(Unusable):
        understand_header(records, None)


def test_a_mapping_of_ones_own_is_believed_even_without_a_header_line() -> None:
    headers, mapping, columns, below = understand_header(
        [csv.Row(1, [" Mail ", "x"]), csv.Row(2, ["a@example.com", "y"])], {"Mail ": "email"}
    )
    assert (headers, mapping, columns.places, len(below)) == (
        ["Mail", "x"],
        {"Mail": "email"},
        [(0, "email")],
        1,
    )


@settings(max_examples=200)
@given(st.lists(st.text(max_size=300), max_size=8))
def test_reported_cells_can_always_be_stored(cells: list[str]) -> None:
    kept = kept_cells(cells)
    assert all(is_storable(cell) for cell in kept)
    assert len(kept) == len(cells)


@settings(max_examples=300)
@given(st.lists(st.text(max_size=100), max_size=7))
def test_no_row_breaks_the_reading(cells: list[str]) -> None:
    found = read_row(COLUMNS, 1, cells)
    if isinstance(found, ReadRow):
        values = [found.address.key, *found.fields.values(), *found.custom_fields.values()]
        assert all(is_storable(value) for value in values)
