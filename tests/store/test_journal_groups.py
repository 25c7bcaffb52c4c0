"""Many lines appended at once: one wait for the disk, and what is there of them where it fails."""

import errno
import os
from pathlib import Path

import pytest

from fada_tui.core.errors import StoreError
from fada_tui.core.records import Assessment
from fada_tui.store import journal

LINES = [
    journal.AssessmentLine(path=f"A/{number}.png", question_id="q1", assessment=Assessment(note=str(number)))
    for number in range(5)
]


def test_lines_are_on_disk_in_their_order_after_one_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, waits, sync = tmp_path / journal.JOURNAL_NAME, [], os.fsync
    file.write_bytes(b'{"torn')
    monkeypatch.setattr(os, "fsync", lambda descriptor: (waits.append(descriptor), sync(descriptor))[1])
    assert journal.append_all(file, LINES) == (5, None)
    found = journal.read(file)
    assert list(found.lines) == LINES and found.damaged == (b'{"torn',)
    assert len(waits) <= 2, "of the lines, and of the file's name"
    assert journal.append_all(file, []) == (0, None)


@pytest.mark.parametrize("full", [True, False])
def test_a_disk_that_is_full_keeps_the_lines_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    file, write, written = tmp_path / journal.JOURNAL_NAME, os.write, []

    def at_first(descriptor: int, data: bytes) -> int:
        written.append(data)
        if len(written) <= 2:
            return write(descriptor, data)
        if full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data[:10])

    monkeypatch.setattr(os, "write", at_first)
    done, error = journal.append_all(file, LINES)
    monkeypatch.undo()
    assert done == 2 and len(written) == 3
    assert error is not None and "make room there" in str(error)
    assert list(journal.read(file).lines) == LINES[:2]
    assert journal.append_all(file, LINES[2:]) == (3, None)
    assert list(journal.read(file).lines) == LINES


def test_a_folder_that_is_gone_keeps_none(tmp_path: Path) -> None:
    done, error = journal.append_all(tmp_path / "gone" / journal.JOURNAL_NAME, LINES)
    assert done == 0 and error is not None


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "make room there, then resume"),
        (errno.EDQUOT, "make room there, then resume"),
        (errno.EROFS, "what was there is unharmed"),
        (errno.EIO, "what was there is unharmed"),
    ],
)
def test_room_is_asked_for_only_where_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, remedy: str
) -> None:
    def fails(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    file = tmp_path / journal.JOURNAL_NAME
    monkeypatch.setattr(os, "write", fails)
    told = f"cannot write {file}: {os.strerror(number)}; {remedy}"
    with pytest.raises(StoreError) as caught:
        journal.append(file, LINES[0])
    done, error = journal.append_all(file, LINES)
    assert str(caught.value) == str(error) == told and done == 0
