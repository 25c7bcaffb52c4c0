"""Every image, answer, figure and verdict of a run, by category."""

from collections.abc import Sequence
from typing import Final

from msgspec import UNSET

from fada_tui.core.records import Assessment, AutoScore, Result, Run, Score, Verdict
from fada_tui.evaluation.verdicts import current
from fada_tui.report import memory, units
from fada_tui.report.figures import expects_context, expects_terms, repeats, stops_in_mid_sentence
from fada_tui.report.markdown import bullet, inline, name, quoted

MARKS: Final[dict[Verdict | None, str]] = {
    "correct": "✅ Correct",
    "partial": "🟡 Partially correct",
    "incorrect": "❌ Incorrect",
    None: "⬜ Not assessed",
}


def answers(run: Run, *, brief: bool = False) -> list[str]:
    """Return all answers: images numbered as they appear, several questions grouped under their image.

    Args:
        run: The run.
        brief: Leave out all figures but the time.
    """
    lines: list[str] = []
    number = 0
    for category, images in grouped(run.results).items():
        lines += [f"### {heading(category, len(images))}", ""]
        for results in images.values():
            number += 1
            lines += [f"**Image {number}: {name(results[0].image)}**", "", *_image(results, run, brief), ""]
    return lines


def heading(category: str, images: int) -> str:
    """Return the heading of a category's answers."""
    return f"{f'{name(category)} Category' if category else 'No Category'} ({units.count(images, 'image')})"


def one_line_each(run: Run) -> list[str]:
    """Return all answers as a list with a line for each."""
    lines: list[str] = []
    number = 0
    for category, images in grouped(run.results).items():
        for results in images.values():
            number += 1
            shown = f"**Image {number}: {name(results[0].image)}**" + (
                f" ({name(category)})" if category else ""
            )
            for result in results:
                question = f", {name(result.question_id)}" if len(run.questions) > 1 else ""
                lines.append(f"- {shown}{question}: {_one_line(result, run)}")
    return [*lines, ""] if lines else []


def _one_line(result: Result, run: Run) -> str:
    if result.error is not None:
        said = f"⚠️ {inline(result.error.kind)}: {inline(result.error.message)}"
    else:
        said = "none" if result.response is None else f'**Response**: "{inline(result.response)}"'
    time = units.seconds(result.time)
    verdicts = [_assessment(one) for one in current(result.assessments)]
    parts = [said, time and f"{time}s", _flags(result, run), *verdicts]
    return " · ".join(part for part in parts if part)


def grouped(results: Sequence[Result]) -> dict[str, dict[str, list[Result]]]:
    """Return results by category and path, each in order of first appearance."""
    groups: dict[str, dict[str, list[Result]]] = {}
    for result in results:
        groups.setdefault(result.category, {}).setdefault(result.path, []).append(result)
    return groups


def _image(results: Sequence[Result], run: Run, brief: bool) -> list[str]:
    if len(run.questions) <= 1 and len(results) == 1:
        return _result(results[0], run, brief)
    return [
        line
        for result in results
        for line in (
            *quoted(f"Question {name(result.question_id)}", result.question),
            *(f"  {line}" if line else "" for line in _result(result, run, brief)),
        )
    ]


def _result(result: Result, run: Run, brief: bool) -> list[str]:
    if result.error is not None:
        answer = bullet("Error", f"⚠️ {inline(result.error.kind)}: {inline(result.error.message)}")
    elif result.response is None:
        answer = bullet("Response", "none")
    else:
        answer = quoted("Response", result.response)
    time = units.seconds(result.time)
    took = bullet("Generation Time", f"{time}s{_ending(result)}" if time else None)
    if brief:
        return [*answer, *took, *bullet("Ending", _flags(result, run)), *_assessments(result)]
    return [
        *answer,
        *(quoted("Reference", result.reference) if result.reference is not UNSET else []),
        *_others(result),
        *_thoughts(result),
        *took,
        *bullet("Batch", _batch(result)),
        *bullet("Device", name(result.device) if result.device else None),
        *bullet("Tokens", _tokens(result)),
        *bullet("Ending", _flags(result, run)),
        *bullet("Memory", memory.of_result(result.memory)),
        *bullet("Score (computed)", _score(result.score) if result.score else None),
        *(_auto(result.auto, run, result.question_id) if result.auto else []),
        *_assessments(result),
    ]


