"""The open runs, which one is current, and their assessments."""

import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from fada_tui.core.protocol import Item
from fada_tui.core.records import Assessment, ClassSet, PlannedImage, Question, Result, Run
from fada_tui.evaluation.assessment.edit import mine
from fada_tui.evaluation.assessment.filters import second
from fada_tui.report.looking import constant_line
from fada_tui.tui.state.constant_answers import ConstantAnswers
from fada_tui.tui.state.image_rows import Mark, Slot

Key = tuple[str, str]
"""Image path and question id."""


class Streaming:
    """An answer in progress."""

    def __init__(self, item: Item, device: str | None = None) -> None:
        self.item = item
        self.device = device or ""
        """Which of the run's devices makes it, where there are several."""
        self.waiting = ""
        """Why it is asked for once more, until it comes."""
        self._begin()

    def _begin(self) -> None:
        self.text = ""
        self.thoughts = ""
        self.thinking = False
        """It thinks, and has not begun to answer."""
        self.thought_tokens = 0
        """Tokens that came while it was thinking."""
        self.tokens = 0
        self.began = time.monotonic()
        self.first_token: float | None = None

    def add(self, text: str, tokens: int, *, thought: bool = False) -> None:
        """Take more of the answer, or of the thoughts before it.

        Without text and tokens it is a sign of life and changes nothing.
        """
        if not text and not tokens:
            return
        if self.first_token is None:
            self.first_token = time.monotonic() - self.began
        self.waiting = ""
        self.tokens = tokens
        if thought:
            self.thoughts += text
            self.thinking, self.thought_tokens = True, tokens
        elif text:
            self.text += text
            self.thinking = False

    def begin_again(self, why: str) -> None:
        """Forget what has come: the answer is asked for once more."""
        self._begin()
        self.waiting = why

    @property
    def key(self) -> Key:
        """Image path and question id."""
        return self.item.key

    @property
    def per_second(self) -> float | None:
        """Tokens a second so far, the wait for the first one included."""
        elapsed = time.monotonic() - self.began
        return self.tokens / elapsed if self.tokens and elapsed > 0 else None


