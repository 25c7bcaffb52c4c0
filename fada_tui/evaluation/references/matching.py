"""Which answer of a table belongs to which image and question of a run; nothing is dropped uncounted."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from fada_tui.core.errors import UsageError
from fada_tui.core.records import PlannedImage, Question, QuestionReferences, References
from fada_tui.core.table import Row, Table
from fada_tui.evaluation.references.columns import Columns, columns_of
from fada_tui.evaluation.references.folders import Folders
from fada_tui.evaluation.references.images import Found, ImageNames, folders_named
from fada_tui.evaluation.references.names import QuestionNames, question_names
from fada_tui.evaluation.references.remarks import Remarks

MOST_FOREIGN = 100
"""Questions that the run does not ask, and that are listed one by one."""

_BOOLEANS = {
    **dict.fromkeys(("TRUE", "True", "true", "WAHR", "VRAI", "VERDADERO", "VERO", "VERDADEIRO"), "yes"),
    **dict.fromkeys(("FALSE", "False", "false", "FALSCH", "FAUX", "FALSO"), "no"),
}
"""What booleans are called in CSV: by programs, and by spreadsheets in some languages."""


class Matched(Struct, frozen=True):
    """An expert's answers beside a run's images and questions."""

    references: References
    answers: dict[tuple[str, str], str]
    """By path of the image and id of the question."""
    patients: Mapping[str, str] = {}
    """Whom images are of, by path; those of which the table says it."""


class _Asked(Struct, frozen=True):
    """An answer of the table with the question that it is to."""

    row: Row
    question: str | None
    """Id, `None` for one that the run does not ask."""
    heading: str
    answer: str


def match(
    table: Table,
    name: str,
    images: Sequence[PlannedImage],
    questions: Sequence[Question],
    folders: Folders,
) -> Matched:
    """Return which answers of a table belong to which images and questions of a run.

    The table is long (a row for each answer) or wide (a column for each question). Questions are found by
    id, short name or text; images by path, by category and name, or by name where only one is called so. A
    row for a file with several frames counts for all of them that have none of their own.

    Args:
        table: the expert's.
        name: what the references are called.
        images: of the run, or of its plan.
        questions: of the run.
        folders: what the table's folders mean.

    Raises:
        UsageError: no column names images, or it cannot be told which column belongs to a question.
    """
    names = question_names(questions)
    columns = columns_of([_one_line(heading) for heading in table.headings], names, name)
    told = Remarks(table.unit)
    called = {row.number: tuple(_called(row, columns)) for row in table.rows}
    resolved = folders.resolved(
        folders_named(dict.fromkeys(pair for pairs in called.values() for pair in pairs)),
        dict.fromkeys(image.category for image in images),
    )
    told.rivals(resolved.rivals)
    index = ImageNames(images, resolved.meant)
    found = {number: _found(pairs, index) for number, pairs in called.items()}
    unmatched: dict[str, None] = {}
    for row in table.rows:
        if not found[row.number].paths:
            label = _label(called[row.number])
            unmatched[label] = None
            if found[row.number].ambiguous:
                told.ambiguous(label)
    patients = _patients(table, columns, found, told)
    taken = _Taken(told)
    left: Counter[str] = Counter()
    foreign: Counter[str] = Counter()
    headings: dict[str, str] = {}
    for one in _asked(table, columns, names, told):
        where = found[one.row.number]
        if one.question is None:
            foreign[one.heading] += bool(one.answer)
            continue
        headings.setdefault(one.question, one.heading)
        if not one.answer:
            told.empty(one.question)
        elif where.paths:
            taken.add(one, where)
        else:
            left[one.question] += 1
    answers = taken.answers()
    counts = Counter(question for _, question in answers)
    rows = (
        *(
            QuestionReferences(
                question_id=question.id,
                heading=headings.get(question.id),
                matched=counts[question.id],
                of=len(images),
                unmatched=left[question.id],
            )
            for question in questions
        ),
        *_foreign(foreign, told),
    )
    references = References(
        name=name,
        sha256=table.sha256,
        matched=len(answers),
        of=len(images) * len(questions),
        unmatched=tuple(unmatched),
        questions=rows,
        remarks=(*table.remarks, *columns.remarks, *told.lines()),
    )
    return Matched(references, answers, patients)


def check(references: References, questions: Sequence[Question]) -> None:
    """Raise `UsageError` for references of which nothing belongs to the run that asks these questions."""
    if references.matched:
        return
    own = [row for row in references.questions if row.question_id is not None and row.heading is not None]
    if not own:
        asked = ", ".join(question.id for question in questions)
        listed = ", ".join(f"'{row.heading}'" for row in references.questions if row.heading) or "none"
        raise UsageError(
            f"{references.name}: none of its questions ({listed}) is one of this run ({asked}); "
            "name them by id, short name or text"
        )
    if references.unmatched:
        raise UsageError(
            f"{references.name}: none of its images ({len(references.unmatched):,}) is one of this run "
            f"(for instance '{references.unmatched[0]}'); look at --images and the names of folders, "
            "or say --alias FOLDER=CATEGORY"
        )
    raise UsageError(f"{references.name}: it has no answer to any question of this run")


class _Taken:
    """The answers that belong to the run: of several to one question about an image the first."""

    def __init__(self, told: Remarks) -> None:
        self._of_files: dict[tuple[str, str], str] = {}
        self._of_frames: dict[tuple[str, str], str] = {}
        self._told = told

    def add(self, one: _Asked, where: Found) -> None:
        """Take an answer for the images that its row names."""
        assert one.question is not None
        answers = self._of_frames if where.frame else self._of_files
        first = answers.get((where.paths[0], one.question))
        if first is not None:
            self._told.doubled(one.row.number, same=_same(first, one.answer))
            return
        answers.update({(path, one.question): one.answer for path in where.paths})

    def answers(self) -> dict[tuple[str, str], str]:
        """Return the answers by path and question id."""
        return self._of_files | self._of_frames


def _same(first: str, second: str) -> bool:
    return _one_line(first).casefold() == _one_line(second).casefold()


def _called(row: Row, columns: Columns) -> Iterator[tuple[str, str]]:
    """Yield what a row calls its image, with its folder: first as it is most surely found."""
    folder = row.cells[columns.folder] if columns.folder is not None else ""
    for place in columns.images:
        if row.cells[place]:
            yield row.cells[place], folder


def _found(called: Sequence[tuple[str, str]], index: ImageNames) -> Found:
    found = Found()
    for text, folder in called:
        one = index.find(text, folder)
        if one.paths:
            return one
        found = one if one.ambiguous else found
    return found


def _patients(table: Table, columns: Columns, found: Mapping[int, Found], told: Remarks) -> dict[str, str]:
    """Return whom images are of, by path; of several codes for one image the first counts."""
    patients: dict[str, str] = {}
    for row in table.rows if columns.patient is not None else ():
        if code := _one_line(_cell(row, columns.patient)):
            for path in found[row.number].paths:
                if patients.setdefault(path, code) != code:
                    told.another_patient(row.number)
    return patients


def _label(called: Sequence[tuple[str, str]]) -> str:
    if not called:
        return "(no name)"
    text, folder = called[0]
    return _one_line(f"{folder}/{text}" if folder and "/" not in text else text)


def _asked(table: Table, columns: Columns, names: QuestionNames, told: Remarks) -> Iterator[_Asked]:
    """Yield each answer of a table, also empty ones, with its question."""
    known: dict[tuple[str, str], tuple[str | None, str]] = {}
    for row in table.rows:
        if columns.long is None:
            for place, question in columns.questions.items():
                yield _Asked(row, question, _one_line(table.headings[place]), _answer(row, place, told))
            for place, heading in columns.others.items():
                yield _Asked(row, None, heading, row.cells[place])
            continue
        by, text = _cell(row, columns.long.question_id), _cell(row, columns.long.question)
        if (by, text) not in known:
            known[by, text] = _question(by, text, names, told)
        asked, heading = known[by, text]
        yield _Asked(row, asked, heading, _answer(row, columns.long.answer, told))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cell(row: Row, place: int | None) -> str:
    return "" if place is None else row.cells[place]


def _question(by: str, text: str, names: QuestionNames, told: Remarks) -> tuple[str | None, str]:
    """Return the id of the question that a row names, and what it calls it.

    The same id with another text is another question.
    """
    heading = _one_line(text or by) or "(no question)"
    fits = names.of_name(text) if text else ()
    if own := names.of_id(by) if by else None:
        return (own, heading) if not text or own in fits else (None, f"{by}: {heading}")
    if len(fits) > 1:
        told.unclear(heading, fits)
    return (fits[0] if len(fits) == 1 else None), heading


def _answer(row: Row, place: int, told: Remarks) -> str:
    text = row.cells[place]
    if read := _BOOLEANS.get(text):
        told.boolean(row.number, text)
        return read
    return text


def _foreign(foreign: Mapping[str, int], told: Remarks) -> Iterator[QuestionReferences]:
    listed = [*foreign.items()]
    for heading, number in listed[:MOST_FOREIGN]:
        yield QuestionReferences(question_id=None, heading=heading, matched=0, of=0, unmatched=number)
    if more := listed[MOST_FOREIGN:]:
        told.more_questions(len(more), sum(number for _, number in more))
