"""Reading what another program adds to a run: nothing missed and nothing told twice, come what may."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from fada_tui.core.records import Assessment, Environment, Result, ResultMemory
from fada_tui.runs import following
from fada_tui.runs.events import AnswerFinished, ControlFinished, ModelReady, RunEnded, RunStarted
from fada_tui.runs.following import Following, Look
from fada_tui.runs.others import Maker
from fada_tui.store import folder as store
from fada_tui.store import journal
from fada_tui.store.fold import Key
from tests import examples
from tests.noflock.preload import without_flock

PATHS = tuple(f"A/{number:02}.png" for number in range(12))
MAKER = Maker(key="k", pid=4711)


class Making:
    """The maker of a run, as whoever follows it sees him."""

    def __init__(self) -> None:
        self.maker: Maker | None = MAKER


@pytest.fixture
def making(monkeypatch: pytest.MonkeyPatch) -> Making:
    made = Making()
    monkeypatch.setattr(following, "maker_of", lambda _: made.maker)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save(tmp_path / "20260101-000000_tiny")


def save(folder: Path) -> Path:
    folder.mkdir()
    store.write_run(folder, examples.run(PATHS))
    return folder


class Reader:
    """Keeps what it is told, as the dashboard does."""

    def __init__(self, folder: Path, known: tuple[Result, ...] = ()) -> None:
        self.results: dict[Key, Result] = {result.key: result for result in known}
        self.following = Following(folder, MAKER, dict(self.results))
        self.told: list[Key] = []
        self.looks: list[Look] = []

    def look(self) -> Look:
        look = self.following.look()
        self.looks.append(look)
        for event in look.events:
            if isinstance(event, AnswerFinished):
                self.told.append(event.result.key)
                self.put(event.result)
        for result in look.changed:
            self.put(result)
        return look

    def put(self, result: Result) -> None:
        known = self.results.get(result.key)
        more = () if known is None else tuple(a for a in known.assessments if a not in result.assessments)
        self.results[result.key] = replace(result, assessments=(*result.assessments, *more))


def add(folder: Path, line: journal.JournalLine) -> None:
    journal.append(folder / journal.JOURNAL_NAME, line, durable=False)


def answer(folder: Path, path: str, **fields: object) -> None:
    add(folder, journal.ResultLine(result=examples.result(path, **fields)))


def assess(folder: Path, path: str, verdict: str, who: str = "ada") -> None:
    said = Assessment(assessor=who, verdict=verdict)  # type: ignore[arg-type]
    add(folder, journal.AssessmentLine(path=path, question_id="q1", assessment=said))


def write_raw(folder: Path, data: bytes) -> None:
    with (folder / journal.JOURNAL_NAME).open("ab") as file:
        file.write(data)


def expected(folder: Path) -> dict[Key, Result]:
    return {result.key: result for result in store.read_run(folder).results}


def kinds(look: Look) -> list[type]:
    return [type(event) for event in look.events]


def test_it_is_loading_until_the_model_is_known_then_each_answer_is_told_once(
    folder: Path, making: Making
) -> None:
    reader = Reader(folder)
    (started,) = reader.look().events
    assert isinstance(started, RunStarted)
    assert (started.remaining, started.total) == (12, 12)
    assert reader.look() == Look()
    loaded = replace(store.read_run(folder), environment=Environment(torch="2"))
    store.write_run(folder, loaded)
    assert kinds(reader.look()) == [ModelReady]
    answer(folder, PATHS[0])
    answer(folder, PATHS[1])
    add(folder, journal.MemoryLine(path=PATHS[1], question_id="q1", memory=ResultMemory(worker_rss=5)))
    first, second = reader.look().events
    assert isinstance(first, AnswerFinished)
    assert isinstance(second, AnswerFinished)
    assert (first.done, second.done, second.total, second.errors) == (1, 2, 12, 0)
    assert second.result.memory.worker_rss == 5
    add(folder, journal.ResultLine(result=examples.error_result(PATHS[2])))
    (failed,) = reader.look().events
    assert isinstance(failed, AnswerFinished)
    assert (failed.done, failed.errors) == (3, 1)
    assert reader.look() == Look()
    assert expected(folder) == reader.results


def test_who_opens_it_late_is_told_how_far_it_is_and_of_what_is_not_known_yet(
    folder: Path, making: Making
) -> None:
    for path in PATHS[:5]:
        answer(folder, path)
    known = store.read_run(folder).results
    answer(folder, PATHS[5])
    assess(folder, PATHS[0], "correct", "bob")
    reader = Reader(folder, known)
    look = reader.look()
    started, ready = look.events
    assert isinstance(started, RunStarted)
    assert isinstance(ready, ModelReady)
    assert (started.total, ready.remaining) == (12, 6)
    assert [result.path for result in look.changed] == [PATHS[0], PATHS[5]]
    assert look.run is not None
    assert len(look.run.results) == 6
    assert expected(folder) == reader.results


def test_assessments_of_others_come_and_ones_own_change_nothing(folder: Path, making: Making) -> None:
    reader = Reader(folder)
    answer(folder, PATHS[0])
    reader.look()
    assess(folder, PATHS[0], "partial", "bob")
    assess(folder, PATHS[0], "correct")
    (changed,) = reader.look().changed
    assert [one.assessor for one in changed.assessments] == ["bob", "ada"]
    assert not reader.told


def test_a_torn_line_waits_and_a_damaged_one_hides_nothing(folder: Path, making: Making) -> None:
    reader = Reader(folder)
    answer(folder, PATHS[0])
    reader.look()
    line = journal.to_bytes(journal.ResultLine(result=examples.result(PATHS[1]))) + b"\n"
    write_raw(folder, line[:40])
    assert reader.look() == Look()
    write_raw(folder, line[40:])
    assert kinds(reader.look()) == [AnswerFinished]
    write_raw(folder, b'{"kind":"of a later version","x":1}\n{"kind"')
    answer(folder, PATHS[2])
    assert reader.look() == Look()  # it may not all be there yet
    assert [event.result.path for event in reader.look().events] == [PATHS[2]]  # type: ignore[union-attr]
    assert expected(folder) == reader.results


def test_a_journal_that_is_merged_and_begun_anew_is_read_anew(folder: Path, making: Making) -> None:
    reader = Reader(folder)
    for number, path in enumerate(PATHS):
        answer(folder, path)
        if number % 3 == 0:
            reader.look()
        if number % 4 == 0:
            store.settle(folder)  # another journal follows, often with the first one's inode
    reader.look()
    assert sorted(reader.told) == sorted(reader.results)[1:], "what was there at first is told as such"
    assert expected(folder) == reader.results


def test_another_journal_of_the_same_inode_and_a_larger_size_is_noticed(folder: Path, making: Making) -> None:
    reader = Reader(folder)
    reader.look()
    path = folder / journal.JOURNAL_NAME
    write_raw(folder, b"nothing that can be read\n")
    reader.look(), reader.look()
    with path.open("wb"):
        pass  # the same file, as if it had been removed and its inode used again
    answer(folder, PATHS[0])
    reader.look()
    assert reader.told == [(PATHS[0], "q1")]


def test_answers_about_control_pictures_are_told_apart(folder: Path, making: Making) -> None:
    reader = Reader(folder)
    reader.look()
    for number, picture in enumerate(("black", "grey"), start=1):
        result = examples.result(f"control/{picture}")
        add(folder, journal.ControlLine(result=result))
        assert ControlFinished(result, number, 3) in reader.look().events
    assert not reader.results


def test_it_ends_as_it_was_written(folder: Path, making: Making) -> None:
    reader = Reader(folder)
    reader.look()
    for path in PATHS:
        answer(folder, path)
    run, _ = store.settle(folder)
    store.write_run(folder, replace(run, finished="2026-01-01T00:01:00Z"))
    making.maker = None
    look = reader.look()
    *_, ended = look.events
    assert isinstance(ended, RunEnded)
    assert (ended.run.status, len(ended.run.results)) == ("complete", 12)
    assert look.ended
    assert not look.left
    assert len(reader.told) == 12
    assert reader.look() == Look(ended=True)


def test_a_killed_maker_leaves_it_interrupted(folder: Path, making: Making) -> None:
    reader = Reader(folder)
    answer(folder, PATHS[0])
    reader.look()
    answer(folder, PATHS[1])
    write_raw(folder, b'{"kind":"result","resul')
    making.maker = None
    look = reader.look()
    assert kinds(look) == [AnswerFinished, RunEnded]
    assert look.left
    assert look.run is not None
    assert look.run.status == "interrupted"


def test_whoever_makes_it_on_is_another_maker(folder: Path, making: Making) -> None:
    reader = Reader(folder)
    reader.look()
    making.maker = Maker(key="other", pid=4712)
    assert reader.look().ended


def test_a_folder_that_goes_or_cannot_be_read_is_told_of_in_a_line(folder: Path, making: Making) -> None:
    reader = Reader(folder)
    answer(folder, PATHS[0])
    reader.look()
    (folder / store.RUN_NAME).write_bytes(b"{")
    assert "damaged" in reader.look().problem
    store.write_run(folder, examples.run(PATHS))
    answer(folder, PATHS[1])
    assert kinds(reader.look()) == [ModelReady, AnswerFinished] or reader.told == [(PATHS[1], "q1")]
    shutil.rmtree(folder)
    making.maker = None
    look = reader.look()
    assert look.ended
    assert "run.json" in look.problem


def test_what_is_set_aside_to_be_merged_is_read_too(folder: Path, making: Making) -> None:
    """A program without `flock` renames the journal first, and removes it when `run.json` has it all."""
    reader = Reader(folder)
    reader.look()
    answer(folder, PATHS[0])
    (folder / journal.JOURNAL_NAME).rename(folder / journal.SETTLED_NAME)
    answer(folder, PATHS[1])
    store.write_run(folder, replace(examples.run(PATHS), environment=Environment(torch="2")))
    reader.look()
    assert reader.told == [(PATHS[0], "q1"), (PATHS[1], "q1")]


def _begin(folder: Path, data: bytes) -> None:
    """Write what is cut off, as a program does that is killed meanwhile: what it finds cut off it closes."""
    path = folder / journal.JOURNAL_NAME
    cut = path.exists() and path.read_bytes()[-1:] not in (b"", b"\n")
    write_raw(folder, b"\n" * cut + data)


def _slowly(folder: Path, line: bytes, cut: int, meanwhile: Callable[[], object]) -> None:
    """Write a line in two parts."""
    _begin(folder, line[:cut])
    meanwhile()
    write_raw(folder, line[cut:] + b"\n")


def _steps(folder: Path, dice: random.Random, reader: Reader) -> Iterator[Callable[[], object]]:
    """What may happen to a run's files, in any order."""
    line = journal.to_bytes(journal.ResultLine(result=examples.result(dice.choice(PATHS))))
    path = dice.choice(PATHS)
    yield lambda: answer(folder, path)
    yield lambda: answer(folder, path, response="another answer")
    yield lambda: add(folder, journal.ResultLine(result=examples.error_result(path)))
    yield lambda: assess(folder, path, dice.choice(("correct", "partial")), dice.choice(("ada", "bob")))
    memory = ResultMemory(worker_rss=dice.randrange(5))
    yield lambda: add(folder, journal.MemoryLine(path=path, question_id="q1", memory=memory))
    cut = dice.randrange(len(line) + 1)
    yield lambda: _begin(folder, line[:cut])
    yield lambda: _begin(folder, line)
    yield lambda: _slowly(folder, line, cut, reader.look)
    yield lambda: _begin(folder, b'{"kind":"later"}\n')
    yield lambda: store.settle(folder)


