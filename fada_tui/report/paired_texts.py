"""The paired comparison of runs as a Markdown page, CSV or JSON."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

from fada_tui.core.records import Run
from fada_tui.evaluation.paired import Difference, Method
from fada_tui.report.delimited import csv_text, json_text
from fada_tui.report.markdown import inline, name, table
from fada_tui.report.paired import Apart, Pair, PairedQuestion, names
from fada_tui.report.wordings import differing_wordings, wordings_list

APART: Final = "cannot be told apart"

METHODS: Final[dict[Method, str]] = {
    "mcnemar": "exact McNemar",
    "all_flips": "all sign flips",
    "random_flips": "9,999 sign flips",
    "normal_tail": "normal tail",
}
NOTES: Final = (
    "Each two runs are compared on the images and questions that both have: images by their file's hash, "
    "else by their pixels', else by category and name; questions by their text. Over questions nothing is "
    "averaged.",
    "Where each image has one answer, right or wrong, p is McNemar's exact one and the interval Newcombe's. "
    "Otherwise p is the share of 9,999 flips of the images' signs (all flips for 13 images or fewer; below "
    "0.0001 the normal distribution's tail) that come to as much, and the interval a bootstrap's, by images. "
    "Where the test does not exclude zero, the interval does not either.",
    "Two runs cannot be told apart where p, adjusted by Holm over the pairs of the question, is above 0.05. "
    "With the images for 80% power four of five studies would tell them apart in a table of as many pairs, "
    "if difference and discordance are as observed here.",
    "Images that are not independent (frames of a file, copies of it, images of one patient) count as one in "
    "test and interval; where there are some, the column Images says how many are independent.",
    "A question of yes or no is compared by whether the value is right (accuracy): balanced accuracy, its "
    "main figure, is no mean over images.",
)
NOTHING: Final = (
    "No two of these runs have a verdict on the same question and image, or a score computed in the same way "
    "against the same reference."
)
_COLUMNS: Final = (
    "Pair",
    "Images",
    "First",
    "Second",
    "Difference (95% interval)",
    "Better in",
    "p",
    "p, Holm",
    "Finding",
    "Images for 80% Power",
    "Errors Left Out",
    "Errors as Wrong",
)
_DIFFERENCE: Final = (
    *("pairs", "images", "first_value", "second_value", "difference", "low", "high"),
    *("first_better", "second_better", "p", "p_adjusted", "method", "finding", "better"),
)
_CSV: Final = (
    *("question_id", "question", "outcome", "figure", "family"),
    *("first_run", "first_model", "second_run", "second_model"),
    *_DIFFERENCE,
    *("images_for_power", "first_errors", "second_errors"),
    *(f"as_wrong_{column}" for column in _DIFFERENCE),
)


def render_paired(
    runs: Sequence[Run], questions: Iterable[PairedQuestion], format: Literal["md", "csv", "json"]
) -> str:
    """Return the paired comparison of runs.

    Args:
        runs: The runs, in the order in which they were compared; their results are not needed.
        questions: What came of it.
        format: `md` for a page, `csv` for a row of each pair and question, `json` for both with the runs.
    """
    match format:
        case "md":
            return _page(runs, [*questions])
        case "csv":
            return csv_text(_CSV, (_flat(runs, of, pair) for of in questions for pair in of.pairs))
        case "json":
            told = [{"run": run.id, "model": run.model.name} for run in runs]
            return json_text({"runs": told, "questions": [_data(runs, one) for one in questions]})


def finding(pair: Pair, called: Sequence[str], *, as_wrong: bool = False) -> str:
    """Return which run is better, or that the two cannot be told apart, in plain text."""
    better = pair.better_as_wrong if as_wrong else pair.better
    return APART if better is None else f"{called[better]} better"


def heading(one: PairedQuestion) -> str:
    """Return what counts of a question's answers, in plain text: `accuracy`, `verdict: correct`."""
    return one.figure if one.kind == "score" else f"verdict: {one.figure}"


def probability(p: float) -> str:
    """Return a p: `0.0625`, `3.2e-12`."""
    if p == 0:
        return "< 1e-300"
    return f"{p:.4g}" if p >= 0.0001 else f"{p:.1e}"


def change(found: Difference) -> str:
    """Return a difference with its interval, in points of 100: `+12.3 (+4.1 to +20.0)`."""
    if found.interval is None:
        return f"{_points(found.difference)} (no interval)"
    return f"{_points(found.difference)} ({_points(found.interval.low)} to {_points(found.interval.high)})"


def _points(share: float) -> str:
    return f"{round(share * 100, 1) + 0.0:+.1f}"


def _page(runs: Sequence[Run], questions: Sequence[PairedQuestion]) -> str:
    called = names(runs)
    lines = ["# Paired Comparison of Models", ""]
    if not questions:
        lines += [NOTHING, ""]
    for one in questions:
        lines += [f"## {name(one.label)}: {heading(one)}", "", f'"{inline(one.text)}"', ""]
        if one.pairs:
            lines += table(_COLUMNS, (_row(pair, called) for pair in one.pairs))
            lines += ["", f"{one.family}. First and second in percent; differences in percentage points.", ""]
        lines += _apart(one, called)
    reworded = wordings_list(differing_wordings(runs))
    lines += [*reworded, ""] if reworded else []
    for note in NOTES if questions else ():
        lines += [note, ""]
    return "\n".join(lines)