def _thoughts(result: Result) -> list[str]:
    if not result.thoughts:
        return []
    label, text = units.thoughts(result.thoughts.tokens), result.thoughts.text
    return quoted(label, text) if text else bullet(label, "not told by the server")


def _ending(result: Result) -> str:
    match result.finish:
        case "length":
            return " (cut at the token limit)"
        case "cancelled":
            return " (cancelled)"
        case _:
            return ""


def _flags(result: Result, run: Run) -> str | None:
    """Return what is odd about the end of an answer's text."""
    if loop := repeats(run, result):
        return f"⚠️ repeats itself (its last {units.count(loop.length, loop.unit)}, {loop.times:,} times)"
    return "⚠️ stops in mid-sentence" if stops_in_mid_sentence(run, result) else None


def _batch(result: Result) -> str | None:
    if result.together == 1:
        return None
    share = units.seconds(result.own_time)
    return f"of {result.together:,} answers, {share}s of its time for this one"


def _tokens(result: Result) -> str | None:
    first, rate = units.seconds(result.timing.first_token), result.tokens.per_second
    generated, thought = result.tokens.generated, ", thoughts included" if result.thoughts else ""
    known = [
        f"{generated:,} generated{thought}" if generated is not None else None,
        f"{rate:.1f} per second" if rate is not None else None,
        f"the first after {first}s" if first else None,
    ]
    return ", ".join(part for part in known if part) or None


def _others(result: Result) -> list[str]:
    """Return the answers of further experts."""
    others = {} if result.other_references is UNSET else result.other_references
    return [line for expert, text in others.items() for line in quoted(f"Reference of {name(expert)}", text)]


def _score(score: Score) -> str:
    parts = [
        f"{score.value:.2f} ({inline(score.kind)})",
        f"ROUGE-L {score.rouge_l:.2f}" if score.rouge_l is not UNSET else None,
        f"similarity {score.similarity:.2f}" if score.similarity is not UNSET else None,
        f"matched: {_terms(score.matched)}" if score.matched else None,
        f"missed: {_terms(score.missed)}" if score.missed else None,
        f"extra: {_terms(score.extra)}" if score.extra else None,
    ]
    return "; ".join(part for part in parts if part)


def _auto(score: AutoScore, run: Run, question_id: str) -> list[str]:
    """Return what was counted by the rubric; without the score where the question's kind is another."""
    scored = expects_terms(run, question_id)
    if not scored and not expects_context(run, question_id):
        return []
    context = _terms(score.context_terms) if score.context else "not named"
    number = f"{score.score:.2f}" if score.score is not None else "no terms for this category"
    found = [
        number if scored else None,
        f"context: {context}",
        f"terms of the category: {_terms(score.category_terms)}" if scored and score.category_terms else None,
        f"maternal terms: {_terms(score.maternal_terms)}" if score.maternal_terms else None,
        f"other planes: {_terms(score.other_categories)}" if score.other_categories else None,
    ]
    return bullet("Auto Score (computed)", "; ".join(part for part in found if part))


def _terms(terms: Sequence[str]) -> str:
    return ", ".join(inline(term) for term in terms)


def _assessments(result: Result) -> list[str]:
    standing = current(result.assessments)
    if not standing:
        return [] if result.error is not None else bullet("Assessment", MARKS[None])
    return [line for assessment in standing for line in bullet("Assessment", _assessment(assessment))]


def _assessment(assessment: Assessment) -> str:
    note = f" - {inline(assessment.note)}" if assessment.note else ""
    flag = {None: None, True: "context: yes", False: "context: no"}[assessment.context]
    details = [
        flag,
        f"tags: {', '.join(inline(tag) for tag in assessment.tags)}" if assessment.tags else None,
        f"by {inline(assessment.assessor)}" if assessment.assessor else None,
        "blind" if assessment.blind else None,
    ]
    known = "; ".join(detail for detail in details if detail)
    return f"{MARKS[assessment.verdict]}{note}{f' ({known})' if known else ''}"
