"""Which column of a table holds what: images, folders, and answers to which question."""

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct

from fada_tui.core.errors import UsageError
from fada_tui.evaluation.references.names import QuestionNames, is_number, squeezed

Names: TypeAlias = tuple[str, ...]

# What columns are called, without white space, `_` and `-`; of several the earlier name counts.
PATHS: Names = ("path", "imagepath", "filepath")
IMAGES: Names = ("image", "imagename", "imagefile", "imagefilename", "file", "filename", "img", "picture")
FOLDERS: Names = (
    "folder",
    "foldername",
    "category",
    "categoryname",
    "class",
    "classname",
    "directory",
    "dir",
)
PATIENTS: Names = ("patient", "patientid", "patientcode")
QUESTION_IDS: Names = ("questionid", "qid")
QUESTIONS: Names = ("question", "questiontext", "questionname", "q")
ANSWERS: Names = (
    "reference", "referenceanswer", "groundtruth", "groundtruthanswer", "gt", "truth", "goldanswer", "gold",
    "expertanswer", "expectedanswer", "expected", "correctanswer", "target", "answer", "label", "annotation",
    "response",
)  # fmt: skip


class Long(Struct, frozen=True):
    """The columns of a table with one answer a row."""

    question_id: int | None
    question: int | None
    answer: int


class Columns(Struct, frozen=True):
    """The columns of a table of references, by their places."""

    images: tuple[int, ...]
    """Those that name the image; the first that leads to one counts."""
    folder: int | None
    long: Long | None
    """`None` where each question has a column of its own."""
    questions: dict[int, str]
    """Question ids by column, where each has one."""
    others: dict[int, str]
    """Headings of the columns that belong to no question of the run, where each question has one."""
    patient: int | None = None
    """Says whom the image is of."""
    remarks: Names = ()


def columns_of(headings: Sequence[str], names: QuestionNames, file: str) -> Columns:
    """Return what the columns of a table hold.

    Args:
        headings: of the table.
        names: of the run's questions.
        file: what the table is called in messages.

    Raises:
        UsageError: no column names images, or it cannot be told which column belongs to a question.
    """
    known = [squeezed(heading) for heading in headings]
    listed = ", ".join(f"'{heading}'" for heading in headings if heading)
    images = (*_places(known, PATHS), *_places(known, IMAGES))
    if not images:
        raise UsageError(
            f"{file}: no column says which image an answer is about; call it 'image' (columns: {listed})"
        )
    folder = next(iter(_places(known, FOLDERS)), None)
    patient = next(iter(_places(known, PATIENTS)), None)
    answers = _places(known, ANSWERS)
    ids, texts = _places(known, QUESTION_IDS), _places(known, QUESTIONS)
    if answers and (ids or texts):
        found = Long(next(iter(ids), None), next(iter(texts), None), answers[0])
        told = (f"the answers are those of '{headings[answers[0]]}'",) if len(answers) > 1 else ()
        return Columns(images, folder, found, {}, {}, patient, told)
    return _wide(headings, names, file, images, folder, patient)


def _wide(
    headings: Sequence[str],
    names: QuestionNames,
    file: str,
    images: tuple[int, ...],
    folder: int | None,
    patient: int | None,
) -> Columns:
    questions: dict[int, str] = {}
    others: dict[int, str] = {}
    remarks: list[str] = []
    for place, heading in enumerate(headings):
        fits = () if place in images else names.of_name(heading)
        if len(fits) > 1:
            raise UsageError(
                f"{file}: the column '{heading}' fits the questions {' and '.join(fits)}; "
                "name it by the id of one of them"
            )
        if not fits:
            if place not in images and place not in (folder, patient):
                others[place] = heading or f"column {place + 1}"
            continue
        if twins := [other for other, question in questions.items() if question == fits[0]]:
            raise UsageError(
                f"{file}: the columns '{headings[twins[0]]}' and '{heading}' are both for the question "
                f"{fits[0]}; rename or remove one"
            )
        questions[place] = fits[0]
        if is_number(heading):
            remarks.append(f"the column '{heading}' is taken for the question with the id {fits[0]}")
    return Columns(
        images,
        None if folder in questions else folder,
        None,
        questions,
        others,
        None if patient in questions else patient,
        tuple(remarks),
    )


def _places(known: Sequence[str], names: Names) -> tuple[int, ...]:
    """Return the columns that have one of these names, in the order of the names."""
    return tuple(place for name in names for place, heading in enumerate(known) if heading == name)
