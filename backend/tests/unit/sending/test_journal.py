"""What a worker's journal proves when the worker is gone, and what it does not."""

from __future__ import annotations

import contextlib
import errno
import os
import uuid
from pathlib import Path

import pytest

from reachly.integrations.mailer.port import UNWATCHED, WITHHELD, Outcome, Receipt
from reachly.services.sending.service import journal
from reachly.services.sending.service.journal import Found, Journal, Lent, parse, read_dead

ATTEMPT, ORGANIZATION = uuid.UUID(int=1), uuid.UUID(int=2)
IDS = [uuid.UUID(int=n) for n in range(10, 15)]
NOBODY: set[uuid.UUID] = set()


@pytest.fixture(autouse=True)
def _boot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    boot(tmp_path, monkeypatch, "this-start")


def boot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    (tmp_path / "boot_id").write_text(word + "\n")
    monkeypatch.setattr(journal, "BOOT_ID", tmp_path / "boot_id")


def receipt(outcome: Outcome) -> Receipt:
    return Receipt(outcome, 250, None, "", "final")


def say(lent: Lent, *answers: Outcome | None) -> None:
    """The first messages are offered; None: no answer came."""
    watch = lent.watch(UNWATCHED, IDS)
    for n, outcome in enumerate(answers):
        assert watch.may_offer(n)
        assert watch.offering(n)
        if outcome:
            watch.answered(n, receipt(outcome))


def die(data_dir: Path, *answers: Outcome | None) -> None:
    """A worker that is killed in the middle of a wave."""
    with contextlib.suppress(KeyboardInterrupt), Journal(data_dir).wave(ATTEMPT, ORGANIZATION, IDS) as lent:
        say(lent, *answers)
        raise KeyboardInterrupt


def read_all(data_dir: Path) -> list[Found]:
    with read_dead(data_dir) as found:
        return found


def test_only_what_was_offered_without_an_answer_is_in_doubt(tmp_path: Path) -> None:
    die(tmp_path, "accepted", "refused", "unknown", None)
    (found,) = read_all(tmp_path)
    assert (found.attempt_id, found.organization_id, found.send_ids) == (ATTEMPT, ORGANIZATION, set(IDS))
    assert found.sent == {IDS[0]}
    assert found.never == {IDS[1], IDS[4]}
    assert found.send_ids - found.sent - found.never == {IDS[2], IDS[3]}


def test_nobody_reads_the_file_of_a_worker_that_lives_and_nothing_is_left_of_one_that_ended(
    tmp_path: Path,
) -> None:
    worker = Journal(tmp_path)
    with worker.wave(ATTEMPT, ORGANIZATION, IDS) as lent:
        say(lent, "accepted", None)
        assert read_all(tmp_path) == []
        (path,) = (tmp_path / journal.FOLDER).iterdir()
        assert path.stat().st_mode & 0o777 == 0o600
    with worker.wave(ATTEMPT, ORGANIZATION, IDS[:1]) as lent:  # the same file, cut back
        assert lent.page is not None
        assert lent.page.path == path
        assert path.read_bytes().count(b"\n") == 2
    worker.close()
    assert list((tmp_path / journal.FOLDER).iterdir()) == []


def test_what_could_not_be_recorded_is_left_by_a_worker_that_lives(tmp_path: Path) -> None:
    with Journal(tmp_path).wave(ATTEMPT, ORGANIZATION, IDS) as lent:
        say(lent, "accepted")
        lent.keep = True
    (found,) = read_all(tmp_path)
    assert found.is_alive
    assert found.sent == {IDS[0]}


def test_after_a_power_cut_it_proves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    die(tmp_path, "accepted")
    boot(tmp_path, monkeypatch, "the-next-start")
    assert read_all(tmp_path) == []
    assert list((tmp_path / journal.FOLDER).iterdir()) == []


@pytest.mark.parametrize(
    "words", ["", "R1", "R2 this-start\n", "R1 this-start\nB x\n", "R1 this-start\n\x00\n"]
)
def test_what_is_no_journal_proves_nothing(words: str) -> None:
    assert parse(Path("x"), words.encode(), "this-start") is None
    assert parse(Path("x"), b"R1 this-start\n", None) is None


def test_a_line_that_was_not_finished_was_not_followed_by_anything() -> None:
    begun = f"R1 b\nB {ATTEMPT.hex} {ORGANIZATION.hex} {IDS[0].hex} {IDS[1].hex}\nO {IDS[0].hex}\n"
    found = parse(Path("x"), f"{begun}O {IDS[1].hex}".encode(), "b")
    assert found is not None
    assert found.offered == {IDS[0]}
    assert found.never == {IDS[1]}
    again = f"{begun}B {ATTEMPT.hex} {ORGANIZATION.hex} {IDS[2].hex}\n".encode()
    assert (parse(Path("x"), again, "b") or found).never == {IDS[2]}


def test_what_cannot_be_written_down_does_not_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal(tmp_path).wave(ATTEMPT, ORGANIZATION, IDS) as lent:
        watch = lent.watch(UNWATCHED, IDS)
        assert watch.offering(0)

        def full(*_: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "write", full)
        assert not watch.offering(1)
        assert not watch.may_offer(2)
        watch.answered(0, receipt("accepted"))
        watch.answered(1, WITHHELD)
        monkeypatch.undo()


def test_where_no_file_can_be_kept_everything_goes_on_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / journal.FOLDER).write_text("a file where the folder should be")
    with Journal(tmp_path).wave(ATTEMPT, ORGANIZATION, IDS) as lent:
        assert lent.watch(UNWATCHED, IDS) is UNWATCHED
    monkeypatch.setattr(journal, "BOOT_ID", tmp_path / "missing")
    with Journal(tmp_path / "other").wave(ATTEMPT, ORGANIZATION, IDS) as lent:
        assert lent.watch(UNWATCHED, IDS) is UNWATCHED
    assert not (tmp_path / "other").exists()
