"""What is done under faults, and what must hold afterwards: a scene for each way of writing files."""

import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from fada_tui.config.questions import load_questions
from fada_tui.core.control import control_keys
from fada_tui.core.errors import FadaError
from fada_tui.core.records import Assessment, Result, Run
from fada_tui.models.registry import load_registry
from fada_tui.runs.assessment_writer import settle_and_publish
from fada_tui.store import folder as store
from fada_tui.store.journal import JOURNAL_NAME, AssessmentLine, append
from fada_tui.store.model_notes import read_model_notes
from fada_tui.store.queue_file import read_queue
from tests.faults.library import Fault
from tests.faults.place import Place

FEWER = ("enospc", "torn", "kill", "power")
"""What is tried where each trial takes long."""


@dataclass
class Told:
    """What a command said to be durable."""

    answers: list[tuple[str, str]] = field(default_factory=list)
    """Image and answer."""
    verdicts: list[tuple[str, str, str]] = field(default_factory=list)
    """Path, question, verdict."""
    others: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.answers) + len(self.verdicts) + len(self.others)


@dataclass
class Scene:
    """One way of writing files.

    Args:
        name: what is done.
        command: from a place to the command.
        prepare: makes what must be there before.
        told: from the finished command to what it said to be durable.
        lost: what of that is not there; a text for each.
        finish: does the same once more without faults, and says what is wrong then.
        worker: whether a worker takes part.
        told_before: how much was told to be durable when all was prepared.
        loses_power: whether a power cut is tried.
        slow: whether each trial takes long, so that fewer faults are tried.
    """

    name: str
    command: Callable[[Place], list[str]]
    finish: Callable[[Place, bool], Iterator[str]]
    prepare: Callable[[Place], None] = lambda place: None
    told: Callable[[subprocess.CompletedProcess[str]], Told] = lambda done: Told()
    lost: Callable[[Place, Told], Iterator[str]] = lambda place, told: iter(())
    worker: bool = False
    told_before: int = 0
    slow: bool = False
    loses_power: bool = True

    def chosen(self, faults: Iterable[Fault]) -> list[Fault]:
        """Those of all possible faults that are tried."""
        return [
            fault
            for fault in faults
            if (not self.slow or fault.mode in FEWER) and (self.loses_power or fault.mode != "power")
        ]


def read(folder: Path) -> Run | str:
    """A run, or why it cannot be read."""
    try:
        return store.read_run(folder)
    except FadaError as error:
        return str(error)


def went_wrong(done: subprocess.CompletedProcess[str], what: str) -> Iterator[str]:
    if done.returncode != 0:
        yield f"{what} ended with {done.returncode}: {done.stderr.strip().splitlines()[-1:]}"


# --- runs

FIRST = "first.json"
"""Beside the results: those of a run that is to be resumed."""

_ANSWER = re.compile(r"^\s*\d+/\d+  (\S+)  (?:.* tokens/s  |.*GB  )(.*)$", re.MULTILINE)


def answers_told(done: subprocess.CompletedProcess[str]) -> Told:
    told = Told([(where, text) for where, text in _ANSWER.findall(done.stderr)])
    for line in done.stdout.splitlines():
        try:
            summary = json.loads(line)
        except ValueError:
            continue
        told.others += [run["id"] for run in summary.get("runs", ()) if run["status"] == "complete"]
    return told


def answers_lost(place: Place, told: Told) -> Iterator[str]:
    runs = {folder.name: read(folder) for folder in place.runs()}
    there = [
        (f"{result.category}/{result.image}", result.response)
        for run in runs.values()
        if isinstance(run, Run)
        for result in run.results
    ]
    for where, text in told.answers:
        if not any(where == found and (answer or "").startswith(text.rstrip("…")) for found, answer in there):
            yield f"the answer told for {where} is not there"
    for name in told.others:
        run = runs.get(name)
        if not isinstance(run, Run) or run.status != "complete":
            yield f"run {name} was told to be complete and is not"


def batch(place: Place) -> list[str]:
    return place.program(
        "--batch", "--json", "--images", place.images, "--results", place.results, "--model", place.model,
        "--question", "What?", "--question", "Where?", "--concurrency", "1", "--max-new-tokens", "8",
    )  # fmt: skip


