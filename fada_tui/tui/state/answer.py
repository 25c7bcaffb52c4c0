"""An answer as the panes show it: pure."""

from collections.abc import Iterable, Sequence

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.records import Result
from fada_tui.evaluation.categories import meaning
from fada_tui.evaluation.rubric import Rubric
from fada_tui.evaluation.scoring.marks import marks
from fada_tui.evaluation.verdicts import current as standing
from fada_tui.report.figures import expects_context
from fada_tui.tui.state.open_runs import Key, OpenRun, Streaming
from fada_tui.tui.state.ranking import answer_text
from fada_tui.tui.state.views import AnswerView


def answer_view(
    run: OpenRun, key: Key, model: str, *, blind: bool, rubric: Rubric | None = None
) -> AnswerView:
    """Return a run's answer, or the place where it will be.

    Args:
        run: the run.
        key: path of the image and id of the question.
        model: the model's name as it may be shown.
        blind: leave out whatever may tell the model: times, lengths, scores, what others said.
        rubric: whose terms are marked in answers that it scores.
    """
    index = [question.id for question in run.questions].index(key[1])
    view = AnswerView(
        question=run.questions[index].text,
        number=index + 1,
        questions=len(run.questions),
        model=model,
    )
    result, streaming = run.result(*key), run.in_flight.get(key)
    if blind and (result is None or streaming):  # Only the run that goes on has answers that come.
        return replace(view, state="waiting", text="no answer yet")
    if streaming:
        return _streaming(view, streaming)
    if result is None:
        return replace(view, state="waiting", text=_missing(run, key))
    if result.error is not None:
        if blind:  # The message may name the server, and the kind tell that there is one, or thoughts.
            return replace(view, state="error", text="no answer: an error")
        view = replace(view, state="error", text=f"{result.error.kind}: {result.error.message}")
        return _with_thoughts(view, result)
    return _answered(view, result, run, blind, rubric)


def _missing(run: OpenRun, key: Key) -> str:
    if run.running:
        return "waiting for its turn"
    if run.resumable and any(image.path == key[0] for image in run.planned_images()):
        return "not answered in this run: w resumes it"
    return "not asked in this run"


def _streaming(view: AnswerView, streaming: Streaming) -> AnswerView:
    text = streaming.text.lstrip()
    thinks = streaming.thinking or bool(streaming.thoughts)
    return replace(
        view,
        state="running",
        text=text or streaming.waiting,
        thoughts=streaming.thoughts.strip() if thinks else None,
        thoughts_tokens=streaming.thought_tokens or None,
        thinking=streaming.thinking,
        first_token=streaming.first_token,
        tokens=streaming.tokens or None,
        per_second=streaming.per_second,
        device=streaming.device,
    )


def _answered(
    view: AnswerView, result: Result, run: OpenRun, blind: bool, rubric: Rubric | None
) -> AnswerView:
    answered = replace(
        view,
        state="answered",
        question=view.question if result.ranking is UNSET else result.prompt or view.question,
        text=answer_text(result),
        finish=result.finish,
        assessment=run.assessment(*result.key),
    )
    if blind:
        return answered
    # What others said, and what was computed, would calibrate whoever has yet to judge.
    judged = answered.assessment.verdict is not None
    terms = run.by_terms(result.question_id)
    auto = result.auto if terms or expects_context(run.run, result.question_id) else None
    if judged:
        answered = _with_score(answered, result, run, rubric)
    return replace(
        _with_thoughts(answered, result),
        first_token=result.timing.first_token,
        tokens=result.tokens.generated,
        per_second=result.tokens.per_second,
        time=result.time,
        batch_size=result.together,
        device=result.device or "",
        others=tuple(_others(result, run.assessor)) if judged else (),
        auto=auto if judged else None,
        by_terms=terms,
        withheld=not judged
        and (bool(auto or result.score or result.reference) or any(_others(result, run.assessor))),
    )


def _with_score(view: AnswerView, result: Result, run: OpenRun, rubric: Rubric | None) -> AnswerView:
    """Return the view with score and reference, and where in their texts the words stand that it is about."""
    score, reference = result.score or None, None if result.reference is UNSET else result.reference
    if score is None:
        return replace(view, reference=reference)
    question = next(one for one in run.questions if one.id == result.question_id)
    synonyms: dict[str, Sequence[str]] = {**(question.synonyms or {})}
    if score.kind == "terms" and rubric is not None:
        category = rubric.category(meaning(result.category, run.run.dataset.aliases or {}))
        synonyms |= {group[0]: group for group in (category.terms if category else ())}
    return replace(
        view,
        score=score,
        reference=reference,
        marks=marks(view.text, {"matched": score.matched, "extra": score.extra}, synonyms),
        reference_marks=marks(reference or "", {"matched": score.matched, "missed": score.missed}, synonyms),
    )


def _with_thoughts(view: AnswerView, result: Result) -> AnswerView:
    if not result.thoughts:
        return view
    return replace(view, thoughts=result.thoughts.text, thoughts_tokens=result.thoughts.tokens)


def _others(result: Result, assessor: str | None) -> Iterable[str]:
    for one in standing(result.assessments):
        if one.assessor != assessor:
            said = [one.verdict or "", *one.tags, f"“{one.note}”" if one.note else ""]
            yield f"{one.assessor or 'someone'}: {'  '.join(part for part in said if part)}"