class OpenRun:
    """A run as the dashboard holds it: its results by key, and the answers being given.

    Args:
        folder: where it lies.
        run: as read.
        assessor: whose verdicts count here.
    """

    def __init__(self, folder: Path, run: Run, assessor: str | None) -> None:
        self.folder = folder
        self.run = run
        self.assessor = assessor
        self.in_flight: dict[Key, Streaming] = {}
        """The answers being given, the first begun first."""
        self.running = False
        self.maker = ""
        """Who makes it, where it is running and another program does."""
        self.newest: Key | None = None
        """Of a run that another program makes, the answer that came last."""
        self.begun_here = False
        """It was begun, resumed or followed since the dashboard was opened."""
        self.unsettled = False
        """Assessments or notes were written that `run.json` does not hold yet."""
        self._results: dict[Key, Result] = {}
        self._own: dict[Key, Assessment] = {}
        self._answers = self._judged = self._again = 0
        self._left: dict[str, int] = {}
        """How many answers have no verdict, by the path of an image that has some."""
        self._constant: ConstantAnswers | None = None
        """Counted from the first time that it is asked for."""
        self.changes: list[Key] = []
        """The results that came or were assessed since it was opened, in that order, one as often as it did:
        who keeps something of every result looks at those alone that are new here."""
        for result in run.results:
            self.put(result)
        self.changes.clear()

    @property
    def id(self) -> str:
        """The run's id."""
        return self.run.id

    @property
    def streaming(self) -> Streaming | None:
        """Of the answers being given, the one to follow: until it ends, then the next."""
        return next(iter(self.in_flight.values()), None)

    def lose(self, device: str | None) -> None:
        """Forget the answers in progress of a worker that has ended; `None`: of the only one."""
        self.in_flight = {
            key: streaming
            for key, streaming in self.in_flight.items()
            if device is not None and streaming.device != device
        }

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions asked of each image."""
        return self.run.questions

    @property
    def results(self) -> Iterable[Result]:
        """The results so far."""
        return self._results.values()

    def result(self, path: str, question_id: str) -> Result | None:
        """Return a result, if there is one."""
        return self._results.get((path, question_id))

    def by_terms(self, question_id: str) -> bool:
        """Whether the rubric's terms rate a question's answers: not where others do."""
        return any(one.id == question_id and one.kind in ("none", "terms") for one in self.questions)

    def put(self, result: Result) -> None:
        """Take a result; assessments known of it are kept."""
        known = self._results.get(result.key)
        if known is not None:
            more = [one for one in known.assessments if one not in result.assessments]
            result = replace(result, assessments=(*result.assessments, *more))
        if self._constant is not None and (known is None or known.response is None):
            self._constant.take(result)
        self._count(result.key, -1)
        self._results[result.key] = result
        self._own[result.key] = mine(result, self.assessor)
        self._count(result.key, 1)
        self.changes.append(result.key)

    @property
    def one_answer(self) -> str:
        """Say how many questions have one answer for every image; empty where none has.

        It is so in the record of a run that has ended, else counted of the answers so far.
        """
        if self.run.looking is not UNSET and not self.running:
            found = [one for one in self.run.looking if one.finding == "one_answer"]
            return constant_line(found, len(self.questions))
        if self._constant is None:
            self._constant = ConstantAnswers(self.run, self.results)
        return constant_line(self._constant.doubtful, len(self.questions))

    def known(self) -> dict[Key, Result]:
        """Return the results so far by their keys, for a reader in another thread."""
        return dict(self._results)

    def ask(self, questions: tuple[Question, ...], classes: ClassSet | UnsetType = UNSET) -> None:
        """Note what is asked, or into what images are sorted, now that the model is known."""
        self.run = replace(self.run, questions=questions, classes=classes or self.run.classes)
        self._constant = None

    def replace_run(self, run: Run) -> None:
        """Take the run as it was written."""
        self.run = run
        for result in run.results:
            self.put(result)

    def update(self, run: Run) -> None:
        """Take what was written of the run but for its results, which are put one by one."""
        if run.questions != self.run.questions:
            self._constant = None
        self.run = run

    def assess(self, path: str, question_id: str, assessment: Assessment) -> None:
        """Add an assessment that is on disk, unless it was read from there already."""
        result = self._results[path, question_id]
        if assessment in result.assessments:
            self.unsettled = True
            return
        self._results[path, question_id] = replace(result, assessments=(*result.assessments, assessment))
        self._count((path, question_id), -1)
        self._own[path, question_id] = assessment
        self._count((path, question_id), 1)
        self.changes.append((path, question_id))
        self.unsettled = True

    def merge(self, key: Key, assessment: Assessment) -> bool:
        """Take an assessment that another program wrote, in its place by time; return whether it is new."""
        result = self._results.get(key)
        if result is None or assessment in result.assessments:
            return False
        known, place = result.assessments, len(result.assessments)
        while place and (known[place - 1].at or "") > (assessment.at or ""):
            place -= 1
        self.put(replace(result, assessments=(*known[:place], assessment, *known[place:])))
        return True

    def assessment(self, path: str, question_id: str) -> Assessment:
        """Return this assessor's standing assessment; an empty one if there is none."""
        return self._own.get((path, question_id), _NONE)

    def judged(self) -> Iterator[tuple[Key, Assessment]]:
        """The answers that this assessor has given a verdict on, and what they said."""
        return ((key, own) for key, own in self._own.items() if own.verdict and self.answered(*key))

    def answered(self, path: str, question_id: str) -> bool:
        """Whether there is an answer that can be judged."""
        result = self._results.get((path, question_id))
        return result is not None and result.error is None

    def unassessed(self, path: str, question_id: str) -> bool:
        """Whether there is an answer without a verdict of this assessor's."""
        return self.answered(path, question_id) and self._own[path, question_id].verdict is None

    @property
    def resumable(self) -> bool:
        """Whether it can be resumed: results are missing or errors."""
        return self.run.plan is not UNSET

    def counts(self) -> tuple[int, int, int]:
        """Return how many answers are judged, how many there are, and how many errors in place of one."""
        return self._judged, self._answers, len(self._results) - self._answers

    @property
    def left_to_look_again(self) -> int:
        """How many answers are partly right, or flagged, by this assessor."""
        return self._again

    def to_look_again(self) -> list[Key]:
        """Return the answers that are partly right, or flagged."""
        return [key for key, own in self._own.items() if second(own) and self.answered(*key)]

    @property
    def left_to_judge(self) -> int:
        """How many answers have no verdict yet."""
        return self._answers - self._judged

    def assess_as(self, assessor: str | None) -> None:
        """Let another assessor's verdicts count here."""
        if assessor != self.assessor:
            self.assessor = assessor
            self._own = {key: mine(result, assessor) for key, result in self._results.items()}
            self._answers = self._judged = self._again = 0
            self._left = {}
            for key in self._results:
                self._count(key, 1)

    def left_on(self, path: str) -> int:
        """Return how many answers about an image have no verdict yet."""
        return self._left.get(path, 0)

    def _count(self, key: Key, step: int) -> None:
        """Keep the counts in step, so that asking for them costs nothing."""
        if self.answered(*key):
            judged = self._own[key].verdict is not None
            self._answers += step
            self._judged += step * judged
            self._again += step * second(self._own[key])
            if not judged:
                self._left[key[0]] = self._left.get(key[0], 0) + step

    def mark(self, path: str) -> Mark:
        """Return what the image list shows of an image: its cost is that of the image's questions."""
        keys = [(path, question.id) for question in self.questions]
        results = [self._results[key] for key in keys if key in self._results]
        times = [taken for result in results if (taken := result.own_time) is not None]
        return Mark(
            tuple(map(self._kind, keys)) or _WAITING.kinds,
            any(self._own[result.key].flagged is True for result in results),
            sum(times) if times else None,
            next((self.in_flight[key].device for key in keys if key in self.in_flight), ""),
        )

    def _kind(self, key: Key) -> str:
        if key in self.in_flight:
            return "running"
        result = self._results.get(key)
        if result is None:
            return "waiting"
        return "error" if result.error is not None else self._own[key].verdict or "unjudged"

    def planned_images(self) -> Iterator[PlannedImage]:
        """The images that the run asks about: of its plan, else of its results."""
        if self.run.plan is not UNSET:
            yield from self.run.plan.images
            return
        seen: set[str] = set()
        for result in self.results:
            if result.path not in seen:
                seen.add(result.path)
                yield PlannedImage(image=result.image, category=result.category, path=result.path)


