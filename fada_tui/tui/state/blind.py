"""Blind mode's list: the answers of several runs, shuffled, under letters; later answers join it."""

from bisect import insort
from collections.abc import Iterable
from functools import partial

from fada_tui.core.records import PlannedImage, Result
from fada_tui.evaluation.assessment.blind import Labels, place_in_order, shuffled
from fada_tui.tui.state.image_rows import ImageRows, Slot
from fada_tui.tui.state.open_runs import OpenRun


class BlindList:
    """The images that runs have an answer for, one slot for each of its runs.

    A slot's place depends on the assessor, its run and its image alone. So an answer that comes later stands
    among the others, which keep their order, and nothing at the list's end tells who has just answered.

    Args:
        assessor: who judges.
        root: folder of the images, as the runs' data sets name it; runs over others stay out.
    """

    def __init__(self, assessor: str | None, root: str | None) -> None:
        self._seed = (assessor or "",)
        self._root = root
        self._labels = Labels(())
        self._runs: dict[str, OpenRun] = {}
        self._slots: list[Slot] = []
        self._listed: set[tuple[str, str]] = set()
        """Run ids and paths of the slots."""
        self.changed = False
        """Answers have joined since the rows were last asked for."""

    @property
    def runs(self) -> Iterable[OpenRun]:
        """The runs that are mixed."""
        return self._runs.values()

    def of_assessor(self, assessor: str) -> "BlindList":
        """Return the list of the same runs in another assessor's order."""
        other = BlindList(assessor, self._root)
        for run in self._runs.values():
            other.take_run(run)
        return other

    def rows(self) -> ImageRows:
        """Return the list as it is now."""
        self.changed = False
        return ImageRows.flat(self._slots)

    def letter(self, run: OpenRun, path: str) -> str:
        """Return a run's letter on an image; a run that is new is dealt one."""
        return self._labels.of(run.id, path)

    def place(self, run: OpenRun, image: PlannedImage) -> bytes:
        """Return what sorts a run's answers about an image among the others, whichever there are."""
        return place_in_order(Slot(image, run.id), self._seed)

    def takes(self, run: OpenRun) -> bool:
        """Whether a run is over the images of the list."""
        return run.run.dataset.root == self._root

    def take_run(self, run: OpenRun) -> None:
        """Mix a run in, or what it has answered since."""
        if not self.takes(run):
            return
        self._runs[run.id] = run
        self._labels.add(run.id)
        new = {
            result.path: self._slot(run, result)
            for result in run.results
            if result.error is None and (run.id, result.path) not in self._listed
        }
        self._listed |= {(run.id, path) for path in new}
        self._slots = shuffled([*self._slots, *new.values()], self._seed)
        self.changed = self.changed or bool(new)

    def take_result(self, run: OpenRun, result: Result) -> None:
        """Take in the result that a mixed run has just told of."""
        if result.error is None and run.id in self._runs and (run.id, result.path) not in self._listed:
            self._listed.add((run.id, result.path))
            insort(self._slots, self._slot(run, result), key=partial(place_in_order, seed=self._seed))
            self.changed = True

    def drop(self, run_id: str) -> None:
        """Take a run out whose folder is gone."""
        if self._runs.pop(run_id, None) is not None:
            self._listed = {listed for listed in self._listed if listed[0] != run_id}
            self._slots = [slot for slot in self._slots if slot.run != run_id]
            self.changed = True

    def _slot(self, run: OpenRun, result: Result) -> Slot:
        image = PlannedImage(image=result.image, category=result.category, path=result.path)
        return Slot(image, run.id)
