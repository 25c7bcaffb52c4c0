"""The current position (run, image, question, order), and what the panes show of it."""

from bisect import bisect_left
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

from msgspec.structs import replace

from fada_tui.core.file_names import decode_name, encode_name
from fada_tui.core.records import PlannedImage, Question, Result, Run
from fada_tui.evaluation.assessment.filters import Filter, parse
from fada_tui.evaluation.assessment.order import Progress
from fada_tui.evaluation.rubric import Rubric
from fada_tui.tui.state.answer import answer_view
from fada_tui.tui.state.blind import BlindList
from fada_tui.tui.state.disk_index import DiskIndex, Gallery
from fada_tui.tui.state.image_rows import ImageRows, Slot, with_images
from fada_tui.tui.state.matching import Matching, turned
from fada_tui.tui.state.open_runs import Answer, Key, OpenRun, OpenRuns
from fada_tui.tui.state.places import Place
from fada_tui.tui.state.views import AnswerView

NO_IMAGES = ImageRows.grouped(())


class Review:
    """The user's position in the review of answers.

    Args:
        open_runs: the open runs.
        questions: what would be asked next, shown before there is a run.
    """

    def __init__(
        self, open_runs: OpenRuns, questions: tuple[Question, ...], rubric: Rubric | None = None
    ) -> None:
        self.open_runs = open_runs
        self._rubric = rubric
        self.disk_index = DiskIndex()
        self.gallery: Gallery | None = None
        self.root = Path()
        self.image_rows = NO_IMAGES
        self.shown = NO_IMAGES
        """The rows as filtered."""
        self.filter = Filter()
        self._matching = Matching(open_runs)
        self.marked: frozenset[str | tuple[str, str]] = frozenset()
        """Keys of the slots marked for the next run."""
        self.slot: Slot | None = None
        self.index = 0
        self.following = False
        """The screen goes with the worker from answer to answer."""
        self.awaiting = False
        """There is nothing to judge here: the next answer comes up by itself, and stays."""
        self.beside = False
        """Models are shown side by side: nothing but the user's keys moves the position."""
        self.equal: tuple[Answer, ...] = ()
        """Side by side, other models' answers that are equal to the current one, and are judged with it."""
        self.thoughts_shown = False
        """Thoughts stand above the answers."""
        self.hint = ""
        self.next_questions = questions
        """What would be asked next."""
        self.blind_list: BlindList | None = None
        """What blind mode mixes; `None` outside of it."""

    # What is looked at

    @property
    def run(self) -> OpenRun | None:
        """The current run."""
        return self.open_runs.run_of(self.slot)

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions about the current image."""
        return self.run.questions if self.run else self.next_questions

    @property
    def key_index(self) -> int:
        """The index of the current question."""
        return min(self.index, max(len(self.questions) - 1, 0))

    @property
    def key(self) -> Key | None:
        """Image path and question id of the current answer."""
        if self.slot is None or not self.questions:
            return None
        return (self.slot.image.path, self.questions[self.key_index].id)

    @property
    def targets(self) -> tuple[Answer, ...]:
        """What is judged here: the current answer first, then those that are judged with it."""
        return ((self.run, self.key), *self.equal) if self.run and self.key else ()

    @property
    def result(self) -> Result | None:
        """The current result, if there is one."""
        return self.run.result(*self.key) if self.run and self.key else None

    @property
    def image(self) -> Path | None:
        """The file of the current image."""
        return self.file(self.slot) if self.slot else None

    def file(self, slot: Slot) -> Path:
        """Return the file of a slot's image."""
        return self.file_of(slot.image.path)

    def file_of(self, path: str) -> Path:
        """Return the file of an image by its path."""
        return self.root / decode_name(path)

    def neighbours(self) -> tuple[Path, ...]:
        """The files of the images that are likely to be shown next."""
        here = self.shown.position(self.slot)
        if here is None:
            return ()
        slots = self.shown.slots
        return tuple(
            self.file(slot) for slot in (*slots[here + 1 : here + 3], *slots[max(here - 1, 0) : here])
        )

    # Choosing

    def look(self, slot: Slot | None, index: int | None = None) -> None:
        """Look at a slot, at this question of it; by default the first that the filter lets through."""
        if index is None:
            index = next(iter(self._matching_of(slot)), 0) if slot is not None and self.filter.words else 0
        self.slot, self.index = slot, index

    def unmoved(self) -> Callable[[], bool]:
        """Return what tells, later, whether this place is still looked at and nothing was judged since."""
        then = self._standpoint()
        return lambda: self._standpoint() == then

    def _standpoint(self) -> tuple[object, ...]:
        return (self.run and self.run.id, self.key, self.open_runs.blind, self.progress())

    def stay(self) -> None:
        """Stay here until the user moves on, whatever the worker does."""
        self.following = self.awaiting = False

    @property
    def to_judge(self) -> bool:
        """Whether the current place is an answer without a verdict."""
        return self.slot is not None and self.unassessed((self.slot, self.key_index))

    @property
    def comes_to_judge(self) -> bool:
        """Whether the current place is an answer to judge, or one that is being made."""
        return self.to_judge or bool(self.run and self.key in self.run.in_flight)

    @property
    def takes_new_run(self) -> bool:
        """Whether a run that begins may come up here: no answer waits for a verdict, and none is hidden."""
        if self.open_runs.blind or self.beside:
            return False
        return self.following or self.awaiting or not self.to_judge

    def turn(self, step: int) -> bool:
        """Look at another question of the same image, of those that the filter lets through.

        Returns:
            Whether there is another.
        """
        count = max(len(self.questions), 1)
        through = self._matching_of(self.slot) if self.filter.words and self.slot else range(count)
        found = turned(through, self.key_index, count, step)
        self.index = self.index if found is None else found
        return found is not None

    def choose_run(self, run: OpenRun | None) -> None:
        """Look at this run from now on, at its first image."""
        self.open_runs.current = run.id if run else None
        self.open_runs.blind, self.blind_list = False, None
        self.filter_by(self.filter.text)
        if run is None or self._is_of_gallery(run):
            if self.gallery:
                self.root, self.image_rows = self.gallery.catalogue.root, self.gallery.image_rows
                if run:
                    self.image_rows = with_images(self.image_rows, run.planned_images())
        else:
            self.root = Path(decode_name(run.run.dataset.root or ""))
            self.image_rows = ImageRows.grouped([Slot(image) for image in run.planned_images()])
        self.refilter()
        if self.shown.position(self.slot) is None:
            asked = {image.path for image in run.planned_images()} if run else set()
            slots = self.shown.slots
            self.look(next((slot for slot in slots if slot.image.path in asked), slots[0] if slots else None))

    def _is_of_gallery(self, run: OpenRun) -> bool:
        return self.gallery_root == run.run.dataset.root

    @property
    def gallery_root(self) -> str | None:
        """The folder of the images that are worked with, as runs name it."""
        return encode_name(str(self.gallery.catalogue.root)) if self.gallery else None

    def latest_here(self) -> str | None:
        """Return the id of the latest run over the images of the gallery that has an answer.

        Where a list names the images, it is one over the images of this list.
        """
        for run in reversed(self.disk_index.runs):
            here = self.gallery_root == run.dataset.root and self._is_of_list(run)
            if here and self.disk_index.figures[run.id].answers:
                return run.id
        return None

    def _is_of_list(self, run: Run) -> bool:
        """Return whether a run is of the list that names the images, if any does."""
        one = self.gallery.image_list if self.gallery else None
        by = run.dataset.selection.images_from or None
        return one is None or (by is not None and (by.sha256, by.key) == (one.sha256, one.key))

    def has_answers_here(self, run_id: str) -> bool:
        """Whether there is a run of this id over the images of the gallery that has an answer."""
        here = (run.id for run in self.disk_index.runs if run.dataset.root == self.gallery_root)
        return run_id in here and bool(self.disk_index.figures[run_id].answers)

    def running_place(self) -> Place | None:
        """Return the place of the answer that is being given, if the list shows it, and not blind mode's."""
        if self.open_runs.blind:
            return None
        for run in self.open_runs.runs.values():
            if run.streaming is not None:
                return self.place_of(run.id, *run.streaming.key)
        return None

    def place_of(self, run_id: str, path: str, question_id: str) -> Place | None:
        """Return where in the list an answer is; `None` where the list does not show it."""
        run = self.open_runs.runs.get(run_id)
        if run is None:
            return None
        ids = [question.id for question in run.questions]
        slot = self.shown.find(path, run_id)
        if slot is None or self.open_runs.run_of(slot) is not run or question_id not in ids:
            return None
        return (slot, ids.index(question_id))

    def marked_images(self) -> tuple[PlannedImage, ...]:
        """The images marked for the next run, in the order of the list."""
        chosen = {key if isinstance(key, str) else key[1] for key in self.marked}
        slots = self.gallery.image_rows.slots if self.gallery else ()
        return tuple(slot.image for slot in slots if slot.image.path in chosen)

    def filtered_images(self) -> tuple[PlannedImage, ...]:
        """The images of the gallery that the filter shows, in the gallery's order; none without a filter."""
        if not self.filter.words or self.gallery is None or self.root != self.gallery.catalogue.root:
            return ()
        shown = {slot.image.path for slot in self.shown.slots}
        return tuple(slot.image for slot in self.gallery.image_rows.slots if slot.image.path in shown)

    # Blind mode

    def siblings(self) -> tuple[str, ...]:
        """Ids of the runs over the same images as the current one, including it."""
        run = self.run
        root = run.run.dataset.root if run else None
        found = [other.id for other in self.disk_index.runs if root and other.dataset.root == root]
        return tuple(dict.fromkeys([*found, *([run.id] if run else [])]))

    def go_blind(self, runs: Sequence[OpenRun]) -> None:
        """Mix the answers of runs over the same images in a neutral order, without names and auto scores."""
        self.blind_list = BlindList(self.open_runs.assessor, runs[0].run.dataset.root)
        for run in (*runs, *self.open_runs.runs.values()):  # One may have begun while these were read.
            self.blind_list.take_run(run)
        self.open_runs.blind, self.following, self.awaiting = True, False, False
        self.filter_by(self.filter.text)
        self.image_rows = self.blind_list.rows()
        self.refilter()
        self.look(self.shown.slots[0] if self.shown.slots else None)

    def assess_as(self, assessor: str) -> None:
        """Let another assessor judge: what is looked at stays, blind mode's list has their own order."""
        self.open_runs.assess_as(assessor)
        if self.blind_list is not None:
            self.blind_list = self.blind_list.of_assessor(assessor)
            self.image_rows = self.blind_list.rows()
            self.refilter()

    # Filter and order

    def filter_by(self, text: str) -> None:
        """Take a filter as typed; `refilter` applies it."""
        self.filter = parse(text, blind=self.open_runs.blind)

    @property
    def list_changes(self) -> bool:
        """Whether the list may be another than is shown, as answers and assessments change."""
        return bool(self.filter.words) or (self.blind_list is not None and self.blind_list.changed)

    def looking(self) -> Generator[None, None, None]:
        """Look at the answers that the filter has not seen yet, with pauses; `refilter` goes by it."""
        self.keep_up()
        if self.filter.words:
            yield from self._matching.look(self.image_rows.slots)

    def refilter(self, *, keep: bool = False) -> None:
        """Apply the filter to the current data; `keep`: a current answer to be judged stays listed."""
        self.keep_up()
        if self.blind_list is not None and self.blind_list.changed:
            self.image_rows = self.blind_list.rows()
        kept = self.slot if keep and self.to_judge else None
        self.shown = (
            self.image_rows.filtered(lambda slot: slot == kept or bool(self._matching.of(slot)))
            if self.filter.words
            else self.image_rows
        )
        here = self.image_rows.position(self.slot)
        if here is not None and self.shown.slots and self.shown.position(self.slot) is None:
            # The answer beside the list is of an image in it: of the next one that is left.
            slots = self.shown.slots
            after = bisect_left(slots, here, key=lambda slot: self.image_rows.position(slot) or 0)
            self.look(slots[min(after, len(slots) - 1)])
        elif self.slot is None and self.open_runs.blind and self.shown.slots:
            self.look(self.shown.slots[0])
        elif not keep and self.filter.words and self.shown.position(self.slot) is not None:
            through = self._matching_of(self.slot) if self.slot else ()
            self.index = self.index if self.key_index in through else next(iter(through), self.index)

    def keep_up(self) -> None:
        """Let the filter know of what has changed."""
        self._matching.keep_up(self.filter, self.marked, self.looked_at(), self.next_questions)

    def _matching_of(self, slot: Slot) -> tuple[int, ...]:
        self.keep_up()
        return self._matching.of(slot)

    def lets_through(self, place: Place) -> bool:
        """Whether the answer at a place meets the filter, as it was when `keep_up` was called."""
        return not self.filter.words or place[1] in self._matching.of(place[0])

    def unassessed(self, place: Place) -> bool:
        """Whether there is an answer at a place, without a verdict of this assessor's."""
        slot, index = place
        run = self.open_runs.run_of(slot)
        if run is None or index >= len(run.questions):
            return False
        return run.unassessed(slot.image.path, run.questions[index].id)

    def progress(self) -> Progress:
        """Return how many of the listed answers are judged."""
        judged = answered = total = 0
        for run in self.looked_at():
            of_run, answers, errors = run.counts()
            judged, answered = judged + of_run, answered + answers
            total += max(run.run.dataset.images * len(run.questions) - errors, answers)
        return Progress(judged=judged, answered=answered, total=total)

    def looked_at(self) -> list[OpenRun]:
        """The runs whose answers the list shows."""
        if self.blind_list is not None:
            return list(self.blind_list.runs)
        run = self.open_runs.runs.get(self.open_runs.current or "")
        return [run] if run else []

    # What the panes say

    def model_name(self, run: OpenRun) -> str:
        """Return a run's model as it may be shown."""
        if self.blind_list is None:
            return run.run.model.name
        return f"Model {self.blind_list.letter(run, self.slot.image.path if self.slot else '')}"

    def answer_view(self) -> AnswerView:
        """Return what the answer pane shows."""
        run, key = self.run, self.key
        if key is None:
            return AnswerView(text=self.hint)
        if run is None:
            return AnswerView(text=self.hint, question=self.questions[0].text, questions=len(self.questions))
        category = self.slot.image.category if self.slot else ""
        following = self.following and self.open_runs.running
        return replace(self.view_of(run, key), following=following, category=category)

    def view_of(self, run: OpenRun, key: Key) -> AnswerView:
        """Return a run's answer as it is shown."""
        blind = self.open_runs.blind
        view = answer_view(run, key, self.model_name(run), blind=blind, rubric=self._rubric)
        return replace(view, thoughts_shown=self.thoughts_shown)

    def toggle_thoughts(self) -> str:
        """Show thoughts above the answers, or hide them; return which, in words."""
        if self.open_runs.blind:
            return "blind mode hides thoughts: that there are any would tell the model"
        self.thoughts_shown = not self.thoughts_shown
        return f"thoughts are {'shown above answers' if self.thoughts_shown else 'hidden'}"
