"""The first screen of a page: its first 40 lines answer in their order what a reader asks."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from markdown_it import MarkdownIt
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.records import (
    Assessment,
    ClassSet,
    Environment,
    Failure,
    FileFacts,
    ImageClass,
    ImageFound,
    ModelFacts,
    Notes,
    Question,
    QuestionReferences,
    Ranked,
    References,
    Result,
    Run,
    Score,
    Scoring,
)
from fada_tui.report.overview import LINES
from fada_tui.report.summary import render_summary
from tests.examples import error_result, result, run

ORDER = ("**Asked**", "**Does It Look at the Image**", "**How", "**How Fast**", "\n>")


def first_screen(of: Run) -> str:
    lines = render_summary(of, [], [], None).splitlines()
    headings = [number for number, line in enumerate(lines) if line.startswith("## ")]
    assert lines[headings[0]] == "## Summary"
    end = headings[1]
    assert end <= LINES, f"{end} lines"
    return "\n".join(lines[:end])


def asked(questions: int, images: int, answer: Callable[[int, int], str], **fields: Any) -> Run:
    """A complete run of so many questions and images, judged where its second assessor wanted to."""
    ids = [f"q{number}" for number in range(questions)]
    return run(
        status="complete",
        plan=UNSET,
        questions=tuple(Question(id=one, text=f"text of {one}", score="choice") for one in ids),
        results=tuple(
            result(f"C{image % 3}/{image}.png", one, response=answer(number, image), **fields)
            for image in range(images)
            for number, one in enumerate(ids)
        ),
    )


def judged(of: Run) -> Run:
    verdict = (Assessment(verdict="correct", assessor="ann"),)
    return replace(of, results=tuple(replace(one, assessments=verdict) for one in of.results))


def in_order(text: str, parts: Sequence[str]) -> bool:
    places = [text.find(part) for part in parts]
    return min(places) >= 0 and places == sorted(places)


@pytest.mark.parametrize("questions", [1, 8, 40])
@pytest.mark.parametrize("answer", [lambda q, i: "the same", lambda q, i: f"{q} {i}"])
@pytest.mark.parametrize("verdicts", [False, True])
def test_it_has_40_lines_at_most_whatever_was_asked(
    questions: int, answer: Callable[[int, int], str], verdicts: bool
) -> None:
    made = asked(questions, 12, answer)
    text = first_screen(judged(made) if verdicts else made)
    assert in_order(text, ORDER)
    assert ("| quality by people | 12 |" in text) == verdicts


def test_it_has_40_lines_at_most_for_a_failed_run_with_all_that_can_stand_above_it() -> None:
    made = judged(asked(40, 12, lambda *_: "the same"))
    changed = tuple(
        ImageFound(path=one.path, state="changed", file=FileFacts(size=1, sha256="0"), at="2026-01-01")
        for one in made.results
    )
    notes = Notes(conclusion="# Heading\n\n" + "A sentence of some words. " * 200)
    worst = replace(
        made,
        status="failed",
        error=Failure(kind="x", message="y"),
        images_found=changed,
        notes=notes,
    )
    text = first_screen(worst)
    assert in_order(text, ("**Status**", "**Changed Images**", *ORDER))
    assert "more: see Scores" in text and "more rows: see Scores." in text


def test_without_results_nothing_is_claimed() -> None:
    text = first_screen(run())
    assert '- **Asked**: "text of q1" of 3 images of 2 categories: 0 results of 3 planned, 0 errors' in text
    assert "**Does It Look at the Image**: not testable: fewer than 10 images have an answer (n = 0)" in text
    assert "- **How Good**: not known: no question says how its answers are scored" in text
    assert "- **How Fast**: unknown" in text
    assert "> Nobody has drawn a conclusion yet." in text
    errors = run(results=tuple(error_result(f"A/{number}.png") for number in range(20)))
    assert "20 errors (100%)" in first_screen(errors) and "not testable" in first_screen(errors)


def test_what_was_asked_is_said_by_kind() -> None:
    made = asked(3, 2, lambda q, i: f"{q} {i}")
    several = replace(made, questions=(*made.questions[:2], Question(id="q2", text="?")))
    assert "3 questions (2 choice, 1 none) of 2 images of 2 categories: 6 results" in first_screen(several)
    long = replace(run(), questions=(Question(id="q1", text="word\n" * 100, score="set"),))
    assert 'word word…" (kind: set)' in first_screen(long)


def test_without_questions_nothing_is_claimed_of_them() -> None:
    text = first_screen(run(questions=()))
    assert "- **Asked**: no question of 3 images" in text
    assert "not testable: no question was asked" in text


def test_each_question_with_one_answer_for_all_images_has_a_line() -> None:
    made = asked(3, 20, lambda question, image: "*yes*" if question < 2 else f"answer {image % 3}")
    text = first_screen(
        replace(made, questions=(Question(id="q0", short="A | B", text="?"), *made.questions[1:]))
    )
    assert (
        "⚠️ 2 of 3 questions: one answer for every image\n"
        '  - **A \\| B**: "\\*yes\\*" for 20 of 20 images\n'
        '  - **q1**: "\\*yes\\*" for 20 of 20 images\n'
    ) in text
    assert "**q2**" not in text


def test_without_such_a_question_the_page_says_so_and_by_how_much() -> None:
    text = first_screen(asked(2, 20, lambda question, image: "yes" if image < 15 + question else "no"))
    assert (
        "no reason to doubt in any of 2 questions: no answer stands for 98% of the images "
        '(at most 80%, "yes", n = 20)'
    ) in text


def test_of_one_question_no_number_is_told() -> None:
    assert "Image**: no reason to doubt: no answer stands for" in first_screen(
        asked(1, 20, lambda q, i: f"{i}")
    )


def test_a_question_whose_right_answers_are_as_uniform_tests_nothing() -> None:
    made = asked(2, 20, lambda question, image: "yes" if question else str(image), reference="yes")
    text = first_screen(made)
    assert "no reason to doubt in 1 of 2 questions: no answer" in text
    assert "not testable for q1: the right answers are as uniform as the model's" in text


def test_speed_is_told_with_its_spread_and_loading_and_the_first_answer_apart() -> None:
    times = (9.0, 1.0, 2.0, 3.0, 5.0)
    made = run(
        status="complete",
        results=tuple(result(f"A/{number}.png", time=time) for number, time in enumerate(times)),
        model=ModelFacts(name="tiny", load_time=8.6),
        environment=Environment(python="3.11"),
    )
    speed = "4.00 s an answer on average; median 3.00 s, quartiles 2.00 to 5.00 s; loading 8.60 s"
    assert f"- **How Fast**: {speed}; the first answer 9.00 s (n = 5)" in first_screen(made)
    assert f"- **How Fast**: {speed} (n = 5)" in first_screen(replace(made, environment=Environment()))


def concluded(text: str) -> str:
    """Return what the first screen quotes of a conclusion."""
    lines = first_screen(run(results=(result(),), notes=Notes(conclusion=text))).splitlines()
    (line,) = (line for line in lines if line.startswith("> "))
    return line.removeprefix("> **Conclusion**: ")


def test_a_conclusion_is_quoted_up_to_a_sentence() -> None:
    line = concluded("### Fit\n\n❌ **Not** for us\n\n```\ncode\n```\n\n" + "So it is. " * 99)
    assert line.startswith("❌ Not for us. So it is. So it is.")
    assert line.endswith("So it is. (see Conclusions)") and len(line) < 440
    assert concluded("Use <it> _now_") == "Use \\<it\\> now."
    assert concluded("word " * 300).endswith("word… (see Conclusions)")


def test_a_conclusion_is_quoted_up_to_its_first_list_or_the_next_heading() -> None:
    more = " (see Conclusions)"
    listed = "- ❌ **Not** for us\n- *Good* for others!"
    assert concluded(f"### Fit\n{listed}\n\n### Uses\n- Captions") == f"❌ Not for us. Good for others!{more}"
    assert (
        concluded(f"**Fit**\n{listed}\n\n**Uses**\n- Captions")
        == f"Fit. ❌ Not for us. Good for others!{more}"
    )
    assert concluded(f"In short:\n\n{listed}") == "In short: ❌ Not for us. Good for others!"
    assert concluded(f"{listed}\n\nAll in all, wait.") == f"❌ Not for us. Good for others!{more}"
    assert concluded("One.\n\nTwo.\n\n# Uses\nThree.") == f"One. Two.{more}"
    assert concluded("One.\n\n**Uses:**\n\nThree.") == f"One.{more}"
    assert concluded("**Not recommended**\n\nIt is **slow**") == "Not recommended. It is slow."
    assert concluded("No.\n\n    code") == f"No.{more}"


def test_a_conclusion_without_sentences_is_none_the_less_one() -> None:
    assert concluded("| a | b |\n|---|---|\n| c | d |") == "see Conclusions"
    assert concluded("# Not recommended") == "see Conclusions"


def sorted_into(said: Sequence[str]) -> tuple[Result, ...]:
    return tuple(
        result(
            f"{'heart' if number % 4 else 'brain'}/{number}.png",
            response=label,
            ranking=(Ranked(label=label, probability=0.9),),
        )
        for number, label in enumerate(said)
    )


def test_classification_stands_beside_what_one_class_for_all_images_would_have() -> None:
    classes = ClassSet(
        name="two",
        sha256="0" * 64,
        classes=tuple(ImageClass(name=one, prompts=("p",)) for one in ("heart", "brain")),
    )
    made = run(status="complete", plan=UNSET, classes=classes, results=sorted_into(["brain"] * 12))
    text = first_screen(made)
    assert "- **Asked**: 2 classes for 12 images of 2 categories: 12 results, 0 errors" in text
    assert '  - **q1**: "brain" for 12 of 12 images' in text
    assert "| class | accuracy | 12 | 25% (95% interval 9–53%), 3 of 12 | 75% (heart) | 25% (brain) |" in text
    assert "| 0.429 (heart) | 0.200 (brain) |" in text


def test_classes_of_folders_that_mean_the_same_are_as_uniform_as_the_answers() -> None:
    heart = ImageClass(name="heart", prompts=("p",), aliases=("cor",))
    made = run(
        classes=ClassSet(name="two", sha256="0" * 64, classes=(heart, ImageClass(name="b", prompts=("p",)))),
        results=tuple(
            replace(one, category="cor" if place % 2 else "heart")
            for place, one in enumerate(sorted_into(["heart"] * 12))
        ),
    )
    assert "not testable for q1: the right answers are as uniform" in first_screen(made)


def test_references_have_a_line() -> None:
    one = QuestionReferences(question_id="q1", heading="Q", matched=2, of=3, unmatched=1)
    references = References(name="a.csv", sha256="0" * 64, matched=2, of=3, questions=(one,))
    made = run(references=references)
    assert "errors\n- **References**: a.csv, 2 of 3 answers\n- **Does It" in first_screen(made)
    assert "## References\n\n2 of the run's 3 answers have a reference in a.csv" in render_summary(
        made, [], [], None
    )


def test_its_table_is_a_table() -> None:
    text = first_screen(judged(asked(40, 12, lambda q, i: f"{q} {i}")))
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    kinds = [token.type for token in tokens]
    assert kinds.count("table_open") == 1 and kinds.count("tr_open") == 1 + 12
    assert kinds.count("blockquote_open") == 1


def test_one_value_in_different_words_is_named() -> None:
    of = asked(1, 20, lambda _, image: f"image {image} is good", score=Score(kind="choice", value=0.0))
    named = tuple(
        replace(
            one,
            score=Score(kind="choice", value=0.0, extra=("good",), missed=(("poor", "fair")[place % 2],)),
        )
        for place, one in enumerate(of.results)
    )
    screen = first_screen(replace(of, results=named))
    assert "⚠️ 1 of 1 question: one answer for every image" in screen
    assert '  - **q0**: "good", in different words, for 20 of 20 images' in screen


def test_every_question_s_score_goes_before_the_verdicts_on_another() -> None:
    score = Score(kind="choice", value=1.0, matched=("good",))
    made = judged(asked(8, 12, lambda question, image: f"answer {image % 3}", score=score, reference="good"))
    choices = tuple(replace(one, values=("good", "poor")) for one in made.questions)
    scoring = Scoring(rubric="r", rubric_sha256="", questions_sha256="")
    screen = first_screen(replace(made, questions=choices, scoring=scoring))
    rows = [line for line in screen.splitlines() if line.startswith("| q") or line.startswith("| all")]
    assert [sum(f"| q{number} | accuracy |" in row for row in rows) for number in range(8)] == [1] * 8
    assert "| q0 | quality by people | 12 |" in screen and "| all questions |" in rows[-1]
    assert "more rows: see Scores." in screen


def test_how_many_images_are_independent_is_said_where_they_are_fewer() -> None:
    made = asked(2, 12, lambda question, image: f"{question} {image % 3}")
    assert "of 12 images of 3 categories" in first_screen(made)
    patients = tuple(replace(one, patient=f"P{place % 8 // 2}") for place, one in enumerate(made.results))
    screen = first_screen(replace(made, results=patients))
    assert "of 12 images (4 independent) of 3 categories: 24 results" in screen
