"""The answers of runs as rows of a table: filtered and sorted in short steps, and kept up with what comes."""

import heapq
from bisect import bisect_left, insort
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct
from rich.cells import cell_len

from fada_tui.core.records import PlannedImage, Question, Result
from fada_tui.evaluation.assessment.filters import Filter, matches
from fada_tui.tui.state.blind import BlindList
from fada_tui.tui.state.matching import subject_of
from fada_tui.tui.state.open_runs import Key, OpenRun

RowKey = tuple[str, str, str]
"""Run id, image path and question id; a plain tuple, which the garbage collector lets go."""

STEP = 250
"""Rows that are looked at between two pauses."""

SORTED_AT_ONCE = 2000

_VERDICTS = {None: 0, "incorrect": 1, "partial": 2, "correct": 3}

SORTABLE = ("image", "question", "model", "verdict", "score", "flag", "tags", "answer")
"""What the table can be sorted by."""

LAST = "\U0010ffff"
"""Sorts after any text."""

SORTED_BY = 80
"""Characters of answers that their order goes by."""


class Row(Struct, frozen=True, gc=False):
    """An answer, or the error in its place."""

    run: OpenRun
    image: PlannedImage
    question: Question
    place: Any
    """Sorts the rows as the image list has them; no two are alike."""

    @property
    def at(self) -> Key:
        """Image path and question id."""
        return (self.image.path, self.question.id)

    @property
    def key(self) -> RowKey:
        """What identifies the answer among those of all runs."""
        return (self.run.id, self.image.path, self.question.id)

    @property
    def result(self) -> Result:
        """The result as it is now."""
        found = self.run.result(*self.at)
        assert found is not None, "results stay"
        return found

    @property
    def answered(self) -> bool:
        """Whether it is an answer, which can be judged, and no error."""
        return self.run.answered(*self.at)


class Order(Struct, frozen=True):
    """Which rows are listed, and how they are sorted."""

    column: str = "image"
    """One of `SORTABLE`; `image` is the order of the image list."""
    descending: bool = False
    wanted: Filter = Filter()


_Entry = tuple[Any, Any, Row]
"""What a row is sorted by, its place, and the row."""


class Arranged(NamedTuple):
    """Rows that were found and sorted."""

    order: Order
    entries: list[_Entry]
    seen: int
    """How many rows there were when they were looked at."""


