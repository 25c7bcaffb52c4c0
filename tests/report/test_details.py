"""A page has 300 lines at most besides a person's notes; what has no room goes on in `details.md`, whole."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.records import (
    Assessment,
    ClassSet,
    Failure,
    FileFacts,
    Generation,
    ImageClass,
    ImageFound,
    ModelFacts,
    ModelNote,
    Notes,
    Question,
    QuestionReferences,
    Ranked,
    References,
    Result,
    Run,
    Score,
    Scoring,
    Selection,
    Timing,
    Tokens,
)
from fada_tui.evaluation.scoring import QuestionScores
from fada_tui.report.comparison import compared
from fada_tui.report.sections import PAGE_LINES
from fada_tui.report.summary import Pages, render
from tests.examples import error_result, result, run
from tests.report.test_scores import confusion
from tests.report.test_scores import question as scored_question


def tokens(page: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page)


def headings(page: str) -> list[str]:
    parsed = tokens(page)
    return [after.content for token, after in pairwise(parsed) if token.type == "heading_open"]


def complete(results: Sequence[Result], questions: int = 1, **fields: Any) -> Run:
    return run(
        status="complete",
        plan=UNSET,
        questions=tuple(Question(id=f"q{number}", text=f"text of q{number}") for number in range(questions)),
        results=tuple(results),
        **fields,
    )


def answers(count: int, *, categories: int = 2, questions: int = 1, **fields: Any) -> list[Result]:
    fields.setdefault("timing", Timing(first_token=0.1))
    fields.setdefault("tokens", Tokens(generated=12))
    return [
        result(
            f"C{number // questions % categories}/{number // questions}.png",
            f"q{number % questions}",
            response=f"answer {number} here",
            **fields,
        )
        for number in range(count)
    ]


def pages(of: Run, others: Sequence[Run] = ()) -> Pages:
    made = render(of, [compared(other) for other in others], [], None)
    assert len(made.summary.splitlines()) <= PAGE_LINES
    return made


def test_a_few_answers_stand_on_the_page_and_there_is_no_other() -> None:
    made = pages(complete(answers(5)))
    assert made.details is None
    assert made.summary.count("- **Response**: ") == made.summary.count("- **Tokens**: 12 generated") == 5
    assert "details.md" not in made.summary


@pytest.mark.parametrize("count", [40, 100])
def test_up_to_100_answers_stand_on_the_page_with_as_many_figures_as_there_is_room_for(count: int) -> None:
    made = pages(complete(answers(count, questions=2), questions=2))
    assert made.summary.count("**Response**: ") == count and "- **Tokens**" not in made.summary
    assert "All figures of each answer are in [details.md](details.md)." in made.summary
    assert "- `details.md` - What has no room on it" in made.summary
    assert made.details is not None
    assert made.details.count("- **Response**: ") == made.details.count("- **Tokens**") == count


def test_beyond_100_answers_the_page_has_its_categories_and_where_the_answers_are() -> None:
    verdict = (Assessment(verdict="partial", assessor="ann"),)
    made = pages(complete([*answers(101), error_result("C0/x.png"), result("D/d.png", assessments=verdict)]))
    assert "answer 7 here" not in made.summary
    part = made.summary.split("## Detailed Results")[1].split("## Analysis")[0]
    assert "All 103 answers, with their figures and verdicts: [details.md](details.md)." in part
    assert "| C0 | 52 | 52 | 1 | – | – |" in part and "| C1 | 50 | 50 | 0 | – | – |" in part
    assert "| D | 1 | 1 | 0 | ✅ 0 🟡 1 ❌ 0 | 50% (" in part
    assert (
        "### Errors" in part and "| image\\_unreadable | 1 | broken | C0/x.png |".replace("\\_", "_") in part
    )
    assert made.details is not None and made.details.count("- **Response**: ") == 102
    assert headings(made.details) == [
        "tiny Test Results: Details",
        "Categories",
        "Detailed Results",
        "C0 Category (52 images)",
        "C1 Category (50 images)",
        "D Category (1 image)",
    ]


def test_who_wants_the_page_alone_does_not_wait_for_the_details(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Run] = []
    monkeypatch.setattr("fada_tui.report.summary.results.answers", lambda run: made.append(run) or [])
    found = pages(complete(answers(200)))
    assert "(details.md)" in found.summary and not made
    assert found.details and made


def test_the_index_leads_to_each_category() -> None:
    odd = ["Abodomen", "NT-View", "Public_Symphysis", "a  b", "", "x|y*`", "X|Y", "胎児", "2. b"]
    some = [
        replace(result(f"A/{place}_{number}.png"), category=category)
        for place, category in enumerate(odd)
        for number in range(20)
    ]
    details = pages(complete(some)).details
    assert details is not None
    parsed = tokens(details)
    links = [
        str(child.attrs["href"])
        for token in parsed
        for child in token.children or ()
        if child.type == "link_open" and str(child.attrs["href"]).startswith("#")
    ]
    used: dict[str, int] = {}
    anchors = []
    for token, after in pairwise(parsed):
        if token.type == "heading_open":
            text = "".join(child.content for child in after.children or ())
            anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            anchors.append(f"#{anchor}-{used[anchor]}" if anchor in used else f"#{anchor}")
            used[anchor] = used.get(anchor, 0) + 1
    normal = MarkdownIt().normalizeLink
    assert links == [normal(anchor) for anchor in anchors[3:]]


def test_forty_questions_have_room() -> None:
    long = tuple(Question(id=f"q{number}", text="a line\n" * 5) for number in range(40))
    verdict = (Assessment(verdict="correct"),)
    made = replace(complete(answers(4000, questions=40, assessments=verdict)), questions=long)
    found = pages(made)
    assert "**Questions Used**: 40, listed in [details.md](details.md)" in found.summary
    assert found.details is not None and "- **q39**:" in found.details
    assert found.summary.count("| quality by people |") == 12 + 41


def test_200_runs_have_room() -> None:
    this = complete(answers(3))
    others = [
        replace(this, id=f"{number}", model=ModelFacts(name=f"model {number:03}")) for number in range(200)
    ]
    summary = pages(this, others).summary
    assert summary.count("| model ") == 19
    assert "181 more models: see [comparison.md](../comparison.md)." in summary


def test_200_models_of_notes_have_room() -> None:
    notes = [ModelNote(name=f"note {number:03}", size="1B") for number in range(200)]
    summary = render(complete(answers(3)), [], [], None, notes).summary
    assert len(summary.splitlines()) <= PAGE_LINES
    assert summary.count("| note ") == 19 and "181 more models: see" in summary


@pytest.mark.parametrize("count", [100, 4000])
def test_all_of_it_at_once_has_room(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def scores(question: Question, results: object, category_of: object) -> QuestionScores:
        found = scored_question(question.id, confusion=confusion(*"abcdef"), unusable=1).scores
        assert found is not None
        return found

    monkeypatch.setattr("fada_tui.report.question_figures.figures_of", scores)
    failed = [
        replace(error_result(f"E{n}/{n}.png"), error=Failure(kind=f"k{n}", message="m")) for n in range(20)
    ]
    answered = answers(
        count - 20,
        categories=500,
        questions=40,
        prompt="line\n" * 400,
        finish=None,
        tokens=Tokens(generated=9),
    )
    texts = tuple(Question(id=f"q{n}", text="a line\n" * 5, score="choice") for n in range(40))
    questions = tuple(
        QuestionReferences(question_id=f"q{n}", heading="h", matched=1, of=2, unmatched=3) for n in range(40)
    )
    references = References(
        name="a.csv",
        sha256="0" * 64,
        matched=1,
        of=2,
        unmatched=tuple("abcdefghijklmnopqrstuvwxyz"),
        questions=questions,
        remarks=tuple("abcdefghijklmnopqrstuvwxyz"),
    )
    changed = tuple(
        ImageFound(path=f"{n}.png", state="changed", file=FileFacts(size=1, sha256="0"), at="2026-01-01")
        for n in range(50)
    )
    made = replace(
        complete([*answered, *failed]),
        questions=texts,
        status="failed",
        error=Failure(kind="x", message="y"),
        scoring=Scoring(rubric="r", rubric_sha256="0", questions_sha256="0"),
        references=replace(references, others=(replace(references, name="b.csv"),)),
        images_found=changed,
        generation=Generation(max_new_tokens=10, batch_size=8),
    )
    root = replace(made.dataset, root="/data")
    made = replace(made, dataset=root)
    others = [
        replace(
            complete(answers(3)),
            id=f"o{n}",
            model=ModelFacts(name=f"m{n}"),
            questions=tuple(replace(one, text=f"other {n}") for one in texts),
        )
        for n in range(50)
    ]
    notes = [ModelNote(name=f"note {number:03}", size="1B") for number in range(50)]
    found = render(made, [compared(other) for other in others], [], None, notes)
    lines = found.summary.splitlines()
    assert len(lines) <= PAGE_LINES
    assert [number for number, line in enumerate(lines) if line.startswith("## ")][1] <= 40
    assert found.details is not None and found.details.count("**no value**") == 40


def test_500_categories_have_room() -> None:
    made = pages(complete(answers(1500, categories=500)))
    assert "480 more categories: see [details.md](details.md)." in made.summary
    assert made.details is not None and made.details.count("Category (3 images)") == 500


def test_of_many_categories_that_are_alike_a_few_are_named() -> None:
    right, wrong = (Assessment(verdict="correct"),), (Assessment(verdict="incorrect"),)
    some = [
        replace(one, assessments=right if number % 40 % 2 else wrong)
        for number, one in enumerate(answers(1600, categories=40))
    ]
    summary = pages(complete(some)).summary
    assert "C15 (n = 40) and 12 more, 100% (computed)" in summary
    excluded = replace(sorts(30), classes=replace(sorts(1).classes, classes=()))
    assert "class 019 (1) and 10 more" in pages(excluded).summary


def test_changed_images_are_listed_below_the_first_screen() -> None:
    changed = tuple(
        ImageFound(path=f"{number}.png", state="changed", file=FileFacts(size=1, sha256="0"), at="2026-01-01")
        for number in range(30)
    )
    summary = pages(complete(answers(3), images_found=changed)).summary
    warning, listed = summary.index("**Changed Images**: ⚠️ 30 images"), summary.index("## Changed Images")
    assert warning < summary.index("## Summary") < listed < summary.index("## Model Specifications")
    assert "- 19.png: " in summary and "- and 10 more, in `run.json`" in summary


def test_thousands_of_errors_are_grouped_by_kind() -> None:
    failures = [Failure(kind=f"kind{number % 12:02}", message=f"it was {number}") for number in range(4001)]
    some = [
        replace(error_result(f"A/{number}.png"), error=failure) for number, failure in enumerate(failures)
    ]
    summary = pages(complete(some)).summary
    assert "| kind00 | 334 | it was 0 | A/0.png, A/12.png, A/24.png and 331 more |" in summary
    assert summary.count("| kind") == 8 and "4 more kinds of errors." in summary


def sorts(classes: int, prompts: int = 1) -> Run:
    names = [f"class {number:03}" for number in range(classes)]
    known = ClassSet(
        name="many",
        sha256="0" * 64,
        classes=tuple(ImageClass(name=one, prompts=tuple("abcdefghij"[:prompts])) for one in names),
    )
    some = [
        result(
            f"{one}/{number}.png",
            response=said,
            ranking=(Ranked(label=said, probability=0.5),),
        )
        for number, one in enumerate(names)
        for said in [names[number if number % 3 else 0]]
    ]
    return complete(some, classes=known)


def test_confusions_of_many_classes_are_in_the_details_and_the_frequent_ones_on_the_page() -> None:
    made = pages(sorts(60, prompts=5))
    assert "The most frequent 12 of 19; all are in [details.md](details.md)." in made.summary
    assert "| class 003 | class 000 | 1 |" in made.summary
    assert made.details is not None
    assert "| **class 059** |" in made.details and "| **class 059** |" not in made.summary
    assert "class 059: e" in made.details
    small = pages(sorts(5))
    assert "| **class 004** |" in small.summary and small.details is None


def test_a_long_prompt_and_a_long_command_go_on_in_the_details() -> None:
    asked = complete(answers(300, prompt="line\n" * 400), generation=Generation(max_new_tokens=10))
    categories = tuple(f"category{number}" for number in range(300))
    asked = replace(
        asked, dataset=replace(asked.dataset, root="/data", selection=Selection(categories=categories))
    )
    made = pages(asked)
    assert "### Prompt\n\nIt is in [details.md](details.md).\n" in made.summary
    assert "### Command\n\nIt is in [details.md](details.md).\n" in made.summary
    assert made.details is not None
    assert "line\nline\n" in made.details and "--category category299" in made.details


def test_a_persons_notes_take_no_room_from_the_rest() -> None:
    made = complete(answers(12, categories=1))
    notes = Notes(
        strengths=("good",) * 200,
        conclusion="A line.\n\n" * 200,
        technical="more\n\n" * 100,
        recommendation="x",
    )
    noted = render(replace(made, notes=notes), [], [], None)
    assert noted.details is pages(made).details is None
    assert noted.summary.count("- **Response**: ") == 12


def test_each_answer_in_the_details_has_its_reference_and_score() -> None:
    score = Score(
        kind="set", value=0.5, matched=("heart",), missed=("*liver*",), extra=("spine",), rouge_l=0.25
    )
    some = answers(1, reference="heart, *liver*", other_references={"dr. b": "heart"}, score=score)
    text = pages(complete(some)).summary
    assert '- **Reference**: "heart, \\*liver\\*"\n- **Reference of dr. b**: "heart"\n' in text
    assert (
        "- **Score (computed)**: 0.50 (set); ROUGE-L 0.25; matched: heart; missed: \\*liver\\*; "
        "extra: spine\n" in text
    )
