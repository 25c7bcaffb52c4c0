"""Scoring a run again: by other questions' kinds, references or rubric, with nothing generated."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import UNSET, Struct
from msgspec.structs import replace

from fada_tui.config.class_sets import load_classes
from fada_tui.config.rubrics import RUBRICS, load_rubric
from fada_tui.config.settings import Settings
from fada_tui.core.records import Question, QuestionSet, Run
from fada_tui.evaluation.rubric import Rubric
from fada_tui.models.registry import Registry
from fada_tui.runs.aliases import checked_aliases, mistyped
from fada_tui.runs.publish import publish
from fada_tui.runs.references import refer
from fada_tui.runs.scoring import newer_kinds, rubric_of, scored, scoring_by, without_scores
from fada_tui.runs.similarity import with_similarity
from fada_tui.store import folder as store
from fada_tui.store.lock import RunLock

DEFAULT_CLASSES = Settings().classes
_SCORING = ("short", "score", "values", "synonyms", "context")


class Anew(Struct, frozen=True, kw_only=True):
    """What a run is to be scored by, where that is something else than before."""

    questions: tuple[Question, ...] | None = None
    question_set: QuestionSet | None = None
    """Where they are from."""
    rubric: str | None = None
    """A shipped one's name, or a file."""
    references: tuple[str, ...] = ()
    """Files of experts; empty keeps the references that the run has."""
    aliases: Mapping[str, str] | None = None
    """What folders' names mean; empty takes those away that the run has."""
    similarity: str | None = None
    """Hub id or folder of a model whose embeddings compare answers with references."""


def rescore(folder: Path, anew: Anew, registry: Registry) -> tuple[Run, tuple[str, ...]]:
    """Score all answers of a run again, and write its page and the comparison.

    Returns:
        The run, and what there is to tell of it, a line each.

    Raises:
        RunLockedError: another program writes this run.
        StoreError: it cannot be read or written.
        UsageError: there is no such rubric, or it cannot be used.
    """
    with RunLock(folder, patience=0) as lock:
        run, warnings = store.settle(folder)
        again, told = scored_anew(run, anew)
        if again != run:
            store.write_run(folder, again)
        published, unread = publish(folder, again, registry)
    return published, (*lock.warning(), *warnings, *told, *unread)


def scored_anew(run: Run, anew: Anew) -> tuple[Run, tuple[str, ...]]:
    """Return a run with all its answers scored again, and what there is to tell; raises `UsageError`."""
    rubric = load_rubric(anew.rubric or rubric_of(run))
    source = RUBRICS.source(anew.rubric or rubric_of(run))
    told: tuple[str, ...] = ()
    if run.plan is not UNSET:
        run = replace(run, plan=replace(run.plan, rubric=source))
    if anew.questions is not None:
        run, told = with_kinds(run, anew.questions)
        if run.questions == anew.questions:
            run = replace(run, question_set=anew.question_set or UNSET)
    if anew.aliases is not None:
        aliases = dict(_checked(run, anew.aliases, rubric))
        told += tuple(mistyped(aliases, run.dataset.categories))
        run = replace(run, dataset=replace(run.dataset, aliases=aliases or UNSET))
    if anew.references:
        run = refer(run, anew.references, rubric)
    told += tuple(
        f"{question.id} keeps the scores it has: only a newer version knows the kind {question.score!r}"
        for question in run.questions
        if question.id in newer_kinds(run.questions)
    )
    run = without_scores(run)
    run = scored(run, rubric, scoring_by(run, source, rubric))
    return with_similarity(run, anew.similarity) if anew.similarity else run, told


def _checked(run: Run, aliases: Mapping[str, str], rubric: Rubric) -> Mapping[str, str]:
    """Return a person's aliases; raises `UsageError` for one that means nothing."""
    classes = load_classes(DEFAULT_CLASSES) if run.classes is UNSET else run.classes
    return checked_aliases(aliases, rubric, classes, {result.category for result in run.results})


def with_kinds(run: Run, questions: tuple[Question, ...]) -> tuple[Run, tuple[str, ...]]:
    """Return a run whose questions are scored as those of a set are, and what there is to tell.

    Questions are the same if their texts are, case, white space and end marks aside; of those with one id and
    two texts neither is taken for the other.
    """
    by_text = {_asked(question.text): question for question in questions}
    by_id = {question.id: question for question in questions}
    told: list[str] = []
    kept: list[Question] = []
    for question in run.questions:
        if known := by_text.pop(_asked(question.text), None):
            fields = {name: getattr(known, name) for name in _SCORING}
            kept.append(replace(question, **fields))
            continue
        kept.append(question)
        if other := by_id.get(question.id):
            why = f"the set asks another question by that id: {other.text!r}"
        else:
            why = "the set has no such question"
        told.append(f"{question.id} is scored as before: {why}")
    told += [f"{question.id} of the set was not asked in this run" for question in by_text.values()]
    return replace(run, questions=tuple(kept)), tuple(told)


def _asked(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(" ?.!:")