@pytest.mark.parametrize("seeds", [range(0, 12), range(12, 24)])
def test_in_any_order_nothing_is_missed_and_nothing_told_twice(
    tmp_path: Path, making: Making, seeds: range
) -> None:
    for seed in seeds:
        dice = random.Random(seed)
        folder = save(tmp_path / f"run {seed}")
        reader = Reader(folder)
        reader.look()
        answered: set[Key] = set()
        for _ in range(40):
            if dice.random() < 0.4:
                reader.look()
            else:
                dice.choice(list(_steps(folder, dice, reader)))()
        making.maker = None
        reader.look()
        making.maker = MAKER
        whole = expected(folder)
        assert reader.results == whole, seed
        for look in reader.looks:
            for event in look.events:
                if isinstance(event, AnswerFinished) and event.result.error is None:
                    assert event.result.key not in answered, seed
                    answered.add(event.result.key)
        assert answered == {key for key, result in whole.items() if result.error is None}, seed


@pytest.mark.long
def test_where_there_is_no_flock_nothing_is_missed_either(tmp_path: Path) -> None:
    options = ["-q", "-p", "no:cacheprovider", "-k", "any_order or begun_anew"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, __file__],
        env=without_flock(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_a_poll_that_finds_nothing_reads_nothing(
    folder: Path, making: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(folder)
    for path in PATHS:
        answer(folder, path)
    reader.look()
    read: list[int] = []
    pread = os.pread

    def counted(descriptor: int, length: int, offset: int) -> bytes:
        read.append(length)
        return pread(descriptor, length, offset)

    monkeypatch.setattr(os, "pread", counted)
    monkeypatch.setattr(store, "read_unmerged", None)
    assert reader.look() == Look()
    assert sum(read) <= 256
