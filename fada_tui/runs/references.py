"""References of experts for a run: their files read and matched with its images and questions."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import UNSET, Struct
from msgspec.structs import replace

from fada_tui.core.file_names import encode_name
from fada_tui.core.records import PlannedImage, Question, References, Result, Run
from fada_tui.evaluation.references import Folders, Matched, check, match
from fada_tui.evaluation.rubric import Rubric
from fada_tui.store.tables import read_table


class Referenced(Struct, frozen=True):
    """A run's images with the answers of experts."""

    references: References
    """The first expert's, with those of others in it."""
    images: tuple[PlannedImage, ...]


def read_references(
    paths: Sequence[str],
    images: Sequence[PlannedImage],
    questions: Sequence[Question],
    aliases: Mapping[str, str],
    rubric: Rubric | None,
) -> Referenced:
    """Read experts' files and match them with a run.

    Args:
        paths: of the files; the first one counts, others stand beside it.
        images: of the run.
        questions: of the run.
        aliases: categories by folder, a person's word.
        rubric: knows other names of categories.

    Raises:
        UsageError: a file cannot be read, or nothing in it belongs to the run.
    """
    folders = Folders(aliases, rubric)
    matched: list[Matched] = []
    for path, name in zip(paths, _names(paths), strict=True):
        found = match(read_table(path), name, images, questions, folders)
        # A further expert may have answered about other images of the data set than the run is about.
        if not matched or not any(row.heading for row in found.references.questions if row.question_id):
            check(found.references, questions)
        source = encode_name(os.path.abspath(path))  # noqa: PTH100
        matched.append(replace(found, references=replace(found.references, source=source)))
    first, *others = matched
    return Referenced(
        references=replace(first.references, others=tuple(one.references for one in others) or UNSET),
        images=tuple(_with_answers(image, questions, first, others) for image in images),
    )


def without_references(images: Sequence[PlannedImage]) -> tuple[PlannedImage, ...]:
    """Return images without the answers that experts gave for another run."""
    return tuple(replace(image, references=UNSET, other_references=UNSET) for image in images)


def with_answers(
    results: Iterable[Result], images: Sequence[PlannedImage], *, anew: bool = False
) -> tuple[Result, ...]:
    """Return results with the experts' answers and the patients that their images have.

    Args:
        results: of a run; errors have references, too.
        images: of the run, with `references` and `other_references`.
        anew: also in place of answers that results have; otherwise those stay.
    """
    by_path = {image.path: image for image in images}
    return tuple(_with_answer(result, by_path.get(result.path), anew) for result in results)


def _with_answer(result: Result, image: PlannedImage | None, anew: bool) -> Result:
    if image is None:
        return result
    result = replace(result, patient=image.patient or result.patient)
    has_one = result.reference is not UNSET or result.other_references is not UNSET
    if has_one and not anew:
        return result
    others = {
        name: answers[result.question_id]
        for name, answers in (image.other_references or {}).items()
        if result.question_id in answers
    }
    first = (image.references or {}).get(result.question_id, UNSET)
    return replace(result, reference=first, other_references=others or UNSET)


def refer(run: Run, paths: Sequence[str], rubric: Rubric) -> Run:
    """Return a run whose results, and planned images, have the answers of these files and no others.

    Raises:
        UsageError: a file cannot be read, or nothing in it belongs to the run.
    """
    found = read_references(paths, _images(run), run.questions, run.dataset.aliases or {}, rubric)
    plan = run.plan if run.plan is UNSET else replace(run.plan, images=found.images)
    results = with_answers(run.results, found.images, anew=True)
    return replace(run, references=found.references, plan=plan, results=results)


def _images(run: Run) -> tuple[PlannedImage, ...]:
    """Return the images of a run: the plan's while it has one, else those of its results."""
    if run.plan is not UNSET:
        return run.plan.images
    known = {result.path: result for result in run.results}
    return tuple(
        PlannedImage(image=one.image, category=one.category, path=path) for path, one in known.items()
    )


def _with_answers(
    image: PlannedImage, questions: Sequence[Question], first: Matched, others: Sequence[Matched]
) -> PlannedImage:
    def answers(matched: Matched) -> dict[str, str]:
        keys = ((question.id, matched.answers.get((image.path, question.id))) for question in questions)
        return {question: answer for question, answer in keys if answer is not None}

    further = {one.references.name: found for one in others if (found := answers(one))}
    patients = (one.patients.get(image.path) for one in (first, *others))
    return replace(
        image,
        patient=next(filter(None, patients), image.patient),
        references=answers(first) or UNSET,
        other_references=further or UNSET,
    )


def _names(paths: Sequence[str]) -> list[str]:
    """Return what references are called: by their files, and a number where two are called alike."""
    names: list[str] = []
    for path in paths:
        name = own = encode_name(Path(path).name)
        number = 1
        while name in names:
            number += 1
            name = f"{own} ({number})"
        names.append(name)
    return names
