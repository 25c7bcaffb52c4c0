"""The paired comparison as page, CSV and JSON."""

import csv
import json
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from fada_tui.core.records import ModelFacts, Question, Result, Run, Score
from fada_tui.evaluation.pairing import outcomes_of
from fada_tui.report.paired import paired_questions
from fada_tui.report.paired_texts import change, probability, render_paired
from tests.examples import error_result, result, run

SIDE = Question(
    id="side", text="Which *side*?", short="Side | view", score="choice", values=("left", "right")
)


def answers(outcomes: Sequence[bool | None]) -> tuple[Result, ...]:
    def one(place: int, right: bool | None) -> Result:
        path = f"A/{place}.png"
        if right is None:
            return replace(error_result(path, "side"), reference="left")
        named = ("left",)
        score = Score(kind="choice", value=float(right), **{"matched" if right else "missed": named})
        return result(path, "side", reference="left", score=score)

    return tuple(one(place, right) for place, right in enumerate(outcomes))


def model(name: str, outcomes: Sequence[bool | None]) -> Run:
    facts = ModelFacts(name=name)
    return run(id=f"run-{name}", model=facts, questions=(SIDE,), results=answers(outcomes))


def rendered(*runs: Run, format: Any = "md") -> str:
    return render_paired(runs, paired_questions([outcomes_of(one) for one in runs]), format)


def rows(page: str) -> list[list[str]]:
    lines = [line.strip("|").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in cells] for cells in lines[2:]]


def test_five_of_five_are_no_difference_and_six_of_six_are() -> None:
    (five,) = rows(rendered(model("one", [True] * 5), model("two", [False] * 5)))
    assert five[0] == "one – two" and five[6] == "0.0625 (exact McNemar)"
    assert five[8] == "cannot be told apart"
    (six,) = rows(rendered(model("one", [False] * 6), model("two", [True] * 6)))
    assert six[6] == "0.03125 (exact McNemar)" and six[8] == "two better" and six[9] == "–"


def test_p_is_adjusted_over_the_pairs_of_the_question_and_says_so() -> None:
    page = rendered(model("one", [True] * 7), model("two", [False] * 7), model("three", [False] * 7))
    assert "Holm over 3 pairs of this question" in page
    assert [row[7] for row in rows(page)] == ["0.04688", "0.04688", "1"]
    assert [row[8] for row in rows(page)] == ["one better", "one better", "cannot be told apart"]
    assert [row[9] for row in rows(page)] == ["–", "–", "no difference seen"]


def test_errors_are_left_out_and_counted_and_count_as_wrong_beside() -> None:
    one, two = model("one", [True] * 12), model("two", [True] * 2 + [None] * 10)
    (row,) = rows(rendered(one, two))
    assert row[1] == "2" and row[8] == "cannot be told apart" and row[10] == "0 and 10"
    assert row[11].endswith("n = 12, p, Holm 0.001953: one better")
    (pair,) = json.loads(rendered(one, two, format="json"))["questions"][0]["pairs"]
    assert pair["better"] is None and pair["as_wrong"]["better"] == "run-one"
    assert pair["errors"] == {"first": 0, "second": 10}


def test_runs_that_answered_no_image_in_common_are_told_with_errors_as_wrong() -> None:
    one, two = model("one", [True] * 8), model("two", [None] * 8)
    page = rendered(one, two)
    assert "With no image that both answered: one – two (errors 0 and 8; as wrong +100.0" in page
    assert "p, Holm 0.007812: one better)" in page and "| Pair |" not in page
    (question,) = json.loads(rendered(one, two, format="json"))["questions"]
    (pair,) = question["not_compared"]
    assert question["pairs"] == [] and pair["errors"] == {"first": 0, "second": 8}
    assert pair["as_wrong"]["better"] == "run-one" and pair["as_wrong"]["pairs"] == 8
    turns = model("odd", [True, None] * 4), model("even", [None, True] * 4)
    assert "odd – even (errors 4 and 4; as wrong +0.0" in rendered(*turns)
    assert "No two of these runs" in rendered(model("one", [None] * 8), two)
    three = json.loads(rendered(one, two, model("three", [False] * 8), format="json"))["questions"][0]
    assert [pair["second"] for pair in three["pairs"]] == ["run-three"]
    assert [pair["as_wrong"]["p_adjusted"] for pair in three["not_compared"]] == [0.0234375, 1]