def _row(pair: Pair, called: Sequence[str]) -> list[str]:
    found = pair.found
    errors = pair.first_errors + pair.second_errors
    images = (
        f"{found.pairs:,}"
        if found.pairs == found.images
        else f"{found.pairs:,} ({found.images:,} independent)"
    )
    return [
        f"{name(called[pair.first])} – {name(called[pair.second])}",
        images,
        f"{found.first * 100:.1f}",
        f"{found.second * 100:.1f}",
        change(found),
        f"{found.first_better:,}:{found.second_better:,}",
        f"{probability(found.p)} ({METHODS[found.method]})",
        probability(pair.adjusted),
        inline(finding(pair, called)),
        _needed(pair),
        f"{pair.first_errors:,} and {pair.second_errors:,}" if errors else "none",
        _as_wrong(pair, called) if errors else "the same",
    ]


def _apart(one: PairedQuestion, called: Sequence[str]) -> list[str]:
    """Return what is to be said of the pairs that cannot be compared."""
    lines: list[str] = []
    for of, pairs in (
        ("With no image and reference in common", [pair for pair in one.apart if not pair.as_wrong]),
        ("With no image that both answered", [pair for pair in one.apart if pair.as_wrong]),
    ):
        if pairs:
            told = [_of_apart(pair, called) for pair in pairs[:3]]
            more = f" and {len(pairs) - 3:,} more" if len(pairs) > 3 else ""
            lines += [f"{of}: {', '.join(told)}{more}.", ""]
    return lines


def _of_apart(pair: Apart, called: Sequence[str]) -> str:
    both = f"{name(called[pair.first])} – {name(called[pair.second])}"
    if pair.as_wrong is None:
        return both
    errors = f"errors {pair.first_errors:,} and {pair.second_errors:,}"
    return f"{both} ({errors}; as wrong {_as_wrong(pair, called)})"


def _needed(pair: Pair) -> str:
    if pair.better is not None:
        return "–"
    return "no difference seen" if pair.needed is None else f"{pair.needed:,}"


def _as_wrong(pair: Pair | Apart, called: Sequence[str]) -> str:
    found = pair.as_wrong
    if found is None:
        return "–"
    better = pair.better_as_wrong
    said = inline(APART if better is None else f"{called[better]} better")
    return f"{change(found)}, n = {found.pairs:,}, p, Holm {probability(pair.as_wrong_adjusted)}: {said}"


def _data(runs: Sequence[Run], one: PairedQuestion) -> dict[str, Any]:
    return {
        "question_id": one.question_id,
        "question": one.text,
        "outcome": one.kind,
        "figure": one.figure,
        "family": one.family,
        "pairs": [_pair(runs, pair) for pair in one.pairs],
        "not_compared": [_not_compared(runs, pair) for pair in one.apart],
    }


def _not_compared(runs: Sequence[Run], pair: Apart) -> dict[str, Any]:
    found, better = pair.as_wrong, _id(runs, pair.better_as_wrong)
    return {
        "first": runs[pair.first].id,
        "second": runs[pair.second].id,
        "errors": {"first": pair.first_errors, "second": pair.second_errors},
        "as_wrong": _difference(found, pair.as_wrong_adjusted, better) if found else None,
    }


def _pair(runs: Sequence[Run], pair: Pair) -> dict[str, Any]:
    return {
        "first": runs[pair.first].id,
        "second": runs[pair.second].id,
        **_difference(pair.found, pair.adjusted, _id(runs, pair.better)),
        "images_for_power": pair.needed,
        "errors": {"first": pair.first_errors, "second": pair.second_errors},
        "as_wrong": _difference(pair.as_wrong, pair.as_wrong_adjusted, _id(runs, pair.better_as_wrong)),
    }


def _difference(found: Difference, adjusted: float, better: str | None) -> dict[str, Any]:
    bounds = found.interval
    return {
        "pairs": found.pairs,
        "images": found.images,
        "first_value": found.first,
        "second_value": found.second,
        "difference": found.difference,
        "low": bounds.low if bounds else None,
        "high": bounds.high if bounds else None,
        "first_better": found.first_better,
        "second_better": found.second_better,
        "p": found.p,
        "p_adjusted": adjusted,
        "method": found.method,
        "finding": APART if better is None else "better",
        "better": better,
    }


def _flat(runs: Sequence[Run], one: PairedQuestion, pair: Pair) -> dict[str, Any]:
    first, second = runs[pair.first], runs[pair.second]
    found = _difference(pair.found, pair.adjusted, _id(runs, pair.better))
    wrong = _difference(pair.as_wrong, pair.as_wrong_adjusted, _id(runs, pair.better_as_wrong))
    return {
        **{"question_id": one.question_id, "question": one.text, "outcome": one.kind, "figure": one.figure},
        **{"first_run": first.id, "first_model": first.model.name},
        **{"second_run": second.id, "second_model": second.model.name},
        **found,
        "family": one.family,
        "images_for_power": pair.needed,
        **{"first_errors": pair.first_errors, "second_errors": pair.second_errors},
        **{f"as_wrong_{key}": value for key, value in wrong.items()},
    }


def _id(runs: Sequence[Run], place: int | None) -> str | None:
    return None if place is None else runs[place].id
