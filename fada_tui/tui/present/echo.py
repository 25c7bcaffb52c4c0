"""A change of assessments in words, with the answer it was made to."""

from collections.abc import Iterable, Mapping
from pathlib import PurePath

from fada_tui.core.records import Assessment
from fada_tui.evaluation.assessment.history import Change, Step
from fada_tui.tui.present.cells import shortened
from fada_tui.tui.present.glyphs import GLYPHS
from fada_tui.tui.state.open_runs import OpenRun

IMAGE_CELLS = 28
"""Cells of an image's name: its line still has the way back at 60 columns."""

IMAGE_CELLS_AT_END = 18
"""Likewise, where the line also says that all is judged."""

TEXT_CELLS = 24
"""Cells of tags, and of a note."""


def echo_text(step: Step, runs: Mapping[str, OpenRun], *, ends: bool = False) -> str:
    """Return what was done to which answer, and how it is undone.

    Args:
        step: what one key changed.
        runs: the open runs, by their ids.
        ends: more is said on the same line: there the image has fewer cells, and the way back none.
    """
    said = _one_of((told(one.before, one.after) for one in step), "several changes")
    cells = IMAGE_CELLS_AT_END if ends else IMAGE_CELLS
    where = _one_of((_where(one, runs, cells) for one in step), "")
    many = f"{len(step)} answers" if len(step) > 1 else ""
    return " · ".join(part for part in (said, where, many, "" if ends else "u undoes") if part)


def unchanged_text(run: OpenRun, path: str, question_id: str) -> str:
    """Return that a verdict is what it was already."""
    verdict = run.assessment(path, question_id).verdict
    said = f"{GLYPHS[verdict]} {verdict}" if verdict else "no verdict"
    return f"{said}, as before · {answer_name(run, path, question_id)}"


def answer_name(run: OpenRun, path: str, question_id: str, cells: int = IMAGE_CELLS) -> str:
    """Return how an answer is called, such as `Abdomen_001 2/5`; no model is named.

    Args:
        run: whose answer it is.
        path: the image's.
        question_id: the question's number is left out where there is one.
        cells: of the image's name, its middle cut out where that is longer.
    """
    result = run.result(path, question_id)
    image = result.image if result else path
    name = shortened(image.removesuffix(PurePath(image).suffix) or image, cells)
    return name + question_number(run, question_id)


def question_number(run: OpenRun, question_id: str) -> str:
    """Return which of a run's questions one is, such as ` 2/5`; empty where there is one."""
    ids = [question.id for question in run.questions]
    return f" {ids.index(question_id) + 1}/{len(ids)}" if len(ids) > 1 and question_id in ids else ""


def told(before: Assessment, after: Assessment) -> str:
    """Return what of an assessment changed, and to what."""
    now: list[str] = []
    if after.verdict != before.verdict:
        now.append(f"{GLYPHS[after.verdict]} {after.verdict}" if after.verdict else "no verdict")
    if after.context != before.context:
        now.append({True: "context yes", False: "context no", None: "context unset"}[after.context])
    if after.tags != before.tags:
        now.append(f"tags {shortened(', '.join(after.tags), TEXT_CELLS)}" if after.tags else "no tags")
    if after.note != before.note:
        now.append(f"note “{shortened(after.note, TEXT_CELLS)}”" if after.note else "no note")
    if (after.flagged is True) != (before.flagged is True):
        now.append("flagged for a second look" if after.flagged is True else "no flag")
    return ", ".join(now) or "as before"


def _where(change: Change, runs: Mapping[str, OpenRun], cells: int) -> str:
    run = runs.get(change.run_id)
    return answer_name(run, change.path, change.question_id, cells) if run else ""


def _one_of(texts: Iterable[str], otherwise: str) -> str:
    """Return the text that all of them are; where two differ, no others are made."""
    texts = iter(texts)
    first = next(texts, otherwise)
    return first if all(text == first for text in texts) else otherwise