def embedded(place: Place) -> list[str]:
    return place.program(
        "--batch", "--json", "--images", place.images, "--results", place.results, "--question", "What?",
        "--max-new-tokens", "4",
    )  # fmt: skip


def resume(place: Place) -> list[str]:
    return place.program("--batch", "--json", "--results", place.results, "--resume", place.runs()[0])


def finish_run(again: Callable[[Place], list[str]]) -> Callable[[Place, bool], Iterator[str]]:
    def finish(place: Place, gone_well: bool) -> Iterator[str]:
        if gone_well:
            for folder in place.runs():
                yield from incomplete(folder)
            return
        command = resume(place) if place.runs() else again(place)
        yield from went_wrong(place.do(command), "going on with the run")
        for folder in place.runs():
            yield from incomplete(folder)

    return finish


def incomplete(folder: Path) -> Iterator[str]:
    run = read(folder)
    if isinstance(run, str):
        yield run
    elif run.status != "complete" or any(result.error for result in run.results):
        errors = [result.error.message for result in run.results if result.error]
        yield f"the run is {run.status} with {len(run.results)} results {errors}"
    for name in (store.SUMMARY_NAME, "../" + store.COMPARISON_NAME):
        if not (folder / name).is_file():
            yield f"{name} is missing"
    if (folder / "journal.jsonl").exists():
        yield "the journal is left"


# --- control pictures

_ABOUT_CONTROLS = re.compile(
    r"^control pictures \d+ of \d+  (\S+)  (?:.* tokens/s  |.* s  )(.*)$", re.MULTILINE
)


def a_whole_run(place: Place) -> None:
    place.do(batch(place)).check_returncode()


def control(place: Place) -> list[str]:
    return place.program("control", place.runs()[0], "--results", place.results)


def controls_told(done: subprocess.CompletedProcess[str]) -> Told:
    return Told([(where, text) for where, text in _ABOUT_CONTROLS.findall(done.stderr)])


def controls_lost(place: Place, told: Told) -> Iterator[str]:
    run = read(place.runs()[0])
    there = [(one.path, one.response) for one in (run.controls or ())] if isinstance(run, Run) else []
    for where, text in told.answers:
        if not any(where == path and (answer or "").startswith(text.rstrip("…")) for path, answer in there):
            yield f"the answer told for {where} is not there"
    yield from results_are_whole(run)


def results_are_whole(run: Run | str) -> Iterator[str]:
    if isinstance(run, str):
        yield run
    elif run.status != "complete" or len(run.results) != run.dataset.images * len(run.questions):
        yield f"the run is {run.status} with {len(run.results)} results"


def finish_controls(place: Place, gone_well: bool) -> Iterator[str]:
    yield from went_wrong(place.do(control(place)), "asking about control pictures again")
    run = read(place.runs()[0])
    yield from incomplete(place.runs()[0])
    if isinstance(run, Run):
        asked = [(one.key, one.error) for one in run.controls or ()]
        if asked != [(key, None) for key in control_keys(run.questions)]:
            yield f"of control pictures there is {asked}"


# --- runs that are there already


def legacy_file(place: Place) -> Path:
    file = place.folder / "legacy.json"
    names = ("A", "B")
    entries = [
        {"image": f"{n}.png", "category": n, "question": "What?", "response": f"It is {n}.", "time": 1.0}
        for n in names
    ]
    file.write_text(json.dumps(entries))
    return file


def importing(place: Place) -> list[str]:
    return place.program("import", legacy_file(place), "--model", "old", "--results", place.results)


def imported(place: Place) -> None:
    place.do(importing(place)).check_returncode()


def judged(place: Place) -> None:
    """A run with verdicts in its journal."""
    imported(place)
    (folder,) = place.runs()
    for result in store.read_run(folder).results:
        given = Assessment(assessor="a", verdict="correct", at=store.now())
        append(
            folder / JOURNAL_NAME,
            AssessmentLine(path=result.path, question_id=result.question_id, assessment=given),
        )