Answer = tuple[OpenRun, Key]
"""An answer of a run, or the place where it will be."""

_NONE = Assessment()
_WAITING = Mark()


class OpenRuns:
    """The open runs, and the current one."""

    def __init__(self, assessor: str | None) -> None:
        self.assessor = assessor
        self.blind = False
        self.going_blind = False
        """Runs are being read for blind mode: until that is done nothing is judged."""
        self.runs: dict[str, OpenRun] = {}
        self.current: str | None = None

    def open(self, folder: Path, run: Run) -> OpenRun:
        """Take a run in, or return it if it is open already."""
        return self.runs[run.id] if run.id in self.runs else self.add(OpenRun(folder, run, self.assessor))

    def add(self, run: OpenRun) -> OpenRun:
        """Take a run in; return the one that is open already, if there is one."""
        run.assess_as(self.assessor)  # The name may have changed while it was read.
        return self.runs.setdefault(run.id, run)

    def assess_as(self, assessor: str) -> None:
        """Let another assessor's verdicts count, in all runs."""
        self.assessor = assessor
        for run in self.runs.values():
            run.assess_as(assessor)

    def told(self, text: str) -> str:
        """Return what may be said now: in blind mode no run or model is named, whatever goes wrong."""
        if not self.blind:
            return text
        names: dict[str, str] = {}
        for run in self.runs.values():
            names |= dict.fromkeys((run.run.model.name, run.run.model.source or ""), "a model")
            names |= {run.id: "a run", str(run.folder): "the run's folder"}
        for name in sorted(filter(None, names), key=len, reverse=True):
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", names[name], text)
        return text

    @property
    def running(self) -> bool:
        """Whether one of them is in progress."""
        return self.at_work is not None

    @property
    def at_work(self) -> OpenRun | None:
        """The run in progress: one's own, else one that another program makes, the current one first."""
        running = [run for run in self.runs.values() if run.running]
        return min(running, key=lambda run: (bool(run.maker), run.id != self.current), default=None)

    def next_to_judge(self, here: OpenRun | None) -> OpenRun | None:
        """Return the first other run that was begun here and has answers to judge; else the one at work."""
        begun = (run for run in self.runs.values() if run.begun_here and run.left_to_judge)
        return next((run for run in begun if run is not here), self.at_work)

    def run_of(self, slot: Slot | None) -> OpenRun | None:
        """Return the run whose answer a slot shows."""
        name = slot.run if slot is not None and slot.run is not None else self.current
        return self.runs.get(name) if name is not None else None

    def mark(self, slot: Slot) -> Mark:
        """Return what the image list shows of a slot; in blind mode no time, nor which run goes on."""
        run = self.run_of(slot)
        mark = run.mark(slot.image.path) if run else _WAITING
        if not self.blind:
            return mark
        kinds = tuple("waiting" if kind == "running" else kind for kind in mark.kinds)
        return mark._replace(time=None, kinds=kinds, device="")
