"""The figures of a run, each computed once for the page, the comparison and the exports."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec import UNSET

from fada_tui.core.records import Environment, Record, Result, Run
from fada_tui.evaluation.answer_ends import Repetition, in_mid_sentence, repetition
from fada_tui.evaluation.classification import Sorting, sorting
from fada_tui.evaluation.pace import Pace, pace
from fada_tui.evaluation.statistics import Quartiles, Share, identical_answers, mean, median, quartiles
from fada_tui.evaluation.verdicts import Tally, tally
from fada_tui.report.rates import by_device, rate, together, while_all_answer


class Span(NamedTuple):
    """The minimum and maximum of some counts."""

    least: int
    most: int


class Spread(NamedTuple):
    """How values are spread."""

    median: float
    quartiles: Quartiles


class Figures(Record, frozen=True, kw_only=True):
    """The figures of a run's results. Times in seconds; `None` if nothing was measured."""

    images: int
    """Images that have a result."""
    categories: int
    results: int
    planned: int
    """Number of results that the run plans."""
    answers: int
    errors: int
    errors_of: tuple[tuple[str, int], ...]
    """Of each question that has some, by its id."""
    mean_time: float | None
    """Mean seconds from start to end of an answer's generation, including others in its batch."""
    median_time: float | None
    time_per_answer: float | None
    """Mean seconds attributed to each answer; without batches the same as `mean_time`."""
    timed: int
    """Answers that have such a time."""
    time_spread: Spread | None
    """Of the same seconds; `None` for fewer than two answers."""
    first_time: float | None
    """Seconds from start to end of the generation of the first answer, which may warm the model up."""
    pace: Pace | None
    """Of the same seconds at the run's beginning and at its end; `None` for few answers."""
    devices: int
    """Devices that made the answers at once; 0 where it was one, or they were not at once."""
    together: float | None
    """Answers a second of all these devices, while all of them answer."""
    at_once: int
    """Answers that tell it: those made while all of them answered."""
    batch_sizes: Span | None
    """Smallest and largest batch; `None` if answers were made one at a time."""
    first_token: float | None
    """Mean time to the first token."""
    tokens_per_second: float | None
    """All generated tokens divided by all seconds of generation, a batch's counted once."""
    image_tokens: Span | None
    """Minimum and maximum of the tokens that represent an image."""
    prompt_tokens: Span | None
    tally: Tally
    tallies: tuple[tuple[str, Tally], ...]
    """Of each question with verdicts, by its id."""
    auto_context: Share
    """Answers that name the rubric's context, of those with an auto score where it can be expected."""
    auto_score: float | None
    """Mean of the auto scores of answers that are to name the rubric's terms."""
    maternal: Share
    """Answers that name maternal terms where the image shows none, of those in `auto_context`."""
    other_planes: Share
    """Answers that name another category's plane, of those of a category in the rubric."""
    identical: Share
    """Answers identical to another image's; out of none if the model writes no text."""
    cut: Share
    """Answers cut at the token limit, of those whose end is known."""
    repeating: Share
    """Answers that end in a phrase over and over; out of none if the model writes no text."""
    in_mid_sentence: Share
    """Imported answers that stop in the middle of a sentence, of those whose end is not known."""
    thoughts: Share
    """Answers that the model thought before: their tokens and times include the thoughts'."""
    sorting: Sorting | None
    """Classification metrics; `None` if the model writes text."""

    @property
    def flagged(self) -> bool:
        """Return whether assessors set the context flag of any answer."""
        return self.tally.context.total > 0

    @property
    def context(self) -> Share | None:
        """Return the answers that name the context: by assessors' flags if there are any, else by terms."""
        share = self.tally.context if self.flagged else self.auto_context
        return share if share.total else None