def half_run(place: Place) -> None:
    """A run that was killed after two of its results."""
    _, guard = place.guarded(batch(place))
    begun = [
        call
        for call in guard.calls()
        if (call.who, call.call) == ("worker", "write") and call.name.endswith("/journal.jsonl")
    ]
    shutil.rmtree(place.disk)
    place.disk.mkdir()
    place.guarded(batch(place), Fault(begun[2], "killall"))
    (folder,) = place.runs()
    first = list(store.read_run(folder).results)
    assert len(first) == 2
    (place.disk / FIRST).write_bytes(msgspec.json.encode(first))


def resumed_lost(place: Place, told: Told) -> Iterator[str]:
    """Of the first results, too, as they were: one that was made again is another."""
    yield from answers_lost(place, told)
    run = read(place.runs()[0])
    results = run.results if isinstance(run, Run) else ()
    for first in msgspec.json.decode((place.disk / FIRST).read_bytes(), type=list[Result]):
        if not any(_same(first, result) for result in results):
            yield f"the result on {first.path} that was there before is lost"


def _same(one: Result, other: Result) -> bool:
    return (one.key, one.response, one.timing) == (other.key, other.response, other.timing)


def all_answers(place: Place, told: Told | None = None) -> Iterator[str]:
    """What of the imported runs is not there any more."""
    for folder in place.runs():
        run = read(folder)
        if isinstance(run, str):
            yield run
        elif [result.response for result in run.results] != ["It is A.", "It is B."]:
            yield f"{folder.name} has not its two answers"


def all_verdicts(place: Place, told: Told | None = None) -> Iterator[str]:
    yield from all_answers(place)
    for folder in place.runs():
        run = read(folder)
        if isinstance(run, Run) and not all(result.assessments for result in run.results):
            yield "a verdict that was there is lost"


def open_run(place: Place) -> list[str]:
    return place.program("runs", "show", place.runs()[0], "--json", "--results", place.results)


def write_report(place: Place) -> list[str]:
    return place.program("report", place.runs()[0], "--results", place.results)


def repeat(command: Callable[[Place], list[str]]) -> Callable[[Place, bool], Iterator[str]]:
    """Do the same again, then write the pages of all."""

    def finish(place: Place, gone_well: bool) -> Iterator[str]:
        yield from went_wrong(place.do(command(place)), "doing it again")
        for folder in place.runs():
            try:
                if not settle_and_publish(folder, load_registry(place.config / "models.toml")):
                    yield "a lock is left that refuses"
            except FadaError as error:
                yield f"writing the page: {error}"
            yield from incomplete(folder)

    return finish


# --- shards


def two_shards(place: Place) -> None:
    for shard in ("1/2", "2/2"):
        place.do([*batch(place), "--shard", shard, "--name", "part"]).check_returncode()


def merge(place: Place) -> list[str]:
    return place.program("runs", "merge", "--json", "--results", place.results, *parts(place))


def parts(place: Place) -> list[Path]:
    return [folder for folder in place.runs() if "part" in folder.name]


def merge_told(done: subprocess.CompletedProcess[str]) -> Told:
    lines = done.stdout.splitlines()
    made = json.loads(lines[-1])["run"] if lines else None
    return Told(others=[made] if made else [])


def merge_lost(place: Place, told: Told) -> Iterator[str]:
    """What is not whole: the shards, and any run that was made of them."""
    if len(parts(place)) != 2:
        yield "a shard is gone"
    for folder in place.runs():
        run = read(folder)
        answers = 2 if folder in parts(place) else 4
        if isinstance(run, str):
            yield run
        elif (run.status, len(run.results)) != ("complete", answers):
            yield f"{folder.name} is {run.status} with {len(run.results)} of {answers} answers"
    if not set(told.others) <= {folder.name for folder in place.runs()}:
        yield f"run {told.others} was told to be there and is not"


def finish_merge(place: Place, gone_well: bool) -> Iterator[str]:
    if len(place.runs()) == 2:
        yield from went_wrong(place.do(merge(place)), "merging again")
    yield from merge_lost(place, Told())
    if len(place.runs()) != 3:
        yield f"the shards were merged into {len(place.runs()) - 2} runs"
    for folder in place.runs():
        yield from incomplete(folder)


