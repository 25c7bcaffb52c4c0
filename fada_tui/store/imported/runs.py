"""Runs made of answers that others recorded: pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from msgspec import UNSET, Struct
from msgspec.structs import replace

from fada_tui.core.errors import ErrorKind, UsageError
from fada_tui.core.file_names import encode_name
from fada_tui.core.records import (
    Dataset,
    Failure,
    ModelEntry,
    ModelFacts,
    ModelMemory,
    QuestionSet,
    Result,
    Run,
    Timing,
    Tool,
)
from fada_tui.store.imported.answers import Answer
from fada_tui.store.imported.columns import listed
from fada_tui.store.imported.images import Placing
from fada_tui.store.imported.questions import Asked


class Told(Struct, frozen=True, kw_only=True):
    """What a person tells of the results beside their file; `None` is not known."""

    dataset: str
    root: str | None = None
    """Folder of the images, absolute, as `file_names.encode_name` has it."""
    started: str | None = None
    """ISO 8601."""
    device: str | None = None
    dtype: str | None = None
    quantization: str | None = None
    memory: int | None = None
    """Bytes on the GPU."""
    parameters: int | None = None
    load_time: float | None = None
    """Seconds."""
    question_set: QuestionSet | None = None
    """Where its questions are from."""


class Imported(Struct):
    """The runs, without ids, and what is worth telling of how they came about."""

    runs: list[Run]
    repeated: int = 0
    """Rows that say what an earlier one said."""
    retried: int = 0
    """Errors that a later row has an answer for."""


def build_runs(
    answers: Iterable[Answer],
    *,
    told: Told,
    tool: Tool,
    model: str | None,
    entry_of: Callable[[str], ModelEntry],
    placing: Placing,
    asked: Asked,
) -> Imported:
    """Return a run for each model of the answers, in the order in which they come.

    Args:
        answers: at least one.
        told: what else is known.
        tool: the program that imports.
        model: its name, where a person gives it.
        entry_of: returns the entry of a model's name.
        placing: gives answers their images.
        asked: gives them their questions.

    Raises:
        UsageError: the answers name no model and none is given, or they name several and one is given; two
            rows give different answers to the same; something is told that only one model can have.
    """
    imported = Imported([])
    entries: dict[str, ModelEntry] = {}
    by_model: dict[str, _Results] = {}
    for answer in answers:
        name = answer.model or model
        if name is None:
            raise UsageError(f"{answer.place}: it names no model: say which one it was, with --model NAME")
        if name not in entries:
            entries[name] = entry_of(name)
        entry = entries[name]
        by_model.setdefault(entry.name, _Results(entry, imported)).add(answer, placing, asked)
    if len(by_model) > 1:
        _check_shared(told)
        if model is not None:
            raise UsageError(
                f"there are answers of {len(by_model)} models in it ({listed(list(by_model))}): "
                "leave --model out, and each gets its own name and run"
            )
    for results in by_model.values():
        entry = results.entry if model is None else entry_of(model)
        imported.runs.append(_run(entry, tuple(results.found.values()), told, tool, asked))
    return imported


def _check_shared(told: Told) -> None:
    for option, value in (
        ("--parameters", told.parameters),
        ("--memory", told.memory),
        ("--load-time", told.load_time),
    ):
        if value is not None:
            raise UsageError(f"{option} is of one model, and there are answers of several: leave it out")


class _Results:
    """The results of one model, each once."""

    def __init__(self, entry: ModelEntry, imported: Imported) -> None:
        self.entry = entry
        self._imported = imported
        self._places: dict[tuple[str, str], str] = {}
        self.found: dict[tuple[str, str], Result] = {}

    def add(self, answer: Answer, placing: Placing, asked: Asked) -> None:
        image, question = placing.image(answer), asked.question(answer)
        result = Result(
            image=image.image,
            category=image.category,
            question=question.text,
            response=answer.response,
            time=answer.time,
            path=image.path,
            patient=answer.patient or UNSET,
            question_id=question.id,
            timing=Timing(generate=answer.time),
            finish="error" if answer.error else None,
            error=Failure(kind=ErrorKind.IMPORTED, message=answer.error) if answer.error else None,
        )
        known = self.found.get(result.key)
        if known is None:
            self.found[result.key], self._places[result.key] = result, answer.place
        elif known.error and not result.error:
            self.found[result.key], self._places[result.key] = result, answer.place
            self._imported.retried += 1
        elif result.error or result.response == known.response:
            self._imported.repeated += 1
        else:
            raise UsageError(
                f"{answer.place}: {result.path!r} was already asked this, with another answer "
                f"({self._places[result.key]}): keep one of the two"
            )


def _run(entry: ModelEntry, results: tuple[Result, ...], told: Told, tool: Tool, asked: Asked) -> Run:
    images = {result.path: result.category for result in results}
    return Run(
        id="",
        status="complete",
        started=told.started,
        tool=tool,
        # Of the entry only what does not depend on how the model was loaded.
        model=ModelFacts(
            name=entry.name,
            source=entry.source or None,
            parameters=told.parameters or entry.parameters,
            license=entry.license,
            dtype=told.dtype,
            quantization=told.quantization,
            device=told.device,
            load_time=told.load_time,
            memory=ModelMemory(gpu_told=UNSET if told.memory is None else told.memory),
        ),
        question_set=told.question_set or UNSET,
        questions=asked.of_run(result.question_id for result in results),
        dataset=Dataset(
            name=encode_name(told.dataset),
            root=told.root,
            categories=dict(Counter(images.values())),
            images=len(images),
        ),
        results=results,
    )


def with_id(run: Run, name: str) -> Run:
    """Return a run with the id that its folder gives it."""
    return replace(run, id=name)


def told_of(imported: Imported, placing: Placing, asked: Asked) -> Sequence[str]:
    """Return what a person should know of how the rows were understood, a line each."""
    lines = list(asked.remarks())
    if placing.unmatched:
        lines.append(f"{_some(placing.unmatched)} of the answers' images are not in the folder of --images")
    if imported.repeated:
        rows = _rows(imported.repeated, "says", "say")
        lines.append(f"{rows} again what an earlier one says: it counts once")
    if imported.retried:
        rows = _rows(imported.retried, "is an error", "are errors")
        lines.append(f"{rows} that a later row answers: the answer counts")
    return lines


def _rows(count: int, one: str, many: str) -> str:
    return f"1 row {one}" if count == 1 else f"{count:,} rows {many}"


def _some(names: Iterable[str]) -> str:
    found = list(names)
    shown = ", ".join(f"'{name}'" for name in found[:3])
    more = " …" if len(found) > 3 else ""
    return f"{len(found):,} ({shown}{more})"