def test_frames_of_a_file_are_said_to_be_no_independent_images() -> None:
    def frames(name: str, right: bool) -> Run:
        whole = model(name, [right] * 6)
        paths = [f"A/clip{place // 3}.gif#{place % 3 + 2}" for place in range(6)]
        results = zip(whole.results, paths, strict=True)
        return replace(whole, results=tuple(replace(one, path=at, image=at[2:]) for one, at in results))

    (row,) = rows(rendered(frames("one", True), frames("two", False)))
    assert row[1] == "6 (2 independent)" and row[6] == "0.5 (all sign flips)"


def test_no_number_of_images_is_told_that_these_runs_do_not_have() -> None:
    assert "independent)" not in rendered(model("a", [True] * 6), model("b", [False] * 6))


def test_others_words_cannot_change_the_page() -> None:
    page = rendered(model("a|b\n# c", [True]), model("<b>", [True]))
    assert "## Side \\| view: accuracy" in page and '"Which \\*side\\*?"' in page
    assert "\n# c" not in page and "\\<b\\>" in page


def test_csv_and_json_have_the_same_figures() -> None:
    runs = model("one", [True] * 9), model("two", [True] * 4 + [False] * 5), model("=three", [True] * 9)
    told = json.loads(rendered(*runs, format="json"))
    assert [one["model"] for one in told["runs"]] == ["one", "two", "=three"]
    (question,) = told["questions"]
    assert question["family"] == "Holm over 3 pairs of this question" and question["outcome"] == "score"
    table = [*csv.DictReader(rendered(*runs, format="csv").splitlines())]
    assert [row["second_model"] for row in table] == ["two", "'=three", "'=three"]
    for row, pair in zip(table, question["pairs"], strict=True):
        assert float(row["p"]) == pair["p"] and float(row["difference"]) == pair["difference"]
        assert (row["first_run"], row["second_run"]) == (pair["first"], pair["second"])
    assert question["pairs"][0]["finding"] == "cannot be told apart"
    assert question["pairs"][0]["images_for_power"] > 9


def test_runs_of_one_model_are_told_apart() -> None:
    one = model("one", [True])
    assert rows(rendered(one, replace(one, id="again")))[0][0] == "one (run-one) – one (again)"


def test_pairs_without_a_common_image_are_named() -> None:
    elsewhere = replace(model("far", [True]), results=(replace(answers([True])[0], image="x", path="A/x"),))
    page = rendered(model("one", [True]), model("two", [True]), elsewhere)
    assert "With no image and reference in common: one – far, two – far." in page
    assert "Holm over 1 pair of this question" in page
    assert "No two of these runs" in rendered(model("one", [True]), elsewhere)


def test_a_p_is_as_short_as_it_can_be() -> None:
    assert [probability(p) for p in (1.0, 0.03125, 0.00123456, 3.21e-12, 0.0)] == [
        *("1", "0.03125", "0.001235", "3.2e-12", "< 1e-300")
    ]


def test_a_difference_of_nothing_has_no_minus() -> None:
    one = model("one", [True] * 20)
    (question,) = paired_questions([outcomes_of(one), outcomes_of(one)])
    assert change(question.pairs[0].found).startswith("+0.0 (")


def test_copies_of_a_file_in_one_run_are_compared_with_the_one_of_the_other() -> None:
    def with_pixels(whole: Run, *pixels: str) -> Run:
        results = zip(whole.results, pixels, strict=True)
        return replace(whole, results=tuple(replace(one, sha256=found) for one, found in results))

    twice = with_pixels(model("twice", [True, False, True]), "aa", "aa", "bb")
    once = with_pixels(model("once", [False, True]), "aa", "bb")
    (row,) = rows(rendered(twice, once))
    assert row[1] == "2" and row[4].startswith("+25.0")


def test_scores_against_other_references_are_said_to_be_no_common_ones() -> None:
    one, two = model("one", [True] * 6), model("two", [False] * 6)
    two = replace(two, results=tuple(replace(each, reference="right") for each in two.results))
    page = rendered(one, two)
    assert "No two of these runs" in page and "in the same way against the same reference." in page