# --- judging


def assess(place: Place) -> list[str]:
    return place.step("assess", place.runs()[0])


def verdicts_told(done: subprocess.CompletedProcess[str]) -> Told:
    told = Told()
    for line in done.stdout.splitlines():
        match json.loads(line):
            case {"path": path, "question": question, "verdict": verdict}:
                told.verdicts.append((path, question, verdict))
            case {"conclusion": text}:
                told.others.append(text)
    return told


def verdicts_lost(place: Place, told: Told) -> Iterator[str]:
    yield from all_answers(place)
    run = read(place.runs()[0])
    if isinstance(run, str):
        return
    results: dict[tuple[str, str], Result] = {result.key: result for result in run.results}
    for path, question, verdict in told.verdicts:
        given = [assessment.verdict for assessment in results[path, question].assessments]
        if verdict not in given:
            yield f"the verdict on {path} is lost"
    for text in told.others:
        if run.notes.conclusion != text:
            yield "the notes are lost"


def three_runs(place: Place) -> None:
    for _ in range(3):
        imported(place)


def remove(place: Place) -> list[str]:
    return place.step("remove", place.runs()[-1])


def removed_told(done: subprocess.CompletedProcess[str]) -> Told:
    return Told(others=[json.loads(line)["removed"] for line in done.stdout.splitlines()])


def removal_lost(place: Place, told: Told) -> Iterator[str]:
    yield from all_answers(place)
    if not place.runs():
        yield "other runs are gone, too"
    for name in told.others:
        if (place.results / name).exists():
            yield f"{name} was told to be removed and is there"


def finish_removal(place: Place, gone_well: bool) -> Iterator[str]:
    for _ in place.runs()[1:]:
        yield from went_wrong(place.do(remove(place)), "removing")
    kept = {store.COMPARISON_NAME, *(folder.name for folder in place.runs())}
    yield from (f"{path.name} is left" for path in place.results.iterdir() if path.name not in kept)


# --- the user's own files


def listed(place: Place) -> None:
    place.do(place.program("models", "add", "mine", "--source", "http://127.0.0.1:1/v1#m")).check_returncode()


def add_model(place: Place) -> list[str]:
    return place.program("models", "add", "yours", "--source", "http://127.0.0.1:1/v1#m")


def names_of_models(place: Place) -> list[str]:
    tables = tomllib.loads((place.config / "models.toml").read_text())["model"]
    return [table["name"] for table in tables]


def model_told(done: subprocess.CompletedProcess[str]) -> Told:
    return Told(others=["yours"] if done.returncode == 0 else [])


def models_lost(place: Place, told: Told) -> Iterator[str]:
    try:
        names = names_of_models(place)
    except (OSError, ValueError) as error:
        yield f"models.toml: {error}"
        return
    yield from (f"{name} is lost from the list" for name in ("mine", *told.others) if name not in names)


def finish_models(place: Place, gone_well: bool) -> Iterator[str]:
    yield from went_wrong(place.do(add_model(place)), "adding a model")
    if names_of_models(place) != ["mine", "yours"]:
        yield f"models.toml has {names_of_models(place)}"


def noted(place: Place) -> None:
    place.do(
        place.program("models", "note", "mine", "--size", "1B", "--results", place.results)
    ).check_returncode()


def note_model(place: Place) -> list[str]:
    return place.program("models", "note", "yours", "--size", "2B", "--results", place.results)


def notes_lost(place: Place, told: Told) -> Iterator[str]:
    try:
        names = [note.name for note in read_model_notes(place.results)]
    except FadaError as error:
        yield str(error)
        return
    yield from (f"{name} is lost from the notes" for name in ("mine", *told.others) if name not in names)


def finish_notes(place: Place, gone_well: bool) -> Iterator[str]:
    yield from went_wrong(place.do(note_model(place)), "noting a model")
    if (names := [note.name for note in read_model_notes(place.results)]) != ["mine", "yours"]:
        yield f"notes.toml has {names}"


