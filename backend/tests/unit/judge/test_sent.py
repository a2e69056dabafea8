"""What the judge's mailboxes do with copies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from judge.sent import ARCHIVE, SENT, Maildirs

BOX = "mira@court.example"
MESSAGE = b"Message-ID: <one@court.example>\r\nX-Token: kept\r\nSubject: Hello\r\n\r\nA line.\r\n"


@pytest.fixture
def maildirs(tmp_path: Path) -> Maildirs:
    made = Maildirs(tmp_path, (os.getuid(), os.getgid()))
    made.make(BOX)
    return made


def copies(maildirs: Maildirs, folder: str = SENT) -> list[bytes]:
    base = maildirs.root / BOX / folder
    return [path.read_bytes() for part in ("new", "cur") for path in (base / part).iterdir()]


@pytest.mark.parametrize(
    ("habit", "filed", "has_id", "has_token"),
    [
        ("files", 1, True, True),
        ("stops", 0, False, False),
        ("late", 0, False, False),
        ("other-id", 1, False, True),
        ("other-id-bare", 1, False, False),
    ],
)
def test_a_habit_files_what_it_says(
    maildirs: Maildirs, habit: str, filed: int, has_id: bool, has_token: bool
) -> None:
    maildirs.habits[BOX] = habit
    maildirs.keep(BOX, MESSAGE)
    found = copies(maildirs)
    assert len(found) == filed
    assert any(b"one@court.example" in each for each in found) is has_id
    assert any(b"X-Token" in each for each in found) is has_token
    assert all(each.endswith(b"\r\n\r\nA line.\r\n") for each in found)


def test_late_copies_come_when_they_are_released(maildirs: Maildirs) -> None:
    maildirs.habits[BOX] = "late"
    maildirs.keep(BOX, MESSAGE)
    assert maildirs.release(BOX) == 1
    assert copies(maildirs) == [MESSAGE]


def test_sent_is_emptied_or_archived(maildirs: Maildirs) -> None:
    maildirs.habits[BOX] = "files"
    maildirs.keep(BOX, MESSAGE)
    assert maildirs.archive(BOX) == 1
    assert (copies(maildirs), copies(maildirs, ARCHIVE)) == ([], [MESSAGE])
    maildirs.keep(BOX, MESSAGE)
    assert maildirs.empty(BOX) == 1
    assert copies(maildirs) == []
