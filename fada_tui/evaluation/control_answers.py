"""What a model says of control pictures, beside its commonest answer about the run's images. Pure."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from fada_tui.core.control import PICTURES, path_of
from fada_tui.core.records import Record, Result, Run
from fada_tui.evaluation.constant_answers import Alike, alike, normal, said


class ControlAnswers(Record, frozen=True, kw_only=True):
    """The answers to one question about the control pictures."""

    question_id: str
    commonest: Alike
    """The commonest answer about the images."""
    results: Mapping[str, Result]
    """Those that there are, by the names of the pictures; of ranked labels `response` is the first."""

    @property
    def answered(self) -> tuple[str, ...]:
        """Return the names of the pictures that got an answer."""
        return tuple(name for name, one in self.results.items() if one.response is not None)

    @property
    def same(self) -> tuple[str, ...]:
        """Return the names of the pictures that got the images' commonest answer, as `normal` compares."""
        if not self.commonest.images:
            return ()
        wanted = normal(self.commonest.answer)
        return tuple(name for name in self.answered if normal(self.results[name].response or "") == wanted)

    @property
    def all_same(self) -> bool:
        """Return whether every picture that got an answer got the images' commonest one."""
        return bool(self.same) and self.same == self.answered


def control_answers(run: Run) -> list[ControlAnswers]:
    """Return for each question what was answered about control pictures; empty if none was asked about."""
    made = {result.key: _with_label(result) for result in run.controls or ()}
    if not made:
        return []
    ids = [question.id for question in run.questions]
    return [
        ControlAnswers(
            question_id=one.question_id,
            commonest=one,
            results={
                picture: result
                for picture in PICTURES
                if (result := made.get((path_of(picture), one.question_id)))
            },
        )
        for one in alike(ids, run.results, lambda _: None, reworded=False)
    ]


def _with_label(result: Result) -> Result:
    """Return a result with the first of its ranked labels as its answer: sentences of them have figures."""
    return replace(result, response=said(result)) if result.ranking else result


def same_as_commonest(found: Sequence[ControlAnswers]) -> tuple[str, ...]:
    """Return the ids of the questions whose commonest answer every control picture got that was answered."""
    return tuple(one.question_id for one in found if one.all_same)