def figures(run: Run) -> Figures:
    """Compute a run's figures."""
    results = run.results
    answered = [result for result in results if result.error is None and result.response is not None]
    sizes = _span(None if result.batch_size is UNSET else result.batch_size for result in answered)
    times = [result.time for result in answered if result.time is not None]
    own_times = [value for result in answered if (value := result.own_time) is not None]
    of_device = by_device(answered)
    told = run.merged is UNSET and (len(of_device) == 1 or "" not in of_device)
    several = told and len(of_device) > 1
    lost = [device.name for device in run.devices or () if device.error is not UNSET]
    at_once = while_all_answer(of_device, lost) if told else []
    first = [value for result in answered if (value := result.timing.first_token) is not None]
    auto = [result.auto for result in answered if result.auto is not None]
    placed = [score for score in auto if score.score is not None]
    ids = {result.question_id for result in results}
    terms = {one for one in ids if expects_terms(run, one)}
    about = {one for one in ids if expects_context(run, one)}
    named = [
        one.auto.score
        for one in answered
        if one.question_id in terms and one.auto is not None and one.auto.score is not None
    ]
    in_context = [one.auto for one in answered if one.question_id in about and one.auto is not None]
    ends = [result.finish for result in answered if result.finish is not None]
    endless = [result for result in answered if result.finish is None] if imported(run) else []
    return Figures(
        images=len({result.path for result in results}),
        categories=len({result.category for result in results}),
        results=len(results),
        planned=_planned(run),
        answers=len(answered),
        errors=sum(result.error is not None for result in results),
        errors_of=tuple(Counter(one.question_id for one in results if one.error is not None).items()),
        mean_time=mean(times),
        median_time=median(times),
        time_per_answer=mean(own_times),
        timed=len(own_times),
        time_spread=_spread(own_times),
        first_time=times[0] if times else None,
        pace=pace(*at_once),
        devices=len(of_device) if several else 0,
        together=together(at_once) if several else None,
        at_once=sum(map(len, at_once)) if several else 0,
        batch_sizes=sizes if sizes and sizes.most > 1 else None,
        first_token=mean(first),
        tokens_per_second=rate(answered),
        image_tokens=_span(result.tokens.image for result in answered),
        prompt_tokens=_span(result.tokens.prompt for result in answered),
        tally=tally(results),
        tallies=_by_question(results),
        auto_context=Share(sum(score.context for score in in_context), len(in_context)),
        auto_score=mean(named),
        maternal=Share(sum(bool(score.maternal_terms) for score in in_context), len(in_context)),
        other_planes=Share(sum(bool(score.other_categories) for score in placed), len(placed)),
        identical=identical_answers(answered if run.classes is UNSET else ()),
        cut=Share(ends.count("length"), len(ends)),
        repeating=_share(repeats(run, result) for result in answered if run.classes is UNSET),
        in_mid_sentence=_share(stops_in_mid_sentence(run, result) for result in endless),
        thoughts=Share(sum(bool(result.thoughts) for result in answered), len(answered)),
        sorting=None if run.classes is UNSET else sorting(results, run.classes, run.dataset.aliases or {}),
    )


def expects_context(run: Run, question_id: str) -> bool:
    """Return whether answers to a question can be expected to name the context.

    Older runs, which do not record by what they were scored, counted it over all questions.
    """
    return run.scoring is UNSET or any(one.id == question_id and one.context for one in run.questions)


def expects_terms(run: Run, question_id: str) -> bool:
    """Return whether answers to a question are scored by the rubric's terms; in older runs all are."""
    return run.scoring is UNSET or any(one.id == question_id and one.kind == "terms" for one in run.questions)


def imported(run: Run) -> bool:
    """Return whether other programs made a run: nothing is recorded of the machine."""
    return run.environment == Environment()


def repeats(run: Run, result: Result) -> Repetition | None:
    """Return the loop that a result's answer ends in; `None` without one, or if the model writes no text."""
    return None if result.response is None or run.classes is not UNSET else repetition(result.response)


def stops_in_mid_sentence(run: Run, result: Result) -> bool:
    """Return whether a result is imported, nothing is known of its answer's end, and it is no end."""
    unknown = imported(run) and result.finish is None
    return unknown and result.response is not None and in_mid_sentence(result.response)


def _by_question(results: Sequence[Result]) -> tuple[tuple[str, Tally], ...]:
    by_question: dict[str, list[Result]] = {}
    for result in results:
        by_question.setdefault(result.question_id, []).append(result)
    counted = ((question, tally(own)) for question, own in by_question.items())
    return tuple((question, counts) for question, counts in counted if counts.judged)


def _share(found: Iterable[object]) -> Share:
    hits = [bool(one) for one in found]
    return Share(sum(hits), len(hits))


def _spread(values: Sequence[float]) -> Spread | None:
    middle, around = median(values), quartiles(values)
    return None if middle is None or around is None else Spread(middle, around)


def _planned(run: Run) -> int:
    images = run.dataset.images if run.plan is UNSET else len(run.plan.images)
    return max(images * max(len(run.questions), 1), len(run.results))


def _span(values: Iterable[int | None]) -> Span | None:
    known = [value for value in values if value is not None]
    return Span(min(known), max(known)) if known else None