def recall(place: Place) -> list[str]:
    return place.step("recall", place.config / "state.toml")


def finish_recall(place: Place, gone_well: bool) -> Iterator[str]:
    yield from went_wrong(place.do(recall(place)), "remembering")
    state: dict[str, Any] = tomllib.loads((place.config / "state.toml").read_text())
    if state["last_run"] != {"max_new_tokens": 77}:
        yield f"state.toml has {state}"


def queue(place: Place) -> list[str]:
    return place.step("queue", place.results)


def queued_told(done: subprocess.CompletedProcess[str]) -> Told:
    return Told(others=[json.loads(line)["queued"] for line in done.stdout.splitlines()])


def queue_lost(place: Place, told: Told) -> Iterator[str]:
    """A name that was told is there, and none is without its run."""
    try:
        names = [one.run for one in read_queue(place.results)]
    except FadaError as error:
        yield str(error)
        return
    yield from (f"{name} is lost from the queue" for name in told.others if name not in names)
    for name in names:
        run = read(place.results / name)
        if isinstance(run, str) or not run.plan:
            yield f"{name} waits, and has no plan"


def finish_queue(place: Place, gone_well: bool) -> Iterator[str]:
    before = read_queue(place.results)
    yield from went_wrong(place.do(queue(place)), "queueing two more")
    yield from queue_lost(place, Told())
    if len(read_queue(place.results)) != len(before) + 2:
        yield f"{len(read_queue(place.results))} runs wait after {len(before)} and two more"


def own_set(place: Place) -> Path:
    return place.config / "questions" / "mine.toml"


def kept(place: Place) -> None:
    own_set(place).parent.mkdir(parents=True)
    own_set(place).write_text('[[question]]\ntext = "Kept?"\n')


def keep_questions(place: Place) -> list[str]:
    return place.step("keep_questions", own_set(place))


def questions_told(done: subprocess.CompletedProcess[str]) -> Told:
    return Told(others=["new"] if done.returncode == 0 else [])


def questions_lost(place: Place, told: Told) -> Iterator[str]:
    try:
        asked = load_questions(str(own_set(place)))
    except FadaError as error:
        yield str(error)
        return
    if asked != load_questions("demo") and (told.others or [one.text for one in asked] != ["Kept?"]):
        yield f"the set is {asked}"


def finish_questions(place: Place, gone_well: bool) -> Iterator[str]:
    yield from went_wrong(place.do(keep_questions(place)), "keeping them again")
    yield from questions_lost(place, Told(others=["new"]))


SCENES = (
    Scene("a run", batch, finish_run(batch), told=answers_told, lost=answers_lost, worker=True),
    Scene(
        "resuming a run", resume, finish_run(batch), half_run, answers_told, resumed_lost, worker=True,
        told_before=2,
    ),
    Scene(
        "a run of the embedded model", embedded, finish_run(embedded), told=answers_told, lost=answers_lost,
        worker=True, slow=True,
    ),
    Scene(
        "asking about control pictures", control, finish_controls, a_whole_run, controls_told, controls_lost,
        worker=True,
    ),
    Scene("opening a judged run", open_run, repeat(open_run), judged, lost=all_verdicts, told_before=2),
    Scene(
        "writing a run's page", write_report, repeat(write_report), judged, lost=all_verdicts, told_before=2
    ),
    Scene("importing results", importing, repeat(importing), lost=all_answers),
    Scene("judging answers", assess, repeat(assess), imported, verdicts_told, verdicts_lost),
    Scene(
        "removing a run", remove, finish_removal, three_runs, removed_told, removal_lost, loses_power=False
    ),
    Scene("adding a model", add_model, finish_models, listed, model_told, models_lost),
    Scene("noting a model", note_model, finish_notes, noted, model_told, notes_lost),
    Scene("merging shards", merge, finish_merge, two_shards, merge_told, merge_lost),
    Scene("queueing runs", queue, finish_queue, told=queued_told, lost=queue_lost),
    Scene("remembering choices", recall, finish_recall),
    Scene("keeping questions", keep_questions, finish_questions, kept, questions_told, questions_lost),
)  # fmt: skip
