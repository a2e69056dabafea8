"""The log on disk says the same as the log in memory."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailworld.record import Book, Delivered, Reaction, Received, Refused, read_log

AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
FACTS = (
    Received(1, "<1@r.test>", "amy@acme.test", "a@r.test", "a@r.test", "a@r.test", AT, AT, 1, False, "Grüße", "",
             ("<0@r.test>",), {"X-Step": "1"}, "00", 12, "250 2.0.0 Ok"),
    Refused("bo@acme.test", "a@r.test", "a@r.test", AT, AT, "550 5.1.1 no"),
    Reaction("open", "amy@acme.test", "a@r.test", 1, AT, AT, "direct GET", 200, "<1@r.test>", "http://127.0.0.1/o"),
    Delivered("a@r.test", "amy@acme.test", "<2@acme.test>", "<1@r.test>", "answer", AT, AT),
)  # fmt: skip


def write(path: Path) -> Book:
    book = Book(path)
    book.open()
    for fact in FACTS:
        book.write(fact)
    return book


def test_each_fact_is_on_disk_at_once_and_reads_back_equal(tmp_path: Path) -> None:
    book = write(tmp_path / "log" / "world.jsonl")
    again = read_log(tmp_path / "log" / "world.jsonl")  # the file is still open: nothing was kept back
    assert (again.received, again.refused) == (book.received, book.refused)
    assert (again.reactions, again.delivered) == (book.reactions, book.delivered)
    assert again.received == [FACTS[0]]
    book.close()


def test_a_torn_last_line_is_cut_off_before_more_is_written(tmp_path: Path) -> None:
    path = tmp_path / "world.jsonl"
    write(path).close()
    path.write_bytes(path.read_bytes()[:-9])
    assert read_log(path).delivered == []
    write(path).close()
    assert len(read_log(path).received) == 2
    assert len(read_log(path).delivered) == 1


def test_damage_in_the_middle_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "world.jsonl"
    write(path).close()
    path.write_text(path.read_text().replace('"kind": "refused"', '"kind": ', 1))
    with pytest.raises(ValueError, match=r"world\.jsonl:2"):
        read_log(path)
