"""Whether runs are the shards of one plan, all of them, each once, and finished. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from msgspec import UNSET, to_builtins

from fada_tui.core import shards
from fada_tui.core.errors import UsageError
from fada_tui.core.records import FileRecord, Run, Shard, only_known
from fada_tui.runs.scoring import rubric_of

_OF_THE_MACHINE = frozenset({"device", "load_time", "memory", "left_out", "license"})
"""What of a model may differ from shard to shard."""
_LONGEST = 60
"""Characters of a value that are told."""
_NOT_THERE = object()


class Named(NamedTuple):
    """A run, and what a person finds it by: its folder."""

    name: str
    run: Run

    def __str__(self) -> str:
        """Return what names it, with its shard."""
        return f"{self.name} (shard {shard_in(self)})"


def shard_in(one: Named) -> Shard:
    """Return which shard a run is; raises `UsageError` if it is none."""
    if one.run.merged is not UNSET:
        raise UsageError(f"{one.name} was merged already: name shards, runs made with --shard K/N")
    shard = one.run.dataset.selection.shard
    if shard is UNSET or shards.shard_of(str(shard)) is None:
        raise UsageError(f"{one.name} is no shard: only runs made with --shard K/N can be merged")
    return shard


def in_order(runs: Sequence[Named]) -> tuple[Named, ...]:
    """Return runs in the order of their shards.

    Raises:
        UsageError: one is no shard, is of another plan than the others, is there twice, is missing or is not
            finished; the message says which, and what to do.
    """
    for one in runs:
        shard_in(one)
    _check_plans(runs)
    numbered: dict[int, Named] = {}
    for one in runs:
        shard = shard_in(one)
        if (other := numbered.setdefault(shard.number, one)) is not one:
            raise UsageError(f"shard {shard} is there twice: {other.name} and {one.name}; name one of them")
    first = shard_in(runs[0])
    wanted = shards.with_images(first.of, first.images)
    if missing := [f"{number}/{first.of}" for number in wanted if number not in numbered]:
        noun, are = ("shard", "is") if len(missing) == 1 else ("shards", "are")
        raise UsageError(
            f"{noun} {_some(missing)} of this plan {are} missing: make what is not there with "
            f"--shard {missing[0]}, and name all {len(wanted):,} runs"
        )
    ordered = tuple(numbered[number] for number in sorted(numbered))
    if unfinished := [one for one in ordered if one.run.status != "complete"]:
        told = _some([f"{shard_in(one)} ({one.name}, {one.run.status})" for one in unfinished])
        noun = "shard" if len(unfinished) == 1 else "shards"
        again = f"fada-tui --batch --resume {unfinished[0].name}"
        raise UsageError(f"not finished: {noun} {told}; go on with {again}, then merge")
    return ordered


def _check_plans(runs: Sequence[Named]) -> None:
    """Raise `UsageError` where a field of the plan is in one run another than in most."""
    facts = [dict(_facts(one)) for one in runs]
    for field in dict.fromkeys(field for its in facts for field in its):
        values = [its.get(field, _NOT_THERE) for its in facts]
        told = [repr(value) for value in values]
        usual = Counter(told).most_common(1)[0][0]
        odd = next((place for place, text in enumerate(told) if text != usual), None)
        if odd is not None:
            other = told.index(usual)
            raise UsageError(
                f"{runs[odd]} is of another plan: its {field} is {_shown(values[odd])}, "
                f"that of {runs[other]} is {_shown(values[other])}; only shards of one plan can be merged"
            )


def _facts(one: Named) -> Iterator[tuple[str, Any]]:
    """Yield what shards of one plan have in common, each by its place in `run.json`."""
    run, shard = one.run, shard_in(one)
    for name, value in _known(run.model).items():
        if name not in _OF_THE_MACHINE:
            yield from _flat(f"model.{name}", value)
    engine = run.engine.name if run.engine else None
    yield "engine", engine
    for name, value in _known(run.generation).items():
        if name != "concurrency" or not engine:  # as many as an engine takes
            yield from _flat(f"generation.{name}", value)
    yield "questions", [question.id for question in run.questions]
    for question in run.questions:
        yield from _flat(f"questions.{question.id}", _known(question))
    if run.question_set is not UNSET:
        yield from _flat("question_set", _known(run.question_set))
    if run.classes is not UNSET:
        yield "classes.sha256", run.classes.sha256
    yield "dataset.name", run.dataset.name
    yield "dataset.root", run.dataset.root
    yield "dataset.aliases", run.dataset.aliases or {}
    for name, value in _known(run.dataset.selection).items():
        if name != "shard":
            yield from _flat(f"dataset.selection.{name}", value)
    for name in ("of", "images", "sha256"):
        yield f"dataset.selection.shard.{name}", getattr(shard, name)
    yield "rubric", rubric_of(run)
    references = run.references or None
    files = (references, *(references.others or ())) if references else ()
    yield "references.sha256", [file.sha256 for file in files]


def _known(record: FileRecord) -> dict[str, Any]:
    """Return the fields of a record as plain values, but for those that only a newer version knows."""
    plain: dict[str, Any] = only_known(to_builtins(record), type(record))
    return plain


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}", inner)
    else:
        yield name, value


def _shown(value: Any) -> str:
    if value is _NOT_THERE or value is None:
        return "not set"
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _some(names: Sequence[str]) -> str:
    """Return names in a row, the first few of many."""
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
