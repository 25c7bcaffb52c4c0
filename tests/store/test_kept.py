"""What is kept of a run's files: unknown fields, damaged lines, torn ends; and what is told of edits."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fada_tui.core.errors import StoreError
from fada_tui.core.protocol import Hello, Loaded
from fada_tui.core.records import (
    Assessment,
    FileFacts,
    ImageFound,
    ModelFacts,
    Notes,
    ResultMemory,
    encode_run,
)
from fada_tui.models.registry import Registry
from fada_tui.runs.asking.seats import only_seat
from fada_tui.runs.publish import publish
from fada_tui.runs.session import Session
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.store import folder as store
from fada_tui.store import journal
from fada_tui.store.journal import AssessmentLine, ImageLine, JournalLine, MemoryLine, NotesLine, ResultLine
from tests import examples
from tests.core.test_unknown_fields import Place, at, objects
from tests.full_run import full_run

LINES: tuple[JournalLine, ...] = (
    ResultLine(result=examples.result("B/c.png", assessments=(Assessment(verdict="correct", at="t3"),))),
    MemoryLine(path="A/a.png", question_id="q1", memory=ResultMemory(worker_rss=2)),
    AssessmentLine(path="A/a.png", question_id="q1", assessment=Assessment(verdict="partial", at="t2")),
    NotesLine(notes=Notes(conclusion="better")),
    ImageLine(image=ImageFound(path="A/b.png", state="changed", at="t3", file=FileFacts(size=1, sha256="0"))),
)
"""A line of each kind; `full_run` is what they are about."""


def save(folder: Path, change: Callable[[Any], object] = lambda whole: None) -> Path:
    """Save the run in a folder, its JSON changed as another program would."""
    whole = json.loads(encode_run(full_run()))
    change(whole)
    del whole["check"]
    (folder / store.RUN_NAME).write_text(json.dumps(whole))
    return folder / journal.JOURNAL_NAME


def on_disk(folder: Path) -> Any:
    return json.loads((folder / store.RUN_NAME).read_bytes())


WHOLE = json.loads(encode_run(full_run()))


@pytest.mark.parametrize("path", list(objects(WHOLE)), ids=lambda path: ".".join(map(str, path)) or "run")
def test_what_is_added_to_any_object_survives_every_rewriting(path: Place, tmp_path: Path) -> None:
    file = save(tmp_path, lambda whole: at(whole, path).update({"new key": [1]}))
    for line in LINES:
        journal.append(file, line)
    session, _ = Session.resume(tmp_path, Deadlines(), Registry(entries=()))
    record, seat = session._asking.record, only_seat("cpu")
    record.begin([seat])
    record.loaded(seat, HELLO, LOADED, first=True)
    run, _ = publish(tmp_path, store.read_run(tmp_path), Registry(entries=()))
    session._lock.release()
    written = on_disk(tmp_path)
    if path[:2] == ("environment", "gpus"):
        assert run.environment.gpus == ()
    else:
        assert at(written, path)["new key"] == [1]
    assert written["notes"]["conclusion"] == "better"
    assert written["model"]["architecture"] == "Tiny"
    assert written["results"][0]["auto"]


@pytest.mark.parametrize("line", LINES, ids=lambda line: type(line).__name__)
def test_what_is_added_to_a_line_is_kept_when_it_is_folded(line: JournalLine, tmp_path: Path) -> None:
    plain = json.loads(journal.encode(line))
    for path in list(objects(plain)):
        file = save(tmp_path)
        added = json.loads(journal.encode(line))
        at(added, path)["new key"] = {"a": "found again"}
        file.write_text(json.dumps(added) + "\n")
        once, warnings = store.settle(tmp_path)
        assert warnings == ()
        assert "found again" in (tmp_path / store.RUN_NAME).read_text(), path
        file.write_text(json.dumps(added) + "\n")
        assert store.settle(tmp_path) == (once, ()), "folding twice changes nothing"


def test_an_answer_takes_nothing_over_from_the_error_before_it(tmp_path: Path) -> None:
    file = save(tmp_path, lambda whole: whole["results"][1].update(heat=3))
    journal.append(file, ResultLine(result=examples.result("A/b.png")))
    store.settle(tmp_path)
    assert "heat" not in on_disk(tmp_path)["results"][1]


@pytest.mark.parametrize("schema", ["fada-tui/run/2", "fada-tui/run/2.7", "fada-tui/run/2.10"])
def test_a_newer_minor_version_is_read_and_stays_one(schema: str, tmp_path: Path) -> None:
    file = save(tmp_path, lambda whole: whole.update(schema=schema))
    journal.append(file, LINES[0])
    run, warnings = store.open_run(tmp_path)
    assert (run.schema, warnings) == (schema, ())
    assert on_disk(tmp_path)["schema"] == schema


@pytest.mark.parametrize(
    "schema", ["fada-tui/run/9", "fada-tui/run/3.0", "fada-tui/run/2.x", "fada-tui/run/", "other/run/1", ""]
)
def test_another_schema_is_refused(schema: str, tmp_path: Path) -> None:
    save(tmp_path, lambda whole: whole.update(schema=schema))
    with pytest.raises(StoreError, match="has schema"):
        store.read_run(tmp_path)


def test_each_line_has_a_check_sum_and_one_that_is_wrong_is_set_aside(tmp_path: Path) -> None:
    file = save(tmp_path)
    for line in LINES:
        journal.append(file, line)
    assert all(len(json.loads(raw)["check"]) == 8 for raw in file.read_bytes().splitlines())
    good = file.read_bytes()
    file.write_bytes(good.replace(b"a fetal head", b"a fetal hand"))
    run, warnings = store.open_run(tmp_path)
    assert [result.path for result in run.results] == ["A/a.png", "A/b.png"]
    assert len(warnings) == 1 and "1 unreadable line(s)" in warnings[0]
    assert b"a fetal hand" in (tmp_path / journal.QUARANTINE_NAME).read_bytes()


def test_no_flipped_byte_of_a_line_becomes_content(tmp_path: Path) -> None:
    journal.append(tmp_path / "j", LINES[0])
    raw = (tmp_path / "j").read_bytes()
    for place in range(len(raw) - 1):
        for flip in (1, 2, 32):
            damaged = bytearray(raw)
            damaged[place] ^= flip
            assert set(journal.parse(bytes(damaged)).lines) <= {LINES[0]}, damaged


def test_a_line_whose_check_sum_was_written_elsewhere_is_set_aside() -> None:
    line = {"check": "00000000", **json.loads(journal.encode(LINES[3]))}
    raw = json.dumps(line).encode()
    assert journal.parse(raw + b"\n").damaged == (raw,)


def test_lines_of_older_versions_are_taken() -> None:
    data = b"".join(journal.encode(line) + b"\n" for line in LINES)
    assert journal.parse(data) == journal.Contents(LINES)


def test_a_torn_end_is_kept_aside_and_told_in_one_line(tmp_path: Path) -> None:
    file = save(tmp_path)
    journal.append(file, LINES[0])
    whole = file.read_bytes()
    file.write_bytes(whole + whole[:57])
    run, warnings = store.open_run(tmp_path)
    assert len(run.results) == 3
    aside = tmp_path / journal.QUARANTINE_NAME
    assert warnings == (f"the end of {file} was cut off: its last 57 bytes were set aside in {aside}",)
    assert aside.read_bytes() == whole[:57] + b"\n"
    assert not file.exists()


def test_a_last_line_that_lacks_its_newline_alone_is_taken(tmp_path: Path) -> None:
    file = save(tmp_path)
    journal.append(file, LINES[0])
    file.write_bytes(file.read_bytes()[:-1])
    run, warnings = store.open_run(tmp_path)
    assert (len(run.results), warnings) == (3, ())
    assert not (tmp_path / journal.QUARANTINE_NAME).exists()


def test_an_edited_run_is_taken_with_a_word_until_it_is_written_again(tmp_path: Path) -> None:
    store.write_run(tmp_path, full_run())
    file = tmp_path / store.RUN_NAME
    file.write_bytes(file.read_bytes().replace(b"a fetal head", b"a fetal hand"))
    said = store.EDITED.format(file)
    run, warnings = store.open_run(tmp_path)
    assert run.results[0].response == "a fetal hand"
    assert warnings == (said,)
    journal.append(tmp_path / journal.JOURNAL_NAME, LINES[0])
    assert store.open_run(tmp_path)[1] == (said,)
    assert store.open_run(tmp_path)[1] == ()


def test_of_two_results_the_answer_counts(tmp_path: Path) -> None:
    def twice(whole: Any) -> None:
        error = {**whole["results"][1], "path": "A/a.png"}
        whole["results"] = [error, *whole["results"], error]

    save(tmp_path, twice)
    assert [result.error is None for result in store.read_run(tmp_path).results] == [True, False]


HELLO = Hello(protocol=5, pid=1, torch="2", transformers="5", cuda=None)
LOADED = Loaded(model=ModelFacts(name="tiny", architecture="Tiny"), sorts=True)