class AnswerTable(Sequence[Row]):
    """The rows that are listed, in their order.

    A row stays where it is while its answer is judged; the next order puts it where it belongs. What is new
    is put among the others at once.

    Args:
        images: in the order of the image list.
        blind: blind mode's list: its letters name the rows, and errors, which may tell a model, are none.
    """

    def __init__(self, images: Iterable[PlannedImage], blind: BlindList | None = None) -> None:
        self._images: dict[str, tuple[int, PlannedImage]] = {}
        for image in images:
            self._images.setdefault(image.path, (len(self._images), image))
        self.image_cells = max((cell_len(image.image) for _, image in self._images.values()), default=0)
        """Cells of the longest name."""
        self._blind = blind
        self._runs: dict[str, OpenRun] = {}
        self._seen: dict[str, int] = {}
        """How many changes of each run are taken in."""
        self._questions: dict[str, Mapping[str, tuple[int, Question]]] = {}
        self._names: dict[str, int] = {}
        """Questions by the names that are shown, in the order in which they came."""
        self._rows: dict[RowKey, Row] = {}
        self._listed: list[_Entry] = []
        self.order = Order()
        self.marked: set[RowKey] = set()
        self.hidden_marks = 0
        """How many of the marked rows are not listed."""

    # Listed rows

    def __len__(self) -> int:
        return len(self._listed)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        if not 0 <= index < len(self._listed):
            raise IndexError(index)
        return self._listed[self._turned(index)][2]

    def _turned(self, index: int) -> int:
        """Rows are kept in ascending order, whichever way they are shown."""
        return len(self._listed) - 1 - index if self.order.descending else index

    @property
    def total(self) -> int:
        """How many rows there are, listed or not."""
        return len(self._rows)

    @property
    def names(self) -> Sequence[str]:
        """The questions' names."""
        return tuple(self._names)

    @property
    def models(self) -> Sequence[str]:
        """The models' names; none in blind mode."""
        names = (run.run.model.name for run in self._runs.values())
        return () if self._blind is not None else tuple(dict.fromkeys(names))

    def entry(self, index: int) -> _Entry | None:
        """Return what `find` finds a row by after others have come."""
        return self._listed[self._turned(index)] if 0 <= index < len(self._listed) else None

    def find(self, entry: _Entry) -> int | None:
        """Return where a row is now."""
        index = bisect_left(self._listed, entry)
        if index < len(self._listed) and self._listed[index][2] is entry[2]:
            return self._turned(index)
        return None

    def index_of(self, key: RowKey) -> int | None:
        """Return where an answer is that has not changed since the rows were arranged."""
        row = self._rows.get(key)
        return self.find(self._entry(row)) if row else None

    def marked_rows(self) -> list[Row]:
        """Return the marked rows that are listed."""
        return [row for row in self if row.key in self.marked] if self.marked else []

    def model(self, row: Row) -> str:
        """Return a row's model as it may be shown."""
        if self._blind is not None:
            return f"Model {self._blind.letter(row.run, row.image.path)}"
        return row.run.run.model.name

    def lacks(self, runs: Iterable[OpenRun]) -> list[OpenRun]:
        """Return those of these runs that are not taken in."""
        return [run for run in runs if run.id not in self._runs]

    def score(self, row: Row) -> float | None:
        """Return an answer's score where it may be seen: once one's own verdict stands, and not blind."""
        if self._blind is not None or row.run.assessment(*row.at).verdict is None:
            return None
        return subject_of(row.run, row.image, row.question).score

    # What comes

    def take(self, run: OpenRun) -> Generator[None, None, None]:
        """Take in the results of a run, with pauses. They are listed by the next order."""
        self._runs[run.id] = run
        self._seen[run.id] = len(run.changes)
        keys = [result.key for result in run.results]
        for number, key in enumerate(keys):
            self._row(run, key)
            if number % STEP == STEP - 1:
                yield

    def keep_up(self) -> bool:
        """List what is new of the runs that were taken in; return whether any answer came or changed."""
        changed = False
        for run in self._runs.values():
            seen, self._seen[run.id] = self._seen[run.id], len(run.changes)
            for key in run.changes[seen:]:
                changed = True
                if (run.id, *key) not in self._rows and (row := self._row(run, key)) and self._meets(row):
                    insort(self._listed, self._entry(row))
        return changed

    def _row(self, run: OpenRun, key: Key) -> Row | None:
        if (known := self._rows.get((run.id, *key))) is not None:
            return known
        result, question = run.result(*key), self._question(run, key[1])
        if result is None or question is None or (self._blind is not None and result.error is not None):
            return None
        number, image = self._image(result)
        if self._blind is not None:
            place: Any = (self._blind.place(run, image), question[0])
        else:
            place = (number, question[0], list(self._runs).index(run.id))
        row = self._rows[run.id, *key] = Row(run, image, question[1], place)
        return row

    def _image(self, result: Result) -> tuple[int, PlannedImage]:
        if result.path not in self._images:
            image = PlannedImage(image=result.image, category=result.category, path=result.path)
            self._images[result.path] = (len(self._images), image)
            self.image_cells = max(self.image_cells, cell_len(result.image))
        return self._images[result.path]

    def _question(self, run: OpenRun, question_id: str) -> tuple[int, Question] | None:
        known = self._questions.get(run.id)
        if known is None or question_id not in known:
            known = {one.id: (number, one) for number, one in enumerate(run.questions)}
            self._questions[run.id] = known
            for one in run.questions:
                self._names.setdefault(question_name(one), len(self._names))
        return known.get(question_id)

    # Order

    def arranged(self, order: Order) -> Generator[None, None, Arranged]:
        """Find the rows that a filter lets through, and sort them, with pauses; `arrange` lists them."""
        rows = list(self._rows.values())
        found: list[_Entry] = []
        for number, row in enumerate(rows):
            if self._meets(row, order):
                found.append(self._entry(row, order))
            if number % STEP == STEP - 1:
                yield
        sorted_parts = []
        for start in range(0, len(found), SORTED_AT_ONCE):
            sorted_parts.append(sorted(found[start : start + SORTED_AT_ONCE]))
            yield
        listed: list[_Entry] = []
        for number, entry in enumerate(heapq.merge(*sorted_parts)):
            listed.append(entry)
            if number % STEP == STEP - 1:
                yield
        return Arranged(order, listed, len(rows))

    def arrange(self, found: Arranged) -> None:
        """List what was found, and what has come since."""
        self.order, self._listed, seen = found
        for row in list(self._rows.values())[seen:]:
            if self._meets(row):
                insort(self._listed, self._entry(row))
        self.hidden_marks = len(self.marked - {row.key for row in self}) if self.marked else 0

    def _meets(self, row: Row, order: Order | None = None) -> bool:
        wanted = (order or self.order).wanted
        if not wanted.words:
            return True
        marked = row.key in self.marked
        subject = subject_of(row.run, row.image, row.question, marked=marked, blind=self._blind is not None)
        return matches(wanted, subject)

    def _entry(self, row: Row, order: Order | None = None) -> _Entry:
        order = order or self.order
        return (self._value(row, order.column, last_is_least=order.descending), row.place, row)

    def _value(self, row: Row, column: str, *, last_is_least: bool) -> Any:
        """Return what a row is sorted by; those with nothing in the column come last, whichever way."""
        match column:
            case "question":
                return self._names[question_name(row.question)]
            case "model":
                return self.model(row).casefold()
            case "verdict":
                return _VERDICTS[row.run.assessment(*row.at).verdict] if row.answered else len(_VERDICTS)
            case "score":
                score = self.score(row)
                return (-1.0 if last_is_least else 2.0) if score is None else score
            case "flag":
                return row.run.assessment(*row.at).flagged is True
            case "tags":
                text = ", ".join(row.run.assessment(*row.at).tags).casefold()
            case "answer":
                text = first_words(row.result, SORTED_BY).casefold() if row.answered else ""
            case _:
                return row.image.path if self._blind is not None else 0
        return text or ("" if last_is_least else LAST)


def question_name(question: Question) -> str:
    """Return the name by which a question is shown in little room: its short one, else its id."""
    return question.short or question.id


def first_words(result: Result, characters: int) -> str:
    """Return the beginning of an answer in one line; of an error, what kind it is."""
    if result.error is not None:
        return f"{result.error.kind}: {result.error.message}"[:characters]
    return " ".join((result.response or "")[: 2 * characters].split())[:characters]
