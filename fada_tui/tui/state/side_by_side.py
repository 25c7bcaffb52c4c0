"""All models' answers to a question about an image, equal ones in one column: which, and where next."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from fada_tui.evaluation.answer_words import words_of_one
from fada_tui.tui.state.columns import Column, ColumnView, column_view
from fada_tui.tui.state.image_rows import ImageRows, Slot
from fada_tui.tui.state.open_runs import Answer, Key, OpenRun
from fada_tui.tui.state.ranking import answer_text
from fada_tui.tui.state.review import Review
from fada_tui.tui.state.views import AnswerView


class SideBySide:
    """The answers side by side: a column of the current image and question is the current answer.

    It moves the review's position, and leaves it where it was when it is closed but for image and question.

    Args:
        review: whose current image and question it begins with.
    """

    def __init__(self, review: Review) -> None:
        self._review = review
        self._origin = review.run
        self.columns: tuple[Column, ...] = ()
        self.unreadable: set[str] = set()
        """Ids of runs that could not be read."""
        self._at: tuple[str, str] | None = None
        """Path and question text that the columns are of."""
        self._blind = review.open_runs.blind
        self._members: dict[str, str] = {}
        """Id of the run whose answer is shown, by its model: while one looks, no other takes its place."""
        self._names: dict[str, str] = {}
        self._ids: dict[str, dict[str, str]] = {}
        """Question ids by text, by run id."""
        self._listed: tuple[ImageRows, list[Slot], dict[str, int]] | None = None
        self._position = 0
        self._compared: tuple[tuple[str, ...], frozenset[str]] = ((), frozenset())
        """Answers, and the words that only one of them has."""
        review.stay()
        review.beside = True
        self.update()

    def close(self) -> None:
        """Have the current run be the one that it was, at the image and question that were looked at last."""
        review, slot, text = self._review, self._review.slot, self._at[1] if self._at else ""
        review.beside, review.equal = False, ()
        if slot is None or review.open_runs.blind:
            return
        ids = [question.text for question in self._origin.questions] if self._origin else []
        if self._origin is not None:
            review.open_runs.current = self._origin.id  # it is another where blind mode ended meanwhile
        found = review.shown.find(slot.image.path) or review.image_rows.find(slot.image.path)
        review.look(found or Slot(slot.image), ids.index(text) if text in ids else 0)

    # The columns

    def update(self) -> None:
        """Bring the columns up to date with the answers, and with the position if it was moved."""
        review = self._review
        slot, questions = review.slot, review.questions
        at = (slot.image.path, questions[review.key_index].text) if slot and questions else None
        if (at, review.open_runs.blind) != (self._at, self._blind):
            self._at, self._blind, self._members, self._names = at, review.open_runs.blind, {}, {}
            if self._listed is not None and at is not None:
                self._position = self._listed[2].get(at[0], self._position)
        groups: dict[object, list[Answer]] = {}
        for run, key in self._answers() if at else ():
            result = run.result(*key)
            growing = result is None or key in run.in_flight
            groups.setdefault(
                (run.id,) if growing or result is None else answer_text(result).strip(), []
            ).append((run, key))
        self.columns = tuple(Column(tuple(answers)) for answers in groups.values())
        if self.columns:
            here = self._current
            self.choose(self.next_to_judge(0) or 0 if here is None else here)
        else:
            review.equal = ()

    def _answers(self) -> list[Answer]:
        """Return one answer of each model, in their order; those that are shown stay."""
        assert self._at is not None
        path, text = self._at
        blind = self._review.open_runs.blind
        fixed = blind and bool(self._members)
        found: dict[str, Answer] = {}
        for run in self._runs():
            model = run.run.model.name
            key = self._key_in(run, path, text)
            if key is None or model in found or self._members.get(model, run.id) != run.id:
                continue
            if run.answered(*key) or (key in run.in_flight and not blind):
                if fixed and model not in self._members:
                    continue  # who comes now is the model that runs
                found[model] = (run, key)
        answers = list(found.values())
        if blind and not self._names:
            self._names = {run.id: self._review.model_name(run) for run, _ in answers}
        self._members = {run.run.model.name: run.id for run, _ in answers}
        if blind:
            answers.sort(key=lambda answer: _in_order_of_letters(self._names.get(answer[0].id, "")))
        return answers

    @property
    def runs(self) -> list[OpenRun]:
        """The open runs whose answers are shown."""
        return list(self._runs())

    def _runs(self) -> Iterator[OpenRun]:
        """Return the open runs that may have answers, the one that was current first, then the latest."""
        review = self._review
        if review.blind_list is not None:
            yield from review.blind_list.runs
            return
        for name in self._run_ids():
            if run := review.open_runs.runs.get(name):
                yield run

    def _run_ids(self) -> tuple[str, ...]:
        review = self._review
        own = [self._origin] if self._origin else []
        root = own[0].run.dataset.root if own else None
        if root is None:
            return tuple(run.id for run in own)
        known = dict.fromkeys(run.id for run in reversed(review.disk_index.runs) if run.dataset.root == root)
        begun = [run.id for run in review.open_runs.runs.values() if run.run.dataset.root == root]
        unknown = [name for name in reversed(begun) if name not in known]
        return tuple(dict.fromkeys([*(run.id for run in own), *unknown, *known]))

    def _key_in(self, run: OpenRun, path: str, text: str) -> Key | None:
        ids = self._ids.get(run.id)
        if ids is None or len(ids) != len(run.questions):
            ids = self._ids[run.id] = {question.text: question.id for question in run.questions}
        return (path, ids[text]) if text in ids else None

    def unread(self) -> list[str]:
        """Return the ids of the runs on disk that may have answers here, and have not been read."""
        review = self._review
        if self._at is None or review.blind_list is not None:
            return []
        names, answered = review.disk_index.names(), review.disk_index.answered.get(self._at[0], frozenset())
        settled: set[str] = set()
        unread: list[str] = []
        for name in self._run_ids():
            run = review.open_runs.runs.get(name)
            model = run.run.model.name if run else names.get(name, "")
            if model in settled or name in self.unreadable:
                continue
            key = self._key_in(run, *self._at) if run else None
            if run is None and name in answered:
                unread.append(name)
                settled.add(model)
            elif run is not None and key is not None and run.answered(*key):
                settled.add(model)
        return unread

    @property
    def models(self) -> int:
        """How many models have an answer here, or may have."""
        return len(self._members) + len(self.unread())

    # The column in front

    @property
    def _current(self) -> int | None:
        here = (self._review.run, self._review.key)
        return next((n for n, column in enumerate(self.columns) if here in column.answers), None)

    @property
    def column(self) -> int:
        """The number of the column that is the current answer, from 0."""
        return self._current or 0

    def choose(self, number: int) -> None:
        """Make a column the current answer."""
        review, answers = self._review, self.columns[number].answers
        current = (review.run, review.key)
        run, key = next((answer for answer in answers if answer == current), answers[0])
        if review.slot is not None:
            index = [question.id for question in run.questions].index(key[1])
            review.look(Slot(review.slot.image, run.id), index)
        review.equal = tuple(answer for answer in answers if answer != (run, key))

    def turn(self, step: int) -> None:
        """Go to another column, around the end."""
        if self.columns:
            self.choose((self.column + step) % len(self.columns))

    def next_to_judge(self, begin: int) -> int | None:
        """Return the first column without a verdict from one on, around the end; `None` if all have one."""
        count = len(self.columns)
        return next(
            (n % count for n in range(begin, begin + count) if self.columns[n % count].to_judge), None
        )

    # Other images and questions

    @property
    def image(self) -> Path | None:
        """The file of the image."""
        return self._review.image

    def _images(self) -> tuple[list[Slot], dict[str, int]]:
        """Return the images of the list, each once, and their places; made anew where the list is another."""
        shown = self._review.shown
        if self._listed is None or self._listed[0] is not shown:
            first: dict[str, Slot] = {}
            for slot in shown.slots:
                first.setdefault(slot.image.path, slot)
            slots = list(first.values())
            self._listed = (shown, slots, {slot.image.path: number for number, slot in enumerate(slots)})
            if self._at is not None:
                self._position = self._listed[2].get(self._at[0], self._position)
        return self._listed[1:]

    def neighbours(self) -> tuple[Path, ...]:
        """Return the files of the images that are likely to be looked at next."""
        slots, _ = self._images()
        near = [slots[(self._position + step) % len(slots)] for step in (1, 2, -1)] if slots else []
        return tuple(self._review.file(slot) for slot in near)

    def _texts(self) -> list[str]:
        """Return the questions asked, each once."""
        return list(dict.fromkeys(question.text for run in self._runs() for question in run.questions))

    @property
    def questions(self) -> int:
        """How many questions are asked."""
        return len(self._texts())

    def look(self, slot: Slot, text: str) -> None:
        """Look at an image and a question of it, at the first answer that is to be judged."""
        asked = [run for run in self._runs() if self._key_in(run, slot.image.path, text)]
        if not asked:
            return
        index = [question.text for question in asked[0].questions].index(text)
        self._review.look(Slot(slot.image, asked[0].id), index)
        self.update()
        if self.columns:
            self.choose(self.next_to_judge(0) or 0)

    def show(self, answers: Sequence[tuple[str, str, str]]) -> None:
        """Look at the first of some answers that can be shown, unless one is the current one.

        Args:
            answers: run id, path and question id of each.
        """
        current = self.columns[self.column].answers if self.columns else ()
        if any((run.id, *key) in answers for run, key in current):
            return
        slots, places = self._images()
        for run_id, path, question_id in answers:
            if self.shows(run_id, path, question_id):
                questions = self._review.open_runs.runs[run_id].questions
                index = [question.id for question in questions].index(question_id)
                self._review.look(Slot(slots[places[path]].image, run_id), index)
                self.update()
                return

    def shows(self, run_id: str, path: str, question_id: str) -> bool:
        """Whether an answer is of the models and images that are looked at here."""
        run = self._review.open_runs.runs.get(run_id)
        ids = [question.id for question in run.questions] if run else []
        return run in self.runs and path in self._images()[1] and question_id in ids

    def step_image(self, step: int) -> None:
        """Look at the next image, judged or not, or the one before; at the same question."""
        slots, _ = self._images()
        if slots and self._at is not None:
            self.look(slots[(self._position + step) % len(slots)], self._at[1])

    def step_question(self, step: int) -> None:
        """Look at the next question of the image, or the one before."""
        texts = self._texts()
        if self._at is not None and self._review.slot is not None and self._at[1] in texts:
            text = texts[(texts.index(self._at[1]) + step) % len(texts)]
            self.look(self._review.slot, text)

    def next_unassessed(self, step: int) -> tuple[Slot, str] | None:
        """Return the next image and question with an answer to judge, around the end; `None` without one.

        Runs that have not been read are not looked at.
        """
        slots, _ = self._images()
        runs = list(self._runs())
        left = [run for run in runs if run.left_to_judge]
        if not slots or not left or self._at is None:
            return None
        texts = self._texts()[::step]
        here = texts.index(self._at[1])
        for distance in range(len(slots) + 1):
            slot = slots[(self._position + step * distance) % len(slots)]
            path = slot.image.path
            if not any(run.left_on(path) for run in left):
                continue
            wanted = texts[here + 1 :] if distance == 0 else texts[:here] if distance == len(slots) else texts
            for text in wanted:
                if self._waits(runs, path, text):
                    return slot, text
        return None

    def _waits(self, runs: Sequence[OpenRun], path: str, text: str) -> bool:
        """Whether one of the models' latest answers has no verdict."""
        seen: set[str] = set()
        for run in runs:
            key = self._key_in(run, path, text)
            if key is not None and run.run.model.name not in seen and run.answered(*key):
                seen.add(run.run.model.name)
                if run.unassessed(*key):
                    return True
        return False

    # What is drawn

    @property
    def counts(self) -> tuple[int, int]:
        """How many answers there are here, and how many of them have a verdict."""
        answers = [
            answer for column in self.columns for answer in column.answers if answer[0].answered(*answer[1])
        ]
        return len(answers), sum(not run.unassessed(*key) for run, key in answers)

    def front(self) -> AnswerView:
        """Return the column in front as one answer: of equal ones, what is true of all."""
        if not self.columns:
            return self._review.answer_view()
        (view,) = self.views([self.column])
        return replace(view.answer, question=self._review.answer_view().question, model=view.name)

    @property
    def kinds(self) -> list[str]:
        """Each column's verdict, or `running` or `unjudged`; what is told of equal answers is true of all."""
        return [column.kind for column in self.columns]

    def views(self, numbers: Sequence[int]) -> list[ColumnView]:
        """Return columns as they are drawn."""
        words = self._words_of_one()
        return [self._view(self.columns[number], words) for number in numbers]

    def _words_of_one(self) -> frozenset[str]:
        """Return the words that only one of the whole answers has."""
        whole = tuple(
            answer_text(result)
            for column in self.columns
            for run, key in column.answers[:1]
            if (result := run.result(*key)) is not None and key not in run.in_flight
        )
        if whole != self._compared[0]:
            self._compared = (whole, words_of_one(whole))
        return self._compared[1]

    def _view(self, column: Column, words: frozenset[str]) -> ColumnView:
        run, key = column.answers[0]
        view = self._review.view_of(run, key)
        return column_view(column, view, self._names.get(run.id), words, blind=self._review.open_runs.blind)


def _in_order_of_letters(name: str) -> tuple[int, str]:
    return len(name), name
