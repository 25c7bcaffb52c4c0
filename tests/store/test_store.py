"""Journal, folding, run folders and their lock."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.errors import RunLockedError, StoreError, UsageError
from fada_tui.core.file_names import decode_name, encode_name
from fada_tui.core.records import (
    Assessment,
    FileFacts,
    ImageFound,
    Notes,
    ResultMemory,
    decode_run,
    encode_run,
)
from fada_tui.runs.publish import without_needless_plan
from fada_tui.store import folder as runs
from fada_tui.store import journal
from fada_tui.store.fold import fold
from fada_tui.store.journal import AssessmentLine, ImageLine, MemoryLine, NotesLine, ResultLine
from fada_tui.store.lock import RunLock, is_locked
from tests.conftest import LONG_ENOUGH
from tests.examples import error_result, result, run

FACTS = FileFacts(size=3, sha256="f" * 64)


@pytest.mark.parametrize(
    "name", ["plain.png", "ä b\n.png", "\udcff\udc80.png", r"\xff", r"a\x5cb", "\\", "\\\udcffx41", "\x1b[2J"]
)
def test_any_file_name_survives_json(name: str) -> None:
    encoded = encode_name(name)
    encoded.encode()
    assert decode_name(encoded) == name


def test_names_that_differ_stay_different() -> None:
    assert encode_name("\udcff") != encode_name(r"\xff")


def test_run_round_trip_and_key_order() -> None:
    whole = run(results=(result(),))
    data = encode_run(whole)
    assert decode_run(data) == whole
    assert (
        data.index(b'"schema"') < data.index(b'"model"') < data.index(b'"results"') < data.index(b'"notes"')
    )
    first = data[data.index(b'"results"') :]
    keys = ["image", "category", "question", "response", "time", "path", "sha256"]
    places = [first.index(f'"{key}"'.encode()) for key in keys]
    assert places == sorted(places)


def test_a_run_of_the_first_schema_is_read_and_becomes_one_of_the_second_when_written(tmp_path: Path) -> None:
    first = run(results=(result(sha256="p"),), schema="fada-tui/run/1")
    runs.write_run(tmp_path, first)
    data = (tmp_path / "run.json").read_bytes()
    assert runs.settle(tmp_path)[0].results == first.results
    assert (tmp_path / "run.json").read_bytes() == data, "nothing is new: nothing is written"
    journal.append(tmp_path / "journal.jsonl", ResultLine(result=result("B/c.png", file=FACTS)))
    runs.settle(tmp_path)
    second = runs.read_run(tmp_path)
    assert b'"schema": "fada-tui/run/2"' in (tmp_path / "run.json").read_bytes()
    assert [one.file for one in second.results] == [UNSET, FACTS]
    assert (tmp_path / "run.json").read_bytes().count(b'"file"') == 1


def test_what_images_were_found_to_be_is_kept_once_and_the_last_find_counts() -> None:
    changed = ImageFound(path="A/a.png", state="changed", file=FACTS, at="2026-01-01T00:00:00Z")
    other = replace(changed, path="B/c.png")
    lines = [ImageLine(image=changed), ImageLine(image=other)]
    folded = fold(fold(run(results=(result(),)), lines), lines)
    assert folded.images_found == (changed, other) == folded.images_changed
    assert decode_run(encode_run(folded)) == folded
    back = replace(changed, state="as_asked", at="2026-01-02T00:00:00Z")
    restored = fold(folded, [ImageLine(image=back)])
    assert restored.images_found == (changed, other, back)
    assert restored.images_changed == (other,)
    assert fold(run(), []).images_found is UNSET


def test_fold_completes_in_plan_order() -> None:
    lines = [ResultLine(result=result(path)) for path in ("B/c.png", "A/a.png", "A/b.png")]
    folded = fold(run(), lines)
    assert [r.path for r in folded.results] == ["A/a.png", "A/b.png", "B/c.png"]
    assert folded.status == "complete"
    assert without_needless_plan(folded).plan is UNSET


def test_fold_twice_changes_nothing() -> None:
    lines = [
        ResultLine(result=result("A/a.png")),
        MemoryLine(path="A/a.png", question_id="q1", memory=ResultMemory(worker_rss=7)),
        AssessmentLine(path="A/a.png", question_id="q1", assessment=Assessment(verdict="correct", at="t1")),
        NotesLine(notes=Notes(conclusion="good")),
    ]
    once = fold(run(), lines)
    assert once.status == "interrupted"
    assert once.plan is not UNSET
    assert once.results[0].memory.worker_rss == 7
    assert once.model.memory.worker_rss_peak == 7
    assert once.notes.conclusion == "good"
    assert fold(once, lines) == once


def test_an_answer_replaces_an_error_and_never_the_other_way() -> None:
    noted = Assessment(note="no answer?")
    lines = (
        ResultLine(result=error_result("A/a.png")),
        AssessmentLine(path="A/a.png", question_id="q1", assessment=noted),
    )
    first = fold(run(), lines)
    assert first.results[0].error
    second = fold(first, [ResultLine(result=result("A/a.png", response="answer"))])
    third = fold(second, [ResultLine(result=error_result("A/a.png"))])
    assert [(r.response, r.assessments) for r in third.results] == [("answer", (noted,))]


def test_complete_with_errors_keeps_the_plan() -> None:
    lines = [ResultLine(result=result(path)) for path in ("A/a.png", "A/b.png")]
    folded = fold(run(), [*lines, ResultLine(result=error_result("B/c.png"))])
    assert folded.status == "complete"
    assert without_needless_plan(folded).plan is not UNSET


def test_a_torn_last_line_is_dropped_and_the_next_append_closes_it(tmp_path: Path) -> None:
    path = tmp_path / journal.JOURNAL_NAME
    journal.append(path, ResultLine(result=result("A/a.png")))
    with path.open("ab") as file:
        file.write(b'{"kind":"result","resu')
    assert len(journal.read(path).lines) == 1
    assert journal.read(path).damaged == ()
    journal.append(path, ResultLine(result=result("A/b.png")))
    contents = journal.read(path)
    assert [line.result.path for line in contents.lines] == ["A/a.png", "A/b.png"]
    assert contents.damaged == (b'{"kind":"result","resu',)


def test_damaged_lines_are_set_aside_and_told(tmp_path: Path) -> None:
    runs.write_run(tmp_path, run())
    path = tmp_path / journal.JOURNAL_NAME
    path.write_bytes(b"\xff\xfenonsense\n")
    journal.append(path, ResultLine(result=result("A/a.png")))
    settled, warnings = runs.open_run(tmp_path)
    assert [r.path for r in settled.results] == ["A/a.png"]
    assert "1 unreadable line(s)" in warnings[0]
    assert (tmp_path / journal.QUARANTINE_NAME).read_bytes() == b"\xff\xfenonsense\n"
    assert not path.exists()


def _append_many(path: Path, name: str) -> None:
    for number in range(200):
        journal.append(path, ResultLine(result=result(f"{name}/{number}.png")), durable=False)


def test_two_writers_never_mix_lines(tmp_path: Path) -> None:
    path = tmp_path / journal.JOURNAL_NAME
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_append_many, args=(path, name)) for name in ("A", "B")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    contents = journal.read(path)
    assert len({line.result.key for line in contents.lines}) == 400
    assert contents.damaged == ()


def test_a_full_disk_is_one_line_and_loses_nothing(tmp_path: Path) -> None:
    script = f"""
