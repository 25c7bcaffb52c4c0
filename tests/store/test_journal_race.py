"""Appending, reading and settling at the same time, from several processes: nothing is lost."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from fada_tui.core.records import Assessment
from fada_tui.store import folder as store
from fada_tui.store import journal
from tests import examples
from tests.noflock.preload import without_flock

LINES = 150
WRITERS = 3

APPENDER = """
import sys
from pathlib import Path
from fada_tui.core.records import Assessment
from fada_tui.store import journal

folder, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for number in range(count):
    if number == count - 1:
        sys.stdin.read()
    said = Assessment(assessor=name, note=str(number))
    line = journal.AssessmentLine(path="A/a.png", question_id="q1", assessment=said)
    journal.append(folder / journal.JOURNAL_NAME, line)
    print(number, flush=True)
"""


def notes(folder: Path) -> list[tuple[str | None, str | None]]:
    return [(one.assessor, one.note) for one in store.read_run(folder).results[0].assessments]


def save(tmp_path: Path) -> Path:
    store.write_run(tmp_path, examples.run(("A/a.png",), results=(examples.result("A/a.png"),)))
    return tmp_path


def test_no_line_is_lost_or_doubled_while_another_settles(tmp_path: Path) -> None:
    folder = save(tmp_path)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", APPENDER, str(folder), f"writer {number}", str(LINES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(WRITERS)
    ]
    told: dict[str, int] = {}

    def listen(name: str, writer: "subprocess.Popen[str]") -> None:
        assert writer.stdout
        for line in writer.stdout:
            told[name] = int(line) + 1

    listeners = [
        threading.Thread(target=listen, args=(f"writer {number}", writer))
        for number, writer in enumerate(writers)
    ]
    for listener in listeners:
        listener.start()
    settled = missed = 0
    while any(listener.is_alive() for listener in listeners):
        store.settle(folder)
        settled += 1
        before = dict(told)
        seen = notes(folder)
        for name, count in before.items():
            missed += sum(assessor == name for assessor, _ in seen) < count
        if settled == 10:
            for writer in writers:
                assert writer.stdin
                writer.stdin.close()  # it may write its last line
    for writer, listener in zip(writers, listeners, strict=True):
        listener.join()
        assert writer.wait() == 0
        assert writer.stdout
        writer.stdout.close()
    store.settle(folder)
    found = notes(folder)
    assert settled >= 10
    assert missed == 0
    for number in range(WRITERS):
        own = [note for assessor, note in found if assessor == f"writer {number}"]
        assert own == [str(number) for number in range(LINES)]


def test_a_line_appended_while_run_json_is_written_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = save(tmp_path)
    path = folder / journal.JOURNAL_NAME
    line = journal.AssessmentLine(path="A/a.png", question_id="q1", assessment=Assessment(note="first"))
    late = journal.AssessmentLine(path="A/a.png", question_id="q1", assessment=Assessment(note="late"))
    journal.append(path, line)
    appended = threading.Thread(target=journal.append, args=(path, late))
    write = store.write_run

    def slowly(*arguments: object) -> None:
        appended.start()
        time.sleep(0.2)
        write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "write_run", slowly)
    store.settle(folder)
    appended.join()
    assert [note for _, note in notes(folder)] == ["first", "late"]
    assert path.exists()


def test_a_journal_begun_while_there_was_none_to_settle_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = save(tmp_path)
    path = folder / journal.JOURNAL_NAME
    late = journal.AssessmentLine(path="A/a.png", question_id="q1", assessment=Assessment(note="late"))
    read = store._read_checked

    def late_line(place: Path) -> object:
        journal.append(path, late)
        return read(place)

    monkeypatch.setattr(store, "_read_checked", late_line)
    store.settle(folder)
    monkeypatch.undo()
    assert [note for _, note in notes(folder)] == ["late"]


def test_a_line_whose_journal_was_removed_meanwhile_is_appended_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by who settles it where there is no `flock`."""
    path = save(tmp_path) / journal.JOURNAL_NAME
    write = os.write

    def too_late(descriptor: int, data: bytes) -> int:
        monkeypatch.undo()
        path.unlink()
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", too_late)
    late = journal.AssessmentLine(path="A/a.png", question_id="q1", assessment=Assessment(note="late"))
    journal.append(path, late)
    assert journal.read(path).lines == (late,)


SETTLER = """
import sys
from pathlib import Path
from fada_tui.store import folder as store
folder = Path(sys.argv[1])
print("settling", flush=True)
while not (folder / "stop").exists():
    store.settle(folder)
store.settle(folder)
"""


def test_without_flock_no_line_is_lost_either(tmp_path: Path) -> None:
    folder, environment = save(tmp_path), without_flock(tmp_path)
    settler = subprocess.Popen(
        [sys.executable, "-c", SETTLER, str(folder)], env=environment, stdout=subprocess.PIPE
    )
    assert settler.stdout and settler.stdout.readline() == b"settling\n"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", APPENDER, str(folder), f"writer {number}", str(LINES)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=environment,
        )
        for number in range(WRITERS)
    ]
    assert [writer.wait() for writer in writers] == [0] * WRITERS
    (folder / "stop").touch()
    assert settler.wait() == 0
    settler.stdout.close()
    found = notes(folder)
    for number in range(WRITERS):
        own = {note for assessor, note in found if assessor == f"writer {number}"}
        assert own == {str(number) for number in range(LINES)}
    assert len(found) == WRITERS * LINES
    assert not (folder / journal.SETTLED_NAME).exists()


def test_a_journal_that_was_being_settled_is_read_and_settled(tmp_path: Path) -> None:
    folder = save(tmp_path)
    path = folder / journal.JOURNAL_NAME
    line = journal.AssessmentLine(path="A/a.png", question_id="q1", assessment=Assessment(note="first"))
    journal.append(path, line)
    path.rename(folder / journal.SETTLED_NAME)
    assert [note for _, note in notes(folder)] == ["first"]
    store.settle(folder)
    assert not (folder / journal.SETTLED_NAME).exists()
    assert [note for _, note in notes(folder)] == ["first"]