import resource
from pathlib import Path
from fada_tui.core.errors import StoreError
from fada_tui.store import journal, folder
from tests.examples import result, run
here = Path({str(tmp_path)!r})
folder.write_run(here, run())
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
for number in range(50):
    try:
        journal.append(here / journal.JOURNAL_NAME, journal.ResultLine(result=result(f"A/{{number}}.png")))
    except StoreError as error:
        print(number, error)
        break
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    written, message = done.stdout.split(" ", 1)
    assert "cannot write" in message and "make room" in message
    assert len(message.strip().splitlines()) == 1
    assert len(journal.read(tmp_path / journal.JOURNAL_NAME).lines) == int(written) > 0


def test_run_json_is_whole_or_old_when_the_disk_is_full(tmp_path: Path) -> None:
    runs.write_run(tmp_path, run())
    before = (tmp_path / runs.RUN_NAME).read_bytes()
    script = f"""
import resource
from pathlib import Path
from fada_tui.store import folder
from tests.examples import run
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
folder.write_run(Path({str(tmp_path)!r}), run(status="failed"))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "StoreError" in done.stderr
    assert (tmp_path / runs.RUN_NAME).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [runs.RUN_NAME]


def test_folders_never_collide(tmp_path: Path) -> None:
    made = [runs.create(tmp_path / "results", "org/Model: x", "my label") for _ in range(3)]
    assert len(set(made)) == 3
    assert all(path.name.split("_", 1)[1].startswith("org-Model-x_my-label") for path in made)


def test_an_unwritable_results_folder_names_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="--results"):
        runs.create(tmp_path / "file" / "results", "m")


def test_find_suggests_the_nearest(tmp_path: Path) -> None:
    folder = runs.create(tmp_path, "tiny")
    runs.write_run(folder, run())
    assert runs.find(tmp_path, folder.name) == folder
    assert runs.find(tmp_path, str(folder / "run.json")) == folder
    with pytest.raises(UsageError, match=folder.name):
        runs.find(tmp_path, folder.name[:-1])


def test_a_damaged_run_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    good, bad = runs.create(tmp_path, "good"), runs.create(tmp_path, "bad")
    runs.write_run(good, run())
    (bad / runs.RUN_NAME).write_text('{"schema": ')
    warnings: list[str] = []
    everyone = list(runs.each_run(tmp_path, warnings))
    assert len(everyone) == 1
    assert str(bad) in warnings[0]


def test_a_run_of_a_later_schema_is_refused(tmp_path: Path) -> None:
    runs.write_run(tmp_path, replace(run(), schema="fada-tui/run/9"))
    with pytest.raises(StoreError, match="fada-tui/run/9"):
        runs.read_run(tmp_path)


def test_a_living_owner_keeps_the_lock(tmp_path: Path) -> None:
    with RunLock(tmp_path):
        assert is_locked(tmp_path)
        with pytest.raises(RunLockedError, match=f"process {os.getpid()}"):
            RunLock(tmp_path)
    assert not is_locked(tmp_path)
    assert list(tmp_path.iterdir()) == []
    RunLock(tmp_path).release()


@pytest.mark.long
def test_a_dead_owner_whose_worker_still_writes_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = f"""
import os, subprocess, sys
from pathlib import Path
from fada_tui.store.lock import RunLock
lock = RunLock(Path({str(tmp_path)!r}))
child = subprocess.Popen([sys.executable, "-c", "input()"], pass_fds=(lock.descriptor,),
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
os.kill(os.getpid(), {int(signal.SIGKILL)})
"""
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE) as program:
        assert program.wait() == -signal.SIGKILL
        assert program.stdin is not None
        assert is_locked(tmp_path)
        with pytest.raises(RunLockedError):
            RunLock(tmp_path, patience=0.2)
        waits, sleep = threading.Event(), time.sleep

        def waiting(seconds: float) -> None:
            if threading.current_thread() is taking:
                waits.set()
            sleep(seconds)

        taken: list[RunLock] = []
        taking = threading.Thread(target=lambda: taken.append(RunLock(tmp_path, patience=LONG_ENOUGH)))
        monkeypatch.setattr(time, "sleep", waiting)
        taking.start()
        assert waits.wait(LONG_ENOUGH)
        assert not taken
        program.stdin.close()  # with which the worker ends
        taking.join()
    (lock,) = taken
    lock.release()
